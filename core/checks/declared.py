"""Rules about what a plugin declares: its hooks, events, settings and panels."""

from __future__ import annotations

import inspect
import typing
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import click
import msgspec

from core import hookspecs
from core.calling import place, takes
from core.checks import places
from core.db.migrations import apps
from core.events import Event
from core.homes import stands_alone
from core.plugins import OWN, PluginError, Plugins
from core.settings import Settings

DECLARED = tuple(
    name
    for name, each in vars(hookspecs).items()
    if name.startswith("register_") and hasattr(each, "tenfold_spec")
)


def hooks(plugins: Plugins) -> Iterator[str]:
    """Every hook that is called while the app is built returns what it should."""
    yield from (f"{line}; see docs/hooks.md" for line in plugins.leaving)
    for name in DECLARED:
        if name == "register_commands":
            continue
        try:
            list(plugins.call(name) if name != "register_tables" else apps(plugins))
        except PluginError as error:
            yield from error.problems
    for plugin in plugins:
        group = click.Group(plugin.name)
        yield from _problems(partial(plugins.ask, plugin.name, "register_commands", cli=group))


def coroutines(plugins: Plugins) -> Iterator[str]:
    """A hook that core awaits is written ``async def``, and no other is."""
    for plugin in plugins:
        for name in plugins.hooks_of(plugin.name):
            function = inspect.unwrap(getattr(plugins[plugin.name].module, name))
            wanted = inspect.iscoroutinefunction(getattr(hookspecs, name))
            if inspect.iscoroutinefunction(function) != wanted:
                word = "async def" if wanted else "def"
                yield f"{plugin.name}: {place(function)}  write `{word} {name}`"


def lifespans(plugins: Plugins) -> Iterator[str]:
    """A lifespan is an async context manager."""
    for plugin in plugins:
        function: Any = getattr(plugins[plugin.name].module, "lifespan", None)
        bare = inspect.isasyncgenfunction(function)
        if "lifespan" in plugins.hooks_of(plugin.name) and (
            bare or inspect.isgeneratorfunction(inspect.unwrap(function))
        ):
            need = "write @asynccontextmanager between @hookimpl and `async def lifespan`"
            yield f"{plugin.name}: {place(function)}  {need}"


def handlers(plugins: Plugins) -> Iterator[str]:
    """Nobody waits for an event that an enabled plugin never tells."""
    told = {kind.name() for kind in kinds_of_event()}
    for plugin, wanted in plugins.call("register_handlers"):
        where = places.hook(plugins, plugin, "register_handlers")
        for name, handler in wanted.items():
            owner = name.partition(".")[0]
            if owner in plugins and name not in told:
                yield f"{plugin}: {where}  hears {name!r}, but {owner} tells no such event"
            if not inspect.iscoroutinefunction(inspect.unwrap(handler)):
                yield f"{plugin}: {where}  the handler of {name!r} must be async"
            if not takes(handler, 1):
                yield f"{plugin}: {where}  the handler of {name!r} must take the event"


def kinds_of_event(kind: type[Event] = Event) -> Iterator[type[Event]]:
    """Yield every kind of event whose module has been imported."""
    for each in kind.__subclasses__():
        yield each
        yield from kinds_of_event(each)


def tasks(plugins: Plugins) -> Iterator[str]:
    """Tasks carry their plugin's name, and can be run."""
    from core.tasks.task import collect

    yield from _problems(lambda: collect(plugins))


def channels(plugins: Plugins) -> Iterator[str]:
    """Realtime channels carry their plugin's name."""
    from core.realtime.channels import registered

    yield from _problems(lambda: registered(plugins))
    for plugin, found in plugins.call("register_channels"):
        where = places.hook(plugins, plugin, "register_channels")
        for name, authorize in found.items():
            if not takes(authorize, 2) or not inspect.iscoroutinefunction(authorize):
                need = f"who may follow {name!r} is told by an async function (user, rest)"
                yield f"{plugin}: {where}  {need}"


def settings(plugins: Plugins) -> Iterator[str]:
    """Each setting says what it is for, and the plugin's README names it."""
    for plugin in plugins:
        if plugin.name in OWN:
            continue
        what, text = _written(plugins, plugin.name)
        if not text:
            yield f"{plugin.name}: has no {what}; say what it is for"
        for name in _undescribed(plugin.settings):
            where_ = places.column(plugin.settings, name)
            yield f"{plugin.name}: {where_}  say what {name} is for: Meta(description=…)"
        for name, problem in _wrong_defaults(plugin.settings):
            where_ = places.column(plugin.settings, name)
            yield f"{plugin.name}: {where_}  the default of {name} is not allowed: {problem}"
        for field in msgspec.structs.fields(plugin.settings):
            if text and f"`{field.name}`" not in text:
                name = what.partition(" ")[0]
                yield f"{plugin.name}: {name} does not name the setting `{field.name}`"


def _written(plugins: Plugins, name: str) -> tuple[str, str]:
    """Return where a plugin says what it is for, and what it says there."""
    if stands_alone(plugins[name].module):
        return "docstring in its module", plugins[name].module.__doc__ or ""
    folder = places.folder_of(plugins, name)
    readme = folder / "README.md"
    return f"README.md in {folder.name}/", readme.read_text() if readme.exists() else ""


def _undescribed(kind: type[Settings]) -> Iterator[str]:
    hints = typing.get_type_hints(kind, include_extras=True)
    for field in msgspec.structs.fields(kind):
        metadata: Any = getattr(hints[field.name], "__metadata__", ())
        if not any(getattr(each, "description", None) for each in metadata):
            yield field.name


def _wrong_defaults(kind: type[Settings]) -> Iterator[tuple[str, str]]:
    """Yield each setting whose default its own type would refuse, and why."""
    hints = typing.get_type_hints(kind, include_extras=True)
    for field in msgspec.structs.fields(kind):
        if field.default is not msgspec.NODEFAULT:
            try:
                msgspec.convert(msgspec.to_builtins(field.default), hints[field.name])
            except msgspec.ValidationError as error:
                yield field.name, str(error)


def panels(plugins: Plugins) -> Iterator[str]:
    """The admin can be built from the panels of all plugins."""
    from core.admin.panels import collect

    yield from _problems(lambda: collect(plugins))


def _problems(attempt: Callable[[], object]) -> Iterator[str]:
    try:
        attempt()
    except PluginError as error:
        yield from error.problems
