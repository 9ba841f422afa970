"""Idempotency-Key: the same POST sent again acts once and gets the first answer again.

The key, what the handler writes and the answer are one transaction, so they are there together or
not at all. See https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

import msgspec
from piccolo.querystring import QueryString
from sanic import HTTPResponse
from sanic import Request as SanicRequest

from core.auth.authorization.identity import CurrentUser
from core.db.compiled import columns, compiled, compiled_one
from core.db.engine import transaction
from core.db.errors import is_passing
from core.errors import Conflict, Invalid
from core.settings import CoreSettings
from core.tables import IdempotencyKey
from core.web.answer import PRIVATE, Answer
from core.web.response import headers_of

KEY = re.compile(r"[\x21-\x7e]{1,255}")
RUNNING = "The first request with this Idempotency-Key is still running."
NOT_KEPT = frozenset({*PRIVATE, "x-request-id", "connection", "content-length"} - {"cache-control"})


class KeyReused(Invalid):
    """The key was used for something else."""

    code, title = "idempotency_key_reused", "Key used before"


class StillRunning(Conflict):
    """The first request with this key has not ended yet."""

    code, title = "still_running", "Still running"


class Kept(msgspec.Struct, frozen=True):
    """An answer that was given before."""

    fingerprint: str
    status: int
    headers: str
    body: bytes


async def once(
    request: SanicRequest,
    user: CurrentUser | None,
    answer: Callable[[], Awaitable[HTTPResponse]],
) -> HTTPResponse:
    """Return ``answer()`` the first time, and what it was every other time.

    Raises KeyReused for another body, StillRunning when the first request takes too long.
    """
    digest, fingerprint = _digest(request, user), _fingerprint(request)
    known = await find(digest)
    if known is not None:
        return _again(request, known, fingerprint)
    async with transaction():
        if await claim(digest, fingerprint, datetime.now(UTC)):
            response = await answer()
            await keep(digest, response.status, _headers(response), response.body or b"")
            return response
        known = await find(digest)
    if known is None:
        raise StillRunning(RUNNING)
    return _again(request, known, fingerprint)


def _digest(request: SanicRequest, user: CurrentUser | None) -> str:
    """Return what makes a key one person's own, for one address."""
    key = request.headers["idempotency-key"]
    if not KEY.fullmatch(key):
        raise Invalid("Idempotency-Key must be 1 to 255 visible ASCII characters.")
    who = user.id if user else "anyone"
    return hashlib.sha256(f"{who} {request.path} {key}".encode()).hexdigest()


def _fingerprint(request: SanicRequest) -> str:
    return hashlib.sha256(request.body + b"?" + request.query_string.encode()).hexdigest()


def _headers(response: HTTPResponse) -> str:
    given = {name.lower(): value for name, value in response.headers.items()}
    kept = {name: str(value) for name, value in given.items() if name not in NOT_KEPT}
    if response.content_type:
        kept["content-type"] = response.content_type
    return msgspec.json.encode(kept).decode()


def _again(request: SanicRequest, kept: Kept, fingerprint: str) -> HTTPResponse:
    if kept.fingerprint != fingerprint:
        raise KeyReused("This Idempotency-Key was used for another request. Take a new key.")
    headers = headers_of(request) | msgspec.json.decode(kept.headers, type=dict[str, str])
    headers["idempotency-replayed"] = "true"
    return Answer(kept.body, kept.status, headers, headers.pop("content-type", None))


@compiled_one(Kept)
def find(digest: str) -> object:
    """Return the answer kept for a key, once it has been given."""
    return IdempotencyKey.select(*columns(IdempotencyKey, Kept)).where(
        IdempotencyKey.digest == digest, IdempotencyKey.status > 0
    )


@compiled(int)
def _claim(digest: str, fingerprint: str, now: datetime) -> object:
    return QueryString(
        'INSERT INTO "core_idempotency_key" ("digest", "fingerprint", "status", "headers", "body",'
        ' "created_at") VALUES ({}, {}, 0, {}, {}, {}) ON CONFLICT ("digest") DO NOTHING'
        ' RETURNING "id"',
        digest,
        fingerprint,
        "",
        b"",
        now,
    )


async def claim(digest: str, fingerprint: str, now: datetime) -> bool:
    """Take a key; False when somebody has it. Waits while the other one's transaction is open.

    Raises StillRunning when that takes too long.
    """
    try:
        return bool(await _claim(digest, fingerprint, now))
    except Exception as error:
        if is_passing(error):
            raise StillRunning(RUNNING) from error
        raise


@compiled(int)
def keep(digest: str, status: int, headers: str, body: bytes) -> object:
    """Keep an answer for its key."""
    return IdempotencyKey.update(
        {
            IdempotencyKey.status: status,
            IdempotencyKey.headers: headers,
            IdempotencyKey.body: body,
        },
    ).where(IdempotencyKey.digest == digest)


async def forget_old(settings: CoreSettings) -> None:
    """Delete the answers that are older than the settings say."""
    before = datetime.now(UTC) - timedelta(hours=settings.idempotency_hours)
    await IdempotencyKey.delete().where(IdempotencyKey.created_at < before)
