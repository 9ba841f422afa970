"""What webhooks were sent, for those who own them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from core.db.compiled import columns
from core.db.engine import transaction
from core.db.pagination import Page, Position, in_order, page
from core.errors import NotFound
from core.webhooks import service
from core.webhooks.outcome import begin_again
from core.webhooks.recording import order
from core.webhooks.schemas import AttemptOut, DeliveryDetails, DeliveryOut, DeliveryQuery
from core.webhooks.tables import Attempt, Delivery

COLUMNS = columns(Delivery, DeliveryOut)


async def some(owner: int, webhook: int, query: DeliveryQuery) -> Page[DeliveryOut]:
    """Return a page of the deliveries to one of somebody's webhooks. Raises NotFound."""
    await service.read(owner, webhook)
    which = [Delivery.webhook == webhook]
    which += [Delivery.state == query.state] if query.state else []

    async def read(after: Position | None, limit: int) -> list[DeliveryOut]:
        select = Delivery.select(*COLUMNS).where(*which).limit(limit)
        return [DeliveryOut(**row) for row in await in_order(select, query.sort, after)]

    async def count() -> int:
        return int(await Delivery.count().where(*which))

    return await page(query, DeliveryOut, read, count)


async def read(owner: int, webhook: int, id: int) -> DeliveryDetails:
    """Return a delivery with every attempt at it. Raises NotFound."""
    rows = await Delivery.select(*COLUMNS, Delivery.body).where(*_mine(owner, webhook, id))
    if not rows:
        raise NotFound(f"You have no delivery {id} of a webhook {webhook}.")
    attempts = (
        await Attempt.select(*columns(Attempt, AttemptOut))
        .where(Attempt.delivery == id)
        .order_by(Attempt.id)
    )
    return DeliveryDetails(**rows[0], log=[AttemptOut(**each) for each in attempts])


async def replay(owner: int, webhook: int, id: int) -> DeliveryOut:
    """Send a message again, now and with all its attempts; its id stays.

    Raises NotFound, and Conflict while the webhook is off.
    """
    async with transaction():
        if not await Delivery.exists().where(*_mine(owner, webhook, id)):
            raise NotFound(f"You have no delivery {id} of a webhook {webhook}.")
        if not (await service.read(owner, webhook)).active:
            raise service.off()
        rows = await begin_again(id)
        await service.leave_alone_no_more(webhook)
        await order(id, again=True)
    return DeliveryOut(**rows[0])


def _mine(owner: int, webhook: int, id: int) -> list[Any]:
    return [Delivery.id == id, Delivery.webhook == webhook, Delivery.webhook.owner == owner]


async def forget_old(days: int) -> None:
    """Delete what ended more than ``days`` ago, with its attempts."""
    before = datetime.now(UTC) - timedelta(days=days)
    await Delivery.delete().where(Delivery.ended_at < before)
