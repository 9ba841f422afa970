"""Tickets: open one connection without a header, which browsers cannot send with a WebSocket.

A ticket is in the address and so in logs; it is good for seconds and for one use. Only its hash is
kept. The connection it opens lives as long as the device stays signed in.
"""

from __future__ import annotations

import secrets
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import msgspec

from core.auth.authorization.identity import CurrentUser
from core.auth.sessions.refresh import digest
from core.auth.sessions.standing import Standing
from core.auth.tables import Session, Ticket, UserRole
from core.errors import Unauthorized

if TYPE_CHECKING:
    from core.auth.tokens.access import Tokens

SECONDS = 30


class TicketOut(msgspec.Struct, frozen=True):
    """Behind ``?ticket=`` it opens one connection, within ``expires_in`` seconds."""

    ticket: str
    expires_in: int


async def make(user: CurrentUser) -> TicketOut:
    """Make a ticket for somebody."""
    now, ticket = datetime.now(UTC), secrets.token_urlsafe(32)
    row = Ticket(
        digest=digest(ticket),
        user=user.id,
        session=user.session,
        api_key=user.key,
        auth_time=user.auth_time,
        created_at=now,
        expires_at=now + timedelta(seconds=SECONDS),
    )
    await Ticket.insert(row)
    return TicketOut(ticket, SECONDS)


async def redeem(tokens: Tokens, ticket: str) -> Standing:
    """Use a ticket up, once; return who made it. Raises Unauthorized."""
    rows = (
        await Ticket.delete()
        .where(Ticket.digest == digest(ticket), Ticket.expires_at > datetime.now(UTC))
        .returning(Ticket.user, Ticket.session, Ticket.api_key, Ticket.auth_time, Ticket.created_at)
    )
    if not rows:
        raise Unauthorized("This ticket was used already, has expired, or never was. Get another.")
    (row,) = rows
    issued = row["created_at"].timestamp()
    if row["api_key"]:
        expires, user = await tokens.of_key(row["api_key"])
        return Standing(user, issued, expires)
    return await _signed_in(tokens, row["user"], row["session"], row["auth_time"], issued)


async def _signed_in(
    tokens: Tokens, user: int, session: int, proven: int, issued: float
) -> Standing:
    here = Session.select(Session.expires_at).where(
        Session.id == session,
        Session.user == user,
        Session.ended_at.is_null(),
        Session.expires_at > datetime.now(UTC),
        Session.user.active == True,  # noqa: E712
    )
    found = await here.first()
    if found is None:
        raise Unauthorized("This device was signed out. Sign in again.")
    rows = await UserRole.select(UserRole.role.name).where(UserRole.user == user)
    roles = frozenset(row["role.name"] for row in rows)
    held = tokens.held_by(roles)
    whose = CurrentUser(user, session, roles, held, proven)
    return Standing(whose, issued, found["expires_at"].timestamp())


async def forget_old() -> None:
    """Delete tickets that nobody used."""
    await Ticket.delete().where(Ticket.expires_at < datetime.now(UTC))
