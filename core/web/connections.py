"""The connections of one worker: how many there may be, and who must go.

One look around, four times a second, stands for a timer per connection or request. It costs about
a microsecond a connection; a request costs nothing.

When there are as many as allowed, a newcomer takes the place of a client that has done nothing
for more than a second: its head is not complete, its body does not come, or it is between two
requests. Only when nobody can be spared the newcomer is told to come back: 503 with Retry-After.
So slow clients, however many, keep nobody out, while a server that is busy says so at once.

The same holds for the connections that come from one address, so that a single client with very
many leaves room for the others. Whoever comes by a trusted proxy is not counted so.
"""

from __future__ import annotations

import asyncio
import resource
from collections import Counter
from collections.abc import Iterator
from functools import lru_cache
from time import monotonic
from typing import TYPE_CHECKING, Any

from core.auth.authenticators.attempts import network
from core.metrics.registry import counter
from core.places import UNIX
from core.settings import CoreSettings
from core.web.address import Proxies, peer_of
from core.web.pace import Patience

if TYPE_CHECKING:
    from core.web.protocol import Protocol

PERIOD = 0.25
SPARED = 1.0
NEARLY = 0.75
OTHER_FILES = 256

refused = counter("connections_refused", "Clients told that there are too many connections.")
network_of = lru_cache(maxsize=4096)(network)


class Connections:
    """Looks after the connections of one application in one process."""

    def __init__(self, core: CoreSettings) -> None:
        self._most, self._given = core.max_connections, Patience.of(core)
        self._most_of_one = core.connections_of_one
        self._proxies = Proxies(core.trusted_proxies, core.proxy_header)
        self._open: dict[Protocol, str] = {}
        self._of: Counter[str] = Counter()
        self._expendable: list[Protocol] = []
        self._looking: asyncio.TimerHandle | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._looked = 0.0

    def __len__(self) -> int:
        return len(self._open)

    def __iter__(self) -> Iterator[Protocol]:
        return iter(list(self._open))

    def admit(self, protocol: Protocol, transport: Any) -> bool:
        """Take a new connection in; False when there is no room for it."""
        home = self._home(transport)
        if not self._has_room(home):
            refused.add()
            return False
        self._open[protocol] = home
        self._of[home] += 1
        if self._looking is None or self._loop is not protocol.loop:
            self._loop, self._looked = protocol.loop, monotonic()
            _allow_files(self._most + OTHER_FILES)
            self._looking = protocol.loop.call_later(PERIOD, self._look, protocol.loop)
        return True

    def leave(self, protocol: Protocol) -> None:
        """Forget a connection that has ended."""
        home = self._open.pop(protocol, None)
        if home is not None:
            self._of[home] -= 1
            if not self._of[home]:
                del self._of[home]

    def _home(self, transport: Any) -> str:
        """Return where a connection comes from; nothing for a proxy that speaks for many."""
        peer = peer_of(transport.get_extra_info("peername"))
        return "" if peer == UNIX or self._proxies.trusts(peer) else network_of(peer)

    def _has_room(self, home: str) -> bool:
        """Tell whether one more may come from ``home``; who can be spared makes room."""
        if home and self._of[home] >= self._most_of_one:
            return self._make_room(home)
        return len(self._open) < self._most or self._make_room()

    def _make_room(self, home: str = "") -> bool:
        """End the connection of the client, ``home``'s if given, that has done nothing longest."""
        now = monotonic()
        for chosen in reversed(self._expendable):
            if home and self._open.get(chosen) != home:
                continue
            idle = chosen.pace.expendable(chosen, now) if chosen in self._open else None
            self._expendable.remove(chosen)
            if idle is not None and idle > SPARED:
                self.leave(chosen)
                chosen.cut()
                return True
        return False

    def _look(self, loop: asyncio.AbstractEventLoop) -> None:
        """Look at every connection once, and again in a moment while there are any."""
        now = monotonic()
        passed, self._looked = now - self._looked, now
        for each in list(self._open):
            late = each.pace.late(each, now, passed, self._given)
            if late is not None:
                each.pace.ended = now
                each.end(late)
        self._expendable = self._slowest(now) if self._is_nearly_full() else []
        self._looking = loop.call_later(PERIOD, self._look, loop) if self._open else None

    def _is_nearly_full(self) -> bool:
        of_one = max(self._of.values(), default=0)
        return len(self._open) > NEARLY * self._most or of_one > NEARLY * self._most_of_one

    def _slowest(self, now: float) -> list[Protocol]:
        """Return who may be spared soonest, the one who has done nothing for longest last."""
        found = ((each.pace.expendable(each, now), each) for each in self._open)
        idle = [(seconds, each) for seconds, each in found if seconds is not None]
        return [each for _, each in sorted(idle, key=lambda pair: pair[0])]


def _allow_files(count: int) -> None:
    """Let this process open so many files, as far as the system permits: a connection is one."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < count:
        most = count if hard == resource.RLIM_INFINITY else min(count, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
