"""What goes over the wire about webhooks."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, ClassVar, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from core.db.pagination import PageQuery
from core.web.request import Body
from core.webhooks.tables import Delivery, Webhook

Url = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=2000,
        description="`http://` or `https://`, on the public internet.",
        examples=["https://example.org/hooks/tenfold"],
    ),
]
Events = Annotated[
    list[
        Annotated[
            str,
            Meta(
                min_length=1,
                max_length=150,
                pattern=r"^[a-z0-9_.*]+$",
                examples=["todo.task_completed"],
            ),
        ]
    ],
    Meta(
        min_length=1,
        max_length=50,
        description="Names of events; `todo.*` stands for all of todo, `*` for all there are.",
    ),
]
Description = Annotated[str, Meta(max_length=200, description="What it is for.")]
State = Literal["waiting", "delivered", "failed"]


class NewWebhook(Body, frozen=True):
    """A URL that is to be told of events."""

    url: Url
    events: Events
    description: Description = ""


class WebhookChange(Body, frozen=True):
    """What to change about a webhook; what is absent stays."""

    url: Url | UnsetType = UNSET
    events: Events | UnsetType = UNSET
    description: Description | UnsetType = UNSET
    active: bool | UnsetType = UNSET


class WebhookOut(msgspec.Struct, frozen=True, kw_only=True):
    """A webhook. ``switched_off`` says why, where the server itself did it."""

    id: int
    url: str
    events: list[str]
    description: str
    active: bool
    failing_since: datetime | None
    switched_off: str
    created_at: datetime
    updated_at: datetime
    version: int


class SecretOut(msgspec.Struct, frozen=True, kw_only=True):
    """A secret that was just made: shown now and never again."""

    secret: str


class NewWebhookOut(WebhookOut, frozen=True, kw_only=True):
    """A webhook that was just made: ``secret`` is shown now and never again."""

    secret: str


class WebhookQuery(PageQuery, frozen=True):
    """Which webhooks to list."""

    table: ClassVar[type[Webhook]] = Webhook
    sort: Literal["created_at", "-created_at"] = "created_at"


class DeliveryOut(msgspec.Struct, frozen=True, kw_only=True):
    """A message for a webhook. ``message`` is what its header ``webhook-id`` says."""

    id: int
    message: str
    event: str
    state: str
    attempts: int
    created_at: datetime
    ended_at: datetime | None


class AttemptOut(msgspec.Struct, frozen=True, kw_only=True):
    """One attempt: ``status`` is 0 where there was no answer; ``answer`` how it begins."""

    number: int
    at: datetime
    status: int
    milliseconds: int
    answer: str
    error: str


class DeliveryDetails(DeliveryOut, frozen=True, kw_only=True):
    """A message for a webhook, as it is sent, and every attempt at it."""

    body: str
    log: list[AttemptOut]


class DeliveryQuery(PageQuery, frozen=True):
    """Which deliveries to list."""

    table: ClassVar[type[Delivery]] = Delivery
    sort: Literal["created_at", "-created_at"] = "-created_at"
    state: State | None = None
