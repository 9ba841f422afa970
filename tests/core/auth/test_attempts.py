"""Guessing passwords: slowed down, never a lock."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from core.auth.authenticators import attempts, passwords
from core.auth.authenticators.attempts import FREE, HOUR, Attempts, TooManyAttempts, network, pause
from core.auth.settings import AuthSettings
from core.auth.tables import Attempt, Session, User
from core.testing import PASSWORD, People, Server
from tests.clocks import still_now

from .guessing import WRONG, at, guess, hashes_compared

PURSE = AuthSettings().guesses_account // 3


@pytest.fixture(autouse=True)
def _clock_stands_still(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no pause be over by itself: the shortest is a second."""
    still_now(monkeypatch, "core.auth.authenticators.attempts")


async def earlier(seconds: float) -> None:
    """Let everything that was counted have happened so much earlier."""
    before = timedelta(seconds=seconds)
    for row in await Attempt.select(Attempt.id, Attempt.at):
        await Attempt.update({Attempt.at: row["at"] - before}).where(Attempt.id == row["id"])


async def test_after_a_few_wrong_guesses_one_has_to_wait_longer_and_longer(
    client: Any, ada: Any
) -> None:
    waits = []
    async with at("127.0.1.1", client.base_url, "stranger") as stranger:
        for _ in range(FREE):
            assert (await guess(stranger, "ada")).status_code == 401
        for _ in range(3):
            refused = await guess(stranger, "ada", PASSWORD)
            assert (refused.status_code, refused.json()["code"]) == (429, "too_many_attempts")
            waits.append(int(refused.headers["retry-after"]))
            await earlier(waits[-1])
            assert (await guess(stranger, "ada")).status_code == 401
    assert waits == [1, 2, 4]


async def test_trying_on_while_refused_does_not_prolong_it(client: Any) -> None:
    for _ in range(FREE):
        await guess(client, "ada")
    before = await Attempt.count()
    for _ in range(20):
        assert (await guess(client, "ada")).status_code == 429
    assert await Attempt.count() == before
    await earlier(pause(FREE))
    assert (await guess(client, "ada")).status_code == 401


async def test_an_account_takes_few_guesses_from_however_many_addresses(
    client: Any, ada: Any
) -> None:
    with hashes_compared() as compared:
        for number in range(3 * PURSE):
            login = ("ada", "ADA", " ａｄａ ", "Ada@Example.org", "ada@example.org")[number % 5]
            async with at(f"127.0.2.{number + 1}", client.base_url, "stranger") as stranger:
                await earlier(64)
                await guess(stranger, login)
    assert len(compared) == 2 * PURSE  # by username, and by address


async def test_an_address_takes_few_guesses_at_however_many_accounts(client: Any) -> None:
    statuses = [(await guess(client, f"somebody {number}")).status_code for number in range(15)]
    assert statuses == [401] * 10 + [429] * 5
    async with at("127.0.1.1", client.base_url) as elsewhere:
        assert (await guess(elsewhere, "somebody")).status_code == 401
    await earlier(attempts.MINUTES)
    assert (await guess(client, "somebody")).status_code == 401


async def test_of_many_guesses_at_once_no_more_than_allowed_reach_bcrypt(client: Any) -> None:
    with hashes_compared() as compared:
        answers = await asyncio.gather(*(guess(client, f"somebody {n}") for n in range(60)))
    assert len(compared) == 10
    assert [each.status_code for each in answers].count(401) == 10


async def test_workers_count_together(server: Server, client: Any) -> None:
    settings = AuthSettings(guesses_address=7)
    workers = [Attempts(b"k", settings) for _ in range(4)]

    async def count(number: int) -> bool:
        try:
            await workers[number % 4].count("address", "203.0.113.5")
        except TooManyAttempts:
            return False
        return True

    assert sum(await asyncio.gather(*map(count, range(40)))) == 7


async def test_there_is_a_limit_for_all_strangers_together(client: Any) -> None:
    counting = Attempts(b"k", AuthSettings(guesses_all=5))
    for number in range(5):
        async with counting.guess(counting.of_stranger(f"name {number}", f"203.0.113.{number}")):
            pass
    with pytest.raises(TooManyAttempts):
        async with counting.guess(counting.of_stranger("another", "203.0.113.9")):
            pass
    async with counting.guess(counting.of_owner(1)):
        pass


async def test_signing_in_is_not_counted(client: Any, ada: Any) -> None:
    for _ in range(25):
        assert (await guess(client, "ada", PASSWORD)).status_code == 200
    assert await Attempt.count() == 0


async def test_the_owner_gets_in_where_they_signed_in_before(client: Any, ada: Any) -> None:
    assert (await guess(client, "ada", PASSWORD)).status_code == 200
    for number in range(2 * PURSE):
        async with at(f"127.0.2.{number + 1}", client.base_url, "stranger") as stranger:
            await earlier(64)
            await guess(stranger, "ada")
    async with at("127.0.3.1", client.base_url, "stranger") as stranger:
        assert (await guess(stranger, "ada", PASSWORD)).status_code == 429
    assert (await guess(client, "ada", PASSWORD)).status_code == 200


