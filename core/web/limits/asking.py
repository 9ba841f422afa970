"""Who asks, and whether they ask too often."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from sanic import Request

from core.auth.authorization.identity import CurrentUser
from core.errors import Problem, TooManyRequests, Unauthorized
from core.web.limits.rules import Rule

Who = Callable[[Request], Awaitable[CurrentUser | None]]


async def admitted(
    request: Request, own: Rule | None, who: Who | None = None
) -> CurrentUser | None:
    """Return who asks, None for a stranger. ``own``: the limit of the route.

    ``who`` tells it in place of the header ``Authorization: Bearer``.
    Raises Unauthorized, and TooManyRequests; who proves badly who they are counts as a stranger.
    """
    context = request.app.ctx
    try:
        user = (who or context.authenticate)(request)
        if user is not None and type(user) is not CurrentUser:
            user = await user
    except Unauthorized:
        await context.limiter.admit(request, None, own)
        raise
    if user is not None:
        request.user = user.id  # type: ignore[attr-defined]  # for the log
    await context.limiter.admit(request, user, own)
    return user


async def lost(request: Request, otherwise: Problem) -> Problem:
    """Return ``otherwise`` to who asks for what is not there, or that they do so too often."""
    try:
        await request.app.ctx.limiter.admit(request, None)
    except TooManyRequests as refused:
        return refused
    return otherwise
