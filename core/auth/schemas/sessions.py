"""What goes over the wire about where somebody is signed in."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from core.auth.schemas.accounts import AnyPassword
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
    """Somebody who is signed in proves again who they are, by password or by code."""

    password: AnyPassword | UnsetType = UNSET
    code: Annotated[str, Meta(min_length=6, max_length=40)] | UnsetType = UNSET

    def __post_init__(self) -> None:
        """Ask for one proof."""
        if (self.password is UNSET) == (self.code is UNSET):
            raise ValueError("send either password or code")
