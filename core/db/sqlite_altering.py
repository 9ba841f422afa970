"""Change columns on SQLite, which has no ALTER COLUMN: a new one takes the place of the old one.

No row is deleted meanwhile, so that no foreign key acts, and all of it happens in the transaction
of the migration. Indexes and triggers that know the column are made again as they were.
"""

from __future__ import annotations

from piccolo.apps.migrations.auto.operations import AlterColumn
from piccolo.apps.migrations.auto.schema_snapshot import SchemaSnapshot
from piccolo.columns import Column

from core.db.engine import engine

ONLY_IN_PYTHON = {"length", "digits", "choices", "secret", "help_text", "required", "auto_update"}
"""What may change about a column without changing it in SQLite."""
KNOWS = (
    "SELECT type, name, sql FROM sqlite_master WHERE sql IS NOT NULL"
    " AND (type = 'trigger' AND instr(sql, ?) OR type = 'index' AND tbl_name = ?)"
)


class CannotAlter(Exception):
    """SQLite can take the column in no other shape than it has."""


async def alter(changes: list[AlterColumn], wanted: SchemaSnapshot, *, backwards: bool) -> None:
    """Bring each changed column to the shape that it has in ``wanted``. Raises CannotAlter."""
    for change in changes:
        new, old = change.params, change.old_params
        if backwards:
            new, old = old, new
        if change.column_class is change.old_column_class and not new.keys() - ONLY_IN_PYTHON:
            continue
        column = _column(wanted, change)
        if "unique" in new or (cannot := _cannot_be_added(column)):
            reason = "unique: make or drop a unique index" if "unique" in new else cannot
            raise CannotAlter(
                f"SQLite cannot change {change.tablename}.{change.column_name}, which is {reason} "
                "in a migration written by hand (tenfold plugins migration NAME --by-hand)"
            )
        await _replace(change.tablename, column)


def _column(wanted: SchemaSnapshot, change: AlterColumn) -> Column:
    """Return a column as it shall be; the snapshot keeps a changed default in its words only."""
    table = wanted.get_table_from_snapshot(change.table_class_name).to_table_class()
    told = table._meta.get_column_by_name(change.column_name)
    column = type(told)(**told._meta.params)
    column._meta._table, column._meta._name = table, change.column_name
    column._meta.db_column_name = change.db_column_name
    return column


def _cannot_be_added(column: Column) -> str:
    """Return what keeps a column from being added to rows that are there."""
    if column._meta.null:
        return ""
    if hasattr(column, "_foreign_key_meta"):
        return "a foreign key that is not null: copy the rows into a new table"
    default = str(column.get_sql_value(column.get_default_value()))
    moving = default.startswith(("(", "CURRENT_", "current_"))
    return "not null without a constant default: copy the rows into a new table" if moving else ""


async def _replace(table: str, column: Column) -> None:
    """Put a column in the place of the one with its name."""
    here, name = engine(), column._meta.db_column_name
    knowing = await here.fetch_dicts(KNOWS, [table, table])
    for each in knowing:
        await here.fetch(f'DROP {each["type"]} "{each["name"]}"')
    ddl = column.ddl.replace(f'"{name}"', f'"{name}__new"', 1)
    await here.fetch(f'ALTER TABLE "{table}" ADD COLUMN {ddl}')
    await here.fetch(f'UPDATE "{table}" SET "{name}__new" = "{name}"')  # noqa: S608
    await _refuse_words(table, column)
    await here.fetch(f'ALTER TABLE "{table}" DROP COLUMN "{name}"')
    await here.fetch(f'ALTER TABLE "{table}" RENAME COLUMN "{name}__new" TO "{name}"')
    for each in knowing:
        await here.fetch(each["sql"])


async def _refuse_words(table: str, column: Column) -> None:
    """Raise CannotAlter where a column of numbers would hold what is none; SQLite lets it."""
    if column.value_type not in (int, float):
        return
    name = column._meta.db_column_name
    words = f"""SELECT 1 FROM "{table}" WHERE typeof("{name}__new") = 'text' LIMIT 1"""  # noqa: S608
    if await engine().fetch(words):
        raise CannotAlter(f"{table}.{name} holds what is no {column.column_type.lower()}")
