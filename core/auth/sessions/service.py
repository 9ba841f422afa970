"""The devices where somebody is signed in. Knows nothing of HTTP."""

from __future__ import annotations

from datetime import UTC, datetime

from msgspec import UNSET
from piccolo.columns.combination import And

from core.auth import audit
from core.auth.accounts import service
from core.auth.authenticators.credentials import require_own
from core.auth.authenticators.freshness import FreshLoginRequired
from core.auth.authenticators.totp import require_code
from core.auth.authorization.identity import CurrentUser
from core.auth.realm import Realm
from core.auth.schemas.accounts import TokensOut
from core.auth.schemas.sessions import Confirmation, SessionOut, SessionQuery
from core.auth.tables import Session
from core.auth.tokens.revocation import revoke
from core.db.engine import transaction
from core.db.pagination import Page, Position, in_order, page
from core.errors import NotFound, Unauthorized

COLUMNS = [
    Session._meta.get_column_by_name(name)
    for name in SessionOut.__struct_fields__
    if name != "current"
]


def _open(user: int) -> And:
    alive = Session.ended_at.is_null() & (Session.expires_at > datetime.now(UTC))
    return (Session.user == user) & alive


async def sessions(user: CurrentUser, query: SessionQuery) -> Page[SessionOut]:
    """Return a page of the devices where ``user`` is signed in."""

    async def read(after: Position | None, limit: int) -> list[SessionOut]:
        found = Session.select(*COLUMNS).where(_open(user.id)).limit(limit)
        rows = await in_order(found, query.sort, after)
        return [SessionOut(**row, current=row["id"] == user.session) for row in rows]

    async def count() -> int:
        return int(await Session.count().where(_open(user.id)))

    return await page(query, SessionOut, read, count)


async def end(realm: Realm, user: CurrentUser, session: int, address: str) -> None:
    """Sign one of somebody's devices out. Raises NotFound."""
    async with transaction():
        if not await _end(user.id, session):
            raise NotFound(f"You are not signed in on a device {session}.")
        await revoke(user.id, session)
        detail = f"device {session}"
        await audit.record(
            "signed_out", user=user.id, actor=user.id, address=address, detail=detail
        )
    await realm.tokens.follow()


async def end_all(realm: Realm, user: CurrentUser, address: str) -> None:
    """Sign all of somebody's devices out, this one too."""
    async with transaction():
        await _end(user.id)
        await revoke(user.id)
        await audit.record("signed_out_everywhere", user=user.id, actor=user.id, address=address)
    await realm.tokens.follow()


async def _end(user: int, session: int | None = None) -> bool:
    query = Session.update({Session.ended_at: datetime.now(UTC)}).where(_open(user))
    if session is not None:
        query = query.where(Session.id == session)
    return bool(await query.returning(Session.id))


async def confirm(realm: Realm, user: CurrentUser, proof: Confirmation) -> TokensOut:
    """Return new tokens that tell that a password or a code was just proven.

    Raises WrongPassword or WrongCode.
    """
    if user.key:
        raise FreshLoginRequired("An API key has no password to confirm. Sign in.")
    if proof.password is not UNSET:
        await require_own(realm, user.id, proof.password)
    elif proof.code is not UNSET:
        await require_code(realm, user.id, proof.code)
    async with transaction():
        continued = await realm.refreshing.confirm(user.session)
        if continued.user != user.id:
            raise Unauthorized("This device is signed out. Sign in again.")
        return await service.pair(realm, continued)
