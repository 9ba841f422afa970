"""Notes through HTTP."""

from __future__ import annotations

from typing import Any

import pytest

from tests.plugins.notes.making import NOTES, TAGS, change, note, notebook, read


async def test_a_stranger_may_not_read_or_write(client: Any) -> None:
    for answer in (
        await client.get(NOTES),
        await client.post(NOTES, json={"title": "x"}),
        await client.get(f"{NOTES}/1"),
        await client.patch(f"{NOTES}/1", json={}),
        await client.put(f"{NOTES}/1", json={}),
        await client.delete(f"{NOTES}/1"),
        await client.get(f"{NOTES}/export"),
        await client.get(f"{NOTES}/search?q=x"),
    ):
        assert answer.status_code == 401


async def test_a_note_is_kept(ada: Any) -> None:
    book = await notebook(ada)
    made = await note(ada, "Bread", "*rye*", notebook=book, tags=["Kitchen", "house"], pinned=True)
    assert (made["version"], made["owner"], made["notebook"]) == (1, ada.id, book)
    assert made["tags"] == ["house", "Kitchen"]
    assert await read(ada, made["id"]) == made


async def test_what_is_absent_from_a_change_stays_and_put_says_all(ada: Any) -> None:
    made = await note(ada, tags=["a"], pinned=True)
    changed = await change(ada, made["id"], title="Rye bread")
    assert (changed["title"], changed["text"], changed["pinned"]) == ("Rye bread", "rye", True)
    assert (changed["version"], changed["tags"]) == (2, ["a"])
    answer = await ada.put(f"{NOTES}/{made['id']}", json={"title": "Cake", "base_version": 2})
    whole = answer.json()
    assert (whole["title"], whole["text"], whole["tags"], whole["pinned"]) == (
        "Cake",
        "",
        [],
        False,
    )


async def test_a_change_that_changes_nothing_is_no_version(ada: Any) -> None:
    made = await note(ada, tags=["a"])
    assert await change(ada, made["id"], title="Bread", text="rye", tags=["A "]) == made


async def test_a_note_of_somebody_else_is_not_there(ada: Any, grace: Any) -> None:
    made = await note(ada)
    for path in (f"{NOTES}/{made['id']}", f"{NOTES}/{made['id'] + 1000}"):
        for method, more in (
            ("GET", ""), ("PATCH", ""), ("PUT", ""), ("DELETE", ""), ("POST", "/restore"),
            ("GET", "/revisions"), ("GET", "/diff?from=1"), ("GET", "/backlinks"),
            ("GET", "/shares"), ("POST", "/shares"), ("POST", "/presence"),
        ):  # fmt: skip
            body: Any = {} if method in ("PATCH", "PUT", "POST") else None
            answer = await grace.request(method, path + more, json=body)
            assert answer.status_code == 404, (method, more, answer.text)
    assert (await grace.get(NOTES)).json()["items"] == []


async def test_trash_restore_and_deletion_for_good(ada: Any) -> None:
    made = await note(ada)
    here = f"{NOTES}/{made['id']}"
    assert (await ada.delete(here)).status_code == 204
    assert (await ada.get(NOTES)).json()["items"] == []
    (trashed,) = (await ada.get(f"{NOTES}/trash")).json()["items"]
    assert trashed["deleted_at"] is not None
    refused = await ada.patch(here, json={"title": "x"})
    assert (refused.status_code, refused.json()["code"]) == (409, "in_trash")
    restored = (await ada.post(f"{here}/restore")).json()
    assert (restored["deleted_at"], restored["text"]) == (None, "rye")
    assert (await ada.delete(here, headers={"if-match": '"1"'})).status_code == 412
    assert (await ada.delete(f"{NOTES}/trash/{made['id']}")).status_code == 404
    for _ in range(3):
        assert (await ada.delete(here)).status_code == 204
    gone = f"{NOTES}/trash/{made['id']}"
    assert (await ada.delete(gone, headers={"if-match": '"3"'})).status_code == 412
    assert (await ada.delete(gone, headers={"if-match": '"4"'})).status_code == 204
    assert (await ada.get(here)).status_code == 404
    assert (await ada.delete(gone)).status_code == 404


async def test_filters_and_sorts(ada: Any) -> None:
    book = await notebook(ada)
    await note(ada, "b", notebook=book, tags=["x"])
    await note(ada, "a", pinned=True)
    await note(ada, "c", archived=True)

    async def titles(**query: Any) -> list[str]:
        answer = await ada.get(NOTES, params=query)
        assert answer.status_code == 200, answer.text
        return [each["title"] for each in answer.json()["items"]]

    assert await titles() == ["a", "b"]
    assert await titles(sort="-title") == ["b", "a"]
    assert await titles(archived="true") == ["c"]
    assert await titles(pinned="true") == ["a"]
    assert await titles(pinned="false") == ["b"]
    assert await titles(notebook=book) == ["b"]
    assert await titles(tag="X") == ["b"]
    assert await titles(tag="y") == []


