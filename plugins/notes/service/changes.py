"""Who is told of a change: the sync of each person who sees the note, and the open sockets.

Every person has a counter. Who changes a note counts it up for each one who sees the note, last in
the transaction, and holds the counters until the commit; so the numbers of one person become
visible in their order, and a client that has seen a number has seen all that are lower.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

from core import publish, recheck

from ..queries import changes as queries

PORTION = 500


async def audience(owner: int, notebook: int | None) -> list[int]:
    """Return who sees a note of ``owner`` in ``notebook``, sorted."""
    if notebook is None:
        return [owner]
    return sorted({owner, *await queries.audience(notebook)})


async def audiences(id: int, *, of_owner: bool = False) -> dict[int, frozenset[int]]:
    """Return who sees what lies in a notebook and in each of those in it.

    ``of_owner``: in each notebook of a person, by the person's id.
    """
    found: dict[int, set[int]] = defaultdict(set)
    for notebook, user in await queries.audiences(id, of_owner=of_owner):
        found[notebook].add(user)
    return {notebook: frozenset(users) for notebook, users in found.items()}


async def record(seen: Mapping[int, Iterable[int]], gone: Mapping[int, Iterable[int]]) -> None:
    """Count a change of notes for users: ``{user: notes}`` that they see, or see no more.

    The last thing in a transaction: the counters stay held until it ends.
    """
    users = sorted({*seen, *gone})
    if not users:
        return
    numbers = dict(await queries.count_up(*users, count=len(users)))
    rows = [(user, note, numbers[user], False) for user in seen for note in seen[user]]
    rows += [(user, note, numbers[user], True) for user in gone for note in gone[user]]
    now = datetime.now(UTC)
    for start in range(0, len(rows), PORTION):
        part = rows[start : start + PORTION]
        values = [value for row in part for value in row]
        await queries.write(now, *values, count=len(part))
    for user in users:
        await publish(f"notes.user:{user}", {"kind": "changed", "number": numbers[user]})


async def changed(id: int, version: int, users: Iterable[int], lost: Iterable[int] = ()) -> None:
    """Tell everybody who sees a note that it is at a new version; ``lost`` see it no more."""
    await record({user: [id] for user in users}, {user: [id] for user in lost})
    await publish(f"notes.note:{id}", {"kind": "changed", "note": id, "version": version})
    for user in lost:
        await recheck(f"notes.note:{id}", user)


async def told_anew(kind: str, users: Iterable[int]) -> None:
    """Tell people that their ``notebooks`` or ``tags`` are not what they were: list them anew."""
    for user in sorted(set(users)):
        await publish(f"notes.user:{user}", {"kind": kind})


async def purged(id: int, users: Iterable[int]) -> None:
    """Tell everybody who saw a note that it is gone."""
    await record({}, {user: [id] for user in users})
    await publish(f"notes.note:{id}", {"kind": "gone", "note": id})
    await recheck(f"notes.note:{id}")
