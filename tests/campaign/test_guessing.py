"""Thousands guess passwords: few guesses reach bcrypt, the owner gets in, others are served."""

from __future__ import annotations

import asyncio
import math
import sqlite3
import statistics
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing, suppress
from pathlib import Path
from typing import Any

import httpx
import pytest

from core.auth.settings import AuthSettings
from core.auth.tables import User
from core.testing import PASSWORD, People, Server
from tests.campaign.conftest import FULL, Figures
from tests.campaign.deployment import TASKS, Deployment
from tests.core.auth.guessing import at, guess, hashes_compared

ADDRESSES, EACH = (500, 20) if FULL else (60, 10)
AT_ONCE = 16
ACCOUNTS = ("ada", "grace", "alan", "edsger", "barbara")
SPELLINGS = ("{}", "{}@example.org", " {} ", "{}@EXAMPLE.org")
LOGINS, PAIRS = (50, 40) if FULL else (20, 5)
MOST = 4 * PAIRS
"""Pairs to go on with until both take alike: a busy machine disturbs some."""
TOLERANCE = 0.05 if FULL else 0.5
LIMITS = AuthSettings()
WINDOW = 300
"""Seconds for which strangers and addresses are counted: a slow machine takes longer than one."""


def login(number: int) -> str:
    """Return how the account of this turn is spelled, in every way that means the same."""
    account, spelling = ACCOUNTS[number % 5], SPELLINGS[number // 5 % 4]
    text = spelling.format(account)
    return text.upper() if number % 3 else text


async def attack(url: str, refused: list[Counter[int]]) -> None:
    """Guess from every address; count the answers by address."""
    turn = asyncio.Semaphore(AT_ONCE)

    async def from_address(number: int) -> None:
        async with turn, at(f"127.0.{8 + number // 250}.{1 + number % 250}", url, "bot") as bot:
            for each in range(EACH):
                name = f"nobody{number}-{each}" if each % 4 == 0 else login(number * EACH + each)
                refused[number][(await guess(bot, name)).status_code] += 1

    await asyncio.gather(*map(from_address, range(ADDRESSES)))


async def honest(person: Any, times: list[float]) -> None:
    """Write again and again, and remember how long each took."""
    while True:
        began = time.perf_counter()
        answer = await person.post(TASKS, json={"title": "honest"})
        assert answer.status_code == 201, answer.text
        times.append(time.perf_counter() - began)
        await asyncio.sleep(0.01)


@asynccontextmanager
async def measured(person: Any) -> AsyncIterator[list[float]]:
    """Let somebody write while the block runs, and until one write at least has ended."""
    times: list[float] = []
    writing = asyncio.create_task(honest(person, times))
    try:
        yield times
        while not times and not writing.done():  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    finally:
        writing.cancel()
        with suppress(asyncio.CancelledError):
            await writing


async def test_few_guesses_reach_bcrypt_and_the_owner_gets_in(
    server: Server, client: Any, people: People, figures: Figures
) -> None:
    persons = {name: await people(name) for name in ACCOUNTS}
    writer = await people("writer")
    async with measured(writer) as quiet:
        await asyncio.sleep(1)
    statuses = [Counter[int]() for _ in range(ADDRESSES)]
    with hashes_compared() as compared:
        async with measured(writer) as times:
            began = time.monotonic()
            await attack(server.url, statuses)
            seconds = time.monotonic() - began
    hashes = {row["password"] for row in await User.select(User.password)}
    by_account = Counter(stored for stored in compared if stored in hashes)
    figures(
        f"{ADDRESSES * EACH} guesses in {seconds:.0f} s: {len(compared)} reached bcrypt, "
        f"{max(by_account.values())} at most of an account; honest writes p50 "
        f"{statistics.median(quiet) * 1000:.1f} -> {statistics.median(times) * 1000:.1f} ms"
    )
    assert len(by_account) == len(persons)
    assert max(by_account.values()) <= LIMITS.guesses_account * 2 // 3
    windows = math.ceil(seconds / WINDOW)
    assert len(compared) <= LIMITS.guesses_all * windows
    assert max(each[401] for each in statuses) <= LIMITS.guesses_address * windows
    assert sum(statuses, Counter[int]()).keys() == {401, 429}
    async with at("127.0.0.1", server.url, "test") as owner:  # where the fixture signed them in
        for name in ACCOUNTS:
            assert (await guess(owner, name, PASSWORD)).status_code == 200


class Costly(Deployment):
    """A server whose passwords cost what they do in production."""

    def _environment(self) -> dict[str, str]:
        return super()._environment() | {
            "TENFOLD_AUTH__BCRYPT_ROUNDS": "12",
            "TENFOLD_AUTH__GUESSES_ACCOUNT": "1000",
            "TENFOLD_AUTH__GUESSES_ADDRESS": "1000",
        }


@pytest.fixture
async def costly(tmp_path: Path) -> AsyncIterator[Costly]:
    deployment = Costly(f"sqlite:///{tmp_path / 'costly.db'}", tmp_path)
    try:
        await deployment.start()
        yield deployment
    finally:
        deployment.kill()


def forget_attempts(deployment: Deployment) -> None:
    """Let nobody have to wait."""
    path = deployment.database.removeprefix("sqlite:///")
    with closing(sqlite3.connect(path, timeout=10)) as file, file:
        file.execute("DELETE FROM auth_attempt")


async def pulse(client: httpx.AsyncClient, times: list[float]) -> None:
    """Ask whether the server lives, fifty times a second."""
    while True:
        began = time.perf_counter()
        assert (await client.get("/health/live")).status_code == 200
        times.append(time.perf_counter() - began)
        await asyncio.sleep(0.02)


@pytest.mark.parametrize("kind", ["sqlite"])
async def test_the_server_lives_while_many_sign_in(
    costly: Costly, kind: str, figures: Figures
) -> None:
    times: list[float] = []
    limits = httpx.Limits(max_connections=100)
    async with httpx.AsyncClient(base_url=costly.url, timeout=60, limits=limits) as client:
        began = time.monotonic()
        await guess(client, "ada", "correct horse")
        one = time.monotonic() - began
        watching = asyncio.create_task(pulse(client, times))
        began = time.monotonic()
        answers = await asyncio.gather(
            *(guess(client, "ada", "correct horse") for _ in range(LOGINS))
        )
        seconds = time.monotonic() - began
        watching.cancel()
    times.sort()
    p90, p99 = times[-1 - len(times) // 10], times[-1 - len(times) // 100]
    figures(
        f"{LOGINS} logins at once at cost 12 in {seconds:.1f} s; "
        f"/health/live p50 {times[len(times) // 2] * 1000:.0f} ms, p99 {p99 * 1000:.0f} ms"
    )
    assert {answer.status_code for answer in answers} == {200}, costly.log()
    assert p90 < one, "nobody waits for a password that is compared"
    assert p99 < 0.1 or not FULL


@pytest.mark.parametrize("kind", ["sqlite"])
async def test_an_unknown_account_takes_as_long_as_a_known_one(
    costly: Costly, kind: str, figures: Figures
) -> None:
    times: dict[str, list[float]] = {"ada": [], "nobody": []}
    async with at("127.0.0.1", costly.url, "stranger") as stranger:
        for number in range(MOST):
            forget_attempts(costly)
            for name in list(times)[:: 1 if number % 4 < 2 else -1]:
                began = time.perf_counter()
                answer = await guess(stranger, f"{name}@example.org" if number % 2 else name)
                times[name].append(time.perf_counter() - began)
                assert answer.status_code == 401
            known, unknown = (statistics.median(each) for each in times.values())
            if number >= PAIRS and abs(unknown / known - 1) < TOLERANCE:
                break
    figures(
        f"a wrong password at cost 12: known {known * 1000:.1f} ms, unknown "
        f"{unknown * 1000:.1f} ms ({(unknown / known - 1) * 100:+.1f} %)"
    )
    assert abs(unknown / known - 1) < TOLERANCE
