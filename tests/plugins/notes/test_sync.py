"""Delta sync: nothing is missed, nothing is applied twice, and who was away too long is told."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from plugins.notes.service import changes, upkeep
from plugins.notes.settings import NotesSettings
from tests.plugins.notes.making import (
    NOTEBOOKS,
    NOTES,
    SYNC,
    change,
    delete_for_good,
    member,
    note,
    notebook,
    read,
)

LATER = timedelta(days=181)


class Replica:
    """A client that keeps what sync tells it."""

    def __init__(self, person: Any) -> None:
        self.person, self.since = person, ""
        self.notes: dict[int, str] = {}

    async def follow(self, limit: int = 100) -> Any:
        more = True
        while more:
            query = {"limit": limit} | ({"since": self.since} if self.since else {})
            answer = await self.person.get(SYNC, params=query)
            if answer.status_code != 200:
                return answer
            said = answer.json()
            for item in said["items"]:
                self.notes.pop(item["id"], None)
                if item["note"] is not None:
                    self.notes[item["id"]] = item["note"]["text"]
            self.since, more = said["next"], said["more"]
        return answer

    def texts(self) -> list[str]:
        return sorted(self.notes.values())


async def send(person: Any, *changes: Any) -> Any:
    answer = await person.post(SYNC, json={"changes": list(changes)})
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_a_client_follows_what_is_added_changed_and_deleted(ada: Any) -> None:
    replica = Replica(ada)
    await replica.follow()
    assert replica.texts() == []
    notes = [await note(ada, text=f"{number}") for number in range(7)]
    await replica.follow(limit=3)
    assert replica.texts() == [f"{number}" for number in range(7)]
    await change(ada, notes[0]["id"], text="changed")
    await delete_for_good(ada, notes[1]["id"])
    await replica.follow()
    assert replica.texts() == ["2", "3", "4", "5", "6", "changed"]
    assert (await ada.get(SYNC, params={"since": replica.since})).json()["items"] == []


async def test_what_changes_while_a_client_reads_from_the_beginning_is_not_missed(ada: Any) -> None:
    notes = [await note(ada, text=f"{number}") for number in range(6)]
    replica = Replica(ada)
    first = (await ada.get(SYNC, params={"limit": 2})).json()
    replica.since = first["next"]
    replica.notes = {item["id"]: item["note"]["text"] for item in first["items"]}
    await change(ada, notes[0]["id"], text="changed")
    for gone in (notes[1], notes[5]):
        await delete_for_good(ada, gone["id"])
    await replica.follow(limit=2)
    await replica.follow()
    assert replica.texts() == ["2", "3", "4", "changed"]


async def test_of_changes_at_once_a_client_that_keeps_asking_misses_none(ada: Any) -> None:
    replica, writing = Replica(ada), True

    async def keep_asking() -> None:
        while writing:
            await replica.follow(limit=3)

    asking = asyncio.create_task(keep_asking())
    for _ in range(3):
        await asyncio.gather(*(note(ada, text=f"{number}") for number in range(12)))
    writing = False
    await asking
    await replica.follow()
    assert len(replica.notes) == 36


async def test_members_follow_what_is_shared_and_lose_what_is_not(ada: Any, grace: Any) -> None:
    book = await notebook(ada)
    await note(ada, text="shared", notebook=book)
    await note(ada, text="private")
    replica = Replica(grace)
    await replica.follow()
    assert replica.texts() == []
    id = await member(ada, book, "grace")
    await replica.follow()
    assert replica.texts() == ["shared"]
    await ada.delete(f"{NOTEBOOKS}/{book}/members/{id}")
    await replica.follow()
    assert replica.texts() == []


@pytest.mark.parametrize("act", ["edit", "add"])
async def test_who_joins_while_a_note_is_written_misses_nothing(
    ada: Any, grace: Any, monkeypatch: pytest.MonkeyPatch, act: str
) -> None:
    book = await notebook(ada)
    made = await note(ada, text="old", notebook=book)
    replica, reached, go_on, record = (
        Replica(grace),
        asyncio.Event(),
        asyncio.Event(),
        changes.record,
    )

    async def slowly(*given: Any) -> None:
        """Wait between the question who sees a note and the answer's use."""
        monkeypatch.setattr(changes, "record", record)
        reached.set()
        await go_on.wait()
        await record(*given)

    monkeypatch.setattr(changes, "record", slowly)
    if act == "edit":
        writing = asyncio.create_task(change(ada, made["id"], text="new"))
    else:
        writing = asyncio.create_task(note(ada, text="new", notebook=book))
    await reached.wait()
    joining = asyncio.create_task(member(ada, book, "grace"))
    await asyncio.wait([joining], timeout=0.2)
    await replica.follow()
    go_on.set()
    await asyncio.gather(writing, joining)
    await replica.follow()
    assert replica.texts() == (["new"] if act == "edit" else ["new", "old"])