async def test_pages_show_each_note_once_and_cost_a_fixed_number_of_queries(
    ada: Any, count_queries: Any
) -> None:
    for number in range(23):
        await note(ada, f"{number % 4}", tags=[f"t{number}"])
    seen: list[int] = []
    path = f"{NOTES}?limit=7&sort=title&count=true"
    while path:
        count_queries()
        answer = await ada.get(path)
        assert len(count_queries()) == 4
        assert answer.json()["total"] == 23
        seen += [each["id"] for each in answer.json()["items"]]
        path = answer.links["next"]["url"] if answer.json()["next"] else ""
    assert len(seen) == len(set(seen)) == 23


async def test_a_list_shows_only_the_beginning_of_a_text(ada: Any) -> None:
    await note(ada, text="x" * 1000)
    (listed,) = (await ada.get(NOTES)).json()["items"]
    assert listed["beginning"] == "x" * 200


async def test_a_note_of_a_megabyte_and_titles_in_any_script(ada: Any) -> None:
    made = await note(ada, "🧑‍🍳 لغة עברית", "x" * 999_999 + "é", tags=["🎉", "مطبخ"])
    got = await read(ada, made["id"])
    assert (got["title"], len(got["text"])) == ("🧑‍🍳 لغة עברית", 1_000_000)
    assert (await ada.get(NOTES, params={"tag": "🎉"})).json()["items"][0]["id"] == made["id"]
    refused = await ada.post(NOTES, json={"text": "x" * 1_000_001})
    assert refused.status_code == 422


@pytest.mark.parametrize(
    "body",
    [
        {"title": "x" * 501},
        {"title": 1},
        {"tags": ["x"] * 51},
        {"tags": [""]},
        {"tags": "x"},
        {"notebook": 0},
        {"notebook": 2**31 - 1},
        {"owner": 1},
        {"text": "nul \0"},
        {"version": 3},
    ],
)
async def test_a_bad_note_is_refused(ada: Any, body: Any) -> None:
    assert (await ada.post(NOTES, json=body)).status_code == 422
    assert (await ada.get(NOTES)).json()["items"] == []


async def test_tags_are_counted_renamed_and_deleted(ada: Any, grace: Any) -> None:
    first = await note(ada, tags=["work", "x"])
    await note(ada, tags=["WORK"])
    by_name = {each["name"]: each for each in (await ada.get(TAGS)).json()["items"]}
    assert {name: each["notes"] for name, each in by_name.items()} == {"work": 2, "x": 1}
    here = f"{TAGS}/{by_name['work']['id']}"
    assert (await grace.patch(here, json={"name": "y"})).status_code == 404
    assert (await ada.patch(here, json={"name": "X"})).json()["code"] == "tag_taken"
    assert (await ada.post(TAGS, json={"name": " Work "})).json()["code"] == "tag_taken"
    assert (await ada.post(TAGS, json={"name": " Play "})).json()["name"] == "Play"
    assert (await ada.patch(here, json={"name": "job"})).json()["name"] == "job"
    renamed = await read(ada, first["id"])
    assert (renamed["tags"], renamed["version"]) == (["job", "x"], 2)
    assert (await ada.delete(here)).status_code == 204
    assert (await read(ada, first["id"]))["tags"] == ["x"]


async def test_links_lead_back_and_survive_a_new_title(ada: Any, grace: Any) -> None:
    oven = await note(ada, "Oven", "hot")
    bread = await note(ada, "Bread", "see [[oven]], [[OVEN|it]] and [[Flour]]")
    hers = await note(grace, "Hers", "see [[Oven]]")
    back = f"{NOTES}/{oven['id']}/backlinks"
    assert [each["id"] for each in (await ada.get(back)).json()["items"]] == [bread["id"]]
    await change(ada, oven["id"], title="Stove")
    assert [each["id"] for each in (await ada.get(back)).json()["items"]] == [bread["id"]]
    shown = (await ada.get(f"{NOTES}/{bread['id']}?render=html")).json()["html"]
    assert f'href="/api/v1/notes/{oven["id"]}"' in shown
    assert ">it</a>" in shown
    flour = await note(ada, "flour", "white")
    found = (await ada.get(f"{NOTES}/{flour['id']}/backlinks")).json()["items"]
    assert [each["id"] for each in found] == [bread["id"]]
    await ada.delete(f"{NOTES}/{flour['id']}")
    await note(ada, "Cake", "of [[flour]]")
    await ada.post(f"{NOTES}/{flour['id']}/restore")
    found = (await ada.get(f"{NOTES}/{flour['id']}/backlinks?sort=title")).json()["items"]
    assert [each["title"] for each in found] == ["Bread", "Cake"]
    await change(ada, bread["id"], text="nothing")
    assert (await ada.get(back)).json()["items"] == []
    assert hers["id"] != bread["id"]
