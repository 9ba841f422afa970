"""A webhook is told of what it wants if and only if it happened, again and again until it hears."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from core.auth.events import UserRegistered
from core.auth.tables import AuditEntry, Role, RolePermission
from core.db.engine import transaction
from core.events import emit, unit
from core.outgoing.client import reaching
from core.tasks.tables import QueuedTask
from core.testing import People, RunTasks, queries
from core.webhooks.deliveries import forget_old
from core.webhooks.outcome import WAITS
from core.webhooks.recording import DELIVER, wanted
from core.webhooks.tables import Delivery, Webhook
from tests.core.webhooks.conftest import WEBHOOKS, make
from tests.core.webhooks.receiver import Receiver


async def next_attempt() -> datetime:
    """Return when the next attempt is to be made."""
    (row,) = await QueuedTask.select(QueuedTask.run_at).where(QueuedTask.name == DELIVER)
    return row["run_at"]  # type: ignore[no-any-return]


async def log(admin: Any, webhook: Any) -> Any:
    """Return the newest delivery with its attempts."""
    path = f"{WEBHOOKS}/{webhook['id']}/deliveries"
    newest = (await admin.get(path)).json()["items"][0]
    return (await admin.get(f"{path}/{newest['id']}")).json()


def is_signed(secret: str, headers: dict[str, str], body: bytes) -> list[bool]:
    """Check each signature as its receiver would."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    text = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    good = base64.b64encode(hmac.new(key, text, hashlib.sha256).digest()).decode()
    return [each == f"v1,{good}" for each in headers["webhook-signature"].split(" ")]


async def test_what_happens_is_told_and_signed(
    webhook: Any, receiver: Receiver, run_tasks: RunTasks, people: People, admin: Any
) -> None:
    ada = await people("ada")
    await run_tasks()
    (message,), (headers,), (body,) = receiver.messages, receiver.headers, receiver.bodies
    assert (message["event"], message["data"]) == ("auth.user_registered", {"user_id": ada.id})
    assert message["id"] == headers["webhook-id"]
    assert headers["content-type"] == "application/json"
    assert abs(int(headers["webhook-timestamp"]) - time.time()) < 60
    assert is_signed(webhook["secret"], headers, body) == [True]
    kept = await log(admin, webhook)
    assert (kept["state"], kept["message"]) == ("delivered", message["id"])
    (attempt,) = kept["log"]
    assert (attempt["status"], attempt["answer"], attempt["number"]) == (200, "thanks", 1)


async def test_it_is_told_if_and_only_if_it_happened(
    webhook: Any, receiver: Receiver, run_tasks: RunTasks
) -> None:
    with pytest.raises(RuntimeError):
        async with transaction():
            await emit(UserRegistered(user_id=1))
            raise RuntimeError
    async with transaction():
        await emit(UserRegistered(user_id=2))
        assert receiver.messages == []
    await run_tasks()
    assert [each["data"]["user_id"] for each in receiver.messages] == [2]


async def test_a_pattern_stands_for_all_of_a_plugin(
    admin: Any, receiver: Receiver, run_tasks: RunTasks, ada: Any
) -> None:
    await make(admin, receiver.url, "todo.*")
    everything = await make(admin, receiver.url, "*")
    await ada.post("/api/v1/todo/tasks", json={"title": "Buy milk"})
    await emit(UserRegistered(user_id=3))
    await run_tasks()
    told = sorted(each["event"] for each in receiver.messages)
    assert told.count("todo.task_created") == 2
    assert told.count("auth.user_registered") == 1
    assert everything["events"] == ["*"]


async def test_without_a_webhook_an_event_costs_nothing(server: Any, client: Any) -> None:
    wanted.forget()
    with queries() as seen:
        await emit(UserRegistered(user_id=1))
        async with unit(UserRegistered):
            pass
    assert [sql for sql in seen if "webhooks" in sql and "INSERT" in sql] == []


async def test_a_failure_is_tried_again_by_the_same_id(
    webhook: Any, receiver: Receiver, run_tasks: RunTasks, admin: Any
) -> None:
    receiver.statuses = [500, 302]
    await emit(UserRegistered(user_id=1))
    before = datetime.now(UTC)
    await run_tasks()
    first, after = await next_attempt(), datetime.now(UTC)
    assert before + timedelta(seconds=4) < first < after + timedelta(seconds=7)
    await run_tasks(at=first)
    second = await next_attempt()
    assert 260 < (second - first).total_seconds() < 340
    await run_tasks(at=second)
    assert len({each["webhook-id"] for each in receiver.headers}) == 1
    kept = await log(admin, webhook)
    assert (kept["state"], kept["attempts"]) == ("delivered", 3)
    assert [each["status"] for each in kept["log"]] == [500, 302, 200]
    mended = (await admin.get(f"{WEBHOOKS}/{webhook['id']}")).json()
    assert mended["failing_since"] is None


