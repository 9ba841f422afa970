"""Visits are counted, none is lost, and nobody can be told from them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime, timedelta
from typing import Any
from xml.etree import ElementTree

import pytest

from core import transaction
from plugins.shortener import tidy
from plugins.shortener.settings import ShortenerSettings
from plugins.shortener.tables import Link, Salt, Visit, VisitCount, VisitWriter
from plugins.shortener.visits import buffer as buffering
from plugins.shortener.visits import clients, writing
from plugins.shortener.visits.buffer import Buffer, buffer
from plugins.shortener.visits.writing import write
from tests.clocks import still_now

from .conftest import LINKS, PERSON, PHONE, add, counted, visit

FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0"


async def seen(link: Any, at: str, *, visitor: int = 1, kind: int = 0, **more: str) -> None:
    second = int(datetime.fromisoformat(at).timestamp())
    rest = (more.get("referrer", ""), more.get("country", ""), "iphone", "safari")
    await write([(link["id"], second, kind, visitor, *rest)])


async def test_what_is_kept_of_a_visit_tells_nobody_who_it_was(ada: Any, client: Any) -> None:
    link = await add(ada)
    await visit(client, link["code"], referer="https://www.news.example/story?user=ada")
    await buffer.flush()
    (row,) = await Visit.select().where(Visit.link == link["id"])
    assert (row["referrer"], row["device"], row["browser"]) == ("news.example", "iphone", "safari")
    assert "127.0.0.1" not in str(row)
    listed = (await ada.get(f"{LINKS}/{link['id']}/visits")).json()["items"]
    assert listed[0]["kind"] == "person"
    assert "visitor" not in listed[0]


async def test_the_same_visitor_is_one_a_day_and_another_tomorrow(
    ada: Any, client: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    link = await add(ada)
    still_now(monkeypatch, buffering.__name__)
    for agent in (PHONE, PHONE, FIREFOX):
        await client.get(f"/s/{link['code']}", headers={"user-agent": agent})
    await buffer.flush()
    rows = await Visit.select(Visit.visitor).where(Visit.link == link["id"])
    assert len({row["visitor"] for row in rows}) == 2
    await Salt.delete(force=True)
    monkeypatch.setattr(buffer, "_day", None)
    await visit(client, link["code"])
    await buffer.flush()
    rows = await Visit.select(Visit.visitor).where(Visit.link == link["id"])
    assert len({row["visitor"] for row in rows}) == 3, "the salt is what makes them comparable"


async def test_what_is_old_is_deleted(ada: Any) -> None:
    link = await add(ada)
    await Salt.insert(Salt(day=date(2020, 1, 1), salt=b"x"))
    ago = int(time.time()) - tidy.DOUBT
    await VisitWriter.insert(
        VisitWriter(name="old", at=ago - 1), VisitWriter(name="new", at=ago + 3600)
    )
    await seen(link, (datetime.now(UTC) - timedelta(days=4)).isoformat())
    await seen(link, datetime.now(UTC).isoformat())
    (work,) = (each for each in tidy.tasks(ShortenerSettings(visit_days=3)) if "tidy" in each.name)
    await work.run()
    assert not await Salt.exists().where(Salt.day == date(2020, 1, 1))
    assert await Visit.count().where(Visit.link == link["id"]) == 1
    assert await VisitWriter.exists().where(VisitWriter.name == "new")
    assert not await VisitWriter.exists().where(VisitWriter.name == "old")
    assert await counted(ada, link) == (2, 0)


async def test_visits_of_a_link_that_is_gone_stop_no_others(ada: Any, client: Any) -> None:
    gone, link = await add(ada), await add(ada)
    await visit(client, gone["code"])
    await visit(client, link["code"])
    await Link.delete().where(Link.id == gone["id"])
    assert await counted(ada, link) == (1, 0)


async def test_visits_wait_for_a_database_that_takes_none(
    ada: Any, client: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    link = await add(ada)

    async def fail(batch: Any) -> None:
        raise OSError("no")

    monkeypatch.setattr(buffering, "write_once", fail)
    for _ in range(3):
        await visit(client, link["code"])
    with pytest.raises(OSError, match="no"):
        await buffer.flush()
    assert len(buffer) >= 3
    monkeypatch.undo()
    assert await counted(ada, link) == (3, 0)
    assert len(buffer) == 0


async def test_visits_count_once_when_nobody_knows_how_their_commit_ended(
    ada: Any, client: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    link, other = await add(ada), await add(ada)

    @asynccontextmanager
    async def cut_off() -> AsyncIterator[Any]:
        async with transaction() as here:
            yield here
        raise ConnectionResetError("the answer to COMMIT is lost")

    for _ in range(3):
        buffer.note(link["id"], _asked)
    monkeypatch.setattr(writing, "transaction", cut_off)
    for _ in range(2):
        with pytest.raises(ConnectionResetError):
            await buffer.flush()
        buffer.note(other["id"], _asked)
    assert len(buffer) == 3 + 2
    monkeypatch.undo()
    assert await counted(ada, link) == (3, 0)
    assert await counted(ada, other) == (2, 0)
    for each, times in ((link, 3), (other, 2)):
        assert await Visit.count().where(Visit.link == each["id"]) == times


async def test_visits_count_once_when_two_try_the_same_at_once(ada: Any) -> None:
    link = await add(ada)
    row = (link["id"], 1_700_000_000, 0, 1, "", "", "iphone", "safari")
    batch = writing.Batch("one", 7, [row] * 5)
    await asyncio.gather(*(writing.write_once(batch) for _ in range(4)))
    assert await counted(ada, link) == (5, 0)
    await writing.write_once(writing.Batch("one", 8, [row]))
    await writing.write_once(writing.Batch("two", 7, [row]))
    assert await counted(ada, link) == (7, 0)


async def test_never_more_is_kept_than_fits_and_what_is_dropped_is_told(
    ada: Any, client: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    link = await add(ada)
    monkeypatch.setattr(buffering, "MOST", 2)
    before = dropped()
    for _ in range(5):
        buffer.note(link["id"], _asked)
    assert await counted(ada, link) == (2, 0)
    assert dropped() - before == 3
    assert "3 were dropped" in caplog.text


def dropped() -> float:
    return buffering.dropped.values.get((), 0)


async def test_a_database_that_cannot_even_be_read_fills_no_memory(
    ada: Any, client: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    link, own = await add(ada), Buffer()

    async def fail(*_: Any) -> bytes:
        raise OSError("no")

    monkeypatch.setattr(buffering, "MOST", 2)
    monkeypatch.setattr(buffering, "salt_of", fail)
    for _ in range(3):
        own.note(link["id"], _asked)
        own.note(link["id"], _asked)
        with pytest.raises(OSError, match="no"):
            await own.flush()
    assert len(own) == 2


class _Asked:
    """As much of a request as a visit needs."""

    method = "GET"
    headers = dict(PERSON)
    conn_info = None

    class app:  # noqa: N801
        ctx = None


_asked: Any = _Asked()


async def test_all_that_is_noted_is_written_when_the_worker_stops(ada: Any) -> None:
    link, own = await add(ada), Buffer()
    async with own.working():
        for _ in range(1234):
            own.note(link["id"], _asked)
    assert len(own) == 0
    assert (await VisitCount.select().where(VisitCount.link == link["id"]))[0]["people"] == 1234


@pytest.mark.parametrize(
    ("agent", "device", "browser", "program"),
    [
        (PHONE, "iphone", "safari", False),
        (FIREFOX, "windows", "firefox", False),
        (
            "Mozilla/5.0 (Linux; Android 14) Chrome/140.0 Mobile Safari/537.36",
            "android",
            "chrome",
            False,
        ),
        (
            "Mozilla/5.0 (Macintosh; Intel Mac OS X 14_0) Chrome/140 Safari/537 Edg/140",
            "macos",
            "edge",
            False,
        ),
        ("Mozilla/5.0 (compatible; Googlebot/2.1)", "other", "other", True),
        ("curl/8.5.0", "other", "other", True),
        ("facebookexternalhit/1.1", "other", "other", True),
        ("", "other", "other", True),
    ],
)
def test_clients_are_told_apart(agent: str, device: str, browser: str, program: bool) -> None:
    assert clients.client_of(agent) == (program, device, browser)


def test_languages_are_taken_by_preference() -> None:
    assert clients.language_of("de;q=0.5, fr-CA, en;q=0.9") == "fr-ca"
    assert clients.language_of("de;q=0.5,en;q=0.9") == "en"
    assert clients.language_of("*, ;q=x,,") == ""


async def test_days_are_those_of_the_viewer(ada: Any) -> None:
    link = await add(ada)
    await seen(link, "2026-03-28T23:30:00+00:00", visitor=1)
    await seen(link, "2026-03-29T00:30:00+00:00", visitor=1)
    await seen(link, "2026-03-29T23:30:00+00:00", visitor=2)
    here, query = f"{LINKS}/{link['id']}/stats", {"from": "2026-03-28", "to": "2026-03-30"}

    async def days(tz: str) -> list[int]:
        answer = (await ada.get(here, params={**query, "tz": tz})).json()
        return [each["visits"] for each in answer["points"]]

    assert await days("UTC") == [1, 2, 0]
    assert await days("Europe/Berlin") == [0, 2, 1], "midnight is 23:00, then 22:00 UTC"
    assert await days("Pacific/Auckland") == [0, 2, 1]
    assert await days("Asia/Kathmandu") == [0, 2, 1]
    whole = (await ada.get(here, params={**query, "tz": "UTC"})).json()
    assert (whole["visits"], whole["visitors"]) == (3, 2)


async def test_hours_pass_as_clocks_are_changed(ada: Any) -> None:
    link = await add(ada)
    here = f"{LINKS}/{link['id']}/stats"
    for day, hours in (("2026-03-29", 23), ("2026-10-25", 25), ("2026-06-01", 24)):
        query = {"from": day, "to": day, "tz": "Europe/Berlin", "group": "hour"}
        points = (await ada.get(here, params=query)).json()["points"]
        assert len(points) == hours == len({each["key"] for each in points})


async def test_groups_programs_and_visitors(ada: Any, count_queries: Any) -> None:
    link = await add(ada)
    for visitor, country in ((1, "PT"), (1, "PT"), (2, "FR")):
        await seen(link, "2026-05-01T12:00:00+00:00", visitor=visitor, country=country)
    await seen(link, "2026-05-01T12:00:00+00:00", kind=1)
    await seen(link, "2026-05-01T12:00:00+00:00", kind=2)
    query = {"from": "2026-05-01", "to": "2026-05-01", "group": "country"}
    count_queries()
    stats = (await ada.get(f"{LINKS}/{link['id']}/stats", params=query)).json()
    assert len(count_queries()) <= 3
    assert stats["points"] == [
        {"key": "PT", "visits": 2, "visitors": 1},
        {"key": "FR", "visits": 1, "visitors": 1},
    ]
    assert (stats["visits"], stats["visitors"]) == (3, 2)
    assert (stats["programs"], stats["ahead"]) == (1, 1)
    for group in ("referrer", "device", "browser"):
        answer = await ada.get(f"{LINKS}/{link['id']}/stats", params={**query, "group": group})
        assert sum(each["visits"] for each in answer.json()["points"]) == 3


async def test_odd_questions_are_refused(ada: Any) -> None:
    link = await add(ada)
    for query in (
        {"tz": "Mars/Olympus"},
        {"tz": "../../etc/passwd"},
        {"tz": "/etc/passwd"},
        {"tz": "localtime"},
        {"from": "2026-05-02", "to": "2026-05-01"},
        {"from": "0001-01-01", "to": "2026-05-01"},
        {"from": "1000-01-01"},
        {"to": "9999-12-31"},
        {"to": "0001-01-01"},
        {"from": "2020-01-01", "to": "2026-01-01", "group": "hour"},
        {"group": "visitor"},
        {"from": "yesterday"},
    ):
        answer = await ada.get(f"{LINKS}/{link['id']}/stats", params=query)
        assert answer.status_code == 422, query


async def test_the_chart_is_sound_xml_and_nothing_in_it_runs(ada: Any) -> None:
    title = '"><script>alert(1)</script>\u202e&amp;'
    link = await add(ada, title=title)
    now = datetime.now(UTC)
    await seen(link, now.isoformat(), referrer="<b>.example")
    for group in ("day", "hour", "referrer"):
        answer = await ada.get(f"{LINKS}/{link['id']}/stats.svg", params={"group": group})
        assert answer.headers["content-type"] == "image/svg+xml"
        assert "default-src 'none'" in answer.headers["content-security-policy"]
        tree = ElementTree.fromstring(answer.text)
        names = {each.tag.rpartition("}")[2] for each in tree.iter()}
        assert names <= {"svg", "title", "rect", "text", "path"}
        assert "href" not in answer.text
    ago = (now - timedelta(days=3000)).date().isoformat()
    long = await ada.get(f"{LINKS}/{link['id']}/stats.svg", params={"from": ago})
    assert long.status_code == 200
    assert len(long.content) < 100_000


async def test_single_visits_come_in_pages(ada: Any, count_queries: Any) -> None:
    link = await add(ada)
    for hour in range(5):
        await seen(link, f"2026-05-01T0{hour}:00:00+00:00")
    here = f"{LINKS}/{link['id']}/visits"
    count_queries()
    first = (await ada.get(here, params={"limit": 3, "count": True})).json()
    assert len(count_queries()) <= 3
    rest = (await ada.get(here, params={"cursor": first["next"]})).json()
    times = [each["at"] for each in first["items"] + rest["items"]]
    assert times == sorted(times, reverse=True)
    assert (first["total"], len(times)) == (5, 5)
