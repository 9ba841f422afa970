"""The index stays right whatever happens to the rows, on both databases."""

from __future__ import annotations

import random
from typing import Any

import pytest
from piccolo.columns import Integer

from core import create_search_index, drop_search_index
from core.db.engine import engine, transaction
from core.testing import queries
from tests.core.search.tables import Page, pages

EVERYBODYS = Page.owner == 0


async def add(title: str, text: str = "", owner: int = 0) -> int:
    (row,) = await Page.insert(Page(title=title, text=text, owner=owner)).returning(Page.id)
    return int(row["id"])


async def titles(query: str, where: Any = EVERYBODYS, limit: int = 100) -> list[str]:
    return [match.title for match in await pages.find(query, where=where, limit=limit)]


async def test_what_is_written_changed_and_deleted_is_found_changed_and_gone(indexed: Any) -> None:
    id = await add("Bread", "flour and water")
    assert await titles("flour") == ["Bread"]
    await Page.update({Page.text: "rye and salt"}).where(Page.id == id)
    assert (await titles("flour"), await titles("rye")) == ([], ["Bread"])
    await Page.delete().where(Page.id == id)
    assert await titles("rye") == []


async def test_what_is_undone_is_not_found(indexed: Any) -> None:
    id = await add("Bread", "flour")
    with pytest.raises(ZeroDivisionError):
        async with transaction():
            await add("Cake", "sugar")
            await Page.update({Page.text: "rye"}).where(Page.id == id)
            assert (await titles("sugar"), await titles("rye")) == (["Cake"], ["Bread"])
            raise ZeroDivisionError
    assert await titles("sugar OR rye") == []
    assert (await titles("sugar"), await titles("flour")) == ([], ["Bread"])


async def test_five_thousand_rows_that_change_at_random_are_found_as_they_are(indexed: Any) -> None:
    chance = random.Random(5)
    words = [f"word{number}" for number in range(40)]

    def text() -> str:
        return " ".join(chance.choices(words, k=6))

    kept = [Page(title=f"page {number}", text=text()) for number in range(5000)]
    async with transaction():
        for start in range(0, 5000, 1000):
            await Page.insert(*kept[start : start + 1000])
        for number in chance.sample(range(5000), 400):
            await Page.update({Page.text: text()}).where(Page.title == f"page {number}")
        await Page.delete().where(Page.title.like("page 7%"))
    rows = await Page.select(Page.title, Page.text)
    for word in words[:8]:
        expected = {row["title"] for row in rows if word in row["text"].split()}
        assert set(await titles(word, limit=5000)) == expected
    if engine().engine_type == "sqlite":
        check = "INSERT INTO search_page_search (search_page_search, rank) VALUES (?, 1)"
        await engine().fetch(check, ["integrity-check"])


async def test_only_visible_rows_count_towards_the_limit(indexed: Any) -> None:
    for number in range(30):
        await add(f"bread {number}", "bread bread bread", owner=1)
    await add("a long title in which bread is one word", owner=2)
    mine = Page.owner == 2
    assert await titles("bread", mine, limit=1) == ["a long title in which bread is one word"]


async def test_a_search_is_one_query(indexed: Any) -> None:
    for number in range(5):
        await add(f"bread {number}")
    with queries() as seen:
        assert len(await pages.find("bread", where=EVERYBODYS, limit=3, columns=[Page.owner])) == 3
    assert len(seen) == 1


async def test_a_word_in_the_title_counts_more(indexed: Any) -> None:
    await add("Soup", "bread " + "and more " * 5)
    await add("Bread", "soup")
    assert await titles("bread") == ["Bread", "Soup"]
    ranks = [match.rank for match in await pages.find("bread", where=EVERYBODYS, limit=9)]
    assert ranks[0] > ranks[1] > 0


