"""What is of no more use is forgotten."""

from __future__ import annotations

from core.auth import audit
from core.auth.accounts import invitations, pending
from core.auth.authenticators import attempts
from core.auth.mails import codes
from core.auth.sessions import refresh, tickets
from core.auth.settings import AuthSettings
from core.auth.tokens import revocation


async def forget_old(settings: AuthSettings) -> None:
    """Delete whatever has expired, each kind after its own time."""
    from core.auth.tokens import keyring

    seconds = settings.access_minutes * 60
    await revocation.forget_old(seconds)
    await audit.forget_old(settings.audit_days)
    await refresh.forget_old(settings.refresh_days)
    await keyring.forget_old(seconds)
    await attempts.forget_old()
    await codes.forget_old()
    await pending.forget_old()
    await invitations.forget_old()
    await tickets.forget_old()