async def test_after_many_attempts_a_message_is_given_up_and_can_be_replayed(
    webhook: Any, receiver: Receiver, run_tasks: RunTasks, admin: Any
) -> None:
    receiver.statuses = [503] * (len(WAITS) + 1)
    await emit(UserRegistered(user_id=1))
    at = None
    for _ in range(len(WAITS)):
        await run_tasks(at=at)
        await Webhook.update({Webhook.quiet_until: None}, force=True)
        at = await next_attempt()
    await run_tasks(at=at)
    kept = await log(admin, webhook)
    assert (kept["state"], kept["attempts"]) == ("failed", len(WAITS) + 1)
    assert not await QueuedTask.exists().where(QueuedTask.name == DELIVER)
    path = f"{WEBHOOKS}/{webhook['id']}/deliveries/{kept['id']}/replay"
    assert (await admin.post(path)).status_code == 202
    await run_tasks()
    assert (await log(admin, webhook))["state"] == "delivered"
    assert len({each["id"] for each in receiver.messages}) == 1


async def test_what_is_replayed_while_an_attempt_is_made_is_sent_again(
    webhook: Any, receiver: Receiver, run_tasks: RunTasks, admin: Any
) -> None:
    async def replay() -> None:
        path = f"{WEBHOOKS}/{webhook['id']}"
        sent = (await admin.get(f"{path}/deliveries")).json()["items"][0]
        assert (await admin.post(f"{path}/deliveries/{sent['id']}/replay")).status_code == 202

    receiver.before_answer.append(replay)
    await emit(UserRegistered(user_id=1))
    await run_tasks()
    assert len(receiver.bodies) == 2
    kept = await log(admin, webhook)
    assert (kept["state"], len(kept["log"])) == ("delivered", 2)


async def test_a_webhook_that_fails_again_and_again_is_left_alone_for_a_while(
    webhook: Any, receiver: Receiver, run_tasks: RunTasks
) -> None:
    receiver.statuses = [500] * 99
    for user in range(3):
        await emit(UserRegistered(user_id=user))
        await run_tasks()
    assert len(receiver.bodies) == 3
    await emit(UserRegistered(user_id=9))
    await run_tasks()
    assert len(receiver.bodies) == 3
    (row,) = await Webhook.select(Webhook.quiet_until, Webhook.failures)
    assert row["failures"] == 3
    assert row["quiet_until"] > datetime.now(UTC)
    assert await Delivery.count().where(Delivery.attempts == 0) == 1


@pytest.mark.parametrize("how", ["ping", "url"])
async def test_a_webhook_that_is_left_alone_is_asked_when_its_owner_has_mended_it(
    webhook: Any, receiver: Receiver, run_tasks: RunTasks, admin: Any, how: str
) -> None:
    quiet = datetime.now(UTC) + timedelta(minutes=15)
    await Webhook.update({Webhook.quiet_until: quiet, Webhook.failures: 9}, force=True)
    path = f"{WEBHOOKS}/{webhook['id']}"
    if how == "ping":
        await admin.post(f"{path}/ping")
    else:
        assert (await admin.patch(path, json={"url": f"{receiver.url}/2"})).status_code == 200
        await emit(UserRegistered(user_id=1))
    await run_tasks()
    assert len(receiver.bodies) == 1
    (row,) = await Webhook.select(Webhook.quiet_until, Webhook.failures)
    assert (row["quiet_until"], row["failures"]) == (None, 0)


@pytest.mark.parametrize("status", [410, 500])
async def test_a_webhook_that_is_gone_or_fails_for_days_is_switched_off(
    webhook: Any,
    receiver: Receiver,
    run_tasks: RunTasks,
    admin: Any,
    status: int,
    caplog: pytest.LogCaptureFixture,
) -> None:
    receiver.statuses = [status]
    if status == 500:
        long_ago = datetime.now(UTC) - timedelta(days=6)
        failing: dict[Any, Any] = {Webhook.failing_since: long_ago, Webhook.failures: 1}
        await Webhook.update(failing, force=True)
    await emit(UserRegistered(user_id=1))
    await run_tasks()
    found = (await admin.get(f"{WEBHOOKS}/{webhook['id']}")).json()
    assert not found["active"]
    assert found["switched_off"]
    assert "was switched off" in caplog.text
    assert await AuditEntry.exists().where(AuditEntry.event == "webhook_switched_off")
    await wanted.read()
    assert not wanted.wants("auth.user_registered")
    change = {"active": True}
    again = (await admin.patch(f"{WEBHOOKS}/{webhook['id']}", json=change)).json()
    assert (again["active"], again["switched_off"], again["failing_since"]) == (True, "", None)


