"""Whoever comes second is merged or told; no edit is lost."""

from __future__ import annotations

import asyncio
from typing import Any

from tests.plugins.notes.making import NOTES, TAGS, change, member, note, notebook, read

LINES = [f"line {number}" for number in range(200)]


async def test_changes_of_different_lines_are_merged(ada: Any) -> None:
    made = await note(ada, text="a\nb\nc\nd\ne")
    here = f"{NOTES}/{made['id']}"
    await change(ada, made["id"], text="A\nb\nc\nd\ne", base_version=1)
    answer = await ada.patch(
        here, json={"text": "a\nb\nc\nd\nE", "title": "New"}, headers={"if-match": '"1"'}
    )
    merged = answer.json()
    assert (merged["text"], merged["title"]) == ("A\nb\nc\nd\nE", "New")
    assert (merged["merged"], merged["version"]) == (True, 3)


async def test_changes_of_the_same_lines_are_told_with_all_three_texts(ada: Any) -> None:
    made = await note(ada, text="a\nb")
    await change(ada, made["id"], text="a\ntheirs", base_version=1)
    body = {"text": "a\nyours", "base_version": 1}
    answer = await ada.patch(f"{NOTES}/{made['id']}", json=body)
    problem = answer.json()
    assert (answer.status_code, problem["code"], problem["version"]) == (409, "merge_conflict", 2)
    texts = [problem[side]["text"] for side in ("base", "theirs", "yours")]
    assert texts == ["a\nb", "a\ntheirs", "a\nyours"]
    assert (await read(ada, made["id"]))["text"] == "a\ntheirs"


async def test_two_new_titles_are_a_conflict_and_one_is_taken(ada: Any) -> None:
    made = await note(ada, "old")
    await change(ada, made["id"], title="theirs", base_version=1)
    body = {"title": "yours", "base_version": 1}
    assert (await ada.patch(f"{NOTES}/{made['id']}", json=body)).status_code == 409
    kept = await change(ada, made["id"], title="old", text="new", base_version=1)
    assert (kept["title"], kept["text"]) == ("theirs", "new")


async def test_a_version_that_is_not_there_yet_is_refused(ada: Any) -> None:
    made = await note(ada)
    body = {"text": "x", "base_version": 9}
    answer = await ada.patch(f"{NOTES}/{made['id']}", json=body)
    assert (answer.status_code, answer.json()["version"]) == (412, 1)
    headers = {"if-match": '"1"'}
    answer = await ada.patch(f"{NOTES}/{made['id']}", json=body, headers=headers)
    assert answer.status_code == 422


async def test_of_two_hundred_editors_at_once_no_edit_is_lost(ada: Any) -> None:
    made = await note(ada, text="\n".join(line for each in LINES for line in (each, "")))
    here = f"{NOTES}/{made['id']}"

    async def edit(number: int) -> Any:
        mine = [line for each in LINES for line in (each, "")]
        mine[2 * number] = f"changed by {number}"
        body = {"text": "\n".join(mine), "base_version": 1}
        answer = await ada.patch(here, json=body)
        while answer.status_code == 503:
            await asyncio.sleep(float(answer.headers["retry-after"]))
            answer = await ada.patch(here, json=body)
        return answer

    answers = await asyncio.gather(*(edit(number) for number in range(200)))
    assert {answer.status_code for answer in answers} == {200}
    text = (await read(ada, made["id"]))["text"].split("\n")
    assert [line for line in text if line] == [f"changed by {number}" for number in range(200)]


async def test_of_many_editors_of_one_line_one_wins_and_the_others_are_told(ada: Any) -> None:
    made = await note(ada, text="a\nb\nc")

    async def edit(number: int) -> Any:
        body = {"text": f"a\n{number}\nc", "base_version": 1}
        return await ada.patch(f"{NOTES}/{made['id']}", json=body)

    answers = await asyncio.gather(*(edit(number) for number in range(20)))
    assert sorted(answer.status_code for answer in answers) == [200, *[409] * 19]


async def test_tags_of_both_sides_are_kept(ada: Any) -> None:
    made = await note(ada, tags=["a", "b", "c"])
    await change(ada, made["id"], tags=["a", "b", "d"], base_version=1)
    merged = await change(ada, made["id"], tags=["b", "c", "e"], base_version=1)
    assert (merged["tags"], merged["merged"]) == (["b", "d", "e"], True)
    alike = await change(ada, made["id"], tags=["e", "D", "b"], text="t", base_version=2)
    assert (alike["tags"], "merged" in alike) == (["b", "d", "e"], False)


