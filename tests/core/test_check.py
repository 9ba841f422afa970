"""The rules about plugins that a machine holds."""

from __future__ import annotations

import ast
import sys
from pathlib import Path
from textwrap import dedent
from types import ModuleType

import pytest
from sanic import Sanic

from core.app import create_app
from core.check import complaints
from core.checks.code import imports
from core.configuration import read
from core.plugins import PluginError
from tests.core.broken_plugin import BAD, EXPECTED, MIGRATION
from tests.core.packages import package, write

__all__ = ["package"]


def test_check_tells_every_rule_that_is_broken(
    package: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stand_in = ModuleType("plugins.notes")
    stand_in.tables = ModuleType("plugins.notes.tables")  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "plugins.notes", stand_in)
    monkeypatch.setitem(sys.modules, "plugins.notes.tables", stand_in.tables)
    write(package, "acme", **BAD)
    (package / "acme" / "piccolo_migrations").mkdir()
    (package / "acme" / "piccolo_migrations" / "acme_1.py").write_text(MIGRATION)
    (package / "acme" / "piccolo_migrations" / "0001_first.py").write_text("")
    toml = tmp_path / "plugins.toml"
    toml.write_text('enabled = ["todo", "acme.plugin"]')
    found = [line.replace(f"{package}/", "") for line in complaints(read(toml, {}))]
    assert sorted(found) == sorted(EXPECTED)


def test_what_is_built_in_keeps_every_rule(tmp_path: Path) -> None:
    from core.loading import built_in

    plugins = read(tmp_path / "none.toml", {"TENFOLD_ENABLED": ",".join(built_in())})
    assert complaints(plugins) == []


CODE = {
    "plugin": """
        from core import Plugin
        PLUGIN = Plugin(name="acme", title="Acme")
        """,
    "half": "def unfinished(:\n",
    "work": """
        import asyncio
        import core
        import httpx as http
        import subprocess
        from time import sleep
        from urllib.request import urlopen
        from core.auth.tables import User
        from plugins import todo
        from plugins.notes import tables
        from . import plugin

        async def wait() -> None:
            sleep(1)
            http.get("https://example.org")
            urlopen("https://example.org")
            subprocess.run(["true"])
            await asyncio.to_thread(lambda: sleep(1))

            def inside() -> None:
                sleep(1)

            await asyncio.to_thread(inside)
        """,
}


def test_check_reads_what_files_say_whether_anything_imports_them_or_not(
    package: Path, tmp_path: Path
) -> None:
    write(package, "acme", **{name: dedent(text) for name, text in CODE.items()})
    (package / "acme" / "tests").mkdir()
    (package / "acme" / "tests" / "test_it.py").write_text("import pickle\n")
    toml = tmp_path / "plugins.toml"
    toml.write_text('enabled = ["acme.plugin"]')
    found = [line.replace(f"{package}/", "") for line in complaints(read(toml, {}))]
    assert sorted(found) == sorted(
        [
            "acme: has no README.md in acme/; say what it is for",
            "acme: acme/half.py:1  is no Python: invalid syntax",
            "acme: acme/work.py:3  imports core, which core does not promise",
            "acme: acme/work.py:8  imports core.auth.tables.User, which core does not promise: "
            "write from core import User",
            "acme: acme/work.py:9  imports plugins.todo without requires=['todo']",
            "acme: acme/work.py:10  imports plugins.notes without requires=['notes']",
            "acme: acme/work.py:14  time.sleep() stops the worker; await asyncio.sleep()",
            "acme: acme/work.py:15  httpx.get() stops the worker; await core.fetch()",
            "acme: acme/work.py:16  urllib.request.urlopen() stops the worker; await core.fetch()",
            "acme: acme/work.py:17  subprocess.run() stops the worker; "
            "await asyncio.create_subprocess_exec()",
        ]
    )