async def test_a_server_that_is_not_there_is_a_failure_with_a_reason(
    admin: Any, receiver: Receiver, run_tasks: RunTasks
) -> None:
    gone = await make(admin, "http://127.0.0.1:1/hook", "auth.user_registered")
    await emit(UserRegistered(user_id=1))
    await run_tasks()
    (attempt,) = (await log(admin, gone))["log"]
    assert attempt["status"] == 0
    assert "ConnectError" in attempt["error"]


async def test_only_the_beginning_of_an_answer_is_kept(
    webhook: Any, receiver: Receiver, run_tasks: RunTasks, admin: Any
) -> None:
    receiver.answer = "\0x" * 5000
    await emit(UserRegistered(user_id=1))
    await run_tasks()
    (attempt,) = (await log(admin, webhook))["log"]
    assert attempt["answer"] == "x" * 512


async def test_a_private_address_is_not_reached_even_if_it_was_fine_before(
    webhook: Any, receiver: Receiver, run_tasks: RunTasks, admin: Any
) -> None:
    await emit(UserRegistered(user_id=1))
    with reaching(private=False):
        await run_tasks()
    assert receiver.bodies == []
    assert "public internet" in (await log(admin, webhook))["log"][0]["error"]


async def test_who_may_not_have_webhooks_any_more_is_told_nothing(
    server: Any, people: People, receiver: Receiver, run_tasks: RunTasks
) -> None:
    from core.auth.authorization import roles
    from core.auth.authorization.permissions import by_role

    (role,) = await Role.insert(Role(name="hooker")).returning(Role.id)
    await RolePermission.insert(RolePermission(role=role["id"], permission="webhooks.manage"))
    server.app.ctx.realm.tokens.hold(await by_role(server.plugins))
    ada, grace = await people("ada", "hooker"), await people("grace", "hooker")
    for person in (ada, grace):
        await make(person, receiver.url, "auth.user_registered")
    await emit(UserRegistered(user_id=1))
    await run_tasks()
    assert len(receiver.bodies) == 2
    await roles.switch(ada.id, active=False)
    await emit(UserRegistered(user_id=2))
    await run_tasks()
    assert len(receiver.bodies) == 3
    await Role.delete().where(Role.name == "hooker")
    await emit(UserRegistered(user_id=3))
    await run_tasks()
    assert len(receiver.bodies) == 3


async def test_a_ping_tries_a_webhook_that_is_on(
    webhook: Any, receiver: Receiver, run_tasks: RunTasks, admin: Any
) -> None:
    answer = await admin.post(f"{WEBHOOKS}/{webhook['id']}/ping")
    assert answer.status_code == 202
    assert answer.json()["state"] == "waiting"
    await run_tasks()
    assert receiver.messages[0]["event"] == "webhooks.ping"
    await admin.patch(f"{WEBHOOKS}/{webhook['id']}", json={"active": False})
    assert (await admin.post(f"{WEBHOOKS}/{webhook['id']}/ping")).status_code == 409
    kept = await log(admin, webhook)
    path = f"{WEBHOOKS}/{webhook['id']}/deliveries/{kept['id']}/replay"
    assert (await admin.post(path)).status_code == 409
    assert (await log(admin, webhook))["state"] == "delivered", "it stays what it was"


async def test_a_webhook_deleted_meanwhile_breaks_nobodys_change(
    webhook: Any, receiver: Receiver, run_tasks: RunTasks, admin: Any
) -> None:
    known = dict(wanted._patterns)
    await admin.delete(f"{WEBHOOKS}/{webhook['id']}")
    wanted._patterns, wanted._by_name = known, {}
    async with transaction():
        await emit(UserRegistered(user_id=1))
    assert not await Delivery.exists()
    await run_tasks()


async def test_deleting_while_an_event_is_told_breaks_nobodys_change(
    webhook: Any, receiver: Receiver, admin: Any
) -> None:
    async def tell(user: int) -> None:
        async with transaction():
            await emit(UserRegistered(user_id=user))
            await asyncio.sleep(0)

    telling = [asyncio.create_task(tell(user)) for user in range(20)]
    answer = await admin.delete(f"{WEBHOOKS}/{webhook['id']}")
    assert answer.status_code == 204
    await asyncio.gather(*telling)


async def test_old_deliveries_are_forgotten(
    webhook: Any, receiver: Receiver, run_tasks: RunTasks
) -> None:
    await emit(UserRegistered(user_id=1))
    await run_tasks()
    await forget_old(1)
    assert await Delivery.count() == 1
    old = datetime.now(UTC) - timedelta(days=2)
    await Delivery.update({Delivery.ended_at: old}, force=True)
    await forget_old(1)
    assert await Delivery.count() == 0
