"""What is kept of somebody's webhooks: to take along, and to delete."""

from __future__ import annotations

from typing import Any

from core.webhooks.tables import Webhook

COLUMNS = (Webhook.url, Webhook.description, Webhook.events, Webhook.active, Webhook.created_at)


async def export(user: int) -> dict[str, Any]:
    """Return somebody's webhooks, without what signs them."""
    return {"webhooks": await Webhook.select(*COLUMNS).where(Webhook.owner == user)}


async def delete(user: int) -> None:
    """Delete somebody's webhooks, with what they were sent."""
    await Webhook.delete().where(Webhook.owner == user)
