"""Webhooks: each belongs to who made it. Knows nothing of HTTP."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec
from msgspec import UNSET
from piccolo.querystring import QueryString

from core.auth import audit
from core.auth.tables import User
from core.db.compiled import columns
from core.db.engine import locked, transaction
from core.db.pagination import Page, Position, in_order, page
from core.errors import Conflict, FieldError, Invalid, NotFound, stale
from core.outgoing.client import may_ask
from core.outgoing.refusals import OutgoingRefused
from core.web.request import IfMatch
from core.webhooks import secret
from core.webhooks.names import unknown
from core.webhooks.recording import send, wanted
from core.webhooks.schemas import (
    DeliveryOut,
    NewWebhook,
    NewWebhookOut,
    SecretOut,
    WebhookChange,
    WebhookOut,
    WebhookQuery,
)
from core.webhooks.settings import WebhooksSettings
from core.webhooks.tables import Delivery, Webhook

COLUMNS = columns(Webhook, WebhookOut)
PING = "webhooks.ping"


class TooManyWebhooks(Conflict):
    """Nobody needs that many webhooks. Delete one, or let one hear of more events."""

    code, title = "too_many_webhooks", "Too many webhooks"


class UrlRefused(Invalid):
    """The server sends only by `http` and `https`, to addresses of the public internet."""

    code, title = "url_refused", "URL refused"


class UnknownEvent(Invalid):
    """No enabled plugin tells of such an event."""

    code, title = "unknown_event", "Unknown event"


async def some(owner: int, query: WebhookQuery) -> Page[WebhookOut]:
    """Return a page of somebody's webhooks."""

    async def read(after: Position | None, limit: int) -> list[WebhookOut]:
        mine = Webhook.select(*COLUMNS).where(Webhook.owner == owner).limit(limit)
        return [_out(row) for row in await in_order(mine, query.sort, after)]

    async def count() -> int:
        return int(await Webhook.count().where(Webhook.owner == owner))

    return await page(query, WebhookOut, read, count)


async def read(owner: int, id: int) -> WebhookOut:
    """Return one of somebody's webhooks. Raises NotFound."""
    if (found := await _find(owner, id)) is None:
        raise NotFound(f"You have no webhook {id}.")
    return found


async def create(owner: int, new: NewWebhook, settings: WebhooksSettings) -> NewWebhookOut:
    """Make a webhook with a secret. Raises UrlRefused, UnknownEvent, TooManyWebhooks."""
    _check(new.url, new.events)
    now = datetime.now(UTC)
    row = Webhook(
        owner=owner,
        url=new.url,
        description=new.description,
        events=_encoded(new.events),
        created_at=now,
        updated_at=now,
    )
    async with transaction():
        await locked(User.select(User.id).where(User.id == owner), "NO KEY UPDATE")
        if await Webhook.count().where(Webhook.owner == owner) >= settings.most:
            raise TooManyWebhooks(f"You have {settings.most} webhooks. Delete one first.")
        (made,) = await Webhook.insert(row).returning(*COLUMNS)
        shown = await secret.add(made["id"])
        await audit.record("webhook_made", user=owner, actor=owner, detail=f"{made['id']}")
    await wanted.read()
    return NewWebhookOut(**msgspec.structs.asdict(_out(made)), secret=shown)


async def change(owner: int, id: int, given: WebhookChange, if_match: IfMatch) -> WebhookOut:
    """Change a webhook; one that is switched on, or has another URL, begins anew.

    Raises NotFound, PreconditionFailed, UrlRefused, UnknownEvent.
    """
    _check(given.url, given.events)
    guard = [Webhook.id == id, Webhook.owner == owner]
    guard += [Webhook.version.is_in(list(if_match))] if if_match else []
    rows = await Webhook.update(_changes(given)).where(*guard).returning(*COLUMNS)
    if not rows:
        raise stale(await _find(owner, id), "webhook")
    await wanted.read()
    return _out(rows[0])


def _changes(given: WebhookChange) -> dict[Any, Any]:
    new = {
        name: value for name, value in msgspec.structs.asdict(given).items() if value is not UNSET
    }
    if "events" in new:
        new["events"] = _encoded(new["events"])
    if new.get("active") or "url" in new:
        new |= {"failures": 0, "failing_since": None, "quiet_until": None}
    if new.get("active"):
        new["switched_off"] = ""
    values = {Webhook._meta.get_column_by_name(name): value for name, value in new.items()}
    counted = {Webhook.version: QueryString('"version" + 1')}
    return {**values, **counted, Webhook.updated_at: datetime.now(UTC)}


async def delete(owner: int, id: int, if_match: IfMatch) -> None:
    """Delete a webhook and its deliveries. Raises NotFound, PreconditionFailed."""
    guard = [Webhook.id == id, Webhook.owner == owner]
    guard += [Webhook.version.is_in(list(if_match))] if if_match else []
    async with transaction():
        if not await Webhook.delete().where(*guard).returning(Webhook.id):
            raise stale(await _find(owner, id), "webhook")
        await audit.record("webhook_deleted", user=owner, actor=owner, detail=f"{id}")
    await wanted.read()


async def rotate(owner: int, id: int, settings: WebhooksSettings) -> SecretOut:
    """Sign with a new secret, and with the one before for some hours. Raises NotFound."""
    async with transaction():
        await read(owner, id)
        shown = await secret.rotate(id, settings.rotation_hours)
        await audit.record("webhook_secret_changed", user=owner, actor=owner, detail=f"{id}")
    return SecretOut(secret=shown)


async def ping(owner: int, id: int) -> DeliveryOut:
    """Send a message to try a webhook with, now. Raises NotFound, Conflict."""
    async with transaction():
        await read(owner, id)
        await leave_alone_no_more(id)
        made = await send(PING, b"{}", (id,))
        if not made:
            raise off()
        rows = await Delivery.select(*columns(Delivery, DeliveryOut)).where(Delivery.id == made[0])
    return DeliveryOut(**rows[0])


async def leave_alone_no_more(id: int) -> None:
    """Ask a webhook at once, though it has failed of late: somebody wants to know."""
    await Webhook.update({Webhook.quiet_until: None}).where(Webhook.id == id)


def off() -> Conflict:
    """Return why nothing is sent."""
    return Conflict("The webhook is off. Switch it on first.")


async def _find(owner: int, id: int) -> WebhookOut | None:
    rows = await Webhook.select(*COLUMNS).where(Webhook.id == id, Webhook.owner == owner)
    return _out(rows[0]) if rows else None


def _out(row: dict[str, Any]) -> WebhookOut:
    return WebhookOut(**row | {"events": msgspec.json.decode(row["events"], type=list[str])})


def _encoded(events: list[str]) -> str:
    return msgspec.json.encode(sorted(set(events))).decode()


def _check(url: Any, events: Any) -> None:
    if url is not UNSET:
        try:
            may_ask(url)
        except OutgoingRefused as error:
            raise UrlRefused(str(error), errors=[FieldError("$.url", str(error))]) from None
    if events is not UNSET and (message := unknown(events)):
        raise UnknownEvent(message, errors=[FieldError("$.events", message)])
