"""Indexes over several columns, which Piccolo's columns cannot say."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.table import Table

ID = "2026-11-23T02:00:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "indexes"

INDEXES = {
    "auth_user_role_unique": "auth_user_role (\"user\", role)",
    "auth_user_role_role": "auth_user_role (role)",
    "auth_role_permission_unique": "auth_role_permission (role, permission)",
    "auth_session_user": "auth_session (\"user\")",
    "auth_refresh_token_session": "auth_refresh_token (session)",
    "auth_attempt_key": "auth_attempt (key, at)",
    "auth_admin_session_token": "auth_admin_session (token)",
    "auth_admin_session_user": "auth_admin_session (user_id)",
}


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="auth", description=DESCRIPTION)

    async def create() -> None:
        for name, columns in INDEXES.items():
            kind = "UNIQUE INDEX" if name.endswith("_unique") else "INDEX"
            await Table.raw(f"CREATE {kind} {name} ON {columns}")

    async def drop() -> None:
        for name in INDEXES:
            await Table.raw(f"DROP INDEX {name}")

    manager.add_raw(create)
    manager.add_raw_backwards(drop)
    return manager
