"""Invitations: a code that lets one person register."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime, timedelta

from core.auth import audit
from core.auth.accounts.names import key_of
from core.auth.mails import letters
from core.auth.realm import Realm
from core.auth.schemas.mail import InvitationOut
from core.auth.sessions.refresh import digest
from core.auth.tables import Invitation
from core.db.engine import transaction
from core.errors import Forbidden, NotFound

KEPT = timedelta(days=90)


class InvalidInvitation(Forbidden):
    """Who registers here needs an invitation that is unused, not expired, and theirs."""

    code, title = "invalid_invitation", "Invalid invitation"


async def invite(
    realm: Realm, email: str | None, made_by: int | None, address: str = ""
) -> InvitationOut:
    """Make an invitation, and mail it if it is for one address only."""
    now, code = datetime.now(UTC), secrets.token_urlsafe(32)
    expires = now + timedelta(days=realm.settings.invitation_days)
    row = Invitation(
        digest=digest(code),
        email=email or "",
        made_by=made_by,
        created_at=now,
        expires_at=expires,
    )
    async with transaction():
        (made,) = await Invitation.insert(row).returning(Invitation.id)
        await audit.record("user_invited", actor=made_by, address=address, detail=email or "")
        if email:
            await letters.post(realm, email, letters.invitation(realm, code))
    link = letters.link(realm, "invitation", code)
    return InvitationOut(made["id"], code, link, email, expires)


async def use(code: str, email: str) -> bool:
    """Use an invitation up, inside a transaction; tell whether it was mailed to this address.

    Of many who use it at once, one succeeds. Raises InvalidInvitation.
    """
    now = datetime.now(UTC)
    rows = (
        await Invitation.update({Invitation.used_at: now})
        .where(
            Invitation.digest == digest(code),
            Invitation.used_at.is_null(),
            Invitation.expires_at > now,
        )
        .returning(Invitation.email)
    )
    meant = key_of(rows[0]["email"]) if rows else ""
    if not rows or (meant and meant != key_of(email)):
        raise InvalidInvitation(
            "This invitation was used already, has expired, or is for another address."
        )
    return bool(meant)


async def take_back(id: int, actor: int, address: str) -> None:
    """Make an invitation worthless. Raises NotFound if it was used, or never was."""
    async with transaction():
        rows = (
            await Invitation.delete()
            .where(Invitation.id == id, Invitation.used_at.is_null())
            .returning(Invitation.email)
        )
        if not rows:
            raise NotFound(f"There is no open invitation with the id {id}.")
        await audit.record(
            "invitation_taken_back", actor=actor, address=address, detail=rows[0]["email"]
        )


async def forget_old() -> None:
    """Delete invitations that expired long ago."""
    await Invitation.delete().where(Invitation.expires_at < datetime.now(UTC) - KEPT)
