"""Every hook gets exactly the arguments that are written down, and its answer goes somewhere."""

from __future__ import annotations

import json
import zipfile
from collections.abc import AsyncIterator
from io import BytesIO
from pathlib import Path
from typing import Any

import httpx
import pytest
from click.testing import CliRunner

from core import hookspecs
from core.cli import main
from core.commands.plugin_groups import groups_of_plugins
from core.testing import PASSWORD, Server, serving, sign_up
from tests.core.packages import package, write

__all__ = ["package"]

PLUGIN = '''
from contextlib import asynccontextmanager

import click
from sanic import Blueprint

from core import Hit, Permission, Plugin, Settings, Task, endpoint, hookimpl

called = {}


class AcmeSettings(Settings, frozen=True):
    colour: str = "red"


PLUGIN = Plugin(name="acme", title="Acme", settings=AcmeSettings)
things = Blueprint("acme")


@things.get("/")
@endpoint("acme.read")
async def some() -> str:
    """Say something."""
    return "thing"


@hookimpl
def register_permissions():
    return [Permission("acme.read", "Read")]


@hookimpl
def register_routes(settings):
    called["register_routes"] = settings
    return things


@hookimpl
def register_admin(settings):
    called["register_admin"] = settings
    return []


@hookimpl
def register_handlers(settings):
    called["register_handlers"] = settings
    return {"auth.user_registered": hear}


async def hear(event):
    called["heard"] = event.user_id


@hookimpl
def register_tasks(settings):
    called["register_tasks"] = settings
    return [Task(name="acme.work", run=work)]


async def work():
    called["worked"] = True


@hookimpl
def register_channels(settings):
    called["register_channels"] = settings
    return {"acme.news": follow}


async def follow(user, rest):
    return True


@hookimpl
def register_commands(cli, settings):
    @cli.command()
    def colour():
        """Say the colour."""
        click.echo(settings.colour)


@hookimpl
@asynccontextmanager
async def lifespan(app, settings):
    called["lifespan"] = app.name, settings
    yield


@hookimpl
async def health(settings):
    called["health"] = settings


@hookimpl
async def search(user, query, limit, settings):
    called["search"] = user.id, query, limit, settings
    return []


@hookimpl
async def export_user(user, settings):
    called["export_user"] = user, settings
    return {"favourite": settings.colour}


@hookimpl
async def delete_user(user, settings):
    called["delete_user"] = user, settings


@hookimpl
async def demo(users, settings):
    called["demo"] = list(users), settings
'''

ELSEWHERE = {"register_tables"}
"""Hooks that the tests of tables and migrations call."""


@pytest.fixture
async def server(
    package: Path, tmp_path: Path, tenfold_environment: dict[str, str]
) -> AsyncIterator[Server]:
    """Return a server with a plugin that has every hook."""
    write(package, "acme", plugin=PLUGIN)
    environment = tenfold_environment | {
        "TENFOLD_ENABLED": "acme.plugin",
        "TENFOLD_CORE__DATABASE": f"sqlite:///{tmp_path}/hooks.db",
    }
    async with serving(environment) as server:
        yield server


@pytest.fixture
async def ada(server: Server) -> AsyncIterator[Any]:
    id, token = await sign_up(server, "ada")
    headers = {"authorization": f"Bearer {token}"}
    async with httpx.AsyncClient(timeout=60, base_url=server.url, headers=headers) as client:
        client.id = id  # type: ignore[attr-defined]
        yield client


def test_the_plugin_of_this_test_has_every_hook() -> None:
    hooks = {name for name, each in vars(hookspecs).items() if hasattr(each, "tenfold_spec")}
    assert hooks - ELSEWHERE == {name for name in hooks if f"def {name}(" in PLUGIN}


async def test_what_is_declared_is_asked_with_the_plugins_settings(server: Server) -> None:
    settings = server.plugins["acme"].settings
    called = server.plugins["acme"].module.called
    for hook in ("register_routes", "register_handlers", "register_tasks", "register_channels"):
        assert called[hook] is settings
    assert called["lifespan"] == (server.app.name, settings)
    assert list(server.plugins.call("register_admin")) != []
    assert called["register_admin"] is settings


async def test_what_is_asked_while_running_gets_who_and_what(server: Server, ada: Any) -> None:
    settings = server.plugins["acme"].settings
    called = server.plugins["acme"].module.called
    assert (await ada.get("/health/ready")).status_code == 200
    assert called["health"] is settings
    assert (await ada.get("/api/v1/search", params={"q": "milk", "limit": 7})).status_code == 200
    assert called["search"] == (ada.id, "milk", 7, settings)
    answer = await ada.get("/api/v1/auth/me/export")
    files = zipfile.ZipFile(BytesIO(answer.content))
    assert json.loads(files.read("acme.json")) == {"favourite": "red"}
    assert called["export_user"] == (ada.id, settings)
    gone = await ada.request("DELETE", "/api/v1/auth/me", json={"password": PASSWORD})
    assert gone.status_code == 204
    assert called["delete_user"] == (ada.id, settings)
    for _, filled in server.plugins.call("demo", users=[1, 2]):
        await filled
    assert called["demo"] == ([1, 2], settings)


async def test_handlers_and_tasks_of_a_plugin_run(server: Server, run_tasks: Any) -> None:
    from core import enqueue

    called = server.plugins["acme"].module.called
    person = {"email": "eve@example.org", "username": "eve", "password": PASSWORD}
    async with httpx.AsyncClient(timeout=60, base_url=server.url) as client:
        made = await client.post("/api/v1/auth/register", json=person)
    assert called["heard"] == made.json()["user"]["id"]
    await enqueue("acme.work")
    await run_tasks()
    assert called["worked"]


def test_a_plugins_commands_are_in_a_group_of_its_own(
    package: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(package, "acme", plugin=PLUGIN)
    monkeypatch.setenv("TENFOLD_CONFIG", str(tmp_path / "plugins.toml"))
    (tmp_path / "plugins.toml").write_text('enabled = ["acme.plugin"]\n[acme]\ncolour = "blue"\n')
    groups_of_plugins.cache_clear()
    try:
        assert CliRunner().invoke(main, ["acme", "colour"]).output == "blue\n"
        assert "acme" in CliRunner().invoke(main, ["--help"]).output
    finally:
        groups_of_plugins.cache_clear()
