"""Each event is written down for webhooks in the transaction of the change it tells of."""

from __future__ import annotations

import asyncio
import io
import zipfile
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import msgspec
import pytest

from core import IfMatch
from core.db.engine import engine, transaction
from core.events import listening
from core.webhooks.recording import wanted
from core.webhooks.tables import Delivery
from plugins.notes import events, personal
from plugins.notes.service import notes as service
from plugins.notes.service import telling, upkeep
from plugins.notes.settings import NotesSettings
from plugins.notes.tables import Note, Notebook, Share
from tests.core.webhooks.events import Watching, names_in, watching
from tests.plugins.notes.making import (
    NOTEBOOKS,
    NOTES,
    SYNC,
    TAGS,
    change,
    delete_for_good,
    member,
    note,
    notebook,
    read,
)

IMPORT = f"{NOTES}/import"


@pytest.fixture
async def webhook(admin: Any, monkeypatch: pytest.MonkeyPatch) -> Watching:
    """Return a webhook that is told of all that happens to notes."""
    return await watching(monkeypatch, admin, "notes.*")


async def heard() -> list[Any]:
    """Return the newest events in their order, with their names, and forget them."""
    rows = await Delivery.select(Delivery.body).order_by(Delivery.id)
    await Delivery.delete(force=True)
    bodies = [msgspec.json.decode(row["body"]) for row in rows]
    return [(body["event"].removeprefix("notes."), body["data"]) for body in bodies]


async def names() -> list[str]:
    return [name for name, _ in await heard()]


async def send(person: Any, **fields: Any) -> Any:
    answer = await person.post(SYNC, json={"changes": [{"uuid": str(uuid4()), **fields}]})
    assert answer.status_code == 200, answer.text
    return answer.json()


async def bring(person: Any, *paths: str) -> Any:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for path in paths:
            archive.writestr(path, "rye")
    headers = {"content-type": "application/zip"}
    return await person.post(IMPORT, content=packed.getvalue(), headers=headers)


async def test_every_event_is_delivered_from_inside_its_transaction(
    webhook: Watching, ada: Any, grace: Any
) -> None:
    book = await notebook(ada)
    made = await note(ada, notebook=book)
    there, here = f"{NOTES}/{made['id']}", f"{NOTEBOOKS}/{book}"
    await change(ada, made["id"], text="wheat")
    link = (await ada.post(f"{there}/shares", json={})).json()
    assert (await ada.delete(f"{there}/shares/{link['id']}")).status_code == 204
    one = await member(ada, book, "grace")
    await ada.patch(f"{here}/members/{one}", json={"role": "editor"})
    await grace.delete(f"{here}/members/{one}")
    await ada.patch(here, json={"name": "Bakery"})
    await ada.delete(there)
    await ada.post(f"{there}/restore")
    await delete_for_good(ada, made["id"])
    await note(ada, notebook=book)
    await ada.delete(here)
    assert await webhook.told() == names_in(events)


async def test_an_event_says_which_note_whose_it_is_and_who_did_it(
    webhook: Watching, ada: Any, grace: Any
) -> None:
    book = await notebook(ada)
    await member(ada, book, "grace", "editor")
    await heard()
    made = await note(grace, notebook=book, tags=["t"])
    whose = {"notebook_id": book, "owner_id": ada.id, "actor_id": grace.id}
    about = {"note_id": made["id"], **whose}
    assert await heard() == [("note_created", {**about, "version": 1})]
    await change(grace, made["id"], text="wheat")
    assert await heard() == [("note_updated", {**about, "version": 2})]
    await delete_for_good(ada, made["id"])
    about["actor_id"] = ada.id
    told = [("note_trashed", {**about, "version": 3}), ("note_deleted", {**about, "version": 3})]
    assert await heard() == told


async def test_sharing_a_notebook_says_with_whom_and_as_what(
    webhook: Watching, ada: Any, grace: Any
) -> None:
    book = await notebook(ada)
    await heard()
    one = await member(ada, book, "grace")
    here = f"{NOTEBOOKS}/{book}/members/{one}"
    await ada.patch(here, json={"role": "editor"})
    await ada.patch(here, json={})
    await grace.delete(here)
    about = {"notebook_id": book, "owner_id": ada.id, "member_id": one, "person_id": grace.id}
    assert await heard() == [
        ("notebook_shared", {**about, "actor_id": ada.id, "role": "viewer"}),
        ("notebook_shared", {**about, "actor_id": ada.id, "role": "editor"}),
        ("notebook_unshared", {**about, "actor_id": grace.id, "role": "editor"}),
    ]


