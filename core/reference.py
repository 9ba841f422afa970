"""The parts of the documentation that are made from the code: settings and hooks.

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
from core.plugins import Plugins, built_in
from core.settings import Settings, Source, is_secret

MADE = "<!-- Made by scripts/docs; do not edit. -->\n"
HERE = "<!-- Made by scripts/docs from here on; do not edit. -->\n"


def settings_page(plugins: Plugins) -> str:
    """Return docs/settings.md."""
    intro = (
        "# Settings\n\nWritten under `[plugin]` in plugins.toml, or in the environment, "
        "which wins: `TENFOLD_CORE__PORT=8123`. Lists are written as JSON there: "
        '`["a", "b"]`. '
        "Secrets are read from the environment only, or from the file that the variable with "
        "`_FILE` behind it names.\n\n`tenfold settings` shows each value and where it was set.\n"
    )
    return MADE + intro + "".join(_table(each.name, each.settings) for each in plugins)


def _table(name: str, kind: type[Settings]) -> str:
    fields = msgspec.structs.fields(kind)
    if not fields:
        return ""
    hints = typing.get_type_hints(kind, include_extras=True)
    rows = "".join(_row(name, field, hints[field.name]) for field in fields)
    return f"\n## {name}\n| setting | default | variable | meaning |\n|---|---|---|---|\n{rows}"


def _row(name: str, field: msgspec.structs.FieldInfo, hint: Any) -> str:
    default = "required" if field.required else f"`{msgspec.json.encode(field.default).decode()}`"
    described = [meta.description for meta in getattr(hint, "__metadata__", ()) if meta.description]
    variable = Source(name, {}, {}, {}).variable(field.name)
    secret = " Secret." if is_secret(hint) else ""
    meaning = f"{' '.join(described)}{secret}".replace("|", "\\|")
    return f"| `{field.name}` | {default} | `{variable}` | {meaning} |\n"


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
    rows = "".join(sorted(_endpoints(plugins, name)))
    table = f"\n## Endpoints\n| endpoint | permission | what for |\n|---|---|---|\n{rows}"
    return written + mark + table + _table("settings", plugins[name].plugin.settings)


def _endpoints(plugins: Plugins, name: str) -> Iterator[str]:
    found = dict(plugins.call("register_routes"))[name]
    for blueprint in found if isinstance(found, Sequence) else [found]:
        for route in blueprint._future_routes:
            contract = getattr(route.handler, "contract", None)
            path = f"/{name}{blueprint.url_prefix or ''}{route.uri}".rstrip("/")
            shown = re.sub(r"<([^:>]+)[^>]*>", r"{\1}", path)
            for method in sorted(set(route.methods or ()) - {"HEAD"}):
                if contract is not None:
                    who = f"`{contract.permission}`" if contract.permission else "anyone"
                    yield f"| `{shown}` `{method}` | {who} | {contract.summary} |\n"


def pages() -> dict[str, str]:
    """Return the text of each page by its path, with every built-in plugin on."""
    environ = {"TENFOLD_ENABLED": ",".join(built_in())}
    plugins = configuration.read(Path("/nowhere/plugins.toml"), environ)
    made = {"docs/settings.md": settings_page(plugins), "docs/hooks.md": hooks_page()}
    return made | {f"plugins/{name}/README.md": plugin_page(plugins, name) for name in built_in()}


if __name__ == "__main__":
    for page, text in pages().items():
        Path(page).write_text(text)
