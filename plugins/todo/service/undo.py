"""Undo: what a request changed is put back as it was, if nothing has touched it since.

A token names the rows that a request changed and the versions they got; what they were before
stands in ``todo_change``, where triggers have written it. So nothing is written for a token, and
it is good once: putting a row back gives it a new version.
"""

from __future__ import annotations

import zlib
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from core import emit, transaction

from ..events import ProjectUpdated
from ..schemas_sync import UndoOut
from ..tables import Change
from . import restoring
from .access import lock_projects, role_in
from .errors import CannotUndo
from .parts import Touched

MINUTES = 5
MOST = 400
"""How many changes a token may name; what changed more cannot be undone at once."""

LONG = 200
"""Bytes beyond which a token is packed: proxies take only some thousand of all headers."""

LONGEST_TOKEN = 3000
LARGEST = 40_000
"""Bytes that a packed token may have when it is unpacked."""

GONE = "This cannot be undone: it was undone already, was changed since, or is too long ago."

_decoder: msgspec.json.Decoder[list[Touched]] = msgspec.json.Decoder(
    Annotated[
        list[
            tuple[
                str,
                Annotated[int, Meta(ge=1, le=2**31 - 1)],
                Annotated[int, Meta(ge=1, le=2**31 - 1)],
            ]
        ],
        Meta(min_length=1, max_length=MOST),
    ]
)


class Step(msgspec.Struct, frozen=True):
    """What a request did to one row: its version after it, and the row before it as JSON."""

    kind: str
    thing: int
    version: int
    scope: int
    before: dict[str, Any] | None


def token_of(touched: list[Touched]) -> str | None:
    """Return the token for what a request changed; None if it was nothing, or too much."""
    if not 0 < len(touched) <= MOST:
        return None
    raw = msgspec.json.encode(touched)
    if len(raw) > LONG:
        raw = zlib.compress(raw)
    token = urlsafe_b64encode(raw).rstrip(b"=").decode()
    return token if len(token) <= LONGEST_TOKEN else None


def _read(token: str) -> list[Touched]:
    """Return what a token names. Raises ValueError or MsgspecError."""
    raw = urlsafe_b64decode(token.encode("ascii") + b"=" * (-len(token) % 4))
    if raw[:1] != b"[":
        try:
            raw = zlib.decompressobj().decompress(raw, LARGEST)
        except zlib.error as error:
            raise ValueError from error
    return _decoder.decode(raw)


async def undo(user: int, token: str) -> UndoOut:
    """Undo what a request of this user's did in the last minutes. Raises CannotUndo."""
    try:
        touched = _read(token)
    except (ValueError, msgspec.MsgspecError):
        raise CannotUndo("This is no undo token. Send the header Undo of an answer.") from None
    async with transaction():
        steps = [await _step(user, kind, id, found) for (kind, id), found in _spans(touched)]
        projects = {project for step in steps for project in _projects(step)}
        await lock_projects(projects)
        for step in steps:
            await _check(user, step)
        for step in _back(steps):
            await restoring.put_back(user, step)
        await restoring.require_open_parents([step.thing for step in steps if step.kind == "task"])
        for project in sorted(projects):
            await emit(ProjectUpdated(project_id=project, actor_id=user))
    return UndoOut(len(steps))


def _projects(step: Step) -> set[int]:
    """Return the projects that a step concerns: where the row is, and where it was."""
    was = (step.before or {}).get("project")
    return {id for id in (step.scope, was) if id is not None and id > 0}


def _spans(touched: list[Touched]) -> list[tuple[tuple[str, int], tuple[int, int]]]:
    """Return each row with its first and its last version, in the order of the first changes."""
    found: dict[tuple[str, int], tuple[int, int]] = {}
    for kind, id, version in touched:
        first, last = found.get((kind, id), (version, version))
        found[kind, id] = (min(first, version), max(last, version))
    return list(found.items())


def _back(steps: list[Step]) -> list[Step]:
    """Return steps from the last to the first, but what is part of another row behind that."""

    def is_part(step: Step) -> bool:
        return step.kind == "task" and bool((step.before or {}).get("parent"))

    steps = steps[::-1]
    steps.sort(key=is_part)
    return steps


async def _step(user: int, kind: str, id: int, versions: tuple[int, int]) -> Step:
    first, last = versions
    since = datetime.now(UTC) - timedelta(minutes=MINUTES)
    rows = (
        await Change.select(Change.scope, Change.before)
        .where(
            Change.kind == kind,
            Change.thing == id,
            Change.version == first,
            Change.person == user,
            Change.at >= since,
        )
        .order_by(Change.id)
        .limit(1)
    )
    if not rows:
        raise CannotUndo(GONE)
    before = rows[0]["before"]
    return Step(kind, id, last, rows[0]["scope"], msgspec.json.decode(before) if before else None)


async def _check(user: int, step: Step) -> None:
    """Raise CannotUndo if a row was changed since, or may not be changed any more."""
    rows = (
        await Change.select(Change.version)
        .where(Change.kind == step.kind, Change.thing == step.thing)
        .order_by(Change.id, ascending=False)
        .limit(1)
    )
    if not rows or rows[0]["version"] != step.version:
        raise CannotUndo(GONE)
    if step.scope > 0 and step.kind != "project":
        role = await role_in(user, step.scope)
        if role not in (("owner",) if step.kind == "member" else ("owner", "editor")):
            raise CannotUndo("You may not change this any more.")
