"""Quick add: a line becomes a task, and how it was read is shown."""

from __future__ import annotations

from datetime import UTC, datetime

from core import Invalid, transaction

from ..due import today
from ..queries.clauses import editable
from ..quick import line as quick
from ..schemas import Due, DueOut, NewTask, Recurrence, RecurrenceOut
from ..schemas_sync import QuickIn, QuickOut, Understood
from ..tables import Project
from . import tasks
from .preferences import zone_of


async def add(user: int, body: QuickIn, *, dry_run: bool) -> QuickOut:
    """Read a line and add its task, unless this is a trial. Raises what ``tasks.create`` does."""
    found = quick.parse(body.text, today(body.tz or await zone_of(user), datetime.now(UTC)))
    if not found.title:
        raise Invalid("There is nothing in this line to be done.")
    async with transaction():
        project = await _project(user, found.project)
        if found.project is not None and project is None:
            _keep_word(found)
        task = None if dry_run else await tasks.create(user, _task(found, project))
    due = DueOut(found.day.isoformat(), found.time, None) if found.day else None
    return QuickOut(
        task,
        found.title,
        found.project,
        found.labels,
        found.priority,
        due,
        RecurrenceOut(found.rule, found.basis) if found.rule else None,
        [Understood(text, meaning) for text, meaning in found.understood],
    )


def _task(found: quick.Quick, project: int | None) -> NewTask:
    return NewTask(
        title=found.title,
        project=project,
        priority=found.priority,
        labels=found.labels,
        due=Due(date=found.day, time=found.time) if found.day else None,
        recurrence=Recurrence(rule=found.rule, basis=found.basis) if found.rule else None,  # type: ignore[arg-type]
    )


async def _project(user: int, name: str | None) -> int | None:
    """Return the project of a name that somebody may put tasks into; ``_`` stands for a space."""
    if name is None:
        return None
    rows = await Project.select(Project.id, Project.name).where(
        editable("project", user), Project.trashed_at.is_null()
    )
    wanted = name.casefold()
    for row in sorted(rows, key=lambda row: int(row["id"])):
        known = row["name"].casefold()
        if wanted in (known, known.replace(" ", "_"), known.replace(" ", "")):
            id: int = row["id"]
            return id
    return None


def _keep_word(found: quick.Quick) -> None:
    """Leave a word in the title that names no project, so that nothing is lost."""
    mark = f"#{found.project}"
    found.title, found.project = f"{found.title} {mark}", None
    found.understood = [each for each in found.understood if each[0] != mark]
