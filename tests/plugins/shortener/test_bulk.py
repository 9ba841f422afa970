"""Many links at once: made, taken over, given out."""

from __future__ import annotations

import csv
import io
from typing import Any

from plugins.shortener.tables import RetiredCode

from .conftest import LINKS, add

BITLY = """\ufeffcreated_at,Bitlink,Long URL,Title,Tags
2024-01-01,bit.ly/Spring24,https://example.com/spring,Spring,"print,Fair 24"
2024-01-02,https://bit.ly/2Autumn,https://example.com/autumn,"Autumn, late",
"""
YOURLS = """keyword,url,title,timestamp,ip,clicks
ozh-blog,http://example.com/blog,Blog,2020-01-01 10:00:00,1.2.3.4,12
x,http://example.com/short,Too short a keyword,2020-01-01 10:00:00,1.2.3.4,0
"""
SHLINK = """createdAt,domain,shortCode,shortUrl,longUrl,title,tags,visits
2023-05-05T10:00:00+00:00,,shl1nk,https://s.test/shl1nk,https://example.com/?a=1,Shlink,foo|bar,3
2023-05-05T10:00:00+00:00,,bad000,https://s.test/bad,javascript:alert(1),Bad,,0
"""


async def take(ada: Any, kind: str, text: str) -> Any:
    return await ada.post(f"{LINKS}/import", json={"format": kind, "csv": text})


async def test_links_are_taken_over_with_their_codes(ada: Any) -> None:
    bitly = (await take(ada, "bitly", BITLY)).json()
    assert [each["code"] for each in bitly["created"]] == ["Spring24", "2Autumn"]
    assert bitly["created"][0]["tags"] == ["print", "fair-24"]
    yourls = (await take(ada, "yourls", YOURLS)).json()
    assert yourls["created"][0]["code"] == "ozh-blog"
    assert len(yourls["created"][1]["code"]) == 7, "a code that cannot stay is made anew"
    shlink = (await take(ada, "shlink", SHLINK)).json()
    assert shlink["created"][0]["tags"] == ["foo", "bar"]
    assert [(each["place"], each["code"]) for each in shlink["refused"]] == [(3, "bad_target")]
    again = (await take(ada, "bitly", BITLY)).json()
    assert {each["code"] for each in again["refused"]} == {"code_taken"}


async def test_what_is_no_such_file_is_refused(ada: Any) -> None:
    for text in ("nothing\nhere", "\n", '"open', "url\n" + "https://example.com\n" * 1001):
        answer = await take(ada, "shlink", text)
        assert answer.status_code in (200, 422), text[:20]
        if answer.status_code == 200:
            assert answer.json()["created"] == []
    assert (await take(ada, "excel", "url\n")).status_code == 422


async def test_one_of_many_that_is_refused_stops_no_other(ada: Any) -> None:
    links = [
        {"target": "https://example.com"},
        {"target": "ftp://x"},
        {"target": "https://a.example"},
    ]
    made = (await ada.post(f"{LINKS}/bulk", json={"links": links})).json()
    assert len(made["created"]) == 2
    assert [(each["place"], each["code"]) for each in made["refused"]] == [(2, "bad_target")]
    assert (await ada.post(f"{LINKS}/bulk", json={"links": links * 40})).status_code == 422


async def test_no_cell_of_the_export_is_a_formula_and_it_can_be_taken_back(
    ada: Any, grace: Any
) -> None:
    for title in ("=1+1", "+1", "-1", "@SUM(A1)", 'a "quoted", one', "plain"):
        await add(ada, title=title, tags=["one", "two"])
    await add(grace, title="hers")
    answer = await ada.get(f"{LINKS}/export.csv")
    assert answer.headers["content-type"].startswith("text/csv")
    assert "attachment" in answer.headers["content-disposition"]
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert [row["title"][:2] for row in rows[:4]] == ["'=", "'+", "'-", "'@"]
    assert len(rows) == 6
    for link in (await ada.get(LINKS)).json()["items"]:
        await ada.delete(f"{LINKS}/{link['id']}")
    back = (await take(grace, "tenfold", answer.text)).json()
    assert {each["code"] for each in back["refused"]} == {"code_taken"}, "codes rest"


async def test_a_code_that_begins_with_a_dash_comes_back_as_it_was(ada: Any) -> None:
    link = await add(ada, code="-x-y-", title="-1")
    text = (await ada.get(f"{LINKS}/export.csv")).text
    assert text.splitlines()[1].startswith("'-x-y-,")
    await ada.delete(f"{LINKS}/{link['id']}")
    await RetiredCode.delete(force=True)
    (back,) = (await take(ada, "tenfold", text)).json()["created"]
    assert (back["code"], back["title"]) == ("-x-y-", "-1")
