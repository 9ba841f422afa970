"""How things of todo are made, for the tests that make a thing of every kind."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime
from typing import Any

from core.testing.people import sign_up
from plugins.todo.tables import Member, Project
from tests.plugins.todo.asking import TASKS, TODO, make, task

BODIES: dict[str, Any] = {
    f"POST {TODO}/projects/{{id}}/members": {"username": "bare"},
    f"POST {TODO}/tasks/{{id}}/reminders": {"at": "2099-01-01T00:00:00Z"},
}


async def trashed(server: Any, person: Any) -> Any:
    """Make a task and put it into the trash."""
    id = (await task(person))["id"]
    await person.delete(f"{TASKS}/{id}")
    return id


async def trashed_project(server: Any, person: Any) -> Any:
    """Make a project and put it into the trash."""
    id = (await make(person, f"{TODO}/projects", name="Shed"))["id"]
    await person.delete(f"{TODO}/projects/{id}")
    return id


async def label(server: Any, person: Any) -> Any:
    """Make a label of a name that is not taken."""
    return (await make(person, f"{TODO}/labels", name=secrets.token_hex(6)))["id"]


async def member(server: Any, person: Any) -> Any:
    """Make somebody a member of the newest project of a person."""
    friend, _ = await sign_up(server, f"friend{secrets.token_hex(6)}")
    newest = Project.select(Project.id).where(Project.owner == person.id)
    found = await newest.order_by(Project.id, ascending=False).limit(1)
    now = datetime.now(UTC)
    row = Member(
        project=found[0]["id"], person=friend, role="viewer", created_at=now, updated_at=now
    )
    return (await Member.insert(row).returning(Member.id))[0]["id"]


MADE: dict[str, Any] = {
    f"{TODO}/trash": trashed,
    f"{TODO}/trash/projects": trashed_project,
    f"{TODO}/labels": label,
    f"{TODO}/projects/{{id}}/members": member,
}
