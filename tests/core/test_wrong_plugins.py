"""What authors get wrong at first: each is a sentence that says what to write."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import pytest

from core.check import complaints
from core.configuration import read
from core.plugins import PluginError
from tests.core.commands import command_line
from tests.core.packages import package, write

__all__ = ["package"]

HEAD = """
from contextlib import contextmanager
from sanic import Blueprint
from core import Permission, Plugin, PublicBlueprint, Settings, Task, endpoint, hookimpl
PLUGIN = Plugin(name="acme", title="Acme")
"""
FOUND = {
    "must not be async: write `def register_permissions` (acme/plugin.py:7)": """
        @hookimpl
        async def register_permissions():
            return []
        """,
    "hook register_permissions() raised SystemExit: 3 (acme/plugin.py:9)": """
        @hookimpl
        def register_permissions():
            raise SystemExit(3)
        """,
    "plugin.py:7  write @asynccontextmanager between @hookimpl and `async def lifespan`": """
        @hookimpl
        async def lifespan(app):
            yield
        """,
    "plugin.py:8  write @asynccontextmanager between @hookimpl and `async def lifespan`": """

        @hookimpl
        @contextmanager
        def lifespan(app):
            yield
        """,
    "acme.work: acme/plugin.py:7  what it runs takes one struct, or nothing": """
        async def work(one, another): ...
        @hookimpl
        def register_tasks():
            return [Task(name="acme.work", run=work)]
        """,
    "acme.work: acme/plugin.py:8  what it runs takes one struct, or nothing": """

        async def work(unsaid): ...
        @hookimpl
        def register_tasks():
            return [Task(name="acme.work", run=work)]
        """,
    "acme.work: acme/plugin.py:7  what it runs must be an async function": """
        def work(): ...
        @hookimpl
        def register_tasks():
            return [Task(name="acme.work", run=work)]
        """,
    "plugin.py:8  the handler of 'auth.user_registered' must take the event": """
        async def hear(): ...
        @hookimpl
        def register_handlers():
            return {"auth.user_registered": hear}
        """,
    "plugin.py:8  who may follow 'acme.room' is told by an async function (user, rest)": """
        async def may(user): ...
        @hookimpl
        def register_channels():
            return {"acme.room": may}
        """,
    "acme: its hook register_commands() raised": """
        @hookimpl
        def register_commands(cli):
            cli.add_command(print)
        """,
    "acme: /docs is taken already. Choose another prefix.": """
        pages = PublicBlueprint("acme", url_prefix="/docs")
        @pages.get("/mine")
        async def mine(request): ...
        @hookimpl
        def register_routes():
            return pages
        """,
}
NOT_LOADED = {
    "settings= must be a class, and a subclass of core.Settings), at acme/plugin.py:7": """
        Plugin(name="acme", title="Acme", settings=Settings())
        """,
    "cannot be imported (SystemExit: 3), at acme/plugin.py:7": """
        raise SystemExit(3)
        """,
    "is no endpoint: write @endpoint between them, at acme/plugin.py:9": """
        things = Blueprint("acme")
        @endpoint(None)
        @things.get("/")
        async def read() -> str:
            "Read."
        """,
}


def loaded(package: Path, text: str, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    monkeypatch.chdir(package)
    write(package, "acme", plugin=HEAD + dedent(text))
    return complaints(read(package / "none.toml", {"TENFOLD_ENABLED": "acme.plugin"}))


@pytest.mark.filterwarnings("error::RuntimeWarning")
@pytest.mark.parametrize("words", FOUND)
def test_check_says_what_to_write(
    package: Path, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = loaded(package, FOUND[words], monkeypatch)
    assert any(words in line for line in found), found


@pytest.mark.parametrize("words", NOT_LOADED)
def test_what_cannot_be_loaded_says_what_to_write(
    package: Path, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(PluginError) as caught:
        loaded(package, NOT_LOADED[words], monkeypatch)
    assert words in caught.value.problems[0]


def test_a_plugin_that_cannot_be_tried_out_is_named(
    package: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    demo = "\n@hookimpl\nasync def demo(users):\n    1 / 0\n"
    write(package, "acme", plugin=HEAD + demo)
    with command_line(package, monkeypatch, "acme.plugin") as tenfold:
        result = tenfold("demo")
    assert result.exit_code == 2
    said = "acme: its hook demo() raised ZeroDivisionError: division by zero, at acme/plugin.py:9"
    assert result.stderr.endswith(f"{said}\n")