async def test_who_was_away_for_too_long_begins_anew(ada: Any) -> None:
    replica, other = Replica(ada), Replica(ada)
    made = await note(ada, text="gone")
    await note(ada, text="stays")
    await replica.follow()
    await delete_for_good(ada, made["id"])
    await other.follow()
    await upkeep.forget(NotesSettings(), datetime.now(UTC) + LATER)
    refused = await replica.follow()
    assert (refused.status_code, refused.json()["code"]) == (410, "full_sync_needed")
    assert (await other.follow()).status_code == 200
    fresh = Replica(ada)
    await fresh.follow()
    assert fresh.texts() == ["stays"]


@pytest.mark.parametrize("since", ["x", "1", "1.2.3.4", "-1.0", "99999999999999999999.1", "٣.١"])
async def test_a_place_that_cannot_be_is_refused(ada: Any, since: str) -> None:
    assert (await ada.get(SYNC, params={"since": since})).status_code == 422


async def test_changes_are_applied_merged_or_told_to_conflict(ada: Any) -> None:
    made = await note(ada, text="a\nb\nc")
    await change(ada, made["id"], text="A\nb\nc")
    told = await send(
        ada,
        {"uuid": str(uuid4()), "title": "New", "text": "new"},
        {"uuid": str(uuid4()), "id": made["id"], "base_version": 1, "text": "a\nb\nC"},
        {"uuid": str(uuid4()), "id": made["id"], "base_version": 1, "text": "x\nb\nc"},
        {"uuid": str(uuid4()), "id": made["id"], "text": "x"},
        {"uuid": str(uuid4()), "id": 2**31 - 1, "base_version": 1, "text": "x"},
        {"uuid": str(uuid4()), "title": "x", "notebook": 2**31 - 1},
    )
    assert [each["note"]["title"] for each in told["applied"]] == ["New"]
    assert [each["note"]["text"] for each in told["merged"]] == ["A\nb\nC"]
    (conflict,) = told["conflicts"]
    texts = [conflict[side]["text"] for side in ("base", "theirs", "yours")]
    assert texts == ["a\nb\nc", "A\nb\nC", "x\nb\nc"]
    codes = [each["code"] for each in told["refused"]]
    assert codes == ["base_needed", "not_found", "no_such_notebook"]


async def test_a_change_is_applied_once_however_often_and_at_once_it_is_sent(ada: Any) -> None:
    new = {"uuid": str(uuid4()), "text": "new"}
    answers = await asyncio.gather(*(send(ada, new) for _ in range(8)))
    ids = {answer["applied"][0]["id"] for answer in answers}
    assert len(ids) == 1
    assert len((await ada.get(NOTES)).json()["items"]) == 1
    edit = {"uuid": str(uuid4()), "id": ids.pop(), "base_version": 1, "text": "newer"}
    for _ in range(3):
        (outcome,) = (await send(ada, edit))["applied"]
        assert (outcome["note"]["version"], outcome["note"]["text"]) == (2, "newer")


async def test_a_deletion_goes_to_the_trash(ada: Any) -> None:
    made = await note(ada)
    await send(ada, {"uuid": str(uuid4()), "id": made["id"], "delete": True})
    assert (await read(ada, made["id"]))["deleted_at"] is not None


async def test_somebody_elses_notes_are_not_changed(ada: Any, grace: Any) -> None:
    made = await note(ada)
    for more in ({"text": "x", "base_version": 1}, {"delete": True}):
        told = await send(grace, {"uuid": str(uuid4()), "id": made["id"], **more})
        assert [each["code"] for each in told["refused"]] == ["not_found"]
    assert await read(ada, made["id"]) == made


async def test_long_texts_come_in_several_answers(ada: Any) -> None:
    for _ in range(4):
        await note(ada, text="x" * 900_000)
    answer = (await ada.get(SYNC)).json()
    assert (len(answer["items"]), answer["more"]) == (2, True)
