"""Every list of notes costs the same queries, however much there is to list."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from tests.plugins.notes.making import NOTEBOOKS, NOTES, SYNC, TAGS, change, member, note, notebook

LISTS = {
    NOTES: 3,
    f"{NOTES}?tag=t&notebook={{book}}&pinned=false": 3,
    f"{NOTES}/trash": 3,
    f"{NOTES}/{{note}}/backlinks": 4,
    f"{NOTES}/{{note}}/revisions": 2,
    f"{NOTES}/{{note}}/shares": 2,
    f"{NOTES}/search?q=rye": 2,
    NOTEBOOKS: 1,
    f"{NOTEBOOKS}/{{book}}/members": 2,
    TAGS: 1,
    f"{SYNC}?limit=100": 5,
}


async def test_a_longer_list_costs_no_more_queries(
    ada: Any, people: Any, count_queries: Any
) -> None:
    book, target = await notebook(ada), (await note(ada, "Oven", "rye"))["id"]
    await people("linus")
    await people("hedy")

    async def more(who: str) -> None:
        for text in ("rye [[Oven]]", "rye bread [[oven]]"):
            await note(ada, text=text, notebook=book, tags=["t", who])
        await ada.delete(f"{NOTES}/{(await note(ada, tags=[who]))['id']}")
        await change(ada, target, text=f"rye {who}")
        await ada.post(f"{NOTES}/{target}/shares", json={})
        await notebook(ada, who, book)
        await member(ada, book, who)

    async def costs() -> dict[str, tuple[int, int]]:
        found = {}
        for path in LISTS:
            count_queries()
            answer = await ada.get(path.format(book=book, note=target))
            found[path] = len(count_queries()), len(answer.json()["items"])
        return found

    await more("linus")
    before = await costs()
    await more("hedy")
    after = await costs()
    assert {path: queries for path, (queries, _) in before.items()} == LISTS
    assert {path: queries for path, (queries, _) in after.items()} == LISTS
    assert all(after[path][1] > before[path][1] > 0 for path in LISTS)


@pytest.mark.parametrize("sort", ["-updated_at", "updated_at", "title", "-created_at"])
async def test_a_member_pages_through_own_notes_and_those_of_many_notebooks(
    ada: Any, people: Any, sort: str
) -> None:
    grace, linus = await people("grace"), await people("linus")
    outer = await notebook(ada)
    inner = await notebook(ada, "inner", outer)
    other = await notebook(linus)
    for person, book in ((ada, outer), (linus, other)):
        await member(person, book, "grace")
    expected = [
        await note(person, f"note {number % 3}", notebook=book, pinned=number % 2 == 0)
        for number in range(3)
        for person, book in ((ada, outer), (ada, inner), (linus, other), (grace, None))
    ]
    await note(ada, "unseen")
    await ada.delete(f"{NOTES}/{(await note(ada, notebook=inner))['id']}")
    await note(ada, "archived", notebook=inner, archived=True)
    column = sort.removeprefix("-")
    read = str if column == "title" else datetime.fromisoformat
    expected.sort(key=lambda each: (read(each[column]), each["id"]), reverse=sort.startswith("-"))
    for pinned in ("", "&pinned=true"):
        wanted = [each["id"] for each in expected if each["pinned"] or not pinned]
        assert await all_pages(grace, f"{NOTES}?sort={sort}&limit=2{pinned}") == wanted


async def all_pages(person: Any, path: str) -> list[int]:
    found: list[int] = []
    cursor = ""
    while cursor is not None:
        answer = (await person.get(f"{path}&cursor={cursor}" if cursor else path)).json()
        found += [each["id"] for each in answer["items"]]
        cursor = answer["next"]
    return found


async def test_deleting_many_notebooks_at_once_costs_no_more_queries(
    ada: Any, people: Any, count_queries: Any
) -> None:
    for name in ("linus", "hedy", "grace"):
        await people(name)

    async def cost(*names: str) -> int:
        outer = await notebook(ada)
        for name in names:
            inner = await notebook(ada, name, outer)
            await member(ada, inner, name)
            await note(ada, notebook=inner)
        count_queries()
        assert (await ada.delete(f"{NOTEBOOKS}/{outer}")).status_code == 204
        return len(count_queries())

    assert await cost("linus") == await cost("linus", "hedy", "grace")


async def test_a_tag_on_notes_of_many_notebooks_costs_no_more_queries(
    ada: Any, grace: Any, count_queries: Any
) -> None:
    books = [await notebook(ada) for _ in range(4)]
    await member(ada, books[0], "grace")

    async def cost(name: str, *where: int | None) -> int:
        notes = [(await note(ada, notebook=book, tags=[name]))["id"] for book in where]
        begun = (await grace.get(SYNC)).json()["next"]
        tags = (await ada.get(f"{TAGS}?limit=100")).json()["items"]
        (id,) = (tag["id"] for tag in tags if tag["name"] == name)
        count_queries()
        assert (await ada.delete(f"{TAGS}/{id}")).status_code == 204
        queries = len(count_queries())
        changed = (await grace.get(f"{SYNC}?since={begun}")).json()["items"]
        assert [each["id"] for each in changed] == notes[:1]
        return queries

    assert await cost("few", books[0]) == await cost("many", *books, None)
