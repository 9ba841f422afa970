"""The parts of the documentation that are made from the code: settings and hooks.

``python -m core.reference`` writes them into docs/.
"""

from __future__ import annotations

import inspect
import typing
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from core import configuration, hookspecs
from core.plugins import Plugins, built_in
from core.settings import Settings, Source, is_secret

MADE = "<!-- Made by scripts/docs; do not edit. -->\n"


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


def pages() -> dict[str, str]:
    """Return the text of each page, with every built-in plugin on."""
    environ = {"TENFOLD_ENABLED": ",".join(built_in())}
    plugins = configuration.read(Path("/nowhere/plugins.toml"), environ)
    return {"settings.md": settings_page(plugins), "hooks.md": hooks_page()}


if __name__ == "__main__":
    for page, text in pages().items():
        (Path("docs") / page).write_text(text)
