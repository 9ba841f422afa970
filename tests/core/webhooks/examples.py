"""How things of webhooks are made, for the tests that make a thing of every kind."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from core.webhooks.tables import Delivery, Webhook


async def delivery(server: Any, person: Any) -> Any:
    """Make a delivery to the newest webhook of a person."""
    newest = Webhook.select(Webhook.id).where(Webhook.owner == person.id)
    (webhook,) = await newest.order_by(Webhook.id, ascending=False).limit(1)
    row = Delivery(
        webhook=webhook["id"],
        message="msg_x",
        event="todo.task_completed",
        body="{}",
        created_at=datetime.now(UTC),
    )
    return (await Delivery.insert(row).returning(Delivery.id))[0]["id"]


MADE = {"/api/v1/webhooks/{id}/deliveries": delivery}
