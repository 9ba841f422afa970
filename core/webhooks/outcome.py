"""What follows from an attempt: written down in one transaction with the order for the next."""

from __future__ import annotations

import logging
import random
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import msgspec
from piccolo.querystring import QueryString

from core.auth import audit
from core.db.compiled import columns, compiled, compiled_one
from core.db.engine import transaction
from core.webhooks.recording import order
from core.webhooks.schemas import DeliveryOut
from core.webhooks.settings import WebhooksSettings
from core.webhooks.tables import DELIVERED, FAILED, WAITING, Attempt, Delivery, Webhook

log = logging.getLogger("tenfold.webhooks")

WAITS = (5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400)
"""Seconds before the second attempt and those after it, as Standard Webhooks recommends."""

GONE = 410
PATIENCE, LONGEST_QUIET = 3, 900
"""After so many failures in a row, nothing is sent for a while: at most so many seconds."""

COLUMNS = columns(Delivery, DeliveryOut)

Values = dict[Any, Any]


class Due(msgspec.Struct, frozen=True):
    """A delivery that is to be tried, with what its webhook says."""

    id: int
    message: str
    body: str
    attempts: int
    webhook: int
    url: str
    owner: int
    active: bool
    failures: int
    failing_since: datetime | None
    quiet_until: datetime | None


class Outcome(msgspec.Struct, frozen=True):
    """What came of an attempt. ``status`` 0: no answer, and ``error`` says why."""

    status: int = 0
    milliseconds: int = 0
    answer: str = ""
    error: str = ""

    @property
    def is_fine(self) -> bool:
        """Whether the other server has taken the message."""
        return 200 <= self.status < 300


@compiled_one(Due)
def find(id: int) -> object:
    """Return a delivery that waits."""
    webhook = Delivery.webhook
    return Delivery.select(
        Delivery.id,
        Delivery.message,
        Delivery.body,
        Delivery.attempts,
        Delivery.webhook,
        webhook.url,
        webhook.owner,
        webhook.active,
        webhook.failures,
        webhook.failing_since,
        webhook.quiet_until,
    ).where(Delivery.id == id, Delivery.state == WAITING)


async def begin_again(id: int) -> list[Any]:
    """Let a message wait to be sent with all its attempts; return it, unless it is gone."""
    anew: Values = {Delivery.state: WAITING, Delivery.attempts: 0, Delivery.ended_at: None}
    return await Delivery.update(anew).where(Delivery.id == id).returning(*COLUMNS)


async def may_be_told(owner: int) -> bool:
    """Tell whether somebody is still active and may have webhooks."""
    return bool(await _holders(owner))


@compiled(int)
def _holders(owner: int) -> QueryString:
    return QueryString(
        'SELECT "u"."id" FROM "auth_user" AS "u"'
        ' JOIN "auth_user_role" AS "h" ON "h"."user" = "u"."id"'
        ' JOIN "auth_role" AS "r" ON "r"."id" = "h"."role"'
        ' LEFT JOIN "auth_role_permission" AS "p" ON "p"."role" = "r"."id"'
        ' AND "p"."permission" = \'webhooks.manage\''
        ' WHERE "u"."id" = {} AND "u"."active"'
        ' AND ("r"."name" = \'admin\' OR "p"."id" IS NOT NULL) LIMIT 1',
        owner,
    )


async def postponed(due: Due) -> None:
    """Try later, for the webhook has failed too often of late; this was no attempt."""
    assert due.quiet_until is not None  # noqa: S101
    await order(due.id, due.quiet_until + timedelta(seconds=random.random() * 5))  # noqa: S311


async def succeeded(due: Due, outcome: Outcome) -> None:
    """Write down that the message was taken."""
    async with transaction():
        await _attempted(due, outcome, DELIVERED)
        if due.failures:
            healthy: Values = {
                Webhook.failures: 0,
                Webhook.failing_since: None,
                Webhook.quiet_until: None,
            }
            await Webhook.update(healthy).where(Webhook.id == due.webhook)


async def failed(
    due: Due, outcome: Outcome, settings: WebhooksSettings, *, final: bool = False
) -> None:
    """Write down a failure and order the next attempt, if there is one."""
    now, number = datetime.now(UTC), due.attempts + 1
    final = final or number > len(WAITS) or outcome.status == GONE
    async with transaction():
        await _attempted(due, outcome, FAILED if final else WAITING)
        if due.active:
            await _counted(due, now)
            await _switched_off(due, outcome, now, settings.give_up_days)
        if not final:
            wait = WAITS[number - 1] * random.uniform(0.9, 1.1)  # noqa: S311
            await order(due.id, now + timedelta(seconds=wait))


async def _attempted(due: Due, outcome: Outcome, state: str) -> None:
    now, number = datetime.now(UTC), due.attempts + 1
    ended = None if state == WAITING else now
    new: Values = {Delivery.state: state, Delivery.attempts: number, Delivery.ended_at: ended}
    await Delivery.update(new).where(Delivery.id == due.id)
    await Attempt.insert(
        Attempt(
            delivery=due.id,
            number=number,
            at=now,
            status=outcome.status,
            milliseconds=outcome.milliseconds,
            answer=outcome.answer,
            error=outcome.error,
        )
    )


async def _counted(due: Due, now: datetime) -> None:
    """Count a failure of the webhook, and leave it alone for a while after several."""
    over = due.failures + 1 - PATIENCE
    quiet = (
        None if over < 0 else now + timedelta(seconds=min(10 * 2 ** min(over, 10), LONGEST_QUIET))
    )
    await Webhook.update(
        {
            Webhook.failures: QueryString('"failures" + 1'),
            Webhook.failing_since: due.failing_since or now,
            Webhook.quiet_until: quiet,
        }
    ).where(Webhook.id == due.webhook)


async def _switched_off(due: Due, outcome: Outcome, now: datetime, days: int) -> None:
    """Switch off a webhook that says it is gone, or has failed for days."""
    why = ""
    if outcome.status == GONE:
        why = "It answered 410 Gone."
    elif due.failing_since is not None and now - due.failing_since > timedelta(days=days):
        why = f"Every attempt has failed for {days} days."
    if not why:
        return
    off: Values = {Webhook.active: False, Webhook.switched_off: why}
    await Webhook.update(off).where(Webhook.id == due.webhook)
    host = urlsplit(due.url).hostname
    log.warning("The webhook %d (%s) was switched off. %s", due.webhook, host, why)
    await audit.record(
        "webhook_switched_off", user=due.owner, detail=f"{due.webhook} {host}: {why}"
    )
