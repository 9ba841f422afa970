"""The secrets of a webhook: kept encrypted, changed without a gap."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from core.auth.tokens.vault import OtherSecret
from core.tasks.sealing import vault
from core.webhooks.signing import new_secret
from core.webhooks.tables import Secret

PURPOSE = "webhooks"


async def add(webhook: int) -> str:
    """Make a secret for a webhook and return it."""
    secret = new_secret()
    sealed = vault(PURPOSE).lock(secret)
    await Secret.insert(Secret(webhook=webhook, sealed=sealed, created_at=datetime.now(UTC)))
    return secret


async def rotate(webhook: int, hours: int) -> str:
    """Make a new secret and return it; the one before signs too for some hours, older ones end."""
    now = datetime.now(UTC)
    await Secret.delete().where(Secret.webhook == webhook, Secret.expires_at.is_not_null())
    await Secret.update({Secret.expires_at: now + timedelta(hours=hours)}).where(
        Secret.webhook == webhook
    )
    return await add(webhook)


async def current(webhook: int) -> list[str]:
    """Return the secrets that sign now, the newest first.

    What was encrypted with another secret of the server is none any more.
    """
    rows = (
        await Secret.select(Secret.sealed, Secret.expires_at)
        .where(Secret.webhook == webhook)
        .order_by(Secret.id, ascending=False)
    )
    now = datetime.now(UTC)
    good = [row for row in rows if row["expires_at"] is None or row["expires_at"] > now]
    return [found for row in good if (found := _unlocked(row["sealed"])) is not None]


def _unlocked(sealed: str) -> str | None:
    try:
        return vault(PURPOSE).unlock(sealed)
    except OtherSecret:
        return None
