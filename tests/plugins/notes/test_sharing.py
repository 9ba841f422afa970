"""Notebooks shared with users, and what they find, follow and lose."""

from __future__ import annotations

from typing import Any

import pytest

from core.auth.authorization.identity import CurrentUser
from plugins.notes.live import may_follow_note, may_follow_user
from tests.plugins.notes.making import NOTEBOOKS, NOTES, change, member, note, notebook, read


def asking(id: int) -> CurrentUser:
    return CurrentUser(id, 1, frozenset({"user"}), frozenset({"notes.read"}))


async def found(person: Any, query: str = "rye") -> list[int]:
    everywhere = (await person.get("/api/v1/search", params={"q": query})).json()
    here = (await person.get(f"{NOTES}/search", params={"q": query})).json()
    assert [hit["id"] for hit in everywhere["items"] if hit["plugin"] == "notes"] == [
        hit["id"] for hit in here["items"]
    ]
    return [hit["id"] for hit in here["items"]]


async def test_a_shared_notebook_shows_all_that_lies_in_it(ada: Any, grace: Any) -> None:
    outer = await notebook(ada, "Outer")
    inner = await notebook(ada, "Inner", outer)
    deep = await note(ada, "Deep", notebook=inner)
    private = await note(ada, "Private")
    assert await found(grace) == []
    await member(ada, outer, "grace")
    assert (await read(grace, deep["id"]))["title"] == "Deep"
    assert (await grace.get(f"{NOTES}/{private['id']}")).status_code == 404
    assert await found(grace) == [deep["id"]]
    assert [each["id"] for each in (await grace.get(NOTES)).json()["items"]] == [deep["id"]]
    names = [each["name"] for each in (await grace.get(NOTEBOOKS)).json()["items"]]
    assert names == ["Inner", "Outer"]
    assert await may_follow_note(asking(grace.id), str(deep["id"]))
    assert not await may_follow_note(asking(grace.id), str(private["id"]))


@pytest.mark.parametrize("sort", ["title", "-updated_at"])
async def test_a_members_own_and_shared_notes_make_one_list(
    ada: Any, grace: Any, sort: str
) -> None:
    outer = await notebook(ada, "Outer")
    inner, own = await notebook(ada, "Inner", outer), await notebook(grace, "Own")
    await member(ada, outer, "grace")
    await note(ada, "private")
    titles = [f"{number % 5} {number}" for number in range(9)]
    for number, title in enumerate(titles):
        if number % 3:
            await note(ada, title, notebook=[outer, inner][number % 2], tags=["t"])
        else:
            await note(grace, title, notebook=own, tags=["T"])
    for path in (NOTES, f"{NOTES}?tag=t"):
        seen: list[str] = []
        answer = await grace.get(path, params={"limit": 4, "sort": sort, "count": True})
        seen += [each["title"] for each in answer.json()["items"]]
        while cursor := answer.json()["next"]:
            assert answer.json()["total"] == 9
            more = {"limit": 4, "sort": sort, "count": True, "cursor": cursor}
            answer = await grace.get(path, params=more)
            seen += [each["title"] for each in answer.json()["items"]]
        assert seen == (sorted(titles) if sort == "title" else titles[::-1])
    found = (await grace.get(NOTES, params={"notebook": inner})).json()["items"]
    assert {each["title"] for each in found} == {titles[number] for number in (1, 5, 7)}
    assert (await grace.get(NOTES, params={"pinned": True})).json()["items"] == []


async def test_who_is_no_member_any_more_sees_finds_and_follows_nothing(
    ada: Any, grace: Any
) -> None:
    book = await notebook(ada)
    made = await note(ada, notebook=book)
    id = await member(ada, book, "grace", "editor")
    assert await found(grace) == [made["id"]]
    assert (await ada.delete(f"{NOTEBOOKS}/{book}/members/{id}")).status_code == 204
    assert await found(grace) == []
    assert (await grace.get(f"{NOTES}/{made['id']}")).status_code == 404
    assert (await grace.patch(f"{NOTES}/{made['id']}", json={"text": "x"})).status_code == 404
    assert not await may_follow_note(asking(grace.id), str(made["id"]))


