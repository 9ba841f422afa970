"""The addresses that people see: ``/s/{code}``."""

from __future__ import annotations

from sanic import HTTPResponse, Request

from core import Problem, PublicBlueprint

from ..settings import ShortenerSettings
from ..visits.buffer import buffer
from .answers import failure, redirect
from .finding import find, found, may_be
from .following import PERMANENT, blocked, follow, unlock


def public_routes(settings: ShortenerSettings) -> PublicBlueprint:
    """Return the routes under the prefix in the settings."""
    public = PublicBlueprint("shortener_public", url_prefix=settings.prefix or None)
    public.add_route(open_link, "/<code:str>", methods=["GET"], name="open")
    public.add_route(open_locked, "/<code:str>", methods=["POST"], name="unlock")
    return public


async def open_link(request: Request, code: str) -> HTTPResponse:
    """Lead on. What is under no condition takes the short way."""
    try:
        target = found.peek(code)
        if target is None and not blocked and may_be(code):
            target = await find(code)
        if (
            target is None
            or target.own is not None
            or target.status in PERMANENT
            or blocked
            or b"?" in request.raw_url
        ):
            return await follow(request, code)
    except Problem as error:
        return failure(request, error)
    buffer.note(target.id, request)
    return redirect(target.status, target.url)


async def open_locked(request: Request, code: str) -> HTTPResponse:
    """Lead on who knows the password."""
    try:
        return await unlock(request, code)
    except Problem as error:
        return failure(request, error)
