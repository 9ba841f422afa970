"""The parts of the documentation that are made from the code: settings, hooks and what core gives.

``python -m core.reference`` writes them into docs/.
"""

from __future__ import annotations

import inspect
import re
import typing
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec

from core import configuration, hookspecs
from core.endpoint import Contract
from core.loading import built_in
from core.plugins import Plugin, Plugins
from core.promised import core_page
from core.public import PublicBlueprint
from core.reading import Source, is_secret
from core.settings import Settings

API = "/api/v1"
MADE = "<!-- Made by scripts/docs; do not edit. -->\n"
HERE = "<!-- Made by scripts/docs from here on; do not edit. -->\n"


def settings_page(plugins: Plugins) -> str:
    """Return docs/settings.md."""
    intro = (
        "# Settings\n\nWritten under `[plugin]` in plugins.toml, or in the environment, "
        "which wins: `TENFOLD_CORE__PORT=8123`. Lists are written as JSON there: "
        '`["a", "b"]`. '
        "Each may also be in a file, which the variable with `_FILE` behind it names: "
        "`TENFOLD_CORE__DATABASE_FILE=/run/secrets/database`. Secrets are read from the "
        "environment or such a file alone.\n\n"
        "`tenfold settings` shows each value and where it was set.\n"
    )
    return MADE + intro + "".join(_table(each.name, each.settings, each.name) for each in plugins)


def _table(name: str, kind: type[Settings], heading: str) -> str:
    fields = msgspec.structs.fields(kind)
    if not fields:
        return ""
    hints = typing.get_type_hints(kind, include_extras=True)
    rows = "".join(_row(name, field, hints[field.name]) for field in fields)
    return f"\n## {heading}\n| setting | default | variable | meaning |\n|---|---|---|---|\n{rows}"


def _row(name: str, field: msgspec.structs.FieldInfo, hint: Any) -> str:
    default = "required" if field.required else f"`{msgspec.json.encode(_default(field)).decode()}`"
    described = [meta.description for meta in getattr(hint, "__metadata__", ()) if meta.description]
    variable = Source(name, {}, {}, {}).variable(field.name)
    secret = " Secret." if is_secret(hint) else ""
    meaning = f"{' '.join(described)}{secret}".replace("|", "\\|")
    return f"| `{field.name}` | {default} | `{variable}` | {meaning} |\n"


def _default(field: msgspec.structs.FieldInfo) -> Any:
    made = field.default_factory
    return field.default if made is msgspec.NODEFAULT else made()


def hooks() -> Iterator[tuple[str, Any]]:
    """Yield every hook, in the order of core/hookspecs.py."""
    for name, function in vars(hookspecs).items():
        if hasattr(function, "tenfold_spec"):
            yield name, function


def hooks_page() -> str:
    """Return docs/hooks.md."""
    intro = (
        "# Hooks\n\nA plugin is a module with `PLUGIN = Plugin(...)` and the hooks it needs, each "
        "marked with `@hookimpl`. A hook takes any of the arguments named here, and no others. "
        "Hooks are called in the order of what plugins require, and every error carries the name "
        "of the plugin it came from.\n"
    )
    return MADE + intro + "".join(_hook(name, function) for name, function in hooks())


def _hook(name: str, function: Any) -> str:
    keyword = "async def" if inspect.iscoroutinefunction(function) else "def"
    signature = str(inspect.signature(function)).replace("'", "")
    text = inspect.getdoc(function)
    return f"\n## {name}\n```python\n{keyword} {name}{signature}: ...\n```\n{text}\n"


def plugin_page(plugins: Plugins, name: str) -> str:
    """Return a plugin's README: what people wrote, then its endpoints and settings."""
    module = plugins[name].module
    written, mark, _ = (Path(str(module.__file__)).parent / "README.md").read_text().partition(HERE)
    rows = "".join(sorted(_rows(plugins, name)))
    table = f"\n## Endpoints\n| endpoint | permission | what for |\n|---|---|---|\n{rows}"
    return written + mark + table + _table(name, plugins[name].plugin.settings, "Settings")


def _rows(plugins: Plugins, name: str) -> Iterator[str]:
    for method, path, contract in endpoints(plugins, name):
        who = f"`{contract.permission}`" if contract.permission else "anyone"
        yield f"| `{path}` `{method}` | {who} | {contract.summary} |\n"


def endpoints(plugins: Plugins, name: str) -> Iterator[tuple[str, str, Contract]]:
    """Yield what a plugin serves: method, path (below /api/v1, unless it is public), contract."""
    for method, path, contract in routes(plugins, name):
        if contract is not None:
            yield method, path.removeprefix(API), contract


def routes(plugins: Plugins, name: str) -> Iterator[tuple[str, str, Contract | None]]:
    """Yield what a plugin serves: method, path, contract (a public page may have none)."""
    found = dict(plugins.call("register_routes")).get(name, ())
    for blueprint in found if isinstance(found, Sequence) else [found]:
        below = "" if isinstance(blueprint, PublicBlueprint) else f"{API}/{name}"
        for route in blueprint._future_routes:
            path = f"{below}{blueprint.url_prefix or ''}{route.uri}".rstrip("/") or "/"
            shown = re.sub(r"<([^:>]+)[^>]*>", r"{\1}", path)
            for method in sorted(set(route.methods or ()) - {"HEAD"}):
                yield method, shown, getattr(route.handler, "contract", None)


def settings_of(plugins: Plugins, name: str) -> Iterator[str]:
    """Yield the settings of a plugin, each with its value where it may be seen."""
    kind = plugins[name].plugin.settings
    hints = typing.get_type_hints(kind, include_extras=True)
    for field in msgspec.structs.fields(kind):
        value = getattr(plugins[name].settings, field.name)
        yield f"{field.name} = {'****' if is_secret(hints[field.name]) else repr(value)}"


def gallery_page(plugins: Plugins) -> str:
    """Return docs/plugins.md."""
    intro = (
        "# Plugins\n\nEach is switched on by its name in `enabled`, in plugins.toml. "
        "`tenfold plugins info NAME` shows all that one brings. "
        "[Your first plugin](first-plugin.md) says how to add one.\n\n"
        "| plugin | what it does | requires |\n|---|---|---|\n"
    )
    rows = "".join(_card(plugins[name].plugin) for name in built_in())
    example = "examples/todo-backend/README.md"
    return (
        f"{MADE}{intro}{rows}| [todo_backend]({example}) | The Todo-Backend contract, "
        "as a distribution of its own. | |\n"
    )


def _card(plugin: Plugin) -> str:
    link = f"[{plugin.name}](../plugins/{plugin.name}/README.md)"
    return f"| {link} | {plugin.description} | {', '.join(plugin.requires)} |\n"


def pages() -> dict[str, str]:
    """Return the text of each page by its path, with every built-in plugin on."""
    environ = {"TENFOLD_ENABLED": ",".join(built_in())}
    plugins = configuration.read(Path("/nowhere/plugins.toml"), environ)
    made = {
        "docs/settings.md": settings_page(plugins),
        "docs/hooks.md": hooks_page(),
        "docs/core.md": MADE + core_page(),
        "docs/plugins.md": gallery_page(plugins),
    }
    return made | {f"plugins/{name}/README.md": plugin_page(plugins, name) for name in built_in()}


if __name__ == "__main__":
    for page, text in pages().items():
        Path(page).write_text(text)
