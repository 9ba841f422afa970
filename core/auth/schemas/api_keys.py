"""What goes over the wire about API keys."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from core.db.pagination import PageQuery
from core.web.request import Body

Scope = Annotated[str, Meta(min_length=1, max_length=100, examples=["todo.read"])]


class ApiKeyQuery(PageQuery, frozen=True):
    """Which API keys to list."""

    sort: Literal["-created_at", "created_at"] = "-created_at"


class NewApiKey(Body, frozen=True):
    """A key for a program that acts for me."""

    name: Annotated[str, Meta(min_length=1, max_length=100, description="What it is for.")]
    permissions: Annotated[
        list[Scope],
        Meta(min_length=1, max_length=200, description="What it may do: some of what I may do."),
    ]
    expires_at: Annotated[datetime, Meta(tz=True)] | None = None


class ApiKeyOut(msgspec.Struct, frozen=True):
    """An API key. ``prefix`` is how it begins."""

    id: int
    name: str
    prefix: str
    permissions: list[str]
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None


class NewApiKeyOut(ApiKeyOut, frozen=True):
    """An API key that was just made: ``key`` is shown now and never again."""

    key: str
