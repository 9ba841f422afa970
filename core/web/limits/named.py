"""A limit that a plugin counts by itself, where one for a whole route is too coarse."""

from __future__ import annotations

from functools import lru_cache

from sanic import Request

from core.web.address import address_of
from core.web.limits import limiter
from core.web.limits.rules import rule_of

_rule_of = lru_cache(maxsize=500)(rule_of)


async def limit(request: Request, name: str, most: str, who: str) -> None:
    """Count one of what ``name`` says against ``most``, such as ``"10/minute"``, for ``who``.

    All workers count together. Raises TooManyRequests. ``name`` begins with the plugin's name.
    """
    rule = _rule_of(name, most)
    if rule is not None:
        await request.app.ctx.limiter._count(rule, who)


def network_of(request: Request) -> str:
    """Return whom to count a stranger's request for: an address, of IPv6 the first 64 bits.

    Who has one IPv6 address mostly has all that begin so.
    """
    return limiter.network_of(address_of(request))