async def test_a_known_place_has_a_budget_too(client: Any, ada: Any) -> None:
    await guess(client, "ada", PASSWORD)
    statuses = [(await guess(client, "ada")).status_code for _ in range(PURSE + 5)]
    assert statuses == [401] * PURSE + [429] * 5
    async with at("127.0.1.1", client.base_url, "stranger") as stranger:
        assert (await guess(stranger, "ada", PASSWORD)).status_code == 200


async def test_another_device_at_the_address_is_a_stranger(client: Any, ada: Any) -> None:
    await guess(client, "ada", PASSWORD)
    with hashes_compared() as compared:
        for _ in range(PURSE + 5):
            await guess(client, "ada", WRONG)
        async with at("127.0.0.1", client.base_url, "another") as other:
            assert (await guess(other, "ada")).status_code == 401
    assert len(compared) == PURSE + 1


async def test_guesses_with_a_stolen_access_token_are_counted(client: Any, ada: Any) -> None:
    given = {"password": WRONG}
    statuses = [
        (await ada.post("/api/v1/auth/totp", json=given)).status_code for _ in range(PURSE + 2)
    ]
    assert statuses == [403] * PURSE + [429] * 2
    last = await ada.post("/api/v1/auth/totp", json=given)
    assert HOUR - 60 < int(last.headers["retry-after"]) <= HOUR


async def test_a_mail_box_gets_five_mails_a_day(server: Server, client: Any) -> None:
    counting = server.app.ctx.realm.attempts
    for _ in range(5):
        await counting.count("mail", "ada@example.org")
    with pytest.raises(TooManyAttempts) as refused:
        await counting.count("mail", "ada@example.org")
    assert 86000 < int(refused.value.headers["retry-after"]) <= 86400
    await counting.count("mail", "grace@example.org")


async def test_what_was_typed_as_a_login_is_not_kept(client: Any) -> None:
    await guess(client, "my-secret-password")
    kept = await Attempt.select(Attempt.key)
    assert {len(row["key"]) for row in kept} == {64}


async def test_old_attempts_are_forgotten(client: Any) -> None:
    await guess(client, "ada")
    await earlier(2 * 86400)
    await attempts.forget_old()
    assert not await Attempt.exists()


async def test_the_admin_counts_with_the_api(client: Any, admin: Any) -> None:
    await client.get("/admin/")
    client.headers["X-CSRFToken"] = client.cookies["csrftoken"]
    given = {"username": "root", "password": WRONG}
    for number in range(FREE):
        if number % 2:
            assert (await guess(client, "root")).status_code == 401
        else:
            answer = await client.post("/admin/public/login/", json=given)
            assert answer.status_code == 401
    refused = await client.post("/admin/public/login/", json=given)
    assert refused.status_code == 429
    assert refused.headers["retry-after"] == "1"
    assert (await guess(client, "root", PASSWORD)).status_code == 429


@pytest.mark.filterwarnings("ignore:If running sessions in production")
async def test_who_signed_in_to_the_admin_is_known_there(client: Any, admin: Any) -> None:
    await client.get("/admin/")
    client.headers["X-CSRFToken"] = client.cookies["csrftoken"]
    given = {"username": "root", "password": PASSWORD}
    assert (await client.post("/admin/public/login/", json=given)).status_code == 200
    assert (await client.post("/admin/public/login/", json=given)).status_code == 200
    place = (Session.user == admin.id) & Session.ended_at.is_not_null()
    assert await Session.count().where(place) == 1
    async with at("127.0.1.1", client.base_url, "stranger") as stranger:
        for _ in range(FREE + 1):
            await guess(stranger, "root")
    assert (await client.post("/admin/public/login/", json=given)).status_code == 200


@pytest.mark.parametrize(
    ("address", "counted"),
    [
        ("203.0.113.5", "203.0.113.5"),
        ("2001:db8::1", "2001:db8::/64"),
        ("2001:db8::ffff:2", "2001:db8::/64"),
        ("2001:db8:0:1::1", "2001:db8:0:1::/64"),
        ("::ffff:203.0.113.5", "203.0.113.5"),
        ("fe80::1%eth0", "fe80::/64"),
        ("a socket", "a socket"),
    ],
)
def test_what_counts_as_one_address(address: str, counted: str) -> None:
    assert network(address) == counted


def test_waiting_grows() -> None:
    assert [pause(number) for number in range(8)] == [0, 0, 0, 1, 2, 4, 8, 16]
    assert pause(1000) == 64


@pytest.mark.parametrize("cost", [4, 6, 8])
async def test_as_much_is_computed_whether_there_is_an_account(
    client: Any, people: People, monkeypatch: pytest.MonkeyPatch, cost: int
) -> None:
    """Also where a hash is of an older, lower cost. The times themselves: tests/campaign."""
    monkeypatch.setattr(passwords, "rounds", cost)
    await people("today")
    monkeypatch.setattr(passwords, "rounds", 4)
    await people("old")
    monkeypatch.setattr(passwords, "rounds", cost)
    await people("off")
    await User.update({User.active: False}).where(User.username == "off")
    for login in ("today", "old", "off", "old@example.org", "nobody"):
        with hashes_compared() as compared:
            assert (await guess(client, login)).status_code == 401
        assert sum(2 ** int(stored.split("$")[3]) for stored in compared) == 2**cost
