"""The code that docs/webhooks.md shows to receivers does what it says."""

from __future__ import annotations

import re
import time
from pathlib import Path
from typing import Any

import msgspec
import pytest

from core.auth.events import UserRegistered
from core.events import emit
from core.testing import RunTasks
from core.webhooks.recording import Message
from core.webhooks.signing import signed
from plugins.todo.events import TaskCompleted
from tests.core.webhooks.receiver import Receiver

PAGE = Path(__file__).parents[3] / "docs" / "webhooks.md"


@pytest.fixture
def is_genuine() -> Any:
    """Return the function that the page shows."""
    (code,) = re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)
    namespace: dict[str, Any] = {}
    exec(code, namespace)
    return namespace["is_genuine"]


async def test_what_is_sent_is_genuine_and_what_was_touched_is_not(
    is_genuine: Any, webhook: Any, receiver: Receiver, run_tasks: RunTasks
) -> None:
    await emit(UserRegistered(user_id=1))
    await run_tasks()
    (headers,), (body,) = receiver.headers, receiver.bodies
    assert is_genuine(webhook["secret"], headers, body)
    assert not is_genuine(webhook["secret"], headers, body + b" ")
    assert not is_genuine("whsec_" + "A" * 43 + "=", headers, body)
    assert not is_genuine(webhook["secret"], headers | {"webhook-id": "msg_other"}, body)


def test_the_message_that_is_shown_is_one_that_is_sent() -> None:
    shown = re.search(r'^\{"id": .*?\}\}$', PAGE.read_text(), re.DOTALL | re.MULTILINE)
    assert shown is not None
    message = msgspec.json.decode(shown[0], type=Message)
    assert message.event == TaskCompleted.name()
    told = msgspec.to_builtins(msgspec.json.decode(message.data, type=TaskCompleted))
    assert told == msgspec.json.decode(message.data)


def test_what_is_old_is_not_genuine(is_genuine: Any) -> None:
    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    old, now = int(time.time()) - 600, int(time.time())
    assert is_genuine(secret, signed([secret], "msg_1", now, b"{}"), b"{}")
    assert not is_genuine(secret, signed([secret], "msg_1", old, b"{}"), b"{}")


def test_the_signature_is_that_of_the_standard() -> None:
    """The example of https://github.com/standard-webhooks/standard-webhooks."""
    secret, body = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", b'{"test": 2432232314}'
    headers = signed([secret], "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, body)
    wanted = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    assert headers["webhook-signature"] == wanted
