"""What staff see of webhooks in the admin."""

from __future__ import annotations

from collections.abc import Sequence

from piccolo_admin.endpoints import TableConfig
from piccolo_api.crud.endpoints import OrderBy, PiccoloCRUD
from piccolo_api.crud.validators import Validators
from starlette.exceptions import HTTPException
from starlette.requests import Request

from core.webhooks.tables import Attempt, Delivery, Webhook

SHOWN = [Webhook.id, Webhook.owner, Webhook.url, Webhook.events, Webhook.active]
SENT = [Delivery.id, Delivery.webhook, Delivery.event, Delivery.state, Delivery.attempts]
TRIED = [Attempt.id, Attempt.delivery, Attempt.number, Attempt.at, Attempt.status]


def panels() -> Sequence[TableConfig]:
    """Return the tables of webhooks, of what they were sent and of every attempt."""
    return [
        TableConfig(
            Webhook,
            visible_columns=[*SHOWN, Webhook.failing_since, Webhook.switched_off],
            visible_filters=SHOWN[1:],
            validators=Validators([_read_and_delete]),
        ),
        TableConfig(
            Delivery,
            visible_columns=[*SENT, Delivery.created_at],
            visible_filters=SENT[1:],
            order_by=[OrderBy(Delivery.id, ascending=False)],
            validators=Validators([_read_and_delete]),
        ),
        TableConfig(
            Attempt,
            visible_columns=[*TRIED, Attempt.milliseconds, Attempt.error],
            visible_filters=TRIED[1:],
            order_by=[OrderBy(Attempt.id, ascending=False)],
            validators=Validators([_read_and_delete]),
        ),
    ]


def _read_and_delete(piccolo_crud: PiccoloCRUD, request: Request) -> None:
    if request.method not in ("GET", "DELETE"):
        raise HTTPException(405, "A webhook is made and changed by its owner, through the API.")
