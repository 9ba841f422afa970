"""How things of notes are made, for the tests that make a thing of every kind."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime
from typing import Any

from core.testing.people import sign_up
from plugins.notes.tables import Member, Notebook
from tests.plugins.notes.making import NOTEBOOKS, NOTES, note

BODIES: dict[str, Any] = {f"POST {NOTEBOOKS}/{{id}}/members": {"username": "bare"}}


async def member(server: Any, person: Any) -> Any:
    """Share the newest notebook of a person with somebody."""
    friend, _ = await sign_up(server, f"friend{secrets.token_hex(6)}")
    newest = Notebook.select(Notebook.id).where(Notebook.owner == person.id)
    found = await newest.order_by(Notebook.id, ascending=False).limit(1)
    row = Member(notebook=found[0]["id"], user=friend, role="viewer", created_at=datetime.now(UTC))
    return (await Member.insert(row).returning(Member.id))[0]["id"]


async def revision(server: Any, person: Any) -> Any:
    """Return the version of the revision that every note begins with."""
    return 1


async def tag(server: Any, person: Any) -> Any:
    """Make a tag of a name that is not taken."""
    body = {"name": secrets.token_hex(6)}
    return (await person.post(f"{NOTES}/tags", json=body)).json()["id"]


async def trashed(server: Any, person: Any) -> Any:
    """Put a note into the trash."""
    made = await note(person)
    await person.delete(f"{NOTES}/{made['id']}")
    return made["id"]


async def link(server: Any, person: Any) -> Any:
    """Make a link to a note and return its token."""
    made = await note(person)
    return (await person.post(f"{NOTES}/{made['id']}/shares", json={})).json()["token"]


MADE: dict[str, Any] = {
    f"{NOTEBOOKS}/{{id}}/members": member,
    f"{NOTES}/{{id}}/revisions": revision,
    f"{NOTES}/shared": link,
    f"{NOTES}/tags": tag,
    f"{NOTES}/trash": trashed,
}
