"""Who else may read what is kept: the data folder, the database, the secret."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from pathlib import Path

from core.auth.tokens.secret import secret_of
from core.doctor.findings import Finding, bad, look, ok
from core.plugins import PluginError
from core.settings import CoreSettings

GROUP, WORLD = stat.S_IRWXG, stat.S_IRWXO


def sqlite_file(core: CoreSettings) -> Path | None:
    """Return the file of the database, None where it is PostgreSQL. Makes no folder."""
    if not core.database:
        return Path(core.data) / "tenfold.db"
    found = core.database.startswith("sqlite:///")
    return Path(core.database.removeprefix("sqlite:///")) if found else None


def folders(core: CoreSettings) -> Iterator[Finding]:
    """Look at who may enter the folders of the data and of the database."""
    places = [Path(core.data)]
    file = sqlite_file(core)
    if file is not None and places[0].absolute() not in file.absolute().parents:
        places.append(file)
    for place in places:
        mode = place.stat().st_mode if place.exists() else 0
        right = f"chmod {'700' if place.is_dir() else '600'} {place}"
        if not mode:
            yield look("data", f"{place} is not there yet: tenfold serve makes it.")
        elif mode & WORLD:
            yield bad("data", f"Everybody on this machine may open {place}: {right}")
        elif mode & GROUP:
            yield look("data", f"The group of {place} may open it. If it should not: {right}")
        else:
            yield ok("data", f"Only their owner may open {place}.")


def secret(core: CoreSettings) -> Iterator[Finding]:
    """Look at the secret that signs tokens; none is made."""
    file = Path(core.data) / "secret"
    if core.secret:
        try:
            secret_of(core)
            yield ok("secret", "It is long enough, and comes from the environment.")
        except PluginError as error:
            yield bad("secret", " ".join(error.problems))
    elif not file.exists():
        yield look("secret", f"{file} is not there yet: tenfold serve makes it.")
    elif file.stat().st_mode & (GROUP | WORLD):
        yield bad("secret", f"Others may read {file} and sign in as anybody: chmod 600 {file}")
    else:
        yield ok("secret", f"Only its owner may read {file}.")
