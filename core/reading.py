"""Read one table of plugins.toml, with the environment over it; every mistake at once."""

from __future__ import annotations

import difflib
import typing
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

import msgspec
from msgspec import Meta

from core.settings import Settings

PREFIX = "TENFOLD_"


@dataclass(frozen=True)
class Source:
    """One table of plugins.toml with the environment laid over it."""

    name: str
    values: Mapping[str, Any]
    environ: Mapping[str, str]
    where: Mapping[str, str]

    def variable(self, key: str) -> str:
        """Return the environment variable that sets ``key``."""
        return f"{PREFIX}{self.name.upper().replace('-', '_')}__{key.upper()}"


S = TypeVar("S", bound=Settings)


@dataclass(frozen=True)
class Reading(Generic[S]):
    """What reading a table gave: the values, where each came from, and what is wrong."""

    values: S | None
    origins: Mapping[str, str]
    problems: list[str]


def read_table(kind: type[S], source: Source) -> Reading[S]:
    """Read one table as ``kind``; each setting is checked by itself, so that all mistakes show."""
    values: dict[str, Any] = {}
    origins: dict[str, str] = {}
    problems = list(_unknown(kind, source))
    hints = typing.get_type_hints(kind, include_extras=True)
    for field in msgspec.structs.fields(kind):
        key = field.name
        try:
            found = _given(source, key, is_secret(hints[key]))
            if found is None:
                origins[key] = "default"
                continue
            raw, origins[key], loosely = found
            values[key] = msgspec.convert(raw, hints[key], strict=not loosely)
        except (msgspec.ValidationError, ValueError, OSError) as error:
            problems.append(
                f"{_place(source, key)}{source.name}.{key}: {_sentence(error, hints[key])}"
            )
    problems += [
        f"{source.name}.{field.name}: required; write it under [{source.name}] "
        f"or set ${source.variable(field.name)}"
        for field in msgspec.structs.fields(kind)
        if field.required and field.name not in values and origins.get(field.name) == "default"
    ]
    if problems:
        return Reading(None, origins, problems)
    settings = kind(**values)
    problems = [
        f"{_place(source, key)}{source.name}.{key}: {sentence}"
        for key, sentence in settings.mistakes().items()
        if sentence
    ]
    return Reading(None if problems else settings, origins, problems)


def is_secret(hint: Any) -> bool:
    """Tell whether a setting's type says that it is a secret."""
    return bool(_extra(hint).get("secret"))


def _extra(hint: Any) -> dict[str, Any]:
    """Return what a setting's type says beside what msgspec looks at."""
    found: dict[str, Any] = {}
    for meta in getattr(hint, "__metadata__", ()):
        if isinstance(meta, Meta):
            found |= meta.extra or {}
    return found


def _given(source: Source, key: str, secret: bool) -> tuple[Any, str, bool] | None:
    """Find a value: ``(raw, where it was written, whether it is text to be converted)``."""
    variable = source.variable(key)
    if variable in source.environ:
        return _split(source.environ[variable]), f"${variable}", True
    if f"{variable}_FILE" in source.environ:
        path = Path(source.environ[f"{variable}_FILE"])
        return _split(path.read_text().strip()), str(path), True
    if key not in source.values:
        return None
    if secret:
        raise ValueError(f"a secret does not belong in a file that is shared; set ${variable}")
    return source.values[key], source.where.get(key, "plugins.toml"), False


def _split(text: str) -> Any:
    """Read ``[a, b]`` or ``{...}`` from the environment as JSON, anything else as it stands."""
    if text[:1] in "[{" and text[:1]:
        try:
            return msgspec.json.decode(text)
        except msgspec.DecodeError as error:
            raise ValueError(f"is not valid JSON: {error}") from None
    return text


def _unknown(kind: type[Settings], source: Source) -> typing.Iterator[str]:
    known = [field.name for field in msgspec.structs.fields(kind)]
    prefix = source.variable("")
    given = {key: source.where.get(key, "plugins.toml") for key in source.values}
    given |= {
        variable.removeprefix(prefix).lower(): f"${variable}"
        for variable in source.environ
        if variable.startswith(prefix)
    }
    for key, where in given.items():
        if key not in known and key.removesuffix("_file") not in known:
            yield f"{where}  {source.name}.{key}: unknown setting{did_you_mean(key, known)}"


def did_you_mean(word: str, known: typing.Iterable[str]) -> str:
    """Return ``"; did you mean 'x'?"`` when a known word is close, else ``""``."""
    close = difflib.get_close_matches(word, list(known), n=1)
    return f"; did you mean {close[0]!r}?" if close else ""


def _place(source: Source, key: str) -> str:
    variable = source.variable(key)
    given = next((each for each in (variable, f"{variable}_FILE") if each in source.environ), None)
    place = f"${given}" if given else source.where.get(key, "")
    return f"{place}  " if place else ""


def _sentence(error: Exception, hint: Any) -> str:
    text = str(error)
    if isinstance(error, OSError):
        return f"{error.filename}: {error.strerror}"
    if not isinstance(error, msgspec.ValidationError):
        return text
    write = _extra(hint).get("write")
    if write and "matching regex" in text:
        return f"write {write}"
    chosen = typing.get_args(getattr(hint, "__origin__", hint))
    if text.startswith("Invalid enum value") and all(isinstance(each, str) for each in chosen):
        return f"write {', '.join(chosen[:-1])} or {chosen[-1]}"
    if text.startswith("Expected `array`, got `str`"):
        return 'is a list: write ["a", "b"]'
    return text[:1].lower() + text[1:]
