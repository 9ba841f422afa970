"""What the machines tell each other, through Redis, of what they have let through."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextvars import Context
from time import monotonic
from typing import Any

from redis.asyncio import Redis as Client

from core.redis import Away
from core.redis_client import Redis
from core.web.limits.rules import Rule
from core.web.limits.window import wait_of

PERIOD = 0.1
AT_ONCE = 200

# The windows are those of the library ``limits``: one is kept for two periods, and its time to
# live says how much of it is over. What was let through is counted whatever the limit says, so
# that it must be waited for.
COUNT = """
local found = {}
for i = 1, #KEYS, 2 do
  local before, now, period = KEYS[i], KEYS[i + 1], tonumber(ARGV[i]) * 1000
  local left = redis.call('pttl', now)
  if left > 0 and left < period then
    redis.call('rename', now, before)
    redis.call('set', now, 0, 'PX', left + period)
  elseif left <= 0 then
    redis.call('set', now, 0, 'PX', period * 2)
  end
  local count = redis.call('incrby', now, ARGV[i + 1])
  found[#found + 1] = {tonumber(redis.call('get', before) or 0), count, redis.call('pttl', now)}
end
return found
"""

Told = tuple[str, Rule, int]


class Telling:
    """Refuses who is over a limit on all machines together, and costs a request no waiting.

    What this machine lets through is added up and told ten times a second. So all together may let
    through a little more than the limit, which is what comes in such a moment; what is too much
    counts, and has to be waited for.
    """

    def __init__(self, redis: Redis, prefix: str) -> None:
        self._redis, self._prefix = redis, prefix
        self._count: Any = redis.client.register_script(COUNT)
        self._untold: dict[str, tuple[Rule, int]] = {}
        self._until: dict[str, float] = {}
        self._task: asyncio.Task[None] | None = None

    def take(self, rule: Rule, key: str) -> float:
        """Count one request: 0. Else return the seconds to wait."""
        until = self._until.get(key)
        if until is not None and (wait := until - monotonic()) > 0:
            return wait
        known = self._untold.get(key)
        self._untold[key] = rule, known[1] + 1 if known is not None else 1
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._tell(), context=Context())
        return 0.0

    async def _tell(self) -> None:
        """Tell what there is to tell, until there is no more."""
        try:
            while self._untold:
                await asyncio.sleep(PERIOD)
                now = monotonic()
                self._until = {key: until for key, until in self._until.items() if until > now}
                untold, self._untold = self._untold, {}
                every = [(key, rule, number) for key, (rule, number) in untold.items()]
                for first in range(0, len(every), AT_ONCE):
                    await self._told(every[first : first + AT_ONCE])
        finally:
            self._task = None

    async def _told(self, some: Sequence[Told]) -> None:
        names, values = [], []
        for key, rule, number in some:
            names += [f"{self._prefix}:{key}/before", f"{self._prefix}:{key}"]
            values += [rule.period, number]

        async def ask(_: Client) -> Any:
            return await self._count(names, values)

        try:
            found = await self._redis.run(ask)
        except Away:
            return
        for (key, rule, _), (previous, current, left) in zip(some, found, strict=True):
            passed = min(max(2 - left / 1000 / rule.period, 0.0), 1.0)
            wait = wait_of(previous, current, passed, rule.amount, rule.period)
            if wait:
                self._until[key] = monotonic() + wait
