"""Finding plugins and calling their hooks."""

from __future__ import annotations

import re
import time
from pathlib import Path
from types import ModuleType
from typing import Any

import pluggy
import pytest

import plugins as builtin
from core import calling, hookspecs, loading
from core import plugins as plugins_module
from core.loading import load
from core.plugins import Enabled, Plugin, PluginError, Plugins, hookimpl
from core.settings import Settings
from tests.core.packages import GOOD, package, write

__all__ = ["package"]


def test_a_dotted_module_is_a_plugin(package: Path) -> None:
    write(package, "acme", plugin=GOOD.format(name="acme"))
    assert load("acme.plugin")[0].name == "acme"


def test_an_entry_point_is_a_plugin(package: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(package, "acme", plugin=GOOD.format(name="acme"))
    metadata = package / "acme_billing-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Name: acme-billing\nVersion: 1.0\n")
    (metadata / "entry_points.txt").write_text("[tenfold.plugins]\nacme-billing = acme.plugin\n")
    assert load("acme-billing")[0].name == "acme"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            "import nowhere_to_be_found",
            "needs the package 'nowhere_to_be_found': pip install it, at acme/plugin.py:1",
        ),
        (
            "\n1 / 0",
            "cannot be imported (ZeroDivisionError: division by zero), at acme/plugin.py:2",
        ),
        ("\ndef x(:", "cannot be imported (SyntaxError: invalid syntax), at acme/plugin.py:2"),
        ("from .routs import a", "imports acme.routs, which is not there, at acme/plugin.py:1"),
        ("import core.dbs", "imports core.dbs, which is not there, at acme/plugin.py:1"),
        ("", "has no PLUGIN"),
        (
            "from core import Plugin\nPLUGIN = Plugin(name='acme', title='', requires='todo')",
            "requires='todo' must be a list: requires=['todo']), at acme/plugin.py:2",
        ),
        (
            "from core import Permission\nPermission('acme.read', 'Read', roles='user')",
            "roles='user' must be a list: roles=['user']), at acme/plugin.py:2",
        ),
        ("from core import Plugin\nPLUGIN = Plugin(name='a-b', title='')", "no plugin name"),
        ("from core import Plugin\nPLUGIN = Plugin(name='ab', title='', api=9)", "plugin API 9"),
    ],
)
def test_what_is_wrong_with_a_plugin_is_a_sentence_with_its_line(
    package: Path, text: str, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(package)
    write(package, "acme", plugin=text)
    with pytest.raises(PluginError) as caught:
        load("acme.plugin")
    assert words in caught.value.problems[0]
    assert caught.value.problems[0].startswith("acme.plugin: ")


def test_a_folder_and_its_plugin_have_one_name(
    package: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(package)
    monkeypatch.setattr(builtin, "__path__", list(builtin.__path__))
    (package / "plugins").mkdir()
    write(package / "plugins", "recipes", plugin=GOOD.format(name="recipe"))
    with pytest.raises(PluginError, match="recipes: its PLUGIN is called 'recipe'; call it as"):
        load("recipes")


def enabled(name: str, **hooks: Any) -> Enabled:
    module = ModuleType(name)
    for hook, function in hooks.items():
        setattr(module, hook, function)
    return Enabled(Plugin(name=name, title=name), module, Settings())


async def handle(event: Any) -> None: ...


def test_hooks_are_called_in_order_and_each_answer_has_its_plugins_name() -> None:
    def first(settings: Settings) -> Any:
        return {"one": handle}

    def second(settings: Settings) -> Any:
        return {type(settings).__name__: handle}

    plugins = Plugins(
        [
            enabled("one", register_handlers=hookimpl(first)),
            enabled("two", register_handlers=hookimpl(second)),
            enabled("three"),
        ]
    )
    found = list(plugins.call("register_handlers"))
    assert found == [("one", {"one": handle}), ("two", {"Settings": handle})]


def test_a_hook_that_raises_is_a_sentence_with_its_plugin_and_line() -> None:
    def broken() -> str:
        raise RuntimeError("disk is full")

    plugins = Plugins([enabled("one", register_tables=hookimpl(broken))])
    with pytest.raises(PluginError) as caught:
        list(plugins.call("register_tables"))
    (line,) = caught.value.problems
    assert line.startswith("one: its hook register_tables() raised RuntimeError: disk is full (")
    assert re.search(r"tests/core/test_plugins\.py:\d+\)$", line)


@pytest.mark.parametrize(
    ("hook", "result", "words"),
    [
        ("register_tables", ["one.app"], "the dotted path of a piccolo_app"),
        ("register_permissions", ["one.read"], "a list of Permission"),
        ("register_routes", "/one", "a Blueprint or a list of them"),
        ("register_admin", {"one": 1}, "a list of TableConfig and FormConfig"),
        ("register_handlers", {"todo.task_created": "f"}, "event names with an async function"),
        ("lifespan", 1, "an async context manager"),
    ],
)
def test_a_hook_that_returns_the_wrong_type_is_a_sentence(
    hook: str, result: Any, words: str
) -> None:
    function: Any = (lambda app: result) if hook == "lifespan" else lambda: result
    plugins = Plugins([enabled("one", **{hook: hookimpl(function)})])
    with pytest.raises(PluginError, match=f"one: its hook {hook}\\(\\) must return {words}"):
        list(plugins.call(hook, app=None))


def test_who_is_waited_for_is_said(
    package: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def slow() -> str:
        while not caplog.text:
            time.sleep(0.01)
        return "one.app"

    monkeypatch.setattr(calling, "PATIENCE", 0.05)
    list(Plugins([enabled("one", register_tables=hookimpl(slow))]).call("register_tables"))
    assert "one: its hook register_tables() has not returned yet." in caplog.text
    caplog.clear()
    monkeypatch.setattr(calling, "told", lambda: caplog.text, raising=False)
    wait = "import time\nfrom core import calling\nwhile not calling.told(): time.sleep(0.01)\n"
    write(package, "acme", plugin=wait + GOOD.format(name="acme"))
    load("acme.plugin")
    assert "acme.plugin: its import has not ended yet." in caplog.text


def test_the_plugin_api_before_this_one_is_spoken(
    package: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loading, "SPOKEN", range(1, 3))
    for number in (1, 2, 3):
        text = f"from core import Plugin\nPLUGIN = Plugin(name='ab', title='', api={number})"
        write(package, f"acme{number}", plugin=text)
    assert [load(f"acme{number}.plugin")[0].api for number in (1, 2)] == [1, 2]
    with pytest.raises(PluginError, match="plugin API 3; this server speaks 1 and 2"):
        load("acme3.plugin")


def test_a_hook_that_goes_is_told_to_who_uses_it(monkeypatch: pytest.MonkeyPatch) -> None:
    old = ModuleType("hookspecs")
    leaving = pluggy.HookspecMarker("tenfold")(
        warn_on_impl=DeprecationWarning("register_menu() goes; use register_admin()")
    )
    old.register_menu = leaving(lambda: None)  # type: ignore[attr-defined]
    monkeypatch.setattr(plugins_module, "hookspecs", old)
    plugins = Plugins([enabled("one", register_menu=hookimpl(lambda: None))])
    assert plugins.leaving == ["one: register_menu() goes; use register_admin()"]


def test_a_misspelled_hook_and_a_wrong_argument_are_refused() -> None:
    def function() -> None: ...

    def wrong(colour: str) -> None: ...

    with pytest.raises(PluginError, match=r"one: there is no hook 'registr_tables'; did you mean"):
        Plugins([enabled("one", registr_tables=hookimpl(function))])
    here = r"tests/core/test_plugins\.py:\d+"
    with pytest.raises(PluginError) as caught:
        Plugins([enabled("one", register_tables=hookimpl(wrong), register_admin=hookimpl(wrong))])
    one, two = caught.value.problems
    assert re.fullmatch(
        rf"one: its hook register_tables\(\) takes 'colour'; it takes nothing \({here}\)", one
    )
    assert re.fullmatch(
        rf"one: its hook register_admin\(\) takes 'colour'; it may take settings \({here}\)", two
    )


HOOKS = [name for name, each in vars(hookspecs).items() if hasattr(each, "tenfold_spec")]


@pytest.mark.parametrize("hook", HOOKS)
def test_every_hook_is_described(hook: str) -> None:
    assert getattr(hookspecs, hook).__doc__
