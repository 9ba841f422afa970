"""What goes over the wire about where somebody is signed in."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import msgspec

from core.auth.schemas import AnyPassword
from core.db.pagination import PageQuery
from core.web.request import Body


class SessionQuery(PageQuery, frozen=True):
    """Which devices to list."""

    sort: Literal["-last_used_at", "last_used_at", "-created_at", "created_at"] = "-last_used_at"


class SessionOut(msgspec.Struct, frozen=True):
    """A device that is signed in; ``current`` is the one that asks."""

    id: int
    device: str
    address: str
    created_at: datetime
    last_used_at: datetime
    expires_at: datetime
    current: bool


class Confirmation(Body, frozen=True):
    """Somebody who is signed in proves again who they are."""

    password: AnyPassword
