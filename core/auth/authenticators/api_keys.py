"""Keys for programs that act for somebody. Knows nothing of HTTP."""

from __future__ import annotations

import secrets
import string
from datetime import UTC, datetime
from typing import Any

import msgspec

from core.auth import audit
from core.auth.authenticators.api_key_lookup import BEGINNING
from core.auth.authorization.identity import CurrentUser
from core.auth.realm import Realm
from core.auth.schemas.api_keys import ApiKeyOut, ApiKeyQuery, NewApiKey, NewApiKeyOut
from core.auth.sessions.refresh import digest
from core.auth.tables import ApiKey, User
from core.auth.tokens.revocation import NOBODY, revoke
from core.db.engine import locked, transaction
from core.db.pagination import Page, Position, in_order, page
from core.errors import Conflict, FieldError, Forbidden, Invalid, NotFound

MOST = 100
"""How many keys one user may have."""

SHORT, LONG = string.ascii_lowercase + string.digits, string.ascii_letters + string.digits
COLUMNS = [ApiKey._meta.get_column_by_name(name) for name in ApiKeyOut.__struct_fields__]


class TooManyKeys(Conflict):
    """Nobody needs that many API keys. End one that is not used any more."""

    code, title = "too_many_api_keys", "Too many API keys"


class ExpiresInThePast(Invalid):
    """A key that is dead at once helps nobody."""

    code, title = "expires_in_the_past", "Expires in the past"


class NotHeld(Forbidden):
    """An API key may do no more than who makes it."""

    code, title = "permission_not_held", "Permission not held"


async def api_keys(user: int, query: ApiKeyQuery) -> Page[ApiKeyOut]:
    """Return a page of somebody's keys that were not ended; those that have expired are shown."""
    mine = (ApiKey.user == user) & ApiKey.ended_at.is_null()

    async def read(after: Position | None, limit: int) -> list[ApiKeyOut]:
        rows = await in_order(ApiKey.select(*COLUMNS).where(mine).limit(limit), query.sort, after)
        return [_out(row) for row in rows]

    async def count() -> int:
        return int(await ApiKey.count().where(mine))

    return await page(query, ApiKeyOut, read, count)


def _out(row: dict[str, Any]) -> ApiKeyOut:
    permissions = msgspec.json.decode(row["permissions"], type=list[str])
    return ApiKeyOut(**row | {"permissions": permissions})


async def make(user: CurrentUser, new: NewApiKey, address: str) -> NewApiKeyOut:
    """Make a key. Raises NotHeld, TooManyKeys, Invalid."""
    _check(user, new)
    prefix = BEGINNING + _random(SHORT, 8)
    key = f"{prefix}_{_random(LONG, 43)}"
    async with transaction():
        await locked(User.select(User.id).where(User.id == user.id), "NO KEY UPDATE")
        if await ApiKey.count().where(ApiKey.user == user.id, ApiKey.ended_at.is_null()) >= MOST:
            raise TooManyKeys(f"You have {MOST} API keys. End one first.")
        rows = await ApiKey.insert(_row(user.id, new, prefix, key)).returning(*COLUMNS)
        await audit.record(
            "api_key_made", user=user.id, actor=user.id, address=address, detail=prefix
        )
    made = _out(rows[0])
    return NewApiKeyOut(**msgspec.structs.asdict(made), key=key)


def _check(user: CurrentUser, new: NewApiKey) -> None:
    if missing := sorted(set(new.permissions) - user.permissions):
        raise NotHeld(f"You do not hold the permission {missing[0]}, so no key of yours can.")
    if new.expires_at is not None and new.expires_at <= datetime.now(UTC):
        error = FieldError("$.expires_at", "is in the past")
        raise ExpiresInThePast("The time when the key expires is in the past.", errors=[error])


def _row(user: int, new: NewApiKey, prefix: str, key: str) -> ApiKey:
    expires_at = new.expires_at.astimezone(UTC) if new.expires_at else None
    return ApiKey(
        user=user,
        name=new.name,
        prefix=prefix,
        digest=digest(key),
        permissions=msgspec.json.encode(sorted(set(new.permissions))).decode(),
        created_at=datetime.now(UTC),
        expires_at=expires_at,
    )


def _random(alphabet: str, length: int) -> str:
    return "".join(secrets.choice(alphabet) for _ in range(length))


async def end(realm: Realm, user: int, id: int, address: str) -> None:
    """End a key: every worker forgets it within a second. Raises NotFound."""
    mine = (ApiKey.id == id) & (ApiKey.user == user) & ApiKey.ended_at.is_null()
    async with transaction():
        ending = ApiKey.update({ApiKey.ended_at: datetime.now(UTC)}).where(mine)
        rows = await ending.returning(ApiKey.prefix)
        if not rows:
            raise NotFound(f"You have no API key {id}.")
        await revoke(NOBODY)
        detail = rows[0]["prefix"]
        await audit.record("api_key_ended", user=user, actor=user, address=address, detail=detail)
    await realm.tokens.follow()
