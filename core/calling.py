"""Call one hook of one plugin: what it raises or returns wrongly becomes a sentence."""

from __future__ import annotations

import inspect
import logging
import threading
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, contextmanager
from pathlib import Path
from typing import Any

from sanic import Blueprint

log = logging.getLogger("tenfold")

PATIENCE = 10.0
Holds = Callable[[Any], bool]


class HookFailed(Exception):
    """A hook raised or returned what it must not; the text says which, what and where."""


def called(plugin: str, hook: str, function: Any, arguments: Mapping[str, Any]) -> Any:
    """Return what a hook returns, given those of the arguments that it names. Raises HookFailed."""
    wanted = inspect.signature(function).parameters
    try:
        with patience(f"{plugin}: its hook {hook}() has not returned yet."):
            result = function(*(arguments[name] for name in wanted))
    except HookFailed:
        raise
    except (Exception, SystemExit) as error:
        text = f"{type(error).__name__}: {error} ({_line(error, function)})"
        raise HookFailed(f"its hook {hook}() raised {text}") from error
    problem = None if result is None else wrong(hook, function, result)
    if problem is not None:
        raise HookFailed(problem)
    return result


def _line(error: BaseException, function: Any) -> str:
    """Return the deepest line of the hook's own file that an error came through."""
    file = inspect.getsourcefile(inspect.unwrap(function))
    own = [each for each in traceback.extract_tb(error.__traceback__) if each.filename == file]
    return f"{shown(Path(own[-1].filename))}:{own[-1].lineno}" if own else place(function)


def raised_at(error: BaseException, package: str) -> str:
    """Return ``, at path:line``, the deepest line of a package or module that raised an error.

    Nothing, where it came through none of them.
    """
    inside = f"/{package.replace('.', '/')}"
    places = [
        (each.filename, each.lineno)
        for each in traceback.extract_tb(error.__traceback__)
        if f"{inside}/" in each.filename or each.filename.endswith(f"{inside}.py")
    ]
    if isinstance(error, SyntaxError) and error.filename:
        places.append((error.filename, error.lineno))
    return f", at {shown(Path(places[-1][0]))}:{places[-1][1]}" if places else ""


@contextmanager
def patience(words: str) -> Iterator[None]:
    """Say which plugin is waited for, while the block does not end."""
    timer = threading.Timer(PATIENCE, log.warning, ("%s", words))
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def wrong(hook: str, function: Any, result: Any) -> str | None:
    """Return what is wrong with the ``result`` of a hook, and where it is written; None if well."""
    if hook not in EXPECTED:
        return None
    expected, holds = EXPECTED[hook]
    if holds(result):
        return None
    if inspect.iscoroutine(result):
        result.close()
        return f"its hook {hook}() must not be async: write `def {hook}` ({place(function)})"
    shown = repr(result)[:80]
    return f"its hook {hook}() must return {expected}, not {shown} ({place(function)})"


def takes(function: Any, number: int) -> bool:
    """Tell whether a function can be called with so many arguments."""
    try:
        inspect.signature(function).bind(*range(number))
    except TypeError:
        return False
    return True


def place(function: Any) -> str:
    """Return where a function, class or module is written, as ``path:line``."""
    function = inspect.unwrap(getattr(function, "func", function))
    try:
        file = inspect.getsourcefile(function) or "?"
        line = inspect.getsourcelines(function)[1] or 1
    except (TypeError, OSError):
        return getattr(function, "__module__", "?")
    return f"{shown(Path(file))}:{line}"


def shown(file: Path) -> str:
    """Return a path as a person reads it: from here if it is below here."""
    try:
        return str(file.resolve().relative_to(Path.cwd()))
    except ValueError:
        return str(file)


def _each(holds: Holds) -> Holds:
    return lambda result: (
        isinstance(result, Sequence) and not isinstance(result, str) and all(map(holds, result))
    )


def _is_permission(each: Any) -> bool:
    from core.plugins import Permission

    return isinstance(each, Permission)


def _is_panel(each: Any) -> bool:
    return type(each).__name__ in ("TableConfig", "FormConfig") or hasattr(each, "_meta")


def _maps_names_to_coroutines(result: Any) -> bool:
    return isinstance(result, Mapping) and all(
        isinstance(name, str) and callable(function) for name, function in result.items()
    )


EXPECTED: dict[str, tuple[str, Holds]] = {
    "register_tables": (
        'the dotted path of a piccolo_app, as "acme.piccolo_app"',
        lambda result: isinstance(result, str),
    ),
    "register_permissions": ("a list of Permission", _each(_is_permission)),
    "register_routes": (
        "a Blueprint or a list of them",
        lambda result: (
            isinstance(result, Blueprint) or _each(lambda each: isinstance(each, Blueprint))(result)
        ),
    ),
    "register_admin": ("a list of TableConfig and FormConfig", _each(_is_panel)),
    "register_handlers": (
        "event names with an async function each",
        _maps_names_to_coroutines,
    ),
    "register_tasks": (
        "a list of Task",
        _each(lambda each: type(each).__name__ == "Task"),
    ),
    "register_channels": (
        "channel names with an async function each",
        _maps_names_to_coroutines,
    ),
    "lifespan": (
        "an async context manager (write @asynccontextmanager under @hookimpl)",
        lambda result: isinstance(result, AbstractAsyncContextManager),
    ),
}
