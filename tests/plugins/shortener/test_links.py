"""Making, changing, listing and deleting links."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from msgspec import structs

from core import Problem
from plugins.shortener import personal, place
from plugins.shortener.links.codes import alike
from plugins.shortener.links.targets import checked, with_query
from plugins.shortener.tables import Link, RetiredCode
from tests.plugins.shortener.hostile import HOSTILE

from .conftest import LINKS, add, patiently, some_code


async def test_a_link_gets_a_code_nobody_can_foresee(ada: Any) -> None:
    codes = {(await add(ada))["code"] for _ in range(5)}
    assert len(codes) == 5
    assert {len(code) for code in codes} == {7}
    link = await add(ada, code="Spring-26", tags=["print", "fair", "print"], title="Fair")
    assert link["short_url"].endswith("/s/Spring-26")
    assert (link["tags"], link["title"], link["redirect"]) == (["print", "fair"], "Fair", 302)


async def test_of_a_hundred_claims_of_one_slug_one_is_granted(ada: Any) -> None:
    claim = {"target": "https://example.com", "code": some_code()}
    claims = (patiently(lambda: ada.post(LINKS, json=claim)) for _ in range(100))
    answers = await asyncio.gather(*claims)
    assert Counter(each.status_code for each in answers) == {201: 1, 409: 99}
    assert {each.json()["code"] for each in answers if each.status_code == 409} == {"code_taken"}


async def test_slugs_that_look_alike_are_one(ada: Any) -> None:
    await add(ada, code="Pay-Bill0")
    for other in ("pay-bill0", "PAY-BILL0", "Pay_Bill0", "Pay-BillO", "Pay-Bi110", "pay-8ill0"):
        answer = await ada.post(LINKS, json={"target": "https://example.com", "code": other})
        assert (answer.status_code, answer.json()["code"]) == (409, "code_taken"), other
    assert alike("modern") == alike("rnodern")
    assert alike("wow") == alike("vvow")


async def test_reserved_words_are_refused(ada: Any) -> None:
    for code in ("admin", "Admin", "adm1n", "API", "login", "l0gin", "health"):
        answer = await ada.post(LINKS, json={"target": "https://example.com", "code": code})
        assert (answer.status_code, answer.json()["code"]) == (422, "reserved_code"), code
    await add(ada, code="robots-txt-x")


async def test_a_slug_is_letters_digits_and_dashes(ada: Any) -> None:
    for code in ("ab", "a b", "päge", "раypal", "a/b", "a.b", "a+b", "x" * 51, ""):
        answer = await ada.post(LINKS, json={"target": "https://example.com", "code": code})
        assert answer.status_code == 422, code


async def test_the_code_of_a_deleted_link_rests(ada: Any, grace: Any) -> None:
    link = await add(ada, code=some_code())
    assert (await ada.delete(f"{LINKS}/{link['id']}")).status_code == 204
    again = {"target": "https://example.com", "code": link["code"]}
    for person in (ada, grace):
        assert (await person.post(LINKS, json=again)).json()["code"] == "code_taken"
    await RetiredCode.update({RetiredCode.until: datetime.now(UTC)}, force=True)
    assert (await grace.post(LINKS, json=again)).status_code == 201


def test_hostile_targets_are_refused() -> None:
    assert len(set(HOSTILE)) >= 120
    found = {target: tried(target) for target in HOSTILE}
    assert {target: what for target, what in found.items() if what != "422"} == {}


def tried(target: str) -> str:
    """Return the status that a target is refused with, or what else comes of it."""
    try:
        return f"is taken as {checked(target)}"
    except Problem as refused:
        return str(refused.status)
    except Exception as error:
        return repr(error)


async def test_hostile_targets_are_refused_wherever_one_is_taken(ada: Any) -> None:
    link = await add(ada)
    here = f"{LINKS}/{link['id']}"
    bad = "http://2130706433/"
    assert (await ada.post(LINKS, json={"target": bad})).json()["code"] == "bad_target"
    assert (await ada.patch(here, json={"target": bad})).status_code == 422
    assert (await ada.put(f"{here}/rules", json={"rules": [{"target": bad}]})).status_code == 422
    many = (await ada.post(f"{LINKS}/bulk", json={"links": [{"target": bad}]})).json()
    assert many["refused"][0]["code"] == "bad_target"


def test_this_server_itself_is_no_target() -> None:
    own = place.place_of("https://Go.Example.com:8443", place.here().settings)
    with place.used(own):
        for target in ("http://go.example.com", "https://GO.EXAMPLE.COM:1/s/x", "//go.example.com"):
            with pytest.raises(Exception, match=r"."):
                checked(target)
        assert checked("https://www.example.com") == "https://www.example.com/"


def test_blocked_domains_are_no_target(tmp_path: Path) -> None:
    file = tmp_path / "bad.txt"
    file.write_text("# known\n0.0.0.0 evil.example\nworse.example\n")
    before = place.here()
    settings = structs.replace(before.settings, blocklist=str(file))
    with place.used(place.place_of(before.url, settings)):
        for host in ("evil.example", "www.evil.example", "WORSE.example."):
            with pytest.raises(Exception, match="not allowed"):
                checked(f"https://{host}/x")
        assert checked("https://devil.example") == "https://devil.example/"
        file.write_bytes(b"\xff\xfe\n\xe9vil.example\nlater.example\n")
        with pytest.raises(Exception, match="not allowed"):
            checked("https://later.example")
        assert checked("https://evil.example").startswith("https://evil")
        file.unlink()
        with pytest.raises(Exception, match="Try again later"):
            checked("https://evil.example")


def test_targets_are_kept_in_one_plain_form() -> None:
    for given, kept in (
        ("HTTPS://Exämple.com/ä?ü=1#ö", "https://xn--exmple-cua.com/%C3%A4?%C3%BC=1#%C3%B6"),
        ("http://example.com:080", "http://example.com:80/"),
        ("https://example.com/%41%zz#a?b#c", "https://example.com/%41%zz#a?b#c"),
        ("http://8.8.8.8/x", "http://8.8.8.8/x"),
        ("https://[2606:4700::1111]:8443/x", "https://[2606:4700::1111]:8443/x"),
    ):
        assert checked(given) == kept
    assert with_query("https://a.b/#x", "q=1") == "https://a.b/?q=1#x"


async def test_lists_are_searched_and_filtered_and_show_only_mine(
    ada: Any, grace: Any, count_queries: Any
) -> None:
    for number in range(5):
        await add(ada, f"https://example.com/{number}", tags=["a_b"] if number % 2 else ["axb"])
    await add(ada, "https://example.org/100%25", title="Sale: 50% off")
    await add(grace)

    async def found(**query: Any) -> list[str]:
        items = (await ada.get(LINKS, params=query)).json()["items"]
        return sorted(each["target"] for each in items)

    assert len(await found()) == 6
    assert len(await found(tag="a_b")) == 2
    assert await found(q="50%") == ["https://example.org/100%25"]
    assert await found(q="EXAMPLE.COM/3") == ["https://example.com/3"]
    count_queries()
    page = (await ada.get(LINKS, params={"limit": 4, "count": True, "sort": "code"})).json()
    assert len(count_queries()) <= 3
    rest = (await ada.get(LINKS, params={"cursor": page["next"], "sort": "code"})).json()
    assert (page["total"], len(page["items"]), len(rest["items"])) == (6, 4, 2)


async def test_a_change_needs_the_version_that_is_there(ada: Any) -> None:
    link = await add(ada)
    here = f"{LINKS}/{link['id']}"
    changed = await ada.patch(here, json={"title": "x"}, headers={"if-match": '"1"'})
    assert changed.json()["version"] == 2
    late = await ada.patch(here, json={"title": "y"}, headers={"if-match": '"1"'})
    assert late.status_code == 412
    assert (await ada.delete(here, headers={"if-match": '"1"'})).status_code == 412


async def test_nobody_touches_a_link_of_somebody_else(ada: Any, grace: Any, client: Any) -> None:
    here = f"{LINKS}/{(await add(ada))['id']}"
    for path in ("", "/stats", "/visits", "/rules", "/qr.svg", "/qr.png", "/stats.svg"):
        assert (await grace.get(f"{here}{path}")).status_code == 404
        assert (await client.get(f"{here}{path}")).status_code == 401
    assert (await grace.delete(here)).status_code == 404
    assert (await grace.patch(here, json={"enabled": False})).status_code == 404


async def test_qr_codes_are_pictures(ada: Any) -> None:
    here = f"{LINKS}/{(await add(ada))['id']}"
    svg = await ada.get(f"{here}/qr.svg", params={"size": 3, "error": "h"})
    assert svg.headers["content-type"] == "image/svg+xml"
    assert svg.content.startswith(b"<?xml")
    png = await ada.get(f"{here}/qr.png")
    assert png.headers["content-type"] == "image/png"
    assert png.content.startswith(b"\x89PNG")
    assert (await ada.get(f"{here}/qr.png", params={"size": 1000})).status_code == 422


async def test_without_an_account_links_are_made_only_where_allowed(client: Any) -> None:
    answer = await client.post("/api/v1/shortener/shorten", json={"target": "https://example.com"})
    assert answer.status_code == 403


async def test_the_export_of_an_account_and_its_end(ada: Any, grace: Any) -> None:
    mine, theirs = await add(ada, password="open sesame"), await add(grace)
    kept = await personal.export(ada.id)
    assert [each["code"] for each in kept["links"]] == [mine["code"]]
    assert "password" not in kept["links"][0]
    await personal.delete(ada.id, 3)
    assert [each["code"] for each in await Link.select(Link.code)] == [theirs["code"]]
    (retired,) = await RetiredCode.objects().where(RetiredCode.alike == alike(mine["code"]))
    assert timedelta(days=2) < retired.until - datetime.now(UTC) < timedelta(days=4)
