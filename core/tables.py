"""What core itself keeps."""

from __future__ import annotations

from piccolo.columns import BigInt, Bytea, Serial, SmallInt, Text, Timestamptz, Varchar
from piccolo.table import Table


class IdempotencyKey(Table, tablename="core_idempotency_key"):
    """One POST that must not act twice, and the answer it got."""

    id: Serial
    digest = Varchar(length=64, unique=True)
    fingerprint = Varchar(length=64)
    status = SmallInt(help_text="0 while the first request is running.")
    headers = Text()
    body = Bytea()
    created_at = Timestamptz(index=True)


class CacheChange(Table, tablename="core_cache_change"):
    """A cached thing that has changed; every worker reads it and forgets what it holds."""

    id: Serial
    key = Varchar(length=250)
    moment = BigInt(index=True, help_text="PostgreSQL: the transaction of the change.")
    at = Timestamptz(index=True)
