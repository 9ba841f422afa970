"""Registering, signing in and out, through HTTP."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from core.auth.tables import RefreshToken, Session, User
from core.testing import PASSWORD

AUTH = "/api/v1/auth"
ADA = {"email": "Ada@Example.org", "username": "ada", "password": PASSWORD}


async def register(client: Any, **more: Any) -> Any:
    return await client.post(f"{AUTH}/register", json=ADA | more)


async def sign_in(client: Any, login: str = "ada", password: str = PASSWORD) -> Any:
    return await client.post(f"{AUTH}/login", json={"login": login, "password": password})


async def refresh(client: Any, token: str) -> Any:
    return await client.post(f"{AUTH}/refresh", json={"refresh_token": token})


def bearer(tokens: dict[str, Any]) -> dict[str, str]:
    return {"authorization": f"Bearer {tokens['access_token']}"}


async def test_who_registers_is_signed_in(client: Any) -> None:
    answer = await register(client)
    tokens = answer.json()
    assert answer.status_code == 201
    assert answer.headers["cache-control"] == "no-store"
    assert (tokens["token_type"], tokens["expires_in"]) == ("Bearer", 900)
    assert tokens["user"]["email"] == "Ada@Example.org"
    assert tokens["user"]["roles"] == ["user"]
    me = await client.get(f"{AUTH}/me", headers=bearer(tokens))
    assert me.json() == tokens["user"]


@pytest.mark.parametrize("login", ["ada", "ADA", "ada@example.org", " ａｄａ "])
async def test_signing_in_by_name_or_address_in_any_form(client: Any, login: str) -> None:
    await register(client)
    answer = await sign_in(client, login)
    assert answer.status_code == 200
    assert answer.json()["user"]["username"] == "ada"


async def test_a_wrong_password_and_an_unknown_name_look_the_same(client: Any) -> None:
    await register(client)
    wrong, unknown = await sign_in(client, "ada", "wrong"), await sign_in(client, "nobody", "wrong")
    for answer in (wrong, unknown):
        assert answer.status_code == 401
    same = ("type", "title", "status", "detail", "code")
    assert [wrong.json()[key] for key in same] == [unknown.json()[key] for key in same]


@pytest.mark.parametrize(
    "more",
    [
        {"email": "other@example.org", "username": "ADA"},
        {"email": "other@example.org", "username": "ａｄａ"},
        {"email": "ada@EXAMPLE.org", "username": "other"},
    ],
)
async def test_a_name_or_address_is_taken_in_any_form(client: Any, more: Any) -> None:
    await register(client)
    answer = await register(client, **more)
    assert (answer.status_code, answer.json()["code"]) == (409, "taken")


async def test_of_many_who_register_the_same_name_at_once_one_gets_it(client: Any) -> None:
    answers = await asyncio.gather(*(register(client) for _ in range(20)))
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 19
    assert await User.count() == 1


@pytest.mark.parametrize(
    "more",
    [
        {"admin": True},
        {"superuser": True},
        {"active": True},
        {"roles": ["admin"]},
        {"id": 1},
        {"email": "no address"},
        {"email": "a@b"},
        {"email": "ada@example.org\n"},
        {"username": "a"},
        {"username": "ada\n"},
        {"username": "a b"},
        {"username": "@ada"},
        {"username": "x" * 51},
        {"username": "ﷺ" * 50},
        {"password": "short"},
        {"password": "x" * 1025},
        {"password": None},
    ],
)
async def test_a_bad_registration_is_refused(client: Any, more: Any) -> None:
    answer = await register(client, **more)
    assert answer.status_code == 422, answer.text
    assert await User.count() == 0


async def test_a_password_of_any_length_counts_to_its_end(client: Any) -> None:
    long = "x" * 1000
    await register(client, password=long + "a")
    assert (await sign_in(client, "ada", long + "b")).status_code == 401
    assert (await sign_in(client, "ada", long + "a")).status_code == 200


async def test_passwords_and_refresh_tokens_are_kept_as_hashes(client: Any) -> None:
    tokens = (await register(client)).json()
    (user,) = await User.select(User.password)
    assert user["password"].startswith("bcrypt-sha256$$2b$04$")
    (kept,) = await RefreshToken.select(RefreshToken.digest)
    assert tokens["refresh_token"] not in kept["digest"]


async def test_a_refresh_token_is_exchanged_for_a_new_pair(client: Any) -> None:
    first = (await register(client)).json()
    second = (await refresh(client, first["refresh_token"])).json()
    third = (await refresh(client, second["refresh_token"])).json()
    assert len({each["refresh_token"] for each in (first, second, third)}) == 3
    assert (await client.get(f"{AUTH}/me", headers=bearer(third))).status_code == 200
    assert await Session.count() == 1


async def test_a_token_sent_twice_at_once_gets_the_same_successor(client: Any) -> None:
    first = (await register(client)).json()["refresh_token"]
    answers = await asyncio.gather(*(refresh(client, first) for _ in range(50)))
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.json()["refresh_token"] for answer in answers}) == 1


async def test_an_older_token_ends_the_whole_family(client: Any) -> None:
    first = (await register(client)).json()
    second = (await refresh(client, first["refresh_token"])).json()
    third = (await refresh(client, second["refresh_token"])).json()
    assert (await refresh(client, first["refresh_token"])).status_code == 401
    assert (await refresh(client, third["refresh_token"])).status_code == 401
    for tokens in (first, second, third):
        assert await dies(client, tokens)


async def dies(client: Any, tokens: dict[str, Any]) -> bool:
    """Wait until an access token is refused, two seconds at most."""
    for _ in range(40):
        if (await client.get(f"{AUTH}/me", headers=bearer(tokens))).status_code == 401:
            return True
        await asyncio.sleep(0.05)
    return False


async def test_an_unknown_refresh_token_is_refused_and_harms_nobody(client: Any) -> None:
    tokens = (await register(client)).json()
    assert (await refresh(client, "x" * 43)).status_code == 401
    assert (await refresh(client, tokens["refresh_token"])).status_code == 200


async def test_signing_out_kills_the_tokens_of_this_device_only(client: Any) -> None:
    here = (await register(client)).json()
    there = (await sign_in(client)).json()
    body = {"refresh_token": here["refresh_token"]}
    answer = await client.post(f"{AUTH}/logout", json=body)
    assert (answer.status_code, answer.content) == (204, b"")
    assert (await client.get(f"{AUTH}/me", headers=bearer(here))).status_code == 401
    assert (await refresh(client, here["refresh_token"])).status_code == 401
    assert (await client.get(f"{AUTH}/me", headers=bearer(there))).status_code == 200
    assert (await client.post(f"{AUTH}/logout", json=body)).status_code == 204


async def test_a_user_who_was_switched_off_may_not_sign_in(client: Any) -> None:
    tokens = (await register(client)).json()
    await User.update({User.active: False}, force=True)
    assert (await sign_in(client)).status_code == 401
    assert (await refresh(client, tokens["refresh_token"])).status_code == 401


async def test_an_ordinary_request_asks_no_database_about_its_token(
    ada: Any, count_queries: Any
) -> None:
    await ada.post("/api/v1/todo/tasks", json={"title": "milk"})
    count_queries()
    await ada.get("/api/v1/todo/tasks")
    assert len(count_queries()) == 1


async def test_answers_with_credentials_are_never_kept(client: Any) -> None:
    from core.tables import IdempotencyKey

    headers = {"idempotency-key": "first"}
    assert (await client.post(f"{AUTH}/register", json=ADA, headers=headers)).status_code == 201
    assert (await client.post(f"{AUTH}/register", json=ADA, headers=headers)).status_code == 409
    assert await IdempotencyKey.count() == 0
