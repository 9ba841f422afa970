"""One attempt at a delivery, and what follows from it. Order is not promised; twice may happen."""

from __future__ import annotations

from datetime import UTC, datetime
from time import perf_counter, time

from core.outgoing.client import fetch
from core.outgoing.refusals import OutgoingError
from core.webhooks import secret
from core.webhooks.outcome import (
    Due,
    Outcome,
    begin_again,
    failed,
    find,
    may_be_told,
    postponed,
    succeeded,
)
from core.webhooks.pace import Pace
from core.webhooks.recording import Order, order_slowly
from core.webhooks.settings import WebhooksSettings
from core.webhooks.signing import signed

ANSWER = 1024
"""Bytes of the answer that are kept."""
UNSIGNED = "Its secret was encrypted with another core.secret. Make a new one for the webhook."


async def deliver(
    settings: WebhooksSettings, order: Order, pace: Pace, *, slowly: bool = False
) -> None:
    """Make one attempt; the next one, if any, is another task.

    ``slowly``: among those whose servers take long to answer, so that the others need not wait.
    """
    if order.again:  # an attempt that was under way has written down its own outcome since
        await begin_again(order.delivery)
    due = await find(order.delivery)
    if due is None:
        return
    if not due.active or not await may_be_told(due.owner):
        why = (
            "The webhook is off." if not due.active else "Its owner may not have webhooks any more."
        )
        await failed(due, Outcome(error=why), settings, final=True)
    elif due.quiet_until is not None and due.quiet_until > datetime.now(UTC):
        await postponed(due)
    elif not slowly and pace.is_slow(due.webhook):
        await order_slowly(due.id)
    else:
        with pace.measured(due.webhook):
            outcome = await _ask(due, settings.timeout)
        await (succeeded(due, outcome) if outcome.is_fine else failed(due, outcome, settings))


async def _ask(due: Due, timeout: float) -> Outcome:
    """Send a message and return what came of it."""
    body = due.body.encode()
    began = perf_counter()
    if not (secrets := await secret.current(due.webhook)):
        return Outcome(error=UNSIGNED)
    headers = signed(secrets, due.message, int(time()), body)
    try:
        answer = await fetch(
            "POST",
            due.url,
            content=body,
            headers={
                **headers,
                "content-type": "application/json",
                "user-agent": "Tenfold-Webhooks",
            },
            timeout=timeout,
            most=ANSWER,
        )
    except OutgoingError as error:
        return Outcome(milliseconds=_since(began), error=str(error)[:1000])
    text = answer.body.decode(errors="replace").replace("\0", "")
    return Outcome(answer.status, _since(began), text)


def _since(began: float) -> int:
    return int((perf_counter() - began) * 1000)
