"""How often somebody may guess: counted in the database, for all workers together.

A guess is written down before it is looked at, and struck out when it was right. Who guesses too
often is told to wait, longer each time; nobody is ever locked out for good. An account takes its
guesses from three purses: one for its username, one for its address, and one for where its owner
has signed in before, which strangers cannot empty.
"""

from __future__ import annotations

import asyncio
import hmac
import math
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import IPv6Address, ip_address, ip_network

from core.auth.settings import AuthSettings
from core.auth.tables import Attempt
from core.db.engine import engine, transaction
from core.errors import TooManyRequests

MINUTES = 300
HOUR = 3600
DAY = 86400
FREE, LONGEST_PAUSE = 3, 64.0
CODES = 10
CODES_PER_CHALLENGE = 5
LOCK = 7_451_001


class TooManyAttempts(TooManyRequests):
    """Too many wrong guesses, or too many mails asked for. `Retry-After` says how long to wait."""

    code, title = "too_many_attempts", "Too many attempts"


@dataclass(frozen=True)
class Limit:
    """At most ``most`` attempts in any ``seconds``; ``growing``: with longer and longer pauses."""

    kind: str
    key: str
    most: int
    seconds: int
    growing: bool = False


@dataclass
class Guess:
    """Somebody guesses. Set ``right`` when it was, and it is not counted."""

    right: bool = False


class Attempts:
    """Counts attempts by ``key``, a secret: what people type as their login may be a password."""

    def __init__(self, key: bytes, settings: AuthSettings) -> None:
        self._key, self._settings = key, settings
        self._purse = settings.guesses_account // 3
        self._turn = asyncio.Lock()

    def of_stranger(self, login: str, address: str) -> list[Limit]:
        """Return the limits for a password from a place where the account never signed in."""
        return [
            Limit("login", login, self._purse, HOUR, growing=True),
            Limit("address", network(address), self._settings.guesses_address, MINUTES),
            Limit("all", "", self._settings.guesses_all, MINUTES),
        ]

    def of_owner(self, user: int) -> list[Limit]:
        """Return the limits for a password from where the user is or was signed in."""
        return [Limit("owner", str(user), self._purse, HOUR)]

    def of_code(self, user: int, challenge: int | None, *, known: bool) -> list[Limit]:
        """Return the limits for codes of an authenticator app."""
        limits = [Limit("known code" if known else "code", str(user), CODES, HOUR)]
        if challenge is not None:
            limits.append(Limit("challenge", str(challenge), CODES_PER_CHALLENGE, MINUTES))
        return limits

    async def count(self, kind: str, key: str) -> None:
        """Count an attempt that is never struck out. Raises TooManyAttempts.

        ``kind`` is "mail" (``key``: a mail box, as ``key_of`` says) or "address" (an IP address).
        """
        limits = {
            "mail": Limit("mail", key, self._settings.mails_per_day, DAY),
            "address": Limit("address", network(key), self._settings.guesses_address, MINUTES),
        }
        await self._write([limits[kind]])

    @asynccontextmanager
    async def guess(self, limits: Sequence[Limit]) -> AsyncIterator[Guess]:
        """Count what happens in the block, unless it was right. Raises TooManyAttempts."""
        written = await self._write(limits)
        guess = Guess()
        try:
            yield guess
        except TooManyRequests:  # the threads for passwords were full: nothing was learned
            await _strike(written)
            raise
        if guess.right:
            await _strike(written)

    async def _write(self, limits: Sequence[Limit]) -> list[int]:
        """Write an attempt down if every limit allows it; of many at once, no more than allowed.

        Who is refused writes nothing, so that a flood of guesses only reads.
        """
        await self._refuse(limits)
        async with self._turn, transaction():
            if engine().engine_type == "postgres":
                await Attempt.raw("SELECT pg_advisory_xact_lock({})", LOCK)
            await self._refuse(limits)
            now = datetime.now(UTC)
            attempts = [Attempt(key=self._name(each), at=now) for each in limits]
            rows = await Attempt.insert(*attempts).returning(Attempt.id)
        return [row["id"] for row in rows]

    async def _refuse(self, limits: Sequence[Limit]) -> None:
        now = datetime.now(UTC)
        for limit in limits:
            wait = await self._wait(limit, now)
            if wait > 0:
                raise TooManyAttempts(
                    "That was tried too often. Wait a while, then try again.",
                    headers={"retry-after": str(math.ceil(wait))},
                )

    async def _wait(self, limit: Limit, now: datetime) -> float:
        """Return the seconds until one more is allowed; none are left at 0 or below."""
        window = timedelta(seconds=limit.seconds)
        recent = (
            Attempt.select(Attempt.at)
            .where(Attempt.key == self._name(limit), Attempt.at > now - window)
            .order_by(Attempt.at, ascending=False)
        )
        if not limit.growing:
            rows = await recent.offset(limit.most - 1).limit(1)
            return (rows[0]["at"] + window - now).total_seconds() if rows else 0
        rows = await recent.limit(limit.most)
        if len(rows) >= limit.most:
            return float((rows[-1]["at"] + window - now).total_seconds())
        return pause(len(rows)) - (now - rows[0]["at"]).total_seconds() if rows else 0

    def _name(self, limit: Limit) -> str:
        return hmac.new(self._key, f"{limit.kind} {limit.key}".encode(), "sha256").hexdigest()


async def _strike(written: list[int]) -> None:
    await Attempt.delete().where(Attempt.id.is_in(written))


def pause(wrong: int) -> float:
    """Return the seconds to wait after so many wrong guesses."""
    return 0 if wrong < FREE else min(2.0 ** (wrong - FREE), LONGEST_PAUSE)


def network(address: str) -> str:
    """Return what counts as one address: of IPv6, the first 64 bits."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, IPv6Address):
        if parsed.ipv4_mapped is not None:
            return str(parsed.ipv4_mapped)
        return str(ip_network((int(parsed), 64), strict=False))
    return str(parsed)


async def forget_old() -> None:
    """Delete what no limit looks at any more."""
    await Attempt.delete().where(Attempt.at < datetime.now(UTC) - timedelta(seconds=DAY))
