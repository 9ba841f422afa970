"""The keys that sign access tokens, known to every worker.

A new key signs a few seconds after it was made, when every worker knows it. The one before it is
accepted for as long as tokens live, so that a change of keys signs nobody out.
"""

from __future__ import annotations

import json
import logging
import secrets
import time
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from core.auth import audit
from core.auth.tables import SigningKey
from core.auth.tokens.revocation import NOBODY, revoke
from core.auth.tokens.signing import Algorithm, Key, key_of, new_secret
from core.auth.tokens.vault import OtherSecret, Vault
from core.db.alone import alone
from core.db.engine import transaction

log = logging.getLogger("tenfold.auth")

DELAY, HANDOVER = 3, 5
"""Seconds until a new key signs, and until the one before it certainly does no more."""


class Keyring:
    """The keys of one algorithm that this worker knows. ``seconds``: how long a token lives."""

    def __init__(self, algorithm: Algorithm, vault: Vault, seconds: int) -> None:
        self.algorithm, self._vault, self._seconds = algorithm, vault, seconds
        self._keys: list[Key] = []
        self._heads: dict[str, Key] = {}

    def hold(self, keys: Iterable[Key]) -> None:
        """Know these keys, and no others, from now on."""
        self._keys = sorted(keys, key=lambda key: key.created, reverse=True)
        self._heads = {key.head: key for key in self._keys}

    def find(self, head: str) -> Key | None:
        """Return the key that signs tokens which begin like this, if it is still good."""
        key = self._heads.get(head)
        return key if key is not None and self._is_accepted(key) else None

    def _is_accepted(self, key: Key) -> bool:
        return key.retired is None or time.time() <= key.retired + HANDOVER + self._seconds

    def current(self) -> Key:
        """Return the key that signs now: the newest that every worker knows."""
        now = time.time()
        usable = [key for key in self._keys if key.retired is None or now <= key.retired + HANDOVER]
        known = [key for key in usable if key.created + DELAY <= now]
        return known[0] if known else usable[-1]

    def published(self) -> list[dict[str, Any]]:
        """Return the public keys that tokens in use may be signed with."""
        found = (key.published() for key in self._keys if self._is_accepted(key))
        return [each for each in found if each is not None]

    async def open(self) -> None:
        """Read the keys; make the first one. Of several workers that start at once, one does."""
        if await self.read():
            return
        async with alone():
            if not await self.read():
                await self.add()
                await self.read()

    async def read(self) -> bool:
        """Read the keys that any worker made; True if there is one to sign with."""
        since = datetime.now(UTC) - timedelta(seconds=self._seconds + 60)
        rows = await SigningKey.select().where(
            SigningKey.algorithm == self.algorithm,
            SigningKey.retired_at.is_null() | (SigningKey.retired_at > since),
        )
        keys = [key for row in rows if (key := self._unlocked(row)) is not None]
        if keys:
            self.hold(keys)
        return any(key.retired is None for key in keys)

    def _unlocked(self, row: dict[str, Any]) -> Key | None:
        try:
            secret = self._vault.unlock(row["private"])
        except OtherSecret:
            log.warning("The signing key %s belongs to another secret: not used.", row["kid"])
            return None
        retired = row["retired_at"] and row["retired_at"].timestamp()
        return key_of(row["kid"], row["algorithm"], secret, row["created_at"].timestamp(), retired)

    async def add(self) -> str:
        """Make a new key and return its id."""
        secret, kid, now = new_secret(self.algorithm), secrets.token_hex(8), datetime.now(UTC)
        published = key_of(kid, self.algorithm, secret, now.timestamp(), None).published()
        await SigningKey.insert(
            SigningKey(
                kid=kid,
                algorithm=self.algorithm,
                public=json.dumps(published) if published else "",
                private=self._vault.lock(secret),
                created_at=now,
            )
        )
        return kid

    async def rotate(self) -> str:
        """Sign with a new key from now on, and return its id."""
        async with alone(), transaction():
            await SigningKey.update({SigningKey.retired_at: datetime.now(UTC)}).where(
                SigningKey.algorithm == self.algorithm, SigningKey.retired_at.is_null()
            )
            kid = await self.add()
            await revoke(NOBODY)
            await audit.record("key_rotated", detail=f"{self.algorithm} {kid}")
        return kid


async def forget_old(seconds: int) -> None:
    """Delete keys whose tokens, which live for ``seconds``, have all expired."""
    before = datetime.now(UTC) - timedelta(seconds=seconds, days=1)
    await SigningKey.delete().where(SigningKey.retired_at < before)
