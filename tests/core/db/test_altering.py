"""Columns change with what is in them, on SQLite too, which has no ALTER COLUMN."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from piccolo.apps.migrations.tables import Migration
from piccolo.conf.apps import AppConfig

from core.db.engine import Engine
from core.db.migrations import migrate, reverse
from core.db.schema import schema
from core.db.sqlite_altering import CannotAlter
from core.search.index import SearchIndex

HEAD = """
from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.columns import *
from piccolo.columns.base import OnDelete, OnUpdate
from piccolo.table import Table
from core import create_search_index, drop_search_index

class Rose(Table, tablename="garden_rose"):
    id = Serial()

ID = "{id}"

async def forwards():
    manager = MigrationManager(migration_id=ID, app_name="garden", description="")
"""
FIRST = """
    manager.add_table("Rose", tablename="garden_rose")
    def column(table, name, kind, **more):
        params = {"null": False, "primary_key": False, "unique": False, "index": False, **more}
        manager.add_column(table, tablename=f"garden_{table.lower()}", column_name=name,
            db_column_name=name, column_class_name=kind.__name__, column_class=kind, params=params)
    column("Rose", "colour", Text, default="")
    column("Rose", "thorns", Integer, default=0, index=True)
    column("Rose", "grown", Timestamptz)
    column("Rose", "height", Varchar, default="", length=10)
    manager.add_table("Petal", tablename="garden_petal")
    column("Petal", "rose", ForeignKey, references=Rose, on_delete=OnDelete.cascade,
        on_update=OnUpdate.cascade, target_column=None, default=None)
    return manager
"""
SECOND = """
    async def index():
        await create_search_index("garden_rose", ["colour"])
    async def drop():
        await drop_search_index("garden_rose")
    manager.add_raw(index)
    manager.add_raw_backwards(drop)
    return manager
"""
CHANGE = """
    manager.alter_column("Rose", tablename="garden_rose", column_name="{name}",
        db_column_name="{name}", params={new}, old_params={old},
        column_class={kind}, old_column_class={was})
"""


def change(name: str, new: dict[str, Any], old: dict[str, Any], *kinds: str) -> str:
    kind, was = kinds or ("Text", "Text")
    return CHANGE.format(name=name, new=new, old=old, kind=kind, was=was)


THIRD = [
    change("thorns", {"null": True, "default": None}, {"null": False, "default": 0}),
    change("height", {"default": 0}, {"default": "", "length": 10}, "Integer", "Varchar"),
    change("colour", {"null": True, "default": "red"}, {"null": False, "default": ""}),
    change("colour", {"length": 50}, {"length": None}, "Varchar", "Text"),
    "    return manager\n",
]


class Garden:
    """A plugin of which migrations need to know nothing but its name and its files."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def add(self, number: int, *text: str) -> None:
        file = self.folder / f"garden_{number}.py"
        file.write_text(HEAD.format(id=number) + "".join(text))

    def call(self, hook: str) -> Any:
        return iter([("garden", "garden_tables")])


@pytest.fixture
async def garden(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Any]:
    module: Any = ModuleType("garden_tables")
    module.APP_CONFIG = AppConfig("garden", migrations_folder_path=str(tmp_path))
    monkeypatch.setitem(sys.modules, "garden_tables", module)
    garden = Garden(tmp_path)
    garden.add(1, FIRST)
    garden.add(2, SECOND)
    await migrate(garden)  # type: ignore[arg-type]
    await engine.fetch(
        "INSERT INTO garden_rose (id, colour, thorns, grown, height)"
        " VALUES (1, 'white', 3, '2026-01-01 00:00:00+00:00', '120')"
    )
    await engine.fetch("INSERT INTO garden_petal (id, rose) VALUES (1, 1), (2, 1)")
    yield garden
    for table in ("garden_petal", "garden_rose"):
        await engine.fetch(f"DROP TABLE IF EXISTS {table}")
    if engine.engine_type == "sqlite":
        await engine.fetch("DROP TABLE IF EXISTS garden_rose_search")
    await Migration.delete().where(Migration.app_name == "garden")


async def test_columns_change_and_all_that_is_in_and_around_them_stays(
    garden: Any, engine: Engine
) -> None:
    before = await schema("garden_")
    garden.add(3, *THIRD)
    await migrate(garden)
    after = await schema("garden_")
    read = "SELECT thorns, height, colour FROM garden_rose ORDER BY id"
    assert [tuple(row) for row in await engine.fetch(read)] == [(3, 120, "white")]
    assert len(await engine.fetch("SELECT * FROM garden_petal")) == 2
    await engine.fetch("INSERT INTO garden_rose (id, grown) VALUES (2, '2026-01-01 00:00:00+00')")
    assert tuple((await engine.fetch(read))[1]) == (None, 0, "red")
    assert {what for what in after if "index" in what} == {w for w in before if "index" in w}
    await engine.fetch("UPDATE garden_rose SET thorns = 0, colour = 'pink' WHERE id = 2")
    assert await found("pink") == [2]
    assert await found("white") == [1]
    assert len(await reverse(garden, "garden")) == 3
    assert await schema("garden_") == {}


async def found(word: str) -> list[int]:
    from piccolo.columns import Text
    from piccolo.table import create_table_class

    rose = create_table_class(
        "Rose", class_kwargs={"tablename": "garden_rose"}, class_members={"colour": Text()}
    )
    colour = rose._meta.get_column_by_name("colour")
    index = SearchIndex(rose, title=colour, text=colour)
    matches = await index.find(word, where=rose._meta.primary_key > 0, limit=9)
    return [match.id for match in matches]


async def test_a_value_that_does_not_fit_stops_the_migration_and_nothing_has_changed(
    garden: Any, engine: Engine
) -> None:
    before = await schema("garden_")
    await engine.fetch("UPDATE garden_rose SET height = 'tall'")
    garden.add(3, *THIRD)
    with pytest.raises(Exception, match=r"is no integer|invalid input syntax") as failure:
        await migrate(garden)
    assert "migration 3 of the plugin 'garden'" in failure.value.__notes__[0]
    assert await schema("garden_") == before


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        (
            change("grown", {"index_method": None}, {}, "Timestamptz", "Timestamptz"),
            "not null without a constant default: copy",
        ),
        (change("height", {"unique": True}, {"unique": False}), "unique: make or drop"),
    ],
)
async def test_what_sqlite_cannot_do_is_said(
    garden: Any, engine: Engine, changed: str, words: str
) -> None:
    if engine.engine_type == "postgres":
        return
    garden.add(3, changed, "    return manager\n")
    with pytest.raises(CannotAlter, match=words):
        await migrate(garden)
