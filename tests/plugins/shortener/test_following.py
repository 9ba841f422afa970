"""Following a link, as people and programs do."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from msgspec import structs

from plugins.shortener import place
from plugins.shortener.tables import Link
from tests.patience import PATIENCE

from .conftest import BROWSER, LINKS, PERSON, add, counted, patiently, visit


async def test_a_link_leads_to_its_target_and_is_counted(ada: Any, client: Any) -> None:
    link = await add(ada)
    for _ in range(3):
        answer = await visit(client, link["code"])
        assert answer.status_code == 302
        assert answer.headers["location"] == "https://example.com/spring"
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["content-type"] == "text/plain"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "no-referrer"
    assert await counted(ada, link) == (3, 0)


async def test_head_and_prefetch_and_bots_are_counted_apart(ada: Any, client: Any) -> None:
    link = await add(ada)
    here = f"/s/{link['code']}"
    assert (await client.head(here, headers=PERSON)).headers["location"] == link["target"]
    await client.get(here, headers=PERSON | {"sec-purpose": "prefetch;prerender"})
    await client.get(here, headers=PERSON | {"purpose": "prefetch"})
    await client.get(here, headers={"user-agent": "Slackbot-LinkExpanding 1.0"})
    await client.get(here, headers={"user-agent": ""})
    await client.get(here, headers=PERSON)
    assert await counted(ada, link) == (1, 5)


async def test_a_permanent_redirect_is_asked_for_and_kept_for_a_bounded_time(
    ada: Any, client: Any
) -> None:
    for status in (301, 307, 308):
        link = await add(ada, redirect=status)
        answer = await visit(client, link["code"])
        kept = "private, max-age=3600" if status in (301, 308) else "no-store"
        assert (answer.status_code, answer.headers["cache-control"]) == (status, kept)
    soon = (datetime.now(UTC) + timedelta(seconds=1000)).isoformat()
    link = await add(ada, redirect=301, valid_until=soon)
    kept = (await visit(client, link["code"])).headers["cache-control"]
    assert int(kept.rpartition("=")[2]) <= 1000


async def test_the_query_goes_along_in_front_of_the_fragment(ada: Any, client: Any) -> None:
    link = await add(ada, "https://example.com/a?x=1#part?no=query")
    answer = await visit(client, link["code"], "?b=%20&c")
    assert answer.headers["location"] == "https://example.com/a?x=1&b=%20&c#part?no=query"
    plain = await add(ada, "https://example.com/a#part", forward_query=False)
    answer = await visit(client, plain["code"], "?b=1")
    assert answer.headers["location"] == "https://example.com/a#part"


async def test_campaign_parameters_are_built_into_the_target(ada: Any) -> None:
    utm = {"source": "mail & post", "campaign": "spring"}
    link = await add(ada, "https://example.com/a?utm_source=old&x=1#part", utm=utm)
    assert link["target"] == (
        "https://example.com/a?x=1&utm_source=mail+%26+post&utm_campaign=spring#part"
    )


async def test_a_query_cannot_split_the_answer(ada: Any, client: Any) -> None:
    link = await add(ada)
    answer = await visit(client, link["code"], "?a=%0d%0aset-cookie:%20x=1")
    assert "set-cookie" not in answer.headers
    assert answer.headers["location"].endswith("?a=%0d%0aset-cookie:%20x=1")


async def test_a_link_leads_only_while_it_is_valid(ada: Any, client: Any) -> None:
    now = datetime.now(UTC)
    later = await add(ada, valid_from=(now + timedelta(hours=1)).isoformat())
    assert (await visit(client, later["code"])).status_code == 404
    for seconds in (0.3, 3, 20):  # until the first visit comes before the end
        end = datetime.now(UTC) + timedelta(seconds=seconds)
        soon = await add(ada, valid_until=end.isoformat())
        first = await visit(client, soon["code"])
        if datetime.now(UTC) < end:
            break
    assert first.status_code == 302
    await asyncio.sleep((end - datetime.now(UTC)).total_seconds() + 0.05)
    gone = await visit(client, soon["code"])
    assert (gone.status_code, gone.json()["code"]) == (410, "link_gone")
    wrong = {"target": "https://example.com", "valid_from": "2030-01-02T00:00:00Z"}
    answer = await ada.post(LINKS, json={**wrong, "valid_until": "2030-01-01T00:00:00Z"})
    assert answer.status_code == 422


async def test_a_change_is_seen_at_once_and_a_disabled_link_is_not_there(
    ada: Any, client: Any
) -> None:
    link = await add(ada)
    here = f"{LINKS}/{link['id']}"
    await visit(client, link["code"])
    await ada.patch(here, json={"target": "https://example.org"})
    assert (await visit(client, link["code"])).headers["location"] == "https://example.org/"
    await ada.patch(here, json={"enabled": False})
    assert (await visit(client, link["code"])).status_code == 404
    await ada.patch(here, json={"enabled": True})
    assert (await visit(client, link["code"])).status_code == 302
    await ada.delete(here)
    assert (await visit(client, link["code"])).status_code == 404


async def test_what_is_not_there_yet_is_found_once_it_is(ada: Any, client: Any) -> None:
    assert (await visit(client, "not-yet-here")).status_code == 404
    await add(ada, code="not-yet-here")
    assert (await visit(client, "not-yet-here")).status_code == 302


async def test_of_100_visitors_at_once_exactly_as_many_get_through_as_may(
    ada: Any, client: Any
) -> None:
    link = await add(ada, max_visits=10)
    visits = (patiently(lambda: visit(client, link["code"])) for _ in range(100))
    answers = await asyncio.gather(*visits)
    statuses = [answer.status_code for answer in answers]
    assert (statuses.count(302), statuses.count(410)) == (10, 90)
    assert (await ada.get(f"{LINKS}/{link['id']}")).json()["used"] == 10
    assert await counted(ada, link) == (10, 0)


async def test_a_one_time_link_survives_preview_bots(ada: Any, client: Any) -> None:
    link = await add(ada, max_visits=1)
    here = f"/s/{link['code']}"
    for headers in (
        {"user-agent": "Mozilla/5.0 (compatible; Discordbot/2.0)"},
        {"user-agent": "WhatsApp/2.23"},
        PERSON | {"purpose": "prefetch"},
    ):
        answer = await client.get(here, headers=headers)
        assert answer.status_code == 200
        assert "example.com" not in answer.text
    assert (await client.head(here, headers=PERSON)).status_code == 200
    assert (await visit(client, link["code"])).status_code == 302
    assert (await visit(client, link["code"])).status_code == 410


async def test_people_get_pages_and_programs_get_problems(client: Any) -> None:
    for headers, kind in ((BROWSER, "text/html"), (PERSON, "application/problem+json")):
        answer = await client.get("/s/nothing-here", headers=headers)
        assert answer.status_code == 404
        assert answer.headers["content-type"].startswith(kind)
        assert "default-src 'none'" in answer.headers["content-security-policy"]


async def test_information_shows_where_a_link_leads_and_nothing_runs_in_it(
    ada: Any, client: Any
) -> None:
    link = await add(ada, "https://example.com/?q='\"</dd><script>alert(1)</script>")
    answer = await client.get(f"/s/{link['code']}+", headers=BROWSER)
    assert answer.status_code == 200
    assert "<script" not in answer.text
    assert "example.com" in answer.text
    assert "script-src" not in answer.headers["content-security-policy"]
    facts = (await client.get(f"/s/{link['code']}+", headers=PERSON)).json()
    assert facts["target"] == link["target"]
    assert await counted(ada, link) == (0, 0)


async def test_information_on_a_link_for_a_few_visits_is_no_way_around_them(
    ada: Any, client: Any
) -> None:
    link = await add(ada, "https://example.com/for-one-person", max_visits=1)
    for headers in (BROWSER, PERSON):
        answer = await client.get(f"/s/{link['code']}+", headers=headers)
        assert (answer.status_code, "for-one-person" in answer.text) == (200, False)
    assert answer.json()["limited"] is True
    assert (await visit(client, link["code"])).headers["location"] == link["target"]


async def test_a_password_is_asked_for_and_the_target_is_not_told(ada: Any, client: Any) -> None:
    link = await add(ada, "https://example.com/secret-place", password="open sesame")
    here = f"/s/{link['code']}"
    assert "password" not in link
    assert link["has_password"] is True
    form = await client.get(here, headers=BROWSER)
    assert (form.status_code, "secret-place" in form.text) == (200, False)
    assert "form-action 'self'" in form.headers["content-security-policy"]
    assert (await visit(client, link["code"])).json()["code"] == "password_needed"
    shown = (await client.get(f"{here}+", headers=BROWSER)).text
    assert "secret-place" not in shown
    wrong = await client.post(here, data={"password": "open barley"}, headers=BROWSER)
    assert (wrong.status_code, "secret-place" in wrong.text) == (403, False)
    right = await client.post(here, data={"password": "open sesame"}, headers=BROWSER)
    assert (right.status_code, "https://example.com/secret-place" in right.text) == (200, True)
    program = await client.post(here, data={"password": "open sesame"}, headers=PERSON)
    assert (program.status_code, program.headers["location"]) == (303, link["target"])
    for odd in ({}, {"password": ""}, {"password": "x" * 200}, {"other": "x"}):
        assert (await client.post(here, data=odd, headers=PERSON)).status_code == 422
    kept = await Link.select(Link.password).where(Link.id == link["id"])
    assert "sesame" not in kept[0]["password"]


@pytest.mark.usefixtures("clock_stands_still")
async def test_a_password_cannot_be_guessed_for_long(ada: Any, client: Any) -> None:
    link = await add(ada, password="open sesame")
    here = f"/s/{link['code']}"
    guess = {"password": "a guess"}
    answers = [await client.post(here, data=guess, headers=PERSON) for _ in range(11)]
    assert [each.status_code for each in answers] == [403] * 10 + [429]
    assert answers[-1].headers["retry-after"]
    right = await client.post(here, data={"password": "open sesame"}, headers=PERSON)
    assert right.status_code == 429


@pytest.mark.usefixtures("clock_stands_still")
async def test_codes_cannot_be_enumerated(ada: Any, client: Any) -> None:
    link, before = await add(ada), place.here()
    few = structs.replace(before.settings, misses="12/minute")
    with place.used(replace(before, settings=few)):
        answers = [await visit(client, f"guess-{number}") for number in range(13)]
    assert [each.status_code for each in answers] == [404] * 12 + [429]
    refused = await visit(client, link["code"])
    assert refused.status_code == 429, "who guesses is not told of a hit"
    assert int(refused.headers["retry-after"]) > 0


async def test_a_hot_link_asks_the_database_nothing(
    ada: Any, client: Any, count_queries: Any
) -> None:
    link = await add(ada)

    async def asked() -> list[str]:
        count_queries()
        await visit(client, link["code"])
        return [sql for sql in count_queries() if "shortener_link" in sql and "INSERT" not in sql]

    async with asyncio.timeout(PATIENCE):
        while await asked():  # it is kept once no transaction is open that is older than the link
            await counted(ada, link)
    assert [await asked() for _ in range(20)] == [[]] * 20


async def test_odd_addresses_lead_nowhere(ada: Any, client: Any) -> None:
    link = await add(ada, code="Case-Matters")
    for odd in ("case-matters", "Case-Matters%00", "%C3%A4", "x" * 300, "+", "a%2Fb"):
        assert (await visit(client, odd)).status_code in (404, 400), odd
    assert (await visit(client, link["code"])).status_code == 302
    assert (await client.post(f"/s/{link['code']}", headers=PERSON)).status_code in (303, 422)


async def test_nothing_is_slow_about_a_redirect(ada: Any, client: Any) -> None:
    link = await add(ada)
    began = time.process_time()
    for _ in range(50):
        await visit(client, link["code"])
    assert time.process_time() - began < 5
