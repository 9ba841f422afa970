"""Messages in the database: written with the change they tell of, read again by who was away.

Ids become visible in their order, so that reading ``id > last`` never skips one: on SQLite there is
one writer, on PostgreSQL writers of messages take turns, from just before their commit to its end.
"""

from __future__ import annotations

import json
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from core.db.engine import engine
from core.db.transaction import innermost

TURN = 7_226_553_371
"""The advisory lock that writers of messages hold on PostgreSQL until their commit."""

TOLD = "tenfold_realtime"
"""The PostgreSQL channel that is notified of each commit with messages."""

WRITE = {
    "sqlite": (
        "INSERT INTO realtime_message (channel, body, at) SELECT json_extract(value, '$[0]'), "
        "json_extract(value, '$[1]'), ? FROM json_each(?) ORDER BY key"
    ),
    "postgres": (
        f"WITH turn AS MATERIALIZED (SELECT pg_advisory_xact_lock({TURN})), written AS ("  # noqa: S608
        "INSERT INTO realtime_message (channel, body, at) SELECT each ->> 0, each ->> 1, $1 "
        "FROM turn, json_array_elements($2::json) WITH ORDINALITY AS sent (each, place) "
        f"ORDER BY place RETURNING id) SELECT pg_notify('{TOLD}', max(id)::text) FROM written"
    ),
}
NEWER = "SELECT id, channel, body FROM realtime_message WHERE id > {} ORDER BY id LIMIT {}"
LATEST = "SELECT coalesce(max(id), 0) FROM realtime_message"
MISSED = (
    "SELECT id, channel, body FROM realtime_message WHERE id > {} AND id <= {} "
    "AND channel IN ({}) ORDER BY id LIMIT {}"
)
# One who has seen the message before the oldest that is kept has missed none that is deleted.
REACHES = "SELECT count(*) FROM (SELECT 1 FROM realtime_message WHERE id <= {} LIMIT 1) AS older"
# Clocks of hosts differ: what goes is always the beginning, so that there is never a hole.
FORGET = (
    "DELETE FROM realtime_message WHERE id <= (SELECT max(id) FROM realtime_message WHERE at < {}) "
    "AND id < (SELECT max(id) FROM realtime_message)"
)

Fetch = Callable[[str, Sequence[Any]], Awaitable[Sequence[Any]]]


@dataclass(frozen=True, slots=True)
class Message:
    """A message as it was published; ``body`` is JSON. Ids go up in the order of the commits."""

    id: int
    channel: str
    body: str


@lru_cache(maxsize=500)
def sql(kind: str, text: str, lists: tuple[int, ...] = ()) -> str:
    """Return ``text`` with this database's placeholders; ``lists``: how many at which place."""
    count = iter(range(1, 100_000))
    groups = dict(zip(lists[::2], lists[1::2], strict=True))

    def several(place: int) -> str:
        one = range(groups.get(place, 1))
        return ", ".join("?" if kind == "sqlite" else f"${next(count)}" for _ in one)

    return text.format(*map(several, range(text.count("{}"))))


async def run(text: str, *arguments: Any, lists: tuple[int, ...] = ()) -> Sequence[Any]:
    """Run one of the statements above."""
    here = engine()
    return await here.fetch(sql(here.engine_type, text, lists), arguments)


async def write(fetch: Fetch, sent: Sequence[tuple[str, str]]) -> None:
    """Write messages, each a channel and a body, in one statement."""
    now = int(time.time() * 1000)
    await fetch(WRITE[engine().engine_type], (now, json.dumps(sent)))


class DatabaseStore:
    """Messages kept in the database that everything else is in."""

    async def publish(self, channel: str, body: str) -> None:
        """Write a message: with the transaction around this, just before it commits; else now."""
        here = engine()
        transaction = innermost(here.current_transaction)
        if transaction is None:
            await write(here.fetch, [(channel, body)])
        else:
            transaction.before_commit.append((write, (channel, body)))

    async def latest(self) -> int:
        """Return the id of the newest message; 0 when there never was one."""
        ((newest,),) = await run(LATEST)
        return int(newest)

    async def missed(
        self, since: Mapping[str, int], until: int, limit: int
    ) -> list[Message] | None:
        """Return what each channel got after an id, up to ``until``.

        None when that is more than ``limit``, or when some of it may be forgotten already.
        """
        first = min(since.values())
        if max(since.values()) > until:
            return None
        ((reaches,),) = await run(REACHES, first + 1)
        if not reaches and first < until:
            return None
        rows = await run(MISSED, first, until, *since, limit + 1, lists=(2, len(since)))
        found = [Message(*row) for row in rows]
        if len(found) > limit:
            return None
        return [each for each in found if each.id > since[each.channel]]

    async def forget_old(self, seconds: float) -> None:
        """Delete what is older; the newest stays, to tell by it that nothing came after."""
        await run(FORGET, int((time.time() - seconds) * 1000))

    async def close(self) -> None:
        """Nothing is held."""
