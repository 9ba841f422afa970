"""Which passwords are refused. Asked when one is set, never when somebody signs in."""

from __future__ import annotations

from functools import cache
from importlib.util import find_spec, module_from_spec, spec_from_file_location
from pathlib import Path

from core.auth.accounts.names import key_of
from core.auth.authenticators.passwords import LONGEST, SHORTEST
from core.errors import FieldError, Invalid


class WeakPassword(Invalid):
    """The password is one that others guess first. Take one that nobody else has."""

    code, title = "weak_password", "Weak password"


def refuse_weak(password: str, *names: str, path: str = "$.password") -> None:
    """Raise WeakPassword for a common password, or one that is a name or address of its owner."""
    reason = _reason(password, names)
    if reason:
        raise WeakPassword(reason, errors=[FieldError(path, reason)])


def _reason(password: str, names: tuple[str, ...]) -> str:
    if not SHORTEST <= len(password) <= LONGEST:
        return f"A password has {SHORTEST} to {LONGEST} characters."
    key = key_of(password)
    if key in {part for name in names for part in (key_of(name), key_of(name).partition("@")[0])}:
        return "Your name or address is no password. Take something that only you know."
    common = "\n" not in key and f"\n{key}\n" in _commonest()
    if common or len(set(key)) == 1:
        return "This password is among the commonest, so it is guessed first. Take another one."
    return ""


@cache
def _commonest() -> str:
    """Return the commonest passwords that are long enough, one a line (about 100 kB).

    Only this list of zxcvbn is read; importing the package would keep all of them, ranked.
    """
    package = find_spec("zxcvbn")
    if package is None or not package.submodule_search_locations:
        raise RuntimeError("The package zxcvbn is missing. Install the requirements again.")
    file = Path(package.submodule_search_locations[0]) / "frequency_lists.py"
    spec = spec_from_file_location("frequency_lists", file)
    if spec is None or spec.loader is None:
        raise RuntimeError(f"{file} is missing. Install the requirements again.")
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    found = module.FREQUENCY_LISTS["passwords"]
    return "\n".join(["", *(word for word in found if len(word) >= SHORTEST), ""])
