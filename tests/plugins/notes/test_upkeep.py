"""What is done while nobody asks, and what goes along with an account."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from core.db.engine import transaction
from plugins.notes import personal
from plugins.notes.service import upkeep
from plugins.notes.settings import NotesSettings
from plugins.notes.tables import Change, Note, Notebook, Revision, Tag
from tests.plugins.notes.making import NOTES, change, member, note, notebook

NOW = datetime(2026, 6, 30, 12, tzinfo=UTC)
DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)


async def aged(note: int, *ages: timedelta) -> None:
    """Let the revisions of a note, from the first on, be as old as this."""
    rows = (
        await Revision.select(Revision.id).where(Revision.note == note).order_by(Revision.version)
    )
    for row, age in zip(rows, ages, strict=True):
        await Revision.update({Revision.created_at: NOW - age}).where(Revision.id == row["id"])


async def kept(note: int) -> list[int]:
    query = Revision.select(Revision.version).where(Revision.note == note)
    return [row["version"] for row in await query.order_by(Revision.version)]


async def test_revisions_are_thinned_by_age_but_first_and_newest_stay(ada: Any) -> None:
    made = await note(ada, text="1")
    for number in range(2, 13):
        await change(ada, made["id"], text=f"{number}")
    await aged(
        made["id"],
        *(60 * DAY, 60 * DAY - MINUTE, 60 * DAY - 2 * MINUTE, 58 * DAY, 58 * DAY - 60 * MINUTE),
        *(5 * DAY, 5 * DAY - MINUTE, 5 * DAY - 90 * MINUTE),
        *(60 * MINUTE, 59 * MINUTE, 58 * MINUTE, 57 * MINUTE),
    )
    await upkeep.thin_out(NotesSettings(), NOW)
    assert await kept(made["id"]) == [1, 3, 5, 7, 8, 9, 10, 11, 12]
    await upkeep.thin_out(NotesSettings(), NOW + 3 * DAY)
    assert await kept(made["id"]) == [1, 3, 5, 7, 8, 12]


async def test_thinning_goes_on_over_portions(ada: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr(upkeep, "PORTION", 2)
    notes = [await note(ada, text="1") for _ in range(2)]
    for each in notes:
        for number in range(2, 7):
            await change(ada, each["id"], text=f"{number}")
        await aged(each["id"], *(5 * DAY - number * MINUTE for number in range(6)))
    await upkeep.thin_out(NotesSettings(), NOW)
    assert [await kept(each["id"]) for each in notes] == [[1, 6], [1, 6]]


async def test_a_change_from_a_thinned_version_is_merged_and_loses_nothing(ada: Any) -> None:
    made = await note(ada, text="a\nb\nc\nd\ne")
    await change(ada, made["id"], text="A\nb\nc\nd\ne")
    await change(ada, made["id"], text="A\nb\nC\nd\ne")
    await Revision.delete().where(Revision.note == made["id"], Revision.version == 2)
    merged = await change(ada, made["id"], text="A\nb\nc\nd\nE", base_version=2)
    assert merged["text"] == "A\nb\nC\nd\nE"


async def test_the_trash_is_emptied_after_its_days(ada: Any) -> None:
    old, new = await note(ada, "old"), await note(ada, "new")
    for each in (old, new):
        await ada.delete(f"{NOTES}/{each['id']}")
    before = datetime.now(UTC) - 31 * DAY
    await Note.update({Note.deleted_at: before}).where(Note.id == old["id"])
    await upkeep.empty_trash(NotesSettings())
    left = (await ada.get(f"{NOTES}/trash")).json()["items"]
    assert [each["title"] for each in left] == ["new"]


async def test_the_periodic_tasks_run(ada: Any, run_tasks: Any) -> None:
    await note(ada)
    await run_tasks()
    assert len((await ada.get(NOTES)).json()["items"]) == 1


async def test_the_export_holds_all_of_mine_and_nothing_of_others(ada: Any, grace: Any) -> None:
    book = await notebook(ada)
    made = await note(ada, "mine", notebook=book, tags=["t"])
    await ada.post(f"{NOTES}/{made['id']}/shares", json={"password": "open sesame"})
    await note(grace, "hers")
    found = await personal.export(ada.id)
    assert [each["title"] for each in found["notes"]] == ["mine"]
    assert [len(found[name]) for name in ("notebooks", "tags", "revisions", "links")] == [1] * 4
    assert "bcrypt" not in str(found)


async def test_deleting_takes_mine_tells_members_and_leaves_the_others(
    ada: Any, grace: Any
) -> None:
    book = await notebook(ada)
    made = await note(ada, notebook=book, tags=["t"])
    await note(grace, "hers")
    await member(ada, book, "grace", "editor")
    async with transaction():
        await personal.delete(ada.id)
    for table in (Note, Notebook, Tag):
        assert not await table.exists().where(table.owner == ada.id)
    assert not await Change.exists().where(Change.user == ada.id)
    assert await Change.exists().where(
        Change.user == grace.id, Change.note == made["id"], Change.gone.eq(True)
    )
    assert await Note.count().where(Note.owner == grace.id) == 1
