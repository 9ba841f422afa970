from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.columns.column_types import Boolean
from piccolo.columns.indexes import IndexMethod

ID = "2026-11-27T07:12:13:233055"
VERSION = "1.38.0"
DESCRIPTION = "links to places on the blocklist"


async def forwards():
    manager = MigrationManager(
        migration_id=ID, app_name="shortener", description=DESCRIPTION
    )

    manager.add_column(
        table_class_name="Link",
        tablename="shortener_link",
        column_name="blocked",
        db_column_name="blocked",
        column_class_name="Boolean",
        column_class=Boolean,
        params={
            "default": False,
            "null": False,
            "primary_key": False,
            "unique": False,
            "index": False,
            "index_method": IndexMethod.btree,
            "choices": None,
            "db_column_name": None,
            "secret": False,
        },
        schema=None,
    )

    return manager
