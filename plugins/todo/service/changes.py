"""Changing tasks that are locked already."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from ..queries.clauses import changed
from ..tables import Task
from .parts import note, portions


async def revise(id: int, user: int, columns: dict[str, Any]) -> int:
    """Change a task, in the trash or not, and return its new version."""
    return (await revise_all(user, {id: columns}))[id]


async def revise_all(user: int, wanted: Mapping[int, dict[str, Any]]) -> dict[int, int]:
    """Change tasks, in the trash or not, and return their new versions.

    Those that are to be alike are changed by one statement; one that is gone is left out.
    """
    now, alike = datetime.now(UTC), dict[tuple[Any, ...], list[int]]()
    for id, columns in wanted.items():
        alike.setdefault(tuple(columns.items()), []).append(id)
    versions: dict[int, int] = {}
    for values, ids in alike.items():
        for some in portions(ids):
            change = changed(Task, dict(values), now, user).where(Task.id.is_in(some))
            rows = await change.returning(Task.id, Task.version)
            versions |= {row["id"]: row["version"] for row in rows}
    for id in filter(versions.__contains__, wanted):
        note("task", id, versions[id])
    return versions