def test_a_way_around_the_package_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """``from ..notes`` in plugins/todo is plugins.notes."""
    plugins = read(Path("none.toml"), {"TENFOLD_ENABLED": "todo"})
    here = Path(str(plugins["todo"].module.__file__)).parent
    tree = ast.parse("from ..notes import tables\nfrom .. import notes\nfrom . import tables\n")
    deep = ast.parse("from ...notes import tables\nfrom .. import tables\n")
    given = [("todo", here / "new.py", tree), ("todo", here / "routes" / "new.py", deep)]
    monkeypatch.setattr("core.checks.code.sources", lambda _: given)
    said = [line.rpartition("/")[2] for line in imports(plugins)]
    told = "  imports plugins.notes without requires=['notes']"
    assert said == [f"new.py:1{told}", f"new.py:2{told}", f"new.py:1{told}"]


ROUTES = """
from sanic import Blueprint
from core import Plugin, endpoint, hookimpl

PLUGIN = Plugin(name="acme", title="Acme")
things = Blueprint("acme", url_prefix="/things")

@things.get("/<id:int>")
@endpoint(None)
async def read() -> str:
    "Read."

@things.get("/")
@endpoint(None)
async def some(page: int) -> str:
    "List."

@things.get("/<name:str>")
@endpoint(None)
async def named(name: str) -> str:
    "Read by name."

@things.get("")
@endpoint(None)
async def again() -> str:
    "List again."

@hookimpl
def register_routes():
    return things
"""


def test_routes_that_cannot_be_served_are_told(
    package: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(package)
    write(package, "acme", plugin=ROUTES)
    plugins = read(tmp_path / "none.toml", {"TENFOLD_ENABLED": "acme.plugin"})
    found = [line for line in complaints(plugins) if "README" not in line]
    assert found == [
        "acme: acme/plugin.py:8  read() does not take 'id', which /things/<id:int> holds",
        "acme: acme/plugin.py:13  some() takes 'page', which /things/ does not hold",
        "acme: acme/plugin.py:23  GET /things is served by acme/plugin.py:13 too",
    ]
    with pytest.raises(PluginError, match="acme: its routes cannot be served"):
        create_app(plugins, "twice")
    Sanic._app_registry.pop("twice")


DECLARED = """
from typing import Annotated
from msgspec import Meta
from sanic import Blueprint
from core import Permission, Plugin, Settings, endpoint, hookimpl

class AcmeSettings(Settings, frozen=True):
    most: Annotated[int, Meta(ge=1, description="How many.")] = 0

PLUGIN = Plugin(name="acme", title="Acme", settings=AcmeSettings)
things = Blueprint("todo_projects")

@things.get("/")
@endpoint("acme.read")
async def some() -> str:
    "List."

@hookimpl
def register_permissions():
    return [Permission("acme.read", "Read"), Permission("acme.read", "")]

@hookimpl
def register_routes():
    return things
"""


def test_what_is_declared_wrongly_is_told(
    package: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(package)
    write(package, "acme", plugin=DECLARED)
    plugins = read(tmp_path / "none.toml", {"TENFOLD_ENABLED": "todo,acme.plugin"})
    found = [line for line in complaints(plugins) if "README" not in line]
    assert found == [
        "acme: acme/plugin.py:8  the default of most is not allowed: Expected `int` >= 1",
        "acme: acme/plugin.py:18  the permission 'acme.read' is registered twice",
        "acme: acme/plugin.py:18  say what the permission 'acme.read' allows",
        "acme: acme/plugin.py:22  todo has a blueprint 'todo_projects' too; rename it",
    ]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "acme: its piccolo_app, acme.piccolo_app, is not there"),
        ("import nowhere_at_all", "acme: its piccolo_app, acme.piccolo_app, needs the package"),
        ("APP = 1", "acme: its piccolo_app, acme.piccolo_app, cannot be imported"),
    ],
)
def test_tables_that_cannot_be_loaded_are_told(
    package: Path, tmp_path: Path, text: str, words: str
) -> None:
    plugin = """
from core import Plugin, hookimpl
PLUGIN = Plugin(name="acme", title="Acme")
@hookimpl
def register_tables():
    return "acme.piccolo_app"
"""
    write(package, "acme", plugin=plugin, **({"piccolo_app": text} if text else {}))
    plugins = read(tmp_path / "none.toml", {"TENFOLD_ENABLED": "acme.plugin"})
    (line,) = complaints(plugins)
    assert line.startswith(words)
