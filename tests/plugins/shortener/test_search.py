"""Links are found by what is written about them, by nobody but their owner."""

from __future__ import annotations

from typing import Any

import pytest

from .conftest import LINKS, add, some_code

SEARCH = "/api/v1/search"


async def found(person: Any, query: str) -> list[Any]:
    answer = await person.get(SEARCH, params={"q": query, "plugins": "shortener"})
    assert (answer.status_code, answer.json()["incomplete"]) == (200, []), answer.text
    return list(answer.json()["items"])


async def test_a_link_is_found_by_all_that_is_written_about_it(ada: Any) -> None:
    code = some_code()
    link = await add(
        ada, "https://shoes.example.com/sandals?x=1", title="Leather", tags=["fair"], code=code
    )
    await add(ada, "https://example.com/other", title="Other")
    for query in ("leather", "sandals", "shoes.example.com", "fair", f'"{code}"', "LEATH*"):
        (hit,) = await found(ada, query)
        assert (hit["plugin"], hit["kind"], hit["id"]) == ("shortener", "link", link["id"])
        assert (await ada.get(hit["url"])).json()["code"] == code
    (hit,) = await found(ada, "sandals")
    assert hit["snippet"] == "https://shoes.example.com/<mark>sandals</mark>?x=1"


async def test_a_link_without_a_title_is_shown_by_its_code(ada: Any) -> None:
    link = await add(ada, "https://example.com/spring")
    (hit,) = await found(ada, "spring")
    assert hit["title"] == link["code"]


async def test_nobody_finds_the_links_of_others(ada: Any, grace: Any, admin: Any) -> None:
    for number in range(3):
        await add(grace, f"https://example.com/spring/{number}", title="Spring")
    mine = await add(ada, "https://example.com/much/longer/and/spring", title="Not so good")
    answer = await ada.get(SEARCH, params={"q": "spring", "limit": 1, "plugins": "shortener"})
    assert [hit["id"] for hit in answer.json()["items"]] == [mine["id"]]
    assert await found(admin, "spring") == []


async def test_what_is_changed_is_found_as_it_is_and_what_is_deleted_is_not(ada: Any) -> None:
    link = await add(ada, title="Before")
    await ada.patch(f"{LINKS}/{link['id']}", json={"title": "After", "tags": ["late"]})
    assert await found(ada, "before") == []
    assert len(await found(ada, "after late")) == 1
    await ada.delete(f"{LINKS}/{link['id']}")
    assert await found(ada, "after") == []


async def test_who_may_not_read_links_finds_none(ada: Any) -> None:
    from core.auth.authorization.identity import CurrentUser
    from plugins.shortener.links.searching import hits

    await add(ada, title="Spring")
    asking = CurrentUser(ada.id, 1, frozenset({"user"}), frozenset({"search.use"}))
    assert await hits(asking, "spring", 10) == []


@pytest.mark.parametrize("many", [1, 12])
async def test_however_many_are_found_it_takes_one_query(
    ada: Any, count_queries: Any, many: int
) -> None:
    for number in range(many):
        await add(ada, f"https://example.com/{number}", title="Spring")
    await found(ada, "summer")
    count_queries()
    assert len(await found(ada, "spring")) == many
    assert len([sql for sql in count_queries() if "shortener_link" in sql]) == 1
