"""What one worker knows: which of its connections follow which channel. Reads once, tells all."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence
from contextlib import aclosing
from contextvars import copy_context
from itertools import groupby
from operator import attrgetter

import msgspec

from core.auth.authorization.identity import CurrentUser
from core.metrics.registry import counter
from core.realtime.bus import GAP, RECHECK, Recheck
from core.realtime.channels import Channels
from core.realtime.followers import Feed, Follower, Waiting
from core.realtime.sealed import Sealed
from core.realtime.store import Message

log = logging.getLogger("tenfold.realtime")

DELIVERED = counter("realtime_deliveries", "Messages handed to those who follow their channel.")
LINGER = 30.0
"""Seconds for which messages are still read when nobody follows any channel."""
PAUSE = 0.5
CATCH_UP = 2.0
AT_ONCE = 20
TURNS = 4
"""Clients told at a time what they missed: where all come back at once, other work goes on."""

_recheck = msgspec.json.Decoder(Recheck)


class Hub:
    """Follows the feed while somebody follows a channel, and tells each what is for it."""

    def __init__(self, feed: Feed, channels: Channels, most: int) -> None:
        self._feed, self._channels, self._most = feed, channels, most
        self._followers: dict[str, dict[Follower, Follower]] = {}
        self._following: asyncio.Task[None] | None = None
        self._ready: asyncio.Future[int]
        self._resting: asyncio.TimerHandle | None = None
        self._asking: set[asyncio.Task[None]] = set()
        self._turns = asyncio.Semaphore(TURNS)
        self._begun_in = copy_context()  # reading goes on after the request that it begins with
        self.position = 0
        """The id of the newest message that was read."""

    # Following a channel

    async def join(
        self, follower: Follower, channels: Sequence[str], since: Mapping[str, int]
    ) -> list[str]:
        """Let ``follower`` have what comes on ``channels``, and what came after ``since``.

        Returns the channels that it follows now. On which of them it may have missed something it
        is told before anything else.
        """
        await self._follow()
        new = [each for each in channels if follower not in self._followers.get(each, {})]
        waiting = Waiting(follower, self.position)
        for channel in new:
            self._followers.setdefault(channel, {})[follower] = waiting
        try:
            admitted = [each for each in new if await self._admits(follower, each)]
            wanted = {each: since[each] for each in admitted if each in since}
            if wanted:
                until = await self._read_up_to([waiting.until, *wanted.values()])
                async with self._turns:
                    missed = await self._missed(wanted, until)
                    told = dict.fromkeys(wanted, until)
                    self._let_in(follower, waiting, set(admitted), missed, told)
            else:
                self._let_in(follower, waiting, set(admitted), [], {})
        except BaseException:
            self.leave(follower, new)
            raise
        live = [
            each for each in channels if self._followers.get(each, {}).get(follower) is follower
        ]
        self.leave(follower, [each for each in new if each not in live])
        return live

    async def _admits(self, follower: Follower, channel: str) -> bool:
        return follower.user is None or await self._channels.admits(follower.user, channel)

    async def _read_up_to(self, ids: Sequence[int]) -> int:
        """Return the highest of these ids. One not read yet may be on its way: wait a little."""
        until, now = max(ids), asyncio.get_running_loop().time
        end = now() + CATCH_UP
        while self.position < until and now() < end:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        return until

    async def _missed(self, since: Mapping[str, int], until: int) -> list[Message] | None:
        if self.position < until:
            return None
        return await self._feed.missed(since, until, self._most)

    def _let_in(
        self,
        follower: Follower,
        waiting: Waiting,
        admitted: set[str],
        missed: Sequence[Message] | None,
        told: Mapping[str, int],
    ) -> None:
        """Tell what was missed, then what came meanwhile; from now on all comes directly.

        ``told``: up to which id ``missed`` goes, by channel; None when that cannot be told. That
        comes first: who has seen a message would not ask for those before it again.
        """
        still = {
            each for each in admitted if self._followers.get(each, {}).get(follower) is waiting
        }
        if missed is None and (lost := [each for each in told if each in still]):
            follower.missed(lost)
        for sealed in sealed_runs([each for each in missed or () if each.channel in still]):
            follower.deliver(sealed)
        waiting.pass_on(still, {} if missed is None else told)
        for channel in still:
            self._followers[channel][follower] = follower

    def leave(self, follower: Follower, channels: Sequence[str]) -> None:
        """Let ``follower`` have no more of ``channels``."""
        for channel in channels:
            here = self._followers.get(channel)
            if here is not None and here.pop(follower, None) is not None and not here:
                del self._followers[channel]
        if not self._followers and self._following is not None:
            self._rest_later()

    # Reading

    async def _follow(self) -> None:
        """Begin to read, unless that has begun. Raises when it cannot be begun."""
        if self._resting is not None:
            self._resting.cancel()
            self._resting = None
        if self._following is None:
            self._ready = asyncio.get_running_loop().create_future()
            self._following = asyncio.create_task(self._read(), context=self._begun_in)
        await asyncio.shield(self._ready)

    def _rest_later(self) -> None:
        """Read no more after a while, unless somebody asks to join meanwhile."""
        if self._resting is not None:
            self._resting.cancel()
        self._resting = asyncio.get_running_loop().call_later(LINGER, self._rest)

    def _rest(self) -> None:
        self._resting = None
        if not self._followers and self._following is not None:
            self._following.cancel()
            self._following = None

    async def _read(self) -> None:
        try:
            self.position = await self._feed.latest()
        except Exception as error:
            self._following = None
            self._ready.set_exception(error)
            self._ready.exception()  # nobody may be waiting any more
            return
        self._ready.set_result(self.position)
        while True:
            try:
                async with aclosing(self._feed.follow(self.position)) as feed:
                    async for messages in feed:
                        self._tell(messages)
            except Exception as error:
                log.warning("Messages cannot be read, and it is tried again: %r", error)
            await self._come_back()

    async def _come_back(self) -> None:
        """Wait until messages can be read again; say so where some may be lost."""
        while True:
            await asyncio.sleep(PAUSE)
            try:
                whole = await self._feed.reaches(self.position)
                newest = self.position if whole else await self._feed.latest()
            except Exception:
                log.debug("Messages cannot be read yet.", exc_info=True)
                continue
            if not whole:
                self.position = newest
                self.say_missed()
            return

    def _tell(self, messages: Sequence[Message]) -> None:
        for sealed in sealed_runs(messages):
            if sealed.channel == RECHECK:
                self._ask_again(sealed)
            elif sealed.channel == GAP:
                self.say_missed()
            elif here := self._followers.get(sealed.channel):
                DELIVERED.add(len(here) * len(sealed.messages))
                for follower in list(here.values()):
                    try:
                        follower.deliver(sealed)
                    except Exception:
                        log.exception("A message on %s could not be handed on.", sealed.channel)
        self.position = messages[-1].id

    def say_missed(self) -> None:
        """Tell everybody that something may have been missed."""
        by_follower: dict[Follower, list[str]] = {}
        for channel, here in self._followers.items():
            for follower in here.values():
                by_follower.setdefault(follower, []).append(channel)
        for follower, channels in by_follower.items():
            follower.missed(channels)
        self.ask_again(list(self._followers), None)  # that a right has changed may be missed too

    # Rights that change

    def _ask_again(self, sealed: Sealed) -> None:
        for message in sealed.messages:
            asked = _recheck.decode(message.body)
            self.ask_again([asked.channel], asked.user)

    def ask_again(self, channels: Sequence[str], user: int | None) -> None:
        """Ask whether those who follow these channels still may, or one user of them."""
        task = asyncio.create_task(self._exclude(channels, user))
        self._asking.add(task)
        task.add_done_callback(self._asking.discard)

    async def _exclude(self, channels: Sequence[str], only: int | None) -> None:
        for channel in channels:
            following = sorted(
                (
                    (each.user, each)
                    for each in self._followers.get(channel, {})
                    if each.user is not None and only in (None, each.user.id)
                ),
                key=lambda pair: pair[0].id,
            )
            for start in range(0, len(following), AT_ONCE):
                await self._exclude_some(channel, following[start : start + AT_ONCE])

    async def _exclude_some(
        self, channel: str, following: Sequence[tuple[CurrentUser, Follower]]
    ) -> None:
        users = {_who(user): user for user, _ in following}
        answers = await asyncio.gather(
            *(self._channels.admits(user, channel) for user in users.values())
        )
        admitted = dict(zip(users, answers, strict=True))
        for user, follower in following:
            if not admitted[_who(user)]:
                live = self._followers.get(channel, {}).get(follower) is follower
                self.leave(follower, [channel])
                if live:
                    follower.excluded(channel)

    async def close(self) -> None:
        """Read no more."""
        tasks = [*self._asking, *([self._following] if self._following else [])]
        self._following = None
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks, timeout=2)


def _who(user: CurrentUser) -> tuple[int, frozenset[str]]:
    return user.id, user.permissions


def sealed_runs(messages: Sequence[Message]) -> list[Sealed]:
    """Return messages in their order, those together that follow each other on one channel."""
    return [Sealed(list(run)) for _, run in groupby(messages, key=attrgetter("channel"))]