async def test_a_deletion_with_if_match_meets_no_change_it_has_not_seen(ada: Any) -> None:
    async def meet(number: int) -> tuple[int, int]:
        here = f"{NOTES}/{(await note(ada))['id']}"
        edit = ada.patch(here, json={"text": "wheat", "base_version": 1})
        drop = ada.delete(here, headers={"if-match": '"1"'})
        edited, dropped = await asyncio.gather(edit, drop)
        return edited.status_code, dropped.status_code

    assert set(await asyncio.gather(*map(meet, range(12)))) <= {(200, 412), (409, 204)}


async def test_a_tag_that_is_renamed_while_somebody_edits_is_not_lost(ada: Any) -> None:
    made = await note(ada, tags=["work"])
    (tag,) = (await ada.get(TAGS)).json()["items"]
    await ada.patch(f"{TAGS}/{tag['id']}", json={"name": "job"})
    edited = await change(ada, made["id"], tags=["work", "x"], base_version=1)
    assert edited["tags"] == ["job", "x"]
    again = await change(
        ada, made["id"], tags=["job", "work"], text="t", base_version=edited["version"]
    )
    assert again["tags"] == ["job", "work"]


async def test_renaming_a_tag_and_editing_at_once_loses_neither(ada: Any) -> None:
    notes = [await note(ada, f"{number}", tags=["work"]) for number in range(8)]
    (tag,) = (await ada.get(TAGS)).json()["items"]
    changes = [change(ada, each["id"], tags=["work", "x"], base_version=1) for each in notes]
    rename = ada.patch(f"{TAGS}/{tag['id']}", json={"name": "job"})
    *_, renamed = await asyncio.gather(*changes, rename)
    assert renamed.status_code == 200
    for each in notes:
        assert (await read(ada, each["id"]))["tags"] == ["job", "x"]


async def test_revisions_form_a_chain_that_can_be_read_compared_and_restored(ada: Any) -> None:
    made = await note(ada, "Bread", "a\nb", tags=["x"])
    here = f"{NOTES}/{made['id']}"
    await change(ada, made["id"], text="a\nc")
    await change(ada, made["id"], pinned=True)
    await change(ada, made["id"], title="Cake", tags=[])
    listed = (await ada.get(f"{here}/revisions")).json()["items"]
    assert [each["version"] for each in listed] == [4, 2, 1]
    assert {each["author"] for each in listed} == {ada.id}
    first = (await ada.get(f"{here}/revisions/1")).json()
    assert (first["title"], first["text"], first["tags"]) == ("Bread", "a\nb", ["x"])
    assert (await ada.get(f"{here}/revisions/3")).status_code == 404
    diff = (await ada.get(f"{here}/diff", params={"from": 1, "to": 3})).json()["diff"]
    assert diff == "--- version 1\n+++ version 3\n@@ -1,2 +1,2 @@\n a\n-b\n+c\n"
    assert (await ada.get(f"{here}/diff", params={"from": 1, "to": 9})).status_code == 422
    restored = (await ada.post(f"{here}/revisions/1/restore")).json()
    assert (restored["title"], restored["text"], restored["tags"]) == ("Bread", "a\nb", ["x"])
    assert restored["version"] == 5


async def test_an_editor_of_the_notebook_may_change_a_viewer_may_not(
    ada: Any, grace: Any, people: Any
) -> None:
    book = await notebook(ada)
    made = await note(ada, notebook=book)
    linus = await people("linus")
    await member(ada, book, "grace", "editor")
    await member(ada, book, "linus", "viewer")
    assert (await change(grace, made["id"], text="wheat"))["text"] == "wheat"
    assert (await read(linus, made["id"]))["text"] == "wheat"
    here = f"{NOTES}/{made['id']}"
    for answer in (
        await linus.patch(here, json={"text": "x"}),
        await linus.put(here, json={"text": "x"}),
        await linus.delete(here),
        await linus.post(f"{here}/restore"),
        await linus.post(f"{here}/revisions/1/restore"),
        await linus.post(f"{here}/shares", json={}),
        await grace.post(f"{here}/shares", json={}),
    ):
        assert answer.status_code == 403, answer.text
