"""Following a link: what a visitor gets at a short address."""

from __future__ import annotations

import time
from datetime import UTC, datetime

from sanic import HTTPResponse, Request

from core import Invalid, TooManyRequests, limit, network_of

from ..links import queries
from ..links.passwords import is_right
from ..links.targets import with_query
from ..place import here
from ..rules.choosing import Visitor, choose
from ..visits.buffer import buffer
from ..visits.clients import PERSON, client_of, kind_of, language_of
from . import pages
from .answers import Gone, NoSuchLink, PasswordNeeded, WrongPassword, redirect, wants_page
from .finding import Target, find, may_be

PERMANENT = frozenset({301, 308})
SECONDS = 60.0
MOST_BLOCKED = 10_000
LONG_AGO = datetime.min.replace(tzinfo=UTC)
NOT_THERE = "There is no link with this code."

blocked: dict[str, float] = {}
"""Who asked for too many unknown codes, and until when they get nothing at all."""


async def follow(request: Request, code: str) -> HTTPResponse:
    """Answer for a code that is not simply a redirect that this worker has in memory."""
    refuse_blocked(request)
    if code.endswith("+"):
        return await _inform(request, code[:-1])
    target = _alive(await _known(request, code))
    if target.terms.locked:
        if wants_page(request):
            return pages.password(request)
        raise PasswordNeeded("This link is protected. POST its password.")
    return await _lead(request, target)


async def _inform(request: Request, code: str) -> HTTPResponse:
    target, link = _alive(await _known(request, code)), await queries.by_code(code)
    if link is None:
        raise NoSuchLink(NOT_THERE)
    return pages.information(request, code, target, link.created_at)


async def unlock(request: Request, code: str) -> HTTPResponse:
    """Answer for a password that was typed in. Raises WrongPassword, TooManyRequests."""
    refuse_blocked(request)
    target = _alive(await _known(request, code))
    if target.terms.locked and not await _opens(request, code):
        if wants_page(request):
            return pages.password(request, wrong=True)
        raise WrongPassword("That is not the password of this link.")
    return await _lead(request, target, typed=True)


async def _opens(request: Request, code: str) -> bool:
    """Tell whether the password is right. Each guess counts: by address, and by link in all."""
    guess = _typed(request)
    often, who = here().settings.guesses, network_of(request)
    await limit(request, "shortener.guesses", often, f"{code} {who}")
    amount, _, unit = often.partition("/")
    await limit(request, "shortener.guesses_in_all", f"{int(amount) * 10}/{unit}", code)
    link = await queries.by_code(code)
    return link is not None and bool(link.password) and await is_right(guess, link.password)


def _typed(request: Request) -> str:
    given = request.form.get("password") if request.form else None
    if not isinstance(given, str) or not 0 < len(given) <= 128:
        raise Invalid("Send the password as the form field `password`.")
    return given


def refuse_blocked(request: Request) -> None:
    """Raise TooManyRequests to who guesses codes, whether this one is right or not."""
    if not blocked:
        return
    for who in [each for each, until in blocked.items() if until <= time.monotonic()]:
        del blocked[who]
    until = blocked.get(network_of(request))
    if until is not None:
        raise TooManyRequests(
            "That were too many links that are not there. Wait a while.",
            headers={"retry-after": str(int(until - time.monotonic()) + 1)},
        )


async def _known(request: Request, code: str) -> Target:
    """Return what a code stands for. Raises NoSuchLink, and TooManyRequests to who guesses."""
    target = await find(code) if may_be(code) else None
    if target is None:
        await _count_miss(request)
    elif target.terms.enabled and (target.terms.begins or LONG_AGO) <= datetime.now(UTC):
        return target
    raise NoSuchLink(NOT_THERE)


async def _count_miss(request: Request) -> None:
    """Raises TooManyRequests, and from then on to all that this address asks for a while."""
    who = network_of(request)
    try:
        await limit(request, "shortener.misses", here().settings.misses, who)
    except TooManyRequests:
        if len(blocked) >= MOST_BLOCKED:
            blocked.clear()
        blocked[who] = time.monotonic() + SECONDS
        raise


def _alive(target: Target) -> Target:
    """Raises Gone for a link that leads nowhere any more."""
    terms = target.terms
    if terms.banned:
        raise Gone("This link was switched off because it was misused.")
    if terms.blocked:
        raise Gone("This link was switched off: it leads to a place that is not allowed here.")
    if terms.ends is not None and terms.ends <= datetime.now(UTC):
        raise Gone("This link has expired.")
    return target


async def _lead(request: Request, target: Target, *, typed: bool = False) -> HTTPResponse:
    """Lead on, and count it. A maximum is exact: it is counted in the database, by people only.

    ``typed``: a password was, in a form.
    """
    terms = target.terms
    if terms.most is not None:
        if kind_of("GET" if typed else request.method, request.headers) != PERSON:
            return pages.held_back(request)
        if await queries.use(target.id) is None:
            raise Gone("This link was opened as often as it may be.")
    buffer.note(target.id, request)
    url = choose(terms.rules, target.url, _visitor(request)) if terms.rules else target.url
    if target.forward and request.query_string:
        url = with_query(url, request.query_string)
    if typed:
        return pages.onward(request, url) if wants_page(request) else redirect(303, url)
    return redirect(target.status, url, _kept(target))


def _visitor(request: Request) -> Visitor:
    headers = request.headers
    return Visitor(
        client_of(headers.get("user-agent", "")).device,
        language_of(headers.get("accept-language", "")),
        datetime.now(UTC),
    )


def _kept(target: Target) -> str:
    """Return how long a permanent redirect may be remembered: never longer than it holds."""
    terms = target.terms
    if target.status not in PERMANENT or terms.rules or terms.most is not None:
        return "no-store"
    seconds = here().settings.permanent_seconds
    if terms.ends is not None:
        left = (terms.ends - datetime.now(UTC)).total_seconds()
        seconds = max(0, min(seconds, int(left)))
    return f"private, max-age={seconds}"
