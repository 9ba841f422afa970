"""docs/core.md: everything that a plugin may import, as core/__init__.py names it."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator
from importlib import import_module
from itertools import groupby, pairwise
from pathlib import Path
from typing import Any

import msgspec
from piccolo.table import Table

import core
from core.errors import Problem

INTRO = (
    "# What a plugin may import\n\nEverything that `core` names in `__all__`, and nothing else: "
    "`from core import endpoint`. What is not here may change without notice, and `tenfold check` "
    "says who imports it. [Your first plugin](first-plugin.md) shows most of it at work; for tests "
    "there is `core.testing`.\n"
)
WIDE = 100
FOR_CORE = {"Problem.out", "Task.wait"}
"""What has no underscore in front and is still nothing to plugins."""


def core_page() -> str:
    """Return docs/core.md."""
    found = origins()
    names = sorted(core.__all__, key=lambda name: (_topic(found[name][0]), name))
    parts = [INTRO]
    for topic, some in groupby(names, lambda name: _topic(found[name][0])):
        parts += [f"\n## {topic}\n", *(_entry(name, *found[name]) for name in some)]
    return "".join(parts)


def origins() -> dict[str, tuple[str, str]]:
    """Return the module that each name of core comes from, and what it is called there."""
    tree = ast.parse(Path(core.__file__).read_text())
    return {
        each.asname or each.name: (node.module or "", each.name)
        for node in tree.body
        if isinstance(node, ast.ImportFrom)
        for each in node.names
    }


def _topic(module: str) -> str:
    return module.split(".")[1]


def _entry(name: str, module: str, there: str) -> str:
    value = getattr(core, name)
    own = inspect.isfunction(value) or (
        inspect.isclass(value) and value.__module__.startswith("core.")
    )
    said = inspect.getdoc(value) if own else said_below(module, there)
    shown = f"\n### {name}\n```python\n{_shown(name, value, own=own)}\n```\n{said}\n"
    return shown + "".join(_methods(name, value) if own and inspect.isclass(value) else ())


def _methods(name: str, value: Any) -> Iterator[str]:
    """Yield what may be called on a class of core's own, or on what it makes."""
    if issubclass(value, Table):
        columns = ", ".join(f"`{each._meta.name}`" for each in value._meta.columns)
        yield f"\nIts columns: {columns}.\n"
        return
    for method, held in vars(value).items():
        function = getattr(held, "__func__", held)
        for_core = method.startswith("_") or f"{name}.{method}" in FOR_CORE
        if for_core or not inspect.isfunction(function):
            continue
        word = "async def" if inspect.iscoroutinefunction(function) else "def"
        returned = dict(_written(function))["return"]
        given = given_to(function)
        lines = laid_out(f"{word} {name}.{method}", given, f" -> {returned}: ...")
        yield f"\n```python\n{lines}\n```\n{inspect.getdoc(function)}\n"


def said_below(module: str, name: str) -> str:
    """Return the text that stands below ``name = ...`` in a module."""
    body = ast.parse(inspect.getsource(import_module(module))).body
    for assigned, below in pairwise(body):
        is_it = isinstance(assigned, ast.Assign) and ast.unparse(assigned.targets[0]) == name
        if is_it and isinstance(below, ast.Expr) and isinstance(below.value, ast.Constant):
            return inspect.cleandoc(str(below.value.value))
    return ""


def _shown(name: str, value: Any, *, own: bool) -> str:
    if inspect.isfunction(value):
        word = "async def" if inspect.iscoroutinefunction(value) else "def"
        is_block = inspect.isasyncgenfunction(getattr(value, "__wrapped__", None))
        way = f"# async with {name}(...):\n" if is_block else ""
        returned = dict(_written(value))["return"]
        return way + laid_out(f"{word} {name}", given_to(value), f" -> {returned}: ...")
    if not own:
        return name
    if issubclass(value, Problem):
        return f"class {name}(detail): ...  # {value.status} {value.code}"
    made = issubclass(value, msgspec.Struct) or "__init__" in vars(value)
    return laid_out(f"class {name}", given_to(value) if made else [], ": ...")


def given_to(value: Any) -> list[str]:
    """Return what is given to a function or class, with the types as they are written."""
    written = dict(_written(value))
    shown: list[str] = []
    for name, each in inspect.signature(value).parameters.items():
        if name not in written:  # self
            continue
        if each.kind is each.KEYWORD_ONLY and not any(one.startswith("*") for one in shown):
            shown.append("*")
        stars = "*" * (each.kind is each.VAR_POSITIONAL) + "**" * (each.kind is each.VAR_KEYWORD)
        default = "" if each.default is each.empty else f" = {_default(each.default)}"
        shown.append(f"{stars}{name}: {written[name]}{default}")
    return shown


def _default(value: Any) -> str:
    return value.__name__ if isinstance(value, type) else repr(value).replace("'", '"')


def laid_out(head: str, given: list[str], tail: str) -> str:
    """Return a signature as the formatter of the code would write it."""
    inside = ", ".join(given)
    whole = f"{head}({inside}){tail}" if given or "def" in head else f"{head}{tail}"
    if len(whole) <= WIDE:
        return whole
    if len(inside) + 4 <= WIDE and len(given) > 1:
        return f"{head}(\n    {inside}\n){tail}"
    lines = "".join(f"    {each},\n" for each in given)
    return f"{head}(\n{lines}){tail}"


def _written(value: Any) -> Iterator[tuple[str, str]]:
    """Yield the annotations of a function, of a class's fields or of what makes it."""
    holders = [value] if inspect.isfunction(value) else [*reversed(value.__mro__), value.__init__]
    for holder in holders:
        for name, text in getattr(holder, "__annotations__", {}).items():
            if isinstance(text, str):
                yield name, text
