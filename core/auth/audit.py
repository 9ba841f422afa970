"""What matters for security, written down: who did what to whose account, and from where."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from core.auth.tables import AuditEntry

LONGEST_DETAIL = 1000


async def record(
    event: str,
    *,
    user: int | None = None,
    actor: int | None = None,
    address: str = "",
    detail: str = "",
) -> None:
    """Write down that something happened; it is undone with the transaction around it.

    ``event`` is in the past tense, as ``role_granted``; ``user`` whom it concerns, ``actor`` who
    did it. ``detail`` must hold no secret, nor what may be one.
    """
    entry = AuditEntry(
        at=datetime.now(UTC),
        event=event[:50],
        user=user,
        actor=actor,
        address=address[:45],
        detail=detail.replace("\0", "")[:LONGEST_DETAIL],
    )
    await AuditEntry.insert(entry)


async def forget_old(days: int) -> None:
    """Delete entries that are older than ``days``."""
    before = datetime.now(UTC) - timedelta(days=days)
    await AuditEntry.delete().where(AuditEntry.at < before)
