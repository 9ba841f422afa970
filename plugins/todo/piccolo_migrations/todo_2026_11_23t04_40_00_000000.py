"""Triggers that write every change of what people share into todo_change, whoever makes it."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.table import Table

ID = "2026-11-23T04:40:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "changes"

PROJECT_OF_TASK = "coalesce((SELECT project FROM todo_task WHERE id = {row}.task), 0)"

SCOPES = {
    "project": "{row}.id",
    "member": "{row}.project",
    "task": "{row}.project",
    "completion": PROJECT_OF_TASK,
    "comment": PROJECT_OF_TASK,
    "label": "-{row}.owner",
    "reminder": "-{row}.person",
}
ACCESS = {"project": ("-{row}.owner", "{row}.id"), "member": ("-{row}.person", "{row}.project")}
"""Who gains or loses sight of which project with a row."""

COLUMNS = "INSERT INTO todo_change (scope, kind, thing, version, person, before, at, moment)"
CLOCKS = {
    "sqlite": "strftime('%Y-%m-%d %H:%M:%f', 'now') || '+00:00'",
    "postgres": "clock_timestamp()",
}
MOMENTS = {"sqlite": "0", "postgres": "pg_current_xact_id()::text::bigint"}


def statements(kind: str, event: str, before: str, engine: str) -> list[str]:
    """Return what is written when a row of ``kind`` sees ``event``."""
    row = "OLD" if event == "DELETE" else "NEW"
    version = "OLD.version + 1" if event == "DELETE" else "NEW.version"
    at = CLOCKS[engine] if event == "DELETE" else "NEW.updated_at"
    old = "NULL" if event == "INSERT" else before
    moment = MOMENTS[engine]

    def written(scope: str, changed: str, thing: str, version: str, old: str) -> str:
        return (
            f"{COLUMNS} SELECT {scope}, '{changed}', {thing}, {version}, {row}.changed_by, "
            f"{old}, {at}, {moment}"
        )

    scope = SCOPES[kind]
    made = [written(scope.format(row=row), kind, f"{row}.id", version, old)]
    if kind in ACCESS and event != "UPDATE":
        who, project = (text.format(row=row) for text in ACCESS[kind])
        made.append(written(who, "access", project, "0", "NULL"))
    if event == "UPDATE" and kind == "project":
        for who in ("-OLD.owner", "-NEW.owner"):
            access = written(who, "access", "NEW.id", "0", "NULL")
            made.append(f"{access} WHERE NEW.owner <> OLD.owner")
    if event == "UPDATE" and kind == "task":
        left = written("OLD.project", kind, "NEW.id", version, "NULL")
        made.append(f"{left} WHERE NEW.project <> OLD.project")
    return made


async def on_sqlite(kind: str) -> None:
    info = await Table.raw(f'SELECT name FROM pragma_table_info(\'todo_{kind}\')')
    pairs = ", ".join(f"'{row['name']}', OLD.\"{row['name']}\"" for row in info)
    for event in ("INSERT", "UPDATE", "DELETE"):
        body = "; ".join(statements(kind, event, f"json_object({pairs})", "sqlite"))
        await Table.raw(
            f"CREATE TRIGGER todo_log_{kind}_{event.lower()} AFTER {event} ON todo_{kind} "
            f"BEGIN {body}; END"
        )


async def on_postgres(kind: str) -> None:
    branches = "".join(
        f"IF TG_OP = '{event}' THEN "
        + "; ".join(statements(kind, event, "to_jsonb(OLD)::text", "postgres"))
        + "; END IF; "
        for event in ("INSERT", "UPDATE", "DELETE")
    )
    await Table.raw(
        f"CREATE FUNCTION todo_log_{kind}() RETURNS trigger LANGUAGE plpgsql AS "
        f"$body$ BEGIN {branches} RETURN NULL; END $body$"
    )
    await Table.raw(
        f"CREATE TRIGGER todo_log_{kind} AFTER INSERT OR UPDATE OR DELETE ON todo_{kind} "
        f"FOR EACH ROW EXECUTE FUNCTION todo_log_{kind}()"
    )


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="todo", description=DESCRIPTION)

    async def create() -> None:
        make = on_sqlite if Table._meta.db.engine_type == "sqlite" else on_postgres
        for kind in SCOPES:
            await make(kind)

    async def drop() -> None:
        for kind in SCOPES:
            if Table._meta.db.engine_type == "sqlite":
                for event in ("insert", "update", "delete"):
                    await Table.raw(f"DROP TRIGGER todo_log_{kind}_{event}")
            else:
                await Table.raw(f"DROP TRIGGER todo_log_{kind} ON todo_{kind}")
                await Table.raw(f"DROP FUNCTION todo_log_{kind}()")

    manager.add_raw(create)
    manager.add_raw_backwards(drop)
    return manager