async def test_what_leaves_the_notebook_leaves_its_members(ada: Any, grace: Any) -> None:
    book, other = await notebook(ada), await notebook(ada, "Other")
    made = await note(ada, notebook=book)
    await member(ada, book, "grace")
    await change(ada, made["id"], notebook=other)
    assert (await grace.get(f"{NOTES}/{made['id']}")).status_code == 404
    moved = await ada.patch(f"{NOTEBOOKS}/{other}", json={"parent": book})
    assert moved.status_code == 200
    assert (await read(grace, made["id"]))["id"] == made["id"]
    await ada.delete(f"{NOTEBOOKS}/{book}")
    assert (await grace.get(f"{NOTES}/{made['id']}")).status_code == 404
    assert (await read(ada, made["id"]))["notebook"] is None


async def test_an_editors_note_belongs_to_the_notebooks_owner(ada: Any, grace: Any) -> None:
    book = await notebook(ada)
    await member(ada, book, "grace", "editor")
    made = await note(grace, notebook=book)
    assert made["owner"] == ada.id
    hers = await notebook(grace, "Hers")
    for place in (hers, 2**31 - 1):
        answer = await grace.patch(f"{NOTES}/{made['id']}", json={"notebook": place})
        assert (answer.status_code, answer.json()["code"]) == (422, "no_such_notebook")


async def test_an_editor_moves_a_note_only_to_where_they_may_write(ada: Any, grace: Any) -> None:
    outer = await notebook(ada, "Outer")
    inner = await notebook(ada, "Inner", outer)
    private, shown = await notebook(ada, "Private"), await notebook(ada, "Shown")
    await member(ada, outer, "grace", "editor")
    await member(ada, shown, "grace", "viewer")
    made = await note(ada, notebook=outer)
    here = f"{NOTES}/{made['id']}"
    for place in (private, shown):
        answer = await grace.patch(here, json={"notebook": place})
        assert (answer.status_code, answer.json()["code"]) == (422, "no_such_notebook")
    assert (await grace.put(here, json={"title": "Bread"})).status_code == 403
    assert (await change(grace, made["id"], notebook=inner))["notebook"] == inner
    assert (await change(ada, made["id"], notebook=None))["notebook"] is None


@pytest.mark.parametrize("role", ["viewer", "editor"])
async def test_only_the_owner_arranges_and_shares_and_a_member_may_leave(
    ada: Any, grace: Any, people: Any, role: str
) -> None:
    await people("linus")
    book = await notebook(ada)
    id = await member(ada, book, "grace", role)
    here = f"{NOTEBOOKS}/{book}"
    for answer in (
        await grace.patch(here, json={"name": "mine"}),
        await grace.delete(here),
        await grace.post(f"{here}/members", json={"username": "linus"}),
        await grace.patch(f"{here}/members/{id}", json={"role": "editor"}),
    ):
        assert answer.status_code == 403
    assert (await grace.delete(f"{here}/members/{id}")).status_code == 204
    assert (await grace.get(here)).status_code == 404


async def test_odd_members_are_refused(ada: Any, grace: Any) -> None:
    book = await notebook(ada)
    await member(ada, book, "grace")
    for name, code in (
        ("Grace", "already_member"),
        ("ada", "already_member"),
        ("x", "no_such_user"),
    ):
        answer = await ada.post(f"{NOTEBOOKS}/{book}/members", json={"username": name})
        assert answer.json()["code"] == code