async def test_a_link_is_told_of_but_never_what_is_in_it(webhook: Watching, ada: Any) -> None:
    made = await note(ada)
    await heard()
    body = {"name": "for Grace", "password": "open sesame"}
    link = (await ada.post(f"{NOTES}/{made['id']}/shares", json=body)).json()
    await ada.delete(f"{NOTES}/{made['id']}/shares/{link['id']}")
    about = {"note_id": made["id"], "notebook_id": None, "share_id": link["id"]}
    about |= {"owner_id": ada.id, "actor_id": ada.id}
    assert await heard() == [("note_shared", about), ("note_unshared", about)]


async def test_what_clients_did_while_they_were_away_is_told(webhook: Watching, ada: Any) -> None:
    (added,) = (await send(ada, title="Bread"))["applied"]
    await send(ada, id=added["id"], base_version=1, text="rye")
    await send(ada, id=added["id"], base_version=9, text="lost")
    await send(ada, id=added["id"], delete=True)
    assert await names() == ["note_created", "note_updated", "note_trashed"]


async def test_a_change_that_is_sent_again_is_told_once(webhook: Watching, ada: Any) -> None:
    body = {"changes": [{"uuid": str(uuid4()), "title": "Bread"}]}
    for _ in range(2):
        assert (await ada.post(SYNC, json=body)).status_code == 200
    assert await names() == ["note_created"]


async def test_an_import_tells_of_each_notebook_and_note(webhook: Watching, ada: Any) -> None:
    assert (await bring(ada, "a/b/one.md", "a/two.md", "three.md")).status_code == 200
    told = await names()
    assert sorted(told) == ["note_created"] * 3 + ["notebook_created"] * 2


async def test_an_old_revision_that_comes_back_is_an_update(webhook: Watching, ada: Any) -> None:
    made = await note(ada)
    await change(ada, made["id"], text="wheat")
    await heard()
    for _ in range(2):
        await ada.post(f"{NOTES}/{made['id']}/revisions/1/restore")
    ((name, data),) = await heard()
    assert (name, data["version"]) == ("note_updated", 3)


async def test_what_changes_nothing_is_not_told(webhook: Watching, ada: Any) -> None:
    made = await note(ada)
    await heard()
    await change(ada, made["id"], text="rye")
    await ada.post(f"{NOTES}/{made['id']}/restore")
    assert await heard() == []


async def test_a_note_that_two_put_into_the_trash_went_there_once(
    webhook: Watching, ada: Any
) -> None:
    made = await note(ada)
    await heard()
    await asyncio.gather(*(service.trash_it(ada.id, made["id"], IfMatch()) for _ in range(4)))
    assert await names() == ["note_trashed"]
    assert (await read(ada, made["id"]))["version"] == 2


async def test_nobody_empties_the_trash(webhook: Watching, ada: Any) -> None:
    made = await note(ada)
    await ada.delete(f"{NOTES}/{made['id']}")
    before = datetime.now(UTC) - timedelta(days=31)
    await Note.update({Note.deleted_at: before}).where(Note.id == made["id"])
    await heard()
    await upkeep.empty_trash(NotesSettings())
    ((name, data),) = await heard()
    about = {"note_id": made["id"], "notebook_id": None, "owner_id": ada.id, "version": 2}
    assert (name, data) == ("note_deleted", {**about, "actor_id": None})


async def test_a_notebook_goes_with_those_in_it_and_leaves_its_notes(
    webhook: Watching, ada: Any
) -> None:
    outer = await notebook(ada)
    inner = await notebook(ada, "Cakes", outer)
    made = [await note(ada, notebook=place) for place in (inner, outer, inner)]
    await heard()
    await ada.delete(f"{NOTEBOOKS}/{outer}")
    *told, (name, data) = await heard()
    gone = [("notebook_deleted", outer), ("notebook_deleted", inner)]
    assert [(name, data["notebook_id"]) for name, data in told] == gone
    ids = sorted(each["id"] for each in made)
    assert (name, data) == (
        "notes_updated",
        {"note_ids": ids, "owner_id": ada.id, "actor_id": ada.id},
    )


async def test_a_tag_by_another_name_or_gone_changes_its_notes(webhook: Watching, ada: Any) -> None:
    made = await note(ada, tags=["kitchen"])
    (tag,) = (await ada.get(TAGS)).json()["items"]
    await heard()
    await ada.patch(f"{TAGS}/{tag['id']}", json={"name": "house"})
    await ada.delete(f"{TAGS}/{tag['id']}")
    about = {"note_ids": [made["id"]], "owner_id": ada.id, "actor_id": ada.id}
    assert await heard() == [("notes_updated", about)] * 2


