"""Each event is written down for webhooks in the transaction of the change it tells of."""

from __future__ import annotations

from typing import Any

import pytest

from core.auth import events
from core.auth.tables import User
from core.testing import PASSWORD
from tests.core.webhooks.events import names_in, watching

REGISTER = "/api/v1/auth/register"


async def test_who_registers_is_told_from_inside_the_transaction_or_is_not_there(
    admin: Any, client: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    webhook = await watching(monkeypatch, admin, "auth.*")
    for name in ("eve", "mallory"):
        person = {"email": f"{name}@example.org", "username": name, "password": PASSWORD}
        if name == "eve":
            assert (await client.post(REGISTER, json=person)).status_code == 201
        else:
            await webhook.refused(client.post(REGISTER, json=person))
    assert await webhook.told() == names_in(events)
    assert not await User.exists().where(User.username == "mallory")
