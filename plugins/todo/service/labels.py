"""Labels: words on tasks, and for each person a list of them with colours.

A task carries the words themselves, so who shares a project sees the same ones.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from piccolo.columns.combination import WhereRaw
from piccolo.querystring import QueryString

from core import (
    Conflict,
    IfMatch,
    NotFound,
    Page,
    columns,
    compiled,
    compiled_one,
    emit,
    in_order,
    is_duplicate,
    limited,
    page,
    savepoint,
    stale,
    transaction,
)

from ..events import TaskUpdated
from ..queries.clauses import at as at_version
from ..queries.clauses import changed, editable, position_of
from ..queries.listing import LABELLED
from ..schemas_more import LabelChange, LabelOut, LabelQuery, NewLabel
from ..tables import Label, Project, Task
from .access import lock_projects
from .changes import revise_all
from .parts import changes_of, folded, is_so, labels_text, note, number, pattern


class LabelTaken(Conflict):
    """There is a label of that name already."""

    code, title = "label_taken", "Label there already"


@compiled(LabelOut)
def _listed(user: int, limit: int, *position: Any, sort: str) -> Any:
    query = Label.select(*columns(Label, LabelOut)).where(Label.owner == user)
    return limited(in_order(query, sort, position_of(position)), limit)


@compiled_one(int)
def _counted(user: int) -> Any:
    return Label.count().where(Label.owner == user)


@compiled_one(LabelOut)
def _find(id: int, user: int) -> Any:
    return Label.select(*columns(Label, LabelOut)).where(Label.id == id, Label.owner == user)


@compiled(int)
def _add(user: int, name: str, colour: str, now: datetime) -> Any:
    return QueryString(
        'INSERT INTO "todo_label" ("owner", "name", "colour", "created_at", "updated_at",'
        ' "version", "changed_by") VALUES ({}, {}, {}, {}, {}, 1, {}) ON CONFLICT DO NOTHING'
        " RETURNING id",
        *(user, name, colour, now, now, user),
    )


async def remember(user: int, words: Iterable[str]) -> None:
    """Put words on somebody's list that are not there yet; two who do so wait in one order."""
    for word in sorted(set(map(folded, words))):
        await _add(user, word, "", datetime.now(UTC))


async def some(user: int, query: LabelQuery) -> Page[LabelOut]:
    """Return a page of somebody's labels."""
    return await page(
        query,
        LabelOut,
        lambda position, limit: _listed(user, limit, *(position or ()), sort=query.sort),
        lambda: number(_counted(user)),
    )


async def create(user: int, new: NewLabel) -> LabelOut:
    """Add a label. Raises LabelTaken."""
    name = folded(new.name)
    found = await _add(user, name, new.colour, datetime.now(UTC))
    if not found:
        raise LabelTaken(f"You have the label {name} already.")
    note("label", found[0], 1)
    return await read(user, found[0])


async def read(user: int, id: int) -> LabelOut:
    """Return a label. Raises NotFound."""
    label = await _find(id, user)
    if label is None:
        raise NotFound(f"You have no label {id}.")
    return label


async def change(user: int, id: int, body: LabelChange, at: IfMatch) -> LabelOut:
    """Change a label; another name goes onto the tasks that somebody may change."""
    new = changes_of(body)
    if "name" in new:
        new["name"] = folded(new["name"])
    async with transaction():
        before = await read(user, id)
        if is_so(before, new) and (not at or before.version in at):
            return before
        renamed = new.get("name", before.name) != before.name
        if renamed:
            await _lock_projects(user)
        try:
            async with savepoint():
                await _change(user, id, new, at)
        except Exception as error:
            if is_duplicate(error):
                raise LabelTaken(f"You have the label {new['name']} already.") from None
            raise
        if renamed:
            await _replace(user, before.name, [new["name"]])
        label = await read(user, id)
        note("label", id, label.version)
    return label


async def delete(user: int, id: int, at: IfMatch) -> None:
    """Delete a label, and take it off the tasks that somebody may change."""
    async with transaction():
        label = await read(user, id)
        await _lock_projects(user)
        version = await _change(user, id, {}, at)
        await _replace(user, label.name, [])
        await Label.delete().where(Label.id == id)
        note("label", id, version + 1)


async def _change(user: int, id: int, new: dict[str, Any], at: IfMatch) -> int:
    """Change a label that is at one of some versions; return its version."""
    mine = [Label.id == id, *at_version(Label, at, len(at))]
    rows = await changed(Label, new, datetime.now(UTC), user).where(*mine).returning(Label.version)
    if not rows:
        raise stale(await _find(id, user), "label")
    version: int = rows[0]["version"]
    return version


def _carrying(user: int, word: str) -> Any:
    """Return the tasks with a label that somebody may change."""
    return Task.select(Task.id, Task.project, Task.labels, Task.trashed_at).where(
        editable("task", user), WhereRaw(LABELLED, pattern(f" {word} "))
    )


async def _lock_projects(user: int) -> None:
    """Lock all projects that somebody may change: tasks of any may get the label meanwhile.

    Projects come before labels, as whoever puts labels on tasks has it.
    """
    rows = await Project.select(Project.id).where(editable("project", user))
    await lock_projects([row["id"] for row in rows])


async def _replace(user: int, word: str, by: list[str]) -> None:
    rows = await _carrying(user, word).order_by(Task.id)
    wanted: dict[int, dict[str, Any]] = {}
    for row in rows:
        words = [each for old in row["labels"].split() for each in (by if old == word else [old])]
        wanted[row["id"]] = {"labels": labels_text(words)}
    versions = await revise_all(user, wanted)
    for row in rows:
        id, project = row["id"], row["project"]
        if row["trashed_at"] is None and id in versions:
            await emit(
                TaskUpdated(task_id=id, project_id=project, actor_id=user, version=versions[id])
            )
