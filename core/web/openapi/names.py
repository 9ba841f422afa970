"""What the types on the wire are called in the document: short names, no two the same."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from typing import Any, get_args, get_origin


def component_names(classes: Sequence[Any]) -> list[str]:
    """Return a name for each class, made of ASCII letters and digits (OpenAPI 3.1, 4.8.7).

    Where two would have the same, the plugin's is in front; where that does not help, a number
    behind: of two plugins that never heard of each other, none takes the other's name.
    """
    short = [_short(each) for each in classes]
    names: dict[str, None] = {}
    for each, name in zip(classes, short, strict=True):
        wanted = f"{_plugin(each)}{_name(each)}" if short.count(name) > 1 else name
        names[_free(wanted, names)] = None
    return list(names)


def _free(wanted: str, taken: Collection[str]) -> str:
    name, count = wanted, 1
    while name in taken:
        count += 1
        name = f"{wanted}{count}"
    return name


def _short(kind: Any) -> str:
    """Return ``Task`` for ``TaskOut``, and ``TaskPage`` for ``Page[TaskOut]``."""
    name = _name(kind)
    return name.removesuffix("Out") or name


def _name(kind: Any) -> str:
    """Return what a class is called, a generic one behind what it holds."""
    own = getattr(get_origin(kind) or kind, "__name__", str(kind))
    return "".join(map(_short, get_args(kind))) + _plain(own)


def _plugin(kind: Any) -> str:
    while get_args(kind):
        kind = get_args(kind)[0]
    module = str(getattr(kind, "__module__", "")).split(".")
    inside = module[1:] if module[0] in ("core", "plugins") else module
    return "".join(map(_plain, inside[0].split("_"))) if inside else ""


def _plain(text: str) -> str:
    """Return ``text`` as one word with a capital letter."""
    letters = re.sub(r"[^A-Za-z0-9]", "", text).lstrip("0123456789")
    return (letters[:1].upper() + letters[1:]) or "X"
