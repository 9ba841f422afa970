"""Settings: typed values from plugins.toml and the environment; all mistakes at once."""

from __future__ import annotations

import difflib
import os
import re
import typing
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Generic, Literal, TypeVar

import msgspec
from msgspec import Meta

PREFIX = "TENFOLD_"

Secret = Annotated[str, Meta(extra={"secret": True})]
"""A setting read from the environment or a file, never from plugins.toml, and shown masked."""


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Subclass it for a plugin's settings: each field has a type, a default and a description."""


class CoreSettings(Settings, frozen=True):
    """The ``[core]`` table of plugins.toml."""

    host: Annotated[str, Meta(description="Address to listen on.")] = "127.0.0.1"
    port: Annotated[int, Meta(ge=1, le=65535, description="Port to listen on.")] = 8000
    workers: Annotated[
        int, Meta(ge=0, le=256, description="Web worker processes; 0 means one a core.")
    ] = 0
    data: Annotated[
        str, Meta(min_length=1, description="Folder for what is kept: database, secrets.")
    ] = "data"
    database: Annotated[
        str,
        Meta(
            description="`sqlite:///path` (empty: tenfold.db in the data folder) or `postgres://…`."
        ),
    ] = ""
    database_pool: Annotated[
        int, Meta(ge=2, le=200, description="PostgreSQL connections a worker keeps.")
    ] = 8
    database_wait: Annotated[
        float, Meta(gt=0, le=60, description="Seconds a request waits for its turn to write.")
    ] = 5.0
    database_sync: Annotated[
        Literal["normal", "full"],
        Meta(
            description="SQLite: `full` also survives a power cut without losing the last commits."
        ),
    ] = "normal"
    secret: Annotated[
        Secret,
        Meta(
            description="Signs tokens, 32 characters or more; made on the first start if not given."
        ),
    ] = ""
    public_url: Annotated[
        str, Meta(description="Where people reach this server; links in answers begin with it.")
    ] = ""
    mail: Annotated[
        Secret,
        Meta(description="`smtp://user:password@host:587`; empty: into the folder data/mail."),
    ] = ""
    mail_from: Annotated[str, Meta(description="The sender of mails.")] = "tenfold@localhost"
    environment: Annotated[
        Literal["development", "production"],
        Meta(description="`production` refuses what is only good for trying things out."),
    ] = "development"
    max_body: Annotated[int, Meta(ge=1024, description="Largest JSON body, in bytes.")] = 1_048_576
    idempotency_hours: Annotated[
        int, Meta(ge=1, le=720, description="Hours an answer is kept for its Idempotency-Key.")
    ] = 24


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
            problems.append(f"{_place(source, key)}{source.name}.{key}: {_sentence(error)}")
    problems += [
        f"{source.name}.{field.name}: required; write it under [{source.name}] "
        f"or set ${source.variable(field.name)}"
        for field in msgspec.structs.fields(kind)
        if field.required and field.name not in values and origins.get(field.name) == "default"
    ]
    if problems:
        return Reading(None, origins, problems)
    return Reading(kind(**values), origins, [])


def is_secret(hint: Any) -> bool:
    """Tell whether a setting's type says that it is a secret."""
    metadata = getattr(hint, "__metadata__", ())
    return any((meta.extra or {}).get("secret") for meta in metadata if isinstance(meta, Meta))


def _given(source: Source, key: str, secret: bool) -> tuple[Any, str, bool] | None:
    """Find a value: ``(raw, where it was written, whether it is text to be converted)``."""
    variable = source.variable(key)
    if variable in source.environ:
        return _split(source.environ[variable]), f"${variable}", True
    if secret and f"{variable}_FILE" in source.environ:
        path = Path(source.environ[f"{variable}_FILE"])
        return path.read_text().strip(), str(path), True
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
    place = f"${variable}" if variable in source.environ else source.where.get(key, "")
    return f"{place}  " if place else ""


def _sentence(error: Exception) -> str:
    text = str(error)
    return text[:1].lower() + text[1:] if isinstance(error, msgspec.ValidationError) else text


def masked(url: str) -> str:
    """Return ``url`` with stars for the password in it, if there is one."""
    return re.sub(r"(://[^:/@]*:)[^@]*@", r"\1****@", url)


def data_folder(core: CoreSettings) -> Path:
    """Return the folder for what is kept; it is made for its owner's eyes only."""
    folder = Path(core.data)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


def worker_count(core: CoreSettings) -> int:
    """Return how many web workers to run."""
    return core.workers or len(os.sched_getaffinity(0))