async def test_an_act_that_changes_many_notes_is_told_in_few_events(
    webhook: Watching, ada: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(telling, "PORTION", 2)
    made = [await note(ada, tags=["kitchen"]) for _ in range(3)]
    (tag,) = (await ada.get(TAGS)).json()["items"]
    await heard()
    await ada.delete(f"{TAGS}/{tag['id']}")
    first, second = [set(data["note_ids"]) for _, data in await heard()]
    assert (len(first), first | second) == (2, {each["id"] for each in made})


async def test_all_of_an_account_that_ends_is_told(webhook: Watching, ada: Any, grace: Any) -> None:
    await member(grace, await notebook(grace), "ada", "editor")
    outer = await notebook(ada)
    await note(ada, notebook=await notebook(ada, "Cakes", outer))
    await heard()
    async with transaction():
        await personal.delete(ada.id)
    told = await heard()
    deleted = ["note_deleted", *["notebook_deleted"] * 2]
    assert [name for name, _ in told] == ["notebook_unshared", *deleted]
    assert (told[0][1]["owner_id"], told[0][1]["person_id"]) == (grace.id, ada.id)
    assert {data["actor_id"] for _, data in told} == {None}


async def test_what_cannot_be_told_does_not_happen(webhook: Watching, ada: Any, grace: Any) -> None:
    book, gone = await notebook(ada), await note(ada, "gone")
    made = await note(ada, notebook=book, tags=["t"])
    await ada.delete(f"{NOTES}/{gone['id']}")
    link = (await ada.post(f"{NOTES}/{made['id']}/shares", json={})).json()
    one = await member(ada, book, "grace")
    (tag,) = (await ada.get(TAGS)).json()["items"]
    there, here = f"{NOTES}/{made['id']}", f"{NOTEBOOKS}/{book}"
    sent = {"changes": [{"uuid": str(uuid4()), "title": "Salt"}]}
    await webhook.refused(ada.post(NOTES, json={"title": "Milk"}))
    await webhook.refused(ada.patch(there, json={"text": "wheat"}))
    await webhook.refused(ada.delete(there))
    await webhook.refused(ada.delete(f"{NOTES}/trash/{gone['id']}"))
    await webhook.refused(ada.post(f"{NOTES}/{gone['id']}/restore"))
    await webhook.refused(ada.post(SYNC, json=sent))
    await webhook.refused(bring(ada, "a/one.md"))
    await webhook.refused(ada.post(f"{there}/shares", json={}))
    await webhook.refused(ada.delete(f"{there}/shares/{link['id']}"))
    await webhook.refused(ada.post(NOTEBOOKS, json={"name": "Other"}))
    await webhook.refused(ada.patch(here, json={"name": "Other"}))
    await webhook.refused(ada.post(f"{here}/members", json={"username": "root"}))
    await webhook.refused(ada.patch(f"{here}/members/{one}", json={"role": "editor"}))
    await webhook.refused(ada.delete(f"{here}/members/{one}"))
    await webhook.refused(ada.patch(f"{TAGS}/{tag['id']}", json={"name": "other"}))
    await webhook.refused(ada.delete(f"{TAGS}/{tag['id']}"))
    await webhook.refused(ada.delete(here))
    assert await read(ada, made["id"]) == made
    assert (await read(ada, gone["id"]))["deleted_at"] is not None
    assert await Note.count() == 2
    assert [row["name"] for row in await Notebook.select(Notebook.name)] == ["Recipes"]
    assert [row["id"] for row in await Share.select(Share.id)] == [link["id"]]
    (left,) = (await ada.get(f"{here}/members")).json()["items"]
    assert (left["id"], left["role"]) == (one, "viewer")
    assert [each["name"] for each in (await ada.get(TAGS)).json()["items"]] == ["t"]


async def test_one_statement_needs_no_transaction_when_nobody_listens(
    ada: Any, grace: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    made, book = await note(ada), await notebook(ada)
    one = f"{NOTEBOOKS}/{book}/members/{await member(ada, book, 'grace')}"
    await wanted.read()
    monkeypatch.setattr(engine(), "transaction", None)
    link = (await ada.post(f"{NOTES}/{made['id']}/shares", json={})).json()
    assert (await ada.delete(f"{NOTES}/{made['id']}/shares/{link['id']}")).status_code == 204
    assert (await ada.patch(one, json={"role": "editor"})).status_code == 200


async def test_another_plugin_hears_of_a_note_when_it_is_certain(ada: Any) -> None:
    told: list[events.NoteEvent] = []

    async def hear(event: events.NoteEvent) -> None:
        assert await Note.exists().where(Note.id == event.note_id)
        told.append(event)

    with listening([("other", {"notes.note_created": hear})]):
        made = await note(ada)
    assert [event.note_id for event in told] == [made["id"]]