async def test_notebooks_do_not_lie_in_themselves(ada: Any, grace: Any) -> None:
    outer = await notebook(ada)
    inner = await notebook(ada, "Inner", outer)
    hers = await notebook(grace)
    for id, parent in ((outer, inner), (outer, outer)):
        answer = await ada.patch(f"{NOTEBOOKS}/{id}", json={"parent": parent})
        assert (answer.status_code, answer.json()["code"]) == (422, "notebook_circle")
    answer = await ada.patch(f"{NOTEBOOKS}/{inner}", json={"parent": hers})
    assert (answer.status_code, answer.json()["code"]) == (422, "no_such_notebook")
    assert (await ada.patch(f"{NOTEBOOKS}/{inner}", json={"parent": None})).status_code == 200


async def test_notebooks_lie_in_each_other_twenty_deep_and_no_deeper(ada: Any) -> None:
    deep = None
    for number in range(19):
        deep = await notebook(ada, f"{number}", deep)
    low = await notebook(ada, "low")
    await notebook(ada, "lower", low)
    here = f"{NOTEBOOKS}/{low}"
    answer = await ada.patch(here, json={"parent": deep})
    assert (answer.status_code, answer.json()["code"]) == (422, "notebook_circle")
    await notebook(ada, "deepest", deep)
    too_deep = await ada.get(NOTEBOOKS, params={"sort": "-created_at", "limit": 1})
    body = {"name": "x", "parent": too_deep.json()["items"][0]["id"]}
    assert (await ada.post(NOTEBOOKS, json=body)).json()["code"] == "notebook_circle"


async def test_the_name_of_a_notebook_is_more_than_spaces(ada: Any) -> None:
    assert (await ada.post(NOTEBOOKS, json={"name": " \t"})).status_code == 422
    here = f"{NOTEBOOKS}/{await notebook(ada, ' Cakes ')}"
    assert (await ada.get(here)).json()["name"] == "Cakes"
    assert (await ada.patch(here, json={"name": " "})).status_code == 422
    assert (await ada.patch(here, json={"name": " Pies"})).json()["name"] == "Pies"


async def test_the_best_of_several_memberships_counts(ada: Any, grace: Any) -> None:
    outer = await notebook(ada)
    inner = await notebook(ada, "Inner", outer)
    made = await note(ada, notebook=inner)
    await member(ada, outer, "grace", "viewer")
    await member(ada, inner, "grace", "editor")
    assert (await change(grace, made["id"], text="x"))["text"] == "x"


async def test_a_channel_is_ones_own_and_what_is_in_the_trash_is_followed_by_nobody(
    ada: Any, grace: Any
) -> None:
    assert await may_follow_user(asking(ada.id), str(ada.id))
    assert not await may_follow_user(asking(ada.id), str(grace.id))
    made = await note(ada)
    assert await may_follow_note(asking(ada.id), str(made["id"]))
    for rest in ("", "x", "-1", "²", "9" * 30):
        assert not await may_follow_note(asking(ada.id), rest)
    await ada.delete(f"{NOTES}/{made['id']}")
    assert not await may_follow_note(asking(ada.id), str(made["id"]))


async def test_what_is_in_the_trash_is_not_found(ada: Any) -> None:
    made = await note(ada)
    assert await found(ada) == [made["id"]]
    await ada.delete(f"{NOTES}/{made['id']}")
    assert await found(ada) == []


async def test_search_marks_what_it_found(ada: Any) -> None:
    await note(ada, "<b>Bread</b>", "good <i>rye</i> and salt")
    (hit,) = (await ada.get(f"{NOTES}/search", params={"q": "rye"})).json()["items"]
    assert hit["snippet"] == "good &lt;i&gt;<mark>rye</mark>&lt;/i&gt; and salt"
    assert (hit["title"], hit["kind"]) == ("<b>Bread</b>", "note")


async def test_presence_is_told(ada: Any, grace: Any) -> None:
    made = await note(ada)
    answer = await ada.post(f"{NOTES}/{made['id']}/presence", json={})
    told = answer.json()
    assert (told["name"], told["editing"], told["note"]) == ("ada", True, made["id"])
    assert (await grace.post(f"{NOTES}/{made['id']}/presence", json={})).status_code == 404
