"""Which links lead to a place on the blocklist: noted in the database, for staff and owners to see.

Redirects do not wait for it: each worker looks at the list itself, when it reads a link anew.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from core import locked, transaction

from ..links import queries
from ..links.blocklist import Domains, NoBlocklist, State, blocked, lead_to, state_of
from ..public.finding import found
from ..rules.schemas import rules_in
from ..tables import Link

log = logging.getLogger("tenfold.shortener")

PORTION = 2000


class Marking:
    """Marks links after the list, in the process that runs tasks."""

    def __init__(self, file: str) -> None:
        self._file = file
        self._done: State | None = None

    async def mark_changes(self) -> None:
        """Mark all links, where the list has changed since the last time."""
        try:
            state = state_of(self._file) if self._file else ()
        except OSError:
            state = (-1,)
        if state != self._done:
            await self.mark()
            self._done = state

    async def mark(self) -> None:
        """Mark the links that lead to a place on the list, and clear the mark of all others."""
        try:
            domains = blocked(self._file)
        except NoBlocklist:  # it is in the log; what is marked stays
            return
        after = 0
        while rows := await self._some(after):
            await _correct([row["id"] for row in rows if _is_wrong(row, domains)], domains)
            after = rows[-1]["id"]

    async def _some(self, after: int) -> list[dict[str, Any]]:
        """Return some links behind an id; without a list, only those that are marked."""
        query = Link.select(Link.id, Link.target, Link.rules, Link.blocked)
        query = query.where(Link.id > after).order_by(Link.id).limit(PORTION)
        return await (query if self._file else query.where(Link.blocked.eq(True)))


def _is_wrong(link: Mapping[str, Any], domains: Domains) -> bool:
    targets = (rule.target for rule in rules_in(link["rules"]))
    return lead_to(domains, link["target"], *targets) is not bool(link["blocked"])


async def _correct(ids: list[int], domains: Domains) -> None:
    """Mark links, or clear their marks, as they are now, and let every worker know."""
    if not ids:
        return
    async with transaction():
        query = Link.select(Link.id, Link.target, Link.rules, Link.blocked)
        rows = await locked(query.where(Link.id.is_in(ids)).order_by(Link.id))
        wrong = [row for row in rows if _is_wrong(row, domains)]
        there = [row["id"] for row in wrong if not row["blocked"]]
        free = [row["id"] for row in wrong if row["blocked"]]
        await _mark(there, blocked=True)
        await _mark(free, blocked=False)
    log.warning("Links to places on the blocklist: %d more, %d less.", len(there), len(free))


async def _mark(ids: list[int], *, blocked: bool) -> None:
    codes = await queries.mark(blocked, datetime.now(UTC), *ids) if ids else []
    if codes:
        await found.delete(*codes)
