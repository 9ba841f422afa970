"""Rules about what a plugin's code says: imports, rows from clients, what stops a worker."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Any

import core
from core.calling import shown
from core.checks.places import at, files, package_of, parsed_file, sources
from core.db.migrations import tables
from core.plugins import Plugins

UNSAFE = {"pickle", "shelve", "marshal", "dill", "cloudpickle"}


BLOCKING = {
    "time.sleep": "asyncio.sleep",
    "urllib.request.urlopen": "core.fetch",
    **{
        f"{module}.{name}": "core.fetch"
        for module in ("requests", "httpx")
        for name in ("get", "post", "put", "patch", "delete", "head", "request")
    },
    **{
        f"subprocess.{name}": "asyncio.create_subprocess_exec"
        for name in ("run", "call", "check_call", "check_output")
    },
    "os.system": "asyncio.create_subprocess_exec",
}
"""What waits without letting others work, and what to await in its place."""


def readable(plugins: Plugins) -> Iterator[str]:
    """Every file is Python, also one that nothing imports yet."""
    for name, file in files(plugins):
        error = parsed_file(file, file.stat().st_mtime_ns)
        if isinstance(error, SyntaxError):
            yield f"{name}: {shown(file)}:{error.lineno or 1}  is no Python: {error.msg}"


def imports(plugins: Plugins) -> Iterator[str]:
    """A plugin imports what core names in ``__all__``, its own files, and what it requires."""
    for name, file, tree in sources(plugins):
        package = package_of(plugins, name, file)
        for node in ast.walk(tree):
            for module, imported in _imported(node, package):
                problem = _refused(plugins, name, module, imported)
                if problem:
                    yield f"{name}: {at(file, node)}  imports {problem}"


def _refused(plugins: Plugins, name: str, module: str, imported: str) -> str | None:
    """Return what is wrong with an import, None if it is fine."""
    parts = [*module.split("."), *([imported] if module == "plugins" else [])]
    if parts[0] in UNSAFE:
        return f"{parts[0]}, which runs what it reads; use msgspec"
    if parts[0] == "core" and (len(parts) > 1 or imported not in core.__all__):
        way = f": write from core import {imported}" if imported in core.__all__ else ""
        return f"{f'{module}.{imported}'.rstrip('.')}, which core does not promise{way}"
    if parts[0] == "plugins" and len(parts) > 1 and parts[1] != name:
        needed = parts[1] not in plugins[name].plugin.requires
        return f"plugins.{parts[1]} without requires=[{parts[1]!r}]" if needed else None
    return None


def _imported(node: ast.AST, package: list[str]) -> Iterator[tuple[str, str]]:
    """Yield ``(module, name)`` of each import, in full, in a file of ``package``."""
    if isinstance(node, ast.ImportFrom):
        above = package[: len(package) - node.level + 1] if node.level else []
        module = ".".join([*above, *([node.module] if node.module else [])])
        for alias in node.names:
            yield module, alias.name
    elif isinstance(node, ast.Import):
        for alias in node.names:
            yield alias.name, ""


def rows(plugins: Plugins) -> Iterator[str]:
    """A row is never made from what a client sent as it stands: it could overwrite any other."""
    classes = {table.__name__ for _, table in tables(plugins)}
    for name, file, tree in sources(plugins):
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and _is_unsafe(node, classes):
                yield f"{name}: {at(file, node)}  makes a row from a mapping; name its columns"


def _is_unsafe(call: ast.Call, classes: set[str]) -> bool:
    function: Any = call.func
    called = getattr(function, "attr", getattr(function, "id", ""))
    spread = any(keyword.arg is None for keyword in call.keywords)
    return called == "from_dict" or (called in classes and spread)


def blocking(plugins: Plugins) -> Iterator[str]:
    """Nothing in an ``async def`` makes every other request of the worker wait."""
    for name, file, tree in sources(plugins):
        full = dict(_full_names(tree))
        for call in _calls_while_awaited(tree):
            head, dot, rest = ast.unparse(call.func).partition(".")
            called = f"{full.get(head, head)}{dot}{rest}"
            if called in BLOCKING:
                where = f"{name}: {at(file, call)} "
                yield f"{where} {called}() stops the worker; await {BLOCKING[called]}()"


def _full_names(tree: ast.AST) -> Iterator[tuple[str, str]]:
    """Yield what a file calls each thing that it imports, and what that is in full."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((each.asname, each.name) for each in node.names if each.asname)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            for each in node.names:
                yield each.asname or each.name, f"{node.module}.{each.name}"


def _calls_while_awaited(tree: ast.AST) -> Iterator[ast.Call]:
    """Yield the calls that an ``async def`` makes itself, not those of functions inside it."""
    left = [(tree, False)]
    while left:
        node, awaited = left.pop()
        if isinstance(node, ast.AsyncFunctionDef | ast.FunctionDef | ast.Lambda):
            awaited = isinstance(node, ast.AsyncFunctionDef)
        elif awaited and isinstance(node, ast.Call):
            yield node
        left += [(child, awaited) for child in ast.iter_child_nodes(node)]
