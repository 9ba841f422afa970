"""Whose an API key is, and what it may do. Asked by whoever checks a request, once a minute."""

from __future__ import annotations

import math
import re
import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from core.auth.authorization.identity import CurrentUser
from core.auth.sessions.refresh import digest
from core.auth.tables import ApiKey, UserRole
from core.db.background import in_background
from core.errors import Unauthorized

BEGINNING = "tf_"
SHAPE = re.compile(r"tf_[a-z0-9]{8}_[A-Za-z0-9]{43}", re.ASCII)
SELDOM = timedelta(minutes=1)

_permissions = msgspec.json.Decoder(frozenset[str])


async def find(key: str, held_by: Mapping[str, frozenset[str]]) -> tuple[float, CurrentUser]:
    """Return until when a key is good, and who is behind it. Raises Unauthorized.

    It may do what it was made for, as far as its user still may.
    """
    row = await _row(ApiKey.digest == digest(key)) if SHAPE.fullmatch(key) else None
    expires, user = await _identity(row, held_by)
    in_background(_note_use(user.key, datetime.now(UTC)))
    return min(expires, time.time() + SELDOM.total_seconds()), user


async def find_by_id(id: int, held_by: Mapping[str, frozenset[str]]) -> tuple[float, CurrentUser]:
    """Return when a key expires, and who is behind it. Raises Unauthorized."""
    return await _identity(await _row(ApiKey.id == id), held_by)


async def _identity(
    row: dict[str, Any] | None, held_by: Mapping[str, frozenset[str]]
) -> tuple[float, CurrentUser]:
    now = datetime.now(UTC)
    if row is None or row["ended_at"] is not None or not row["user.active"]:
        raise _refused("This API key does not exist, or was ended.")
    expires = row["expires_at"]
    if expires is not None and expires <= now:
        raise _refused("This API key has expired. Make a new one.")
    roles = await UserRole.select(UserRole.role.name).where(UserRole.user == row["user"])
    held = frozenset().union(*(held_by.get(each["role.name"], frozenset()) for each in roles))
    allowed = _permissions.decode(row["permissions"]) & held
    until = expires.timestamp() if expires else math.inf
    return until, CurrentUser(row["user"], 0, frozenset(), allowed, key=row["id"])


async def _row(which: Any) -> dict[str, Any] | None:
    columns = (ApiKey.id, ApiKey.user, ApiKey.permissions, ApiKey.expires_at, ApiKey.ended_at)
    found = ApiKey.select(*columns, ApiKey.user.active).where(which)
    return await found.first()


async def _note_use(id: int, now: datetime) -> None:
    await ApiKey.update({ApiKey.last_used_at: now}).where(
        ApiKey.id == id, ApiKey.last_used_at.is_null() | (ApiKey.last_used_at < now - SELDOM)
    )


def _refused(detail: str) -> Unauthorized:
    challenge = 'Bearer realm="tenfold", error="invalid_token"'
    return Unauthorized(detail, headers={"www-authenticate": challenge})
