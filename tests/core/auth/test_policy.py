"""Which passwords are refused, and when."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest

from core.auth.authenticators import passwords
from core.auth.authenticators.policy import WeakPassword, refuse_weak
from core.auth.tables import User
from tests.core.auth.mailbox import ADA, post, register, sign_in

WEAK = [
    "password",
    "PassWord",
    "12345678",
    "qwertyuiop",
    "iloveyou",
    "aaaaaaaaaaaa",
    "ａｄａ@example.org",
    "Ada@Example.org",
]


@pytest.mark.parametrize("password", WEAK)
async def test_a_weak_password_is_refused(client: Any, password: str) -> None:
    answer = await register(client, password=password)
    assert (answer.status_code, answer.json()["code"]) == (422, "weak_password")
    assert answer.json()["errors"][0]["path"] == "$.password"
    assert await User.count() == 0


async def test_a_name_of_its_owner_is_refused(client: Any) -> None:
    name = {"username": "ada.lovelace", "email": "countess@example.org"}
    for password in ("Ada.Lovelace", "countess", "countess@example.org"):
        answer = await register(client, password=password, **name)
        assert answer.json()["code"] == "weak_password", password


@pytest.mark.parametrize("password", ["x7 gq-pl", "🐘" * 8 + "🐁", "correct horse", "ab" * 512])
async def test_any_other_password_of_8_to_1024_characters_is_taken(
    client: Any, password: str
) -> None:
    assert (await register(client, password=password)).status_code == 201
    assert (await sign_in(client, password=password)).status_code == 200


async def test_the_policy_is_not_asked_at_sign_in(client: Any) -> None:
    await register(client)
    await User.update({User.password: passwords.hash_now("password")}, force=True)
    assert (await sign_in(client, password="password")).status_code == 200


async def test_a_changed_cost_hashes_anew_at_the_next_sign_in(
    client: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    await register(client)
    monkeypatch.setattr(passwords, "rounds", 5)
    assert (await sign_in(client, password="wrong")).status_code == 401
    assert await cost() == "04"
    for _ in range(2):
        assert (await sign_in(client)).status_code == 200
        assert await cost() == "05"


async def cost() -> str:
    (row,) = await User.select(User.password)
    return str(row["password"].split("$")[3])


async def test_a_password_is_never_repeated_in_an_answer(client: Any) -> None:
    secret = "short-1"
    answer = await post(client, "register", **(ADA | {"password": secret}))
    assert answer.status_code == 422
    assert secret not in answer.text


def test_every_common_password_that_is_long_enough_is_known() -> None:
    for word in ("password", "trustno1", "baseball1"):
        with pytest.raises(WeakPassword):
            refuse_weak(word)
    refuse_weak("password\n12345678")


def test_the_list_is_read_when_it_is_needed_and_kept_small() -> None:
    code = """
import sys
from core.auth.authenticators import policy
assert "zxcvbn" not in sys.modules and policy._commonest.cache_info().currsize == 0
assert 5_000 < policy._commonest().count("\\n") and sys.getsizeof(policy._commonest()) < 200_000
assert not any("zxcvbn" in name or "frequency" in name for name in sys.modules)
"""
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
