"""Events that a webhook wants become deliveries, in the transaction in which they happen."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime

import msgspec
from piccolo.querystring import QueryString

from core.db.compiled import compiled
from core.db.engine import engine
from core.events import Event
from core.tasks.queue import enqueue
from core.webhooks.tables import Webhook

DELIVER, DELIVER_SLOWLY = "webhooks.deliver", "webhooks.deliver_slowly"
"""The task that makes one attempt at a delivery; where the other server takes long to answer."""


class Order(msgspec.Struct, frozen=True):
    """Which delivery to make an attempt at; ``again``: whatever became of it before."""

    delivery: int
    again: bool = False


class Message(msgspec.Struct, frozen=True):
    """The body of what a webhook is sent."""

    id: str
    event: str
    created_at: datetime
    data: msgspec.Raw


class Wanted:
    """Which webhooks want which events, as this worker knows it: up to a second old."""

    def __init__(self) -> None:
        self._patterns: dict[int, list[str]] = {}
        self._by_name: dict[str, tuple[int, ...]] = {}

    async def read(self) -> None:
        """Look who wants what now."""
        rows = await _patterns()
        self.forget()
        self._patterns = {id: msgspec.json.decode(events) for id, events in rows}

    def forget(self) -> None:
        """Know of no webhook."""
        self._patterns = {}
        self._by_name = {}

    def wants(self, name: str) -> bool:
        """Tell whether a webhook wants events of this name."""
        return bool(self._patterns) and bool(self._webhooks(name))

    def _webhooks(self, name: str) -> tuple[int, ...]:
        if name not in self._by_name:
            self._by_name[name] = tuple(
                id
                for id, patterns in self._patterns.items()
                if any(matches(each, name) for each in patterns)
            )
        return self._by_name[name]

    async def record(self, name: str, event: Event) -> None:
        """Write down that each webhook which wants it is to be told of ``event``."""
        await send(name, msgspec.json.encode(event), self._webhooks(name))


wanted = Wanted()
"""What this process knows."""


def matches(pattern: str, name: str) -> bool:
    """Tell whether ``pattern`` stands for the event ``name``."""
    if pattern == "*":
        return True
    return name == pattern or (pattern.endswith(".*") and name.startswith(pattern[:-1]))


async def send(event: str, data: bytes, webhooks: tuple[int, ...]) -> list[int]:
    """Leave a message to those webhooks that are still there and active; return the deliveries."""
    if not webhooks:
        return []
    now, message = datetime.now(UTC), f"msg_{secrets.token_urlsafe(20)}"
    body = msgspec.json.encode(Message(message, event, now, msgspec.Raw(data))).decode()
    stays = engine().engine_type == "postgres"
    made = await _add(message, event, body, now, *webhooks, stays=stays)
    for id in made:
        await order(id)
    return made


async def order(delivery: int, run_at: datetime | None = None, *, again: bool = False) -> None:
    """Have an attempt at a delivery made, after one that is being made now."""
    await enqueue(DELIVER, Order(delivery, again), run_at=run_at, key=str(delivery))


async def order_slowly(delivery: int) -> None:
    """Have an attempt made in its turn among those whose servers take long to answer."""
    await enqueue(DELIVER_SLOWLY, Order(delivery), key=str(delivery))


@compiled(lambda webhook, events: (webhook, events))
def _patterns() -> object:
    return Webhook.select(Webhook.id, Webhook.events).where(Webhook.active.eq(True))


@compiled(int)
def _add(
    message: str, event: str, body: str, now: datetime, *webhooks: int, stays: bool
) -> QueryString:
    among = ", ".join("{}" for _ in webhooks)
    return QueryString(
        'INSERT INTO "webhooks_delivery"'  # noqa: S608
        ' ("message", "event", "body", "created_at", "webhook", "state", "attempts")'
        ' SELECT {}, {}, {}, {}, "id", \'waiting\', 0 FROM "webhooks_webhook"'
        f' WHERE "active" AND "id" IN ({among}) {"FOR KEY SHARE" if stays else ""} RETURNING "id"',
        message,
        event,
        body,
        now,
        *webhooks,
    )