LANGUAGE = {
    "new york": {"New York pizza", "York is new"},
    '"new york"': {"New York pizza"},
    "york -pizza": {"York is new"},
    '-"is new" york': {"New York pizza"},
    "piz*": {"New York pizza"},
    "cafe": {"Café Über"},
    "CAFÉ über": {"Café Über"},
    "привет": {"ПРИВЕТ мир"},
    "e-mail": {"About e-mail"},
    "mail": {"About e-mail"},
    "東京": {"私は東京に住む"},
    "🎉": {"party🎉time"},
    "party": {"party🎉time"},
    "time -🎉": set(),
    "שלום": {"שלום עולם"},
    "x_y": {"x_y 3.14 ada@example.org"},
    "ada@example.org": {"x_y 3.14 ada@example.org"},
    "3.14": {"x_y 3.14 ada@example.org"},
    "-york -pizza -party -mail -мир -cafe -עולם -3": {"私は東京に住む"},
    "york -york": set(),
    "!!!": set(),
    "nothing*": set(),
}


@pytest.mark.parametrize("query", LANGUAGE)
async def test_both_databases_understand_the_same(indexed: Any, query: str) -> None:
    for title in sorted(set().union(*LANGUAGE.values())):
        await add(title)
    assert set(await titles(query)) == LANGUAGE[query]


ODD = [
    *('"', '""', '"a', 'a"b', "*", "**", "a*b", "-", "--a", "- a", "a AND", "OR", "NOT a"),
    *("NEAR(a b)", "title:a", "{a b}", "^a", "a + b", "(", ")", "a:*", "'", "a'b", "\\", "a\\b"),
    *("%", "_", "$1", "?", "{}", "{0}", "a & b | !c", "<->", ":*", "\u0301", "\x01", "\ud7ff"),
    *("\U0010ffff", "ʼ", "a" * 200, "a " * 100, "-a " * 60, '"a b" ' * 30, "ﷺ*", "\u06dd"),
    *("\u200d", "½*", "_*", "०*", "ß*"),
]


async def test_any_text_is_a_query(indexed: Any) -> None:
    await add("a b c", 'text with (every) kind: of \\ sign\' and "quotes" * ^ {} ?')
    for query in ODD:
        await pages.find(query, where=EVERYBODYS, limit=5)


async def test_no_length_or_sign_of_a_text_keeps_it_from_being_written(indexed: Any) -> None:
    different = " ".join(f"{number:x}" for number in range(170_000))
    for text in (different, "x" * 1_000_000, "ﷺ " * 100_000, "🎉" * 100_000, "字" * 300_000):
        await add("long", text)
    assert await titles("long") == ["long"] * 5
    assert await titles("2b") == ["long"]


async def test_an_index_is_made_over_rows_that_are_there_and_taken_away(indexed: Any) -> None:
    await drop_search_index("search_page")
    await add("Bread", "flour")
    await create_search_index("search_page", ["title", "text"])
    await add("Cake", "flour")
    assert set(await titles("flour")) == {"Bread", "Cake"}
    await create_search_index("search_page", ["title", "text"])
    assert set(await titles("flour")) == {"Bread", "Cake"}


async def test_a_column_more_leaves_the_index_alone(indexed: Any) -> None:
    await Page.alter().add_column("stars", Integer(default=0))
    await add("Bread", "flour")
    await Page.update({Page.text: "rye"}).where(Page.title == "Bread")
    assert (await titles("flour"), await titles("rye")) == ([], ["Bread"])


async def test_after_a_rebuilt_table_the_index_is_made_again(indexed: Any) -> None:
    await add("Bread", "flour")
    async with transaction():
        await engine().fetch('CREATE TABLE "other" AS SELECT * FROM "search_page"')
        await drop_search_index("search_page")
        await engine().fetch('DROP TABLE "search_page"')
        await Page.create_table()
        copied = '"id", "owner", "title", "text"'
        await engine().fetch(f'INSERT INTO "search_page" ({copied}) SELECT {copied} FROM "other"')
        await engine().fetch('DROP TABLE "other"')
        await create_search_index("search_page", ["title", "text"])
    await Page.update({Page.text: "rye"}).where(Page.title == "Bread")
    assert (await titles("flour"), await titles("rye")) == ([], ["Bread"])
