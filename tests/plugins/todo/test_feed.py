"""The calendar feed behind a secret address."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any
from urllib.parse import urlsplit

from icalendar import Calendar

from plugins.todo.tables import Feed
from tests.plugins.todo.asking import PROJECTS, TASKS, TODO, project, share, task


async def address(person: Any) -> str:
    made = (await person.post(f"{TODO}/feed")).json()
    parts = urlsplit(made["url"])
    assert made["active"] is True
    return f"{parts.path}?{parts.query}"


async def events(client: Any, path: str) -> dict[str, Any]:
    answer = await client.get(path)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith("text/calendar")
    found = Calendar.from_ical(answer.content).walk("VEVENT")
    return {str(event["summary"]): event for event in found}


async def test_the_feed_shows_what_is_due_and_nothing_else(
    ada: Any, grace: Any, client: Any
) -> None:
    house = await project(grace)
    await share(grace, house, "ada", "viewer")
    text = "Comma, semicolon; back\\slash\nline \x07 end"
    await task(ada, text[:20], description=text, due={"date": "2098-01-31"}, priority=4)
    zoned = {"date": "2098-03-26", "time": "09:00", "tz": "Europe/Berlin"}
    await task(ada, "weekly", due=zoned, recurrence={"rule": "FREQ=WEEKLY;BYDAY=WE"})
    await task(ada, "floating", due={"date": "2098-01-31", "time": "10:00"})
    await task(grace, "shared", project=house, due={"date": "2098-01-31"})
    await task(grace, "hers", due={"date": "2098-01-31"})
    attic = await project(ada, "Attic")
    await task(ada, "archived", project=attic, due={"date": "2098-01-31"})
    await ada.patch(f"{PROJECTS}/{attic}", json={"archived": True})
    await task(ada, "never")
    done = await task(ada, "done", due={"date": "2098-01-31"})
    await ada.post(f"{TASKS}/{done['id']}/complete")
    shown = await events(client, await address(ada))
    assert set(shown) == {text[:20], "weekly", "floating", "shared"}
    assert shown[text[:20]]["dtstart"].dt == date(2098, 1, 31)
    assert str(shown[text[:20]]["description"]) == text.replace("\x07", "")
    assert shown["floating"]["dtstart"].dt == datetime(2098, 1, 31, 10)
    start = shown["weekly"]["dtstart"].dt
    assert (start.hour, str(start.tzinfo)) == (9, "Europe/Berlin")
    assert shown["weekly"]["rrule"]["BYDAY"] == ["WE"]


async def test_a_reader_is_told_all_of_a_zone_and_until_when_something_repeats(
    ada: Any, client: Any
) -> None:
    until = {"rule": "FREQ=WEEKLY;UNTIL=20990131"}
    for name, rest, expected in (
        ("day", {}, date(2099, 1, 31)),
        ("floating", {"time": "10:00"}, datetime(2099, 1, 31, 23, 59, 59)),
        (
            "zoned",
            {"time": "10:00", "tz": "Asia/Tokyo"},
            datetime(2099, 1, 31, 14, 59, 59, tzinfo=UTC),
        ),
    ):
        await task(ada, name, due={"date": "2098-01-31"} | rest, recurrence=until)
        path = await address(ada)
        assert (await events(client, path))[name]["rrule"]["UNTIL"] == [expected]
    whole = Calendar.from_ical((await client.get(path)).content)
    assert [zone.tz_name for zone in whole.timezones] == ["Asia/Tokyo"]


async def test_an_etag_saves_the_calendar(ada: Any, client: Any) -> None:
    path = await address(ada)
    first = await client.get(path)
    again = await client.get(path, headers={"if-none-match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert "public" not in first.headers["cache-control"]
    await task(ada, "new", due={"date": "2098-01-31"})
    changed = await client.get(path, headers={"if-none-match": first.headers["etag"]})
    assert changed.status_code == 200


async def test_a_new_address_ends_the_old_one_and_it_can_be_taken_away(
    ada: Any, client: Any
) -> None:
    old = await address(ada)
    new = await address(ada)
    assert (await client.get(old)).status_code == 404
    assert (await client.get(new)).status_code == 200
    assert (await ada.get(f"{TODO}/feed")).json()["active"] is True
    assert "url" not in (await ada.get(f"{TODO}/feed")).json()
    assert new.rpartition("=")[2] not in str(await Feed.select())
    assert (await ada.delete(f"{TODO}/feed")).status_code == 204
    assert (await client.get(new)).status_code == 404
    assert (await ada.get(f"{TODO}/feed")).json() == {"active": False}


BAD_QUERIES = ["", "?token=", "?token=x&x=1"]


async def test_a_bad_address_is_refused(client: Any) -> None:
    for query in BAD_QUERIES:
        assert (await client.get(f"{TODO}/feed.ics{query}")).status_code == 422
        assert (await client.get(f"{TODO}/feed.ics?token=nothing")).status_code == 404
