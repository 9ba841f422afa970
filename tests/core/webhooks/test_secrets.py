"""What a webhook's messages are signed with."""

from __future__ import annotations

from typing import Any

from core.auth.events import UserRegistered
from core.events import emit
from core.testing import RunTasks
from core.webhooks.tables import Secret
from tests.core.webhooks.conftest import WEBHOOKS
from tests.core.webhooks.receiver import Receiver
from tests.core.webhooks.test_deliveries import is_signed, log, next_attempt


async def test_two_secrets_sign_after_a_change(
    webhook: Any, receiver: Receiver, run_tasks: RunTasks, admin: Any
) -> None:
    answer = await admin.post(f"{WEBHOOKS}/{webhook['id']}/secret")
    assert answer.status_code == 200
    new = answer.json()["secret"]
    await emit(UserRegistered(user_id=1))
    await run_tasks()
    (headers,), (body,) = receiver.headers, receiver.bodies
    assert is_signed(new, headers, body) == [True, False]
    assert is_signed(webhook["secret"], headers, body) == [False, True]
    await admin.post(f"{WEBHOOKS}/{webhook['id']}/secret")
    await emit(UserRegistered(user_id=1))
    await run_tasks()
    assert is_signed(webhook["secret"], receiver.headers[1], receiver.bodies[1]) == [False, False]


async def test_a_secret_that_cannot_be_read_any_more_is_told_and_can_be_changed(
    webhook: Any, receiver: Receiver, run_tasks: RunTasks, admin: Any
) -> None:
    """As after a restored backup without the server's own secret."""
    await Secret.update({Secret.sealed: "gAAAAA"}, force=True)
    await emit(UserRegistered(user_id=1))
    await run_tasks()
    kept = await log(admin, webhook)
    assert (kept["state"], receiver.bodies) == ("waiting", [])
    assert "encrypted with another core.secret" in kept["log"][0]["error"]
    new = (await admin.post(f"{WEBHOOKS}/{webhook['id']}/secret")).json()["secret"]
    await run_tasks(at=await next_attempt())
    assert is_signed(new, receiver.headers[0], receiver.bodies[0]) == [True]
