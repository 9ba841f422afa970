"""Keys for programs that act for somebody."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from core.auth.authenticators import api_key_lookup
from core.auth.tables import ApiKey, AuditEntry, Session

from .test_accounts import AUTH

KEYS = f"{AUTH}/api-keys"
TASKS = "/api/v1/todo/tasks"
NEW = {"name": "backup", "permissions": ["todo.read"]}


async def make(person: Any, **more: Any) -> Any:
    return await person.post(KEYS, json=NEW | more)


@asynccontextmanager
async def program(server: Any, key: str) -> AsyncIterator[httpx.AsyncClient]:
    headers = {"authorization": f"Bearer {key}"}
    async with httpx.AsyncClient(base_url=server.url, headers=headers, timeout=30) as client:
        yield client


async def refused(client: httpx.AsyncClient, status: int = 401, path: str = TASKS) -> bool:
    """Wait until a request is answered with ``status``, two seconds at most."""
    for _ in range(40):
        if (await client.get(path)).status_code == status:
            return True
        await asyncio.sleep(0.05)
    return False


async def test_api_keys_need_a_token(client: Any) -> None:
    assert (await client.get(KEYS)).status_code == 401
    assert (await client.post(KEYS, json=NEW)).status_code == 401
    assert (await client.delete(f"{KEYS}/1")).status_code == 401


async def test_a_key_is_shown_once_and_kept_as_a_hash(ada: Any) -> None:
    answer = await make(ada)
    assert answer.status_code == 201, answer.text
    made = answer.json()
    assert api_key_lookup.SHAPE.fullmatch(made["key"])
    assert made["key"].startswith(made["prefix"] + "_")
    assert answer.headers["location"] == f"{KEYS}/{made['id']}"
    (listed,) = (await ada.get(KEYS)).json()["items"]
    assert listed == {name: value for name, value in made.items() if name != "key"}
    secret = made["key"].rpartition("_")[2]
    assert secret not in str(await ApiKey.select())
    assert secret not in str(await AuditEntry.select())


async def test_an_idempotency_key_does_not_bring_a_key_back(ada: Any) -> None:
    from core.tables import IdempotencyKey

    headers = {"idempotency-key": "once"}
    for _ in range(2):
        assert (await ada.post(KEYS, json=NEW, headers=headers)).status_code == 201
    assert await IdempotencyKey.count() == 0


async def test_a_key_is_good_wherever_a_token_is(server: Any, ada: Any) -> None:
    key = (await make(ada, permissions=["todo.read", "todo.write", "auth.self"])).json()["key"]
    async with program(server, key) as client:
        assert (await client.get(f"{AUTH}/me")).json()["id"] == ada.id
        made = await client.post(TASKS, json={"title": "by a program"})
        assert made.status_code == 201
        headers = {"idempotency-key": "mine"}
        for _ in range(2):
            again = await client.post(TASKS, json={"title": "once"}, headers=headers)
            assert again.status_code == 201
    assert len((await ada.get(TASKS)).json()["items"]) == 2


async def test_a_key_may_do_what_it_was_made_for_and_no_more(server: Any, ada: Any) -> None:
    async with program(server, (await make(ada)).json()["key"]) as client:
        assert (await client.get(TASKS)).status_code == 200
        answer = await client.post(TASKS, json={"title": "x"})
        assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")
        assert (await client.get(f"{AUTH}/me")).status_code == 403


@pytest.mark.parametrize("asked", [["auth.invite"], ["todo.read", "nothing.at_all"]])
async def test_nobody_gives_a_key_more_than_they_hold(ada: Any, asked: list[str]) -> None:
    answer = await make(ada, permissions=asked)
    assert (answer.status_code, answer.json()["code"]) == (403, "permission_not_held")
    assert await ApiKey.count() == 0


@pytest.mark.parametrize(
    "more",
    [
        {"permissions": []},
        {"permissions": "todo.read"},
        {"name": ""},
        {"name": "x" * 101},
        {"expires_at": "2020-01-01T00:00:00Z"},
        {"expires_at": "2090-01-01T00:00:00"},
        {"user": 1},
        {"prefix": "tf_admin"},
    ],
)
async def test_a_bad_key_is_refused(ada: Any, more: Any) -> None:
    assert (await make(ada, **more)).status_code == 422
    assert await ApiKey.count() == 0


@pytest.mark.parametrize(
    "key",
    [
        "tf_",
        "tf_abcdefgh_",
        f"tf_abcdefgh_{'A' * 43}",
        f"tf_abcdefgh_{'A' * 43}\u00e9",
        f"tf_{'x' * 5000}",
        f"tf_abcdefgh_{'%' * 43}",
        "tf_abcdefgh_" + "A" * 42 + "\u0661",
    ],
)
async def test_a_made_up_key_is_401(client: Any, key: str) -> None:
    headers = [(b"authorization", f"Bearer {key}".encode())]
    answer = await client.get(TASKS, headers=headers)
    assert answer.status_code in (401, 431), answer.text
    if answer.status_code == 401:
        assert 'error="invalid_token"' in answer.headers["www-authenticate"]


async def test_a_key_has_no_role_that_could_say_more_than_its_permissions(
    server: Any, admin: Any
) -> None:
    key = (await make(admin)).json()["key"]
    _, user = await api_key_lookup.find(key, server.app.ctx.realm.tokens._permissions)
    assert (user.roles, user.session, user.auth_time) == (frozenset(), 0, 0)
    assert user.permissions == {"todo.read"}


async def test_a_remembered_key_asks_no_database(server: Any, ada: Any, count_queries: Any) -> None:
    await ada.post(TASKS, json={"title": "milk"})
    async with program(server, (await make(ada)).json()["key"]) as client:
        for _ in range(50):  # its making is told to all workers a little later: they forget once
            await client.get(TASKS)
            await asyncio.sleep(0.1)
            count_queries()
            await client.get(TASKS)
            if len(asked := count_queries()) == 1:
                break
        assert len(asked) == 1


async def test_the_last_use_is_noted_at_most_once_a_minute(server: Any, ada: Any) -> None:
    key = (await make(ada)).json()["key"]

    async def last_used(but: Any) -> Any:
        """Return the time that is noted, once it is another or after a while."""
        for _ in range(200):
            noted = (await ada.get(KEYS)).json()["items"][0]["last_used_at"]
            if noted != but:
                break
            await asyncio.sleep(0.05)
        return noted

    assert (await ada.get(KEYS)).json()["items"][0]["last_used_at"] is None
    for _ in range(3):
        await api_key_lookup.find(key, {})
    first = await last_used(None)
    assert first is not None
    await api_key_lookup.find(key, {})
    await asyncio.sleep(0.2)
    assert (await ada.get(KEYS)).json()["items"][0]["last_used_at"] == first
    await ApiKey.update({ApiKey.last_used_at: datetime.now(UTC) - timedelta(minutes=2)}, force=True)
    before = await last_used(first)
    await api_key_lookup.find(key, {})
    assert await last_used(before) > first


async def test_a_key_is_never_fresh(server: Any, ada: Any) -> None:
    key = (await make(ada, permissions=["auth.self"])).json()["key"]
    async with program(server, key) as client:
        answer = await make(client, permissions=["auth.self"])
        assert (answer.status_code, answer.json()["code"]) == (401, "fresh_login_required")
        answer = await client.post(f"{AUTH}/confirm", json={"password": "anything at all"})
        assert (answer.status_code, answer.json()["code"]) == (401, "fresh_login_required")


async def test_making_a_key_needs_a_fresh_password(client: Any, server: Any, ada: Any) -> None:
    tokens = server.app.ctx.realm.tokens
    (session,) = await Session.select(Session.id).where(Session.user == ada.id)
    for age, status in ((9, 201), (11, 401)):
        proven = time.time() - age * 60
        token = tokens.make(ada.id, session["id"], ["user"], proven)
        answer = await make_with(client, token)
        assert answer.status_code == status
    assert answer.json()["code"] == "fresh_login_required"
    challenge = answer.headers["www-authenticate"]
    assert 'error="insufficient_user_authentication"' in challenge
    assert 'max_age="600"' in challenge


async def make_with(client: Any, token: str) -> Any:
    return await client.post(KEYS, json=NEW, headers={"authorization": f"Bearer {token}"})


async def test_keys_have_a_number_that_is_enough(ada: Any, monkeypatch: Any) -> None:
    from core.auth.authenticators import api_keys

    monkeypatch.setattr(api_keys, "MOST", 2)
    answers = await asyncio.gather(*(make(ada) for _ in range(6)))
    assert sorted(each.status_code for each in answers) == [201, 201, 409, 409, 409, 409]
    assert (await make(ada)).json()["code"] == "too_many_api_keys"


async def test_making_and_ending_a_key_is_written_down(ada: Any) -> None:
    made = (await make(ada)).json()
    await ada.delete(f"{KEYS}/{made['id']}")
    rows = await AuditEntry.select().where(AuditEntry.user == ada.id).order_by(AuditEntry.id)
    assert [(each["event"], each["detail"], each["address"]) for each in rows] == [
        ("api_key_made", made["prefix"], "127.0.0.1"),
        ("api_key_ended", made["prefix"], "127.0.0.1"),
    ]
