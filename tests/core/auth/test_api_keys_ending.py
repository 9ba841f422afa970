"""What becomes of an API key that is ended, expires or is for less than it was."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from core.auth.authenticators import api_key_lookup
from core.auth.tables import Role, RolePermission, User, UserRole
from core.auth.tokens.access import Tokens
from core.auth.tokens.revocation import NOBODY, revoke
from tests.patience import PATIENCE

from .test_accounts import AUTH
from .test_api_keys import KEYS, TASKS, make, program, refused


async def test_what_the_user_no_longer_holds_the_key_does_not_either(
    server: Any, people: Any
) -> None:
    role = (await Role.insert(Role(name="writer")).returning(Role.id))[0]["id"]
    await RolePermission.insert(RolePermission(role=role, permission="auth.invite"))
    await revoke(NOBODY)
    async with asyncio.timeout(PATIENCE):
        while "writer" not in server.app.ctx.realm.tokens._permissions:  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    try:
        person = await people("ada", "writer")
        key = (await make(person, permissions=["todo.read", "auth.self", "auth.invite"])).json()
        async with program(server, key["key"]) as client:
            assert (await client.get(f"{AUTH}/me")).status_code == 200
            find = api_key_lookup.find
            held = server.app.ctx.realm.tokens._permissions
            assert "auth.invite" in (await find(key["key"], held))[1].permissions
            await UserRole.delete().where(UserRole.user == person.id)
            await revoke(person.id)
            assert await refused(client, 403)
            assert (await find(key["key"], held))[1].permissions == frozenset()
    finally:
        await Role.delete().where(Role.id == role)
        await revoke(NOBODY)


async def test_an_ended_key_is_refused_at_once_and_cannot_be_ended_twice(
    server: Any, ada: Any, grace: Any
) -> None:
    made = (await make(ada)).json()
    async with program(server, made["key"]) as client:
        assert (await client.get(TASKS)).status_code == 200
        path = f"{KEYS}/{made['id']}"
        assert (await grace.delete(path)).status_code == 404
        assert (await ada.delete(path)).status_code == 204
        assert (await client.get(TASKS)).status_code == 401
        assert (await ada.delete(path)).status_code == 404
    assert (await ada.get(KEYS)).json()["items"] == []


async def test_another_worker_forgets_an_ended_key(server: Any, ada: Any) -> None:
    made = (await make(ada)).json()
    other = Tokens(server.app.ctx.realm.tokens.keys, 15)
    other.hold(server.app.ctx.realm.tokens._permissions)
    await other.follow()
    header = f"Bearer {made['key']}"
    request: Any = type("R", (), {"headers": {"authorization": header}})
    waiting: Any = other.authenticate(request)
    assert (await waiting).id == ada.id
    remembered: Any = other.authenticate(request)
    assert remembered.id == ada.id
    await ada.delete(f"{KEYS}/{made['id']}")
    await other.follow()
    again: Any = other.authenticate(request)
    with pytest.raises(Exception, match="does not exist"):
        await again


async def test_a_key_that_is_ended_while_it_is_looked_up_is_not_remembered(
    server: Any, ada: Any, monkeypatch: Any
) -> None:
    made = (await make(ada)).json()
    tokens = server.app.ctx.realm.tokens
    find, looked_up, go_on = api_key_lookup.find, asyncio.Event(), asyncio.Event()

    async def slowly(*given: Any) -> Any:
        found = await find(*given)
        looked_up.set()
        await go_on.wait()
        return found

    monkeypatch.setattr(api_key_lookup, "find", slowly)
    async with program(server, made["key"]) as client:
        first = asyncio.create_task(client.get(TASKS))
        await looked_up.wait()
        monkeypatch.setattr(api_key_lookup, "find", find)
        assert (await ada.delete(f"{KEYS}/{made['id']}")).status_code == 204
        go_on.set()
        await first
        assert f"Bearer {made['key']}" not in tokens._known
        assert (await client.get(TASKS)).status_code == 401


async def test_the_keys_of_a_user_who_is_switched_off_die(server: Any, ada: Any) -> None:
    async with program(server, (await make(ada)).json()["key"]) as client:
        assert (await client.get(TASKS)).status_code == 200
        await User.update({User.active: False}).where(User.id == ada.id)
        await revoke(ada.id)
        assert await refused(client)


async def test_a_key_expires(server: Any, ada: Any) -> None:
    for seconds in (1, 5, 20):  # until the first question comes before the end
        soon = datetime.now(UTC) + timedelta(seconds=seconds)
        made = await make(ada, expires_at=soon.isoformat())
        async with program(server, made.json().get("key", "")) as client:
            first = await client.get(TASKS)
        if datetime.now(UTC) < soon:
            break
    assert first.status_code == 200
    async with program(server, made.json()["key"]) as client:
        await asyncio.sleep((soon - datetime.now(UTC)).total_seconds() + 0.1)
        answer = await client.get(TASKS)
        assert answer.status_code == 401
        assert "expired" in answer.json()["detail"]
