"""The endpoints for webhooks, under /api/v1/webhooks."""

from __future__ import annotations

from sanic import Blueprint

from core.auth.authenticators.freshness import FRESH_MINUTES
from core.auth.authorization.identity import CurrentUser
from core.db.pagination import Page
from core.endpoint import endpoint
from core.web.request import IfMatch
from core.webhooks import deliveries, service
from core.webhooks.schemas import (
    DeliveryDetails,
    DeliveryOut,
    DeliveryQuery,
    NewWebhook,
    NewWebhookOut,
    SecretOut,
    WebhookChange,
    WebhookOut,
    WebhookQuery,
)
from core.webhooks.settings import WebhooksSettings

MANAGE = "webhooks.manage"

webhooks = Blueprint("webhooks")


@webhooks.get("/")
@endpoint(MANAGE)
async def list_webhooks(user: CurrentUser, query: WebhookQuery) -> Page[WebhookOut]:
    """List my webhooks."""
    return await service.some(user.id, query)


@webhooks.post("/")
@endpoint(MANAGE, status=201, replay=False, fresh=FRESH_MINUTES)
async def create_webhook(
    user: CurrentUser, body: NewWebhook, settings: WebhooksSettings
) -> NewWebhookOut:
    """Have a URL told of events.

    The secret that signs the messages is shown this once. They are signed after [Standard
    Webhooks](https://www.standardwebhooks.com), and come at least once, in no certain order.
    """
    return await service.create(user.id, body, settings)


@webhooks.get("/<id:int>")
@endpoint(MANAGE)
async def read_webhook(user: CurrentUser, id: int) -> WebhookOut:
    """Read a webhook."""
    return await service.read(user.id, id)


@webhooks.patch("/<id:int>")
@endpoint(MANAGE)
async def change_webhook(
    user: CurrentUser, id: int, body: WebhookChange, if_match: IfMatch
) -> WebhookOut:
    """Change a webhook, or switch it off and on."""
    return await service.change(user.id, id, body, if_match)


@webhooks.delete("/<id:int>")
@endpoint(MANAGE)
async def delete_webhook(user: CurrentUser, id: int, if_match: IfMatch) -> None:
    """Delete a webhook and what is known of its deliveries."""
    await service.delete(user.id, id, if_match)


@webhooks.post("/<id:int>/secret")
@endpoint(MANAGE, replay=False, fresh=FRESH_MINUTES)
async def change_webhook_secret(
    user: CurrentUser, id: int, settings: WebhooksSettings
) -> SecretOut:
    """Make a new secret.

    The one before signs too for a while, so that no message is refused.
    """
    return await service.rotate(user.id, id, settings)


@webhooks.post("/<id:int>/ping")
@endpoint(MANAGE, status=202)
async def ping_webhook(user: CurrentUser, id: int) -> DeliveryOut:
    """Send the message `webhooks.ping`, to try a webhook with."""
    return await service.ping(user.id, id)


@webhooks.get("/<id:int>/deliveries")
@endpoint(MANAGE)
async def list_deliveries(user: CurrentUser, id: int, query: DeliveryQuery) -> Page[DeliveryOut]:
    """List what a webhook was sent."""
    return await deliveries.some(user.id, id, query)


@webhooks.get("/<id:int>/deliveries/<delivery:int>")
@endpoint(MANAGE)
async def read_delivery(user: CurrentUser, id: int, delivery: int) -> DeliveryDetails:
    """Read a message, and what came of each attempt to deliver it."""
    return await deliveries.read(user.id, id, delivery)


@webhooks.post("/<id:int>/deliveries/<delivery:int>/replay")
@endpoint(MANAGE, status=202)
async def replay_delivery(user: CurrentUser, id: int, delivery: int) -> DeliveryOut:
    """Send a message again. Its id stays, so that who has it already can tell."""
    return await deliveries.replay(user.id, id, delivery)
