"""Ids of tables whose rows come and go by the million: PostgreSQL would run out of 32 bits."""

from __future__ import annotations

from typing import TYPE_CHECKING

from piccolo.table import Table

from core.db.engine import engine

if TYPE_CHECKING:
    from piccolo.apps.migrations.auto.migration_manager import MigrationManager


def widen_ids(manager: MigrationManager, *tables: str) -> MigrationManager:
    """Let a raw migration give the ids of ``tables`` 64 bits. SQLite's have them already."""

    async def widen() -> None:
        if engine().engine_type == "postgres":
            for table in tables:
                await Table.raw(f'ALTER TABLE "{table}" ALTER COLUMN "id" TYPE bigint')
                await Table.raw(f'ALTER SEQUENCE "{table}_id_seq" AS bigint')

    async def narrow() -> None:
        if engine().engine_type == "postgres":
            for table in tables:
                await Table.raw(f'ALTER SEQUENCE "{table}_id_seq" AS integer')
                await Table.raw(f'ALTER TABLE "{table}" ALTER COLUMN "id" TYPE integer')

    manager.add_raw(widen)
    manager.add_raw_backwards(narrow)
    return manager
