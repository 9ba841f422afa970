"""The blocklist: domains that no link may lead to, in a file that is read again when it changes."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from contextlib import suppress
from functools import lru_cache
from ipaddress import ip_address
from pathlib import Path

import idna

from core import Problem

from ..place import here

log = logging.getLogger("tenfold.shortener")

SECONDS = 1.0
"""How long redirects go by what was read, before they look at the file again."""

Domains = frozenset[str]
State = tuple[int, ...]
_latest: tuple[str, float, Domains | None] = ("", 0.0, None)


class NoBlocklist(Problem):
    """The list of places that no link may lead to cannot be read."""

    status, code, title = 503, "no_blocklist", "Links cannot be checked"


def blocked(file: str) -> Domains:
    """Return the domains in the blocklist.

    Raises NoBlocklist where it cannot be read: then no link is made rather than a bad one.
    """
    if not file:
        return frozenset()
    try:
        return _domains(file, state_of(file))
    except OSError as error:
        log.error("The blocklist cannot be read, and no links are made: %s", error)
        raise NoBlocklist("Links cannot be checked at this moment. Try again later.") from None


def state_of(file: str) -> State:
    """Return what tells whether the blocklist was changed. Raises OSError.

    The time alone does not: it may be the same for all that is written within some milliseconds.
    """
    found = Path(file).stat()
    return found.st_mtime_ns, found.st_size, found.st_ino


def leads_there(*targets: str) -> bool | None:
    """Tell whether any of these, as links keep them, is on the blocklist as it was read last.

    None where it was never read: nobody knows.
    """
    file = here().settings.blocklist
    if not file:
        return False
    domains = _known(file)
    return None if domains is None else lead_to(domains, *targets)


def lead_to(domains: Domains, *targets: str) -> bool:
    """Tell whether any of these, as links keep them, is in one of some domains."""
    return any(within(_host(each), domains) for each in targets)


def _known(file: str) -> Domains | None:
    global _latest
    name, until, domains = _latest
    if name != file or until <= time.monotonic():
        domains = domains if name == file else None
        with suppress(OSError):
            domains = _domains(file, state_of(file))
        _latest = file, time.monotonic() + SECONDS, domains
    return domains


def _host(target: str) -> str:
    """Return the host of a target in its plain form, without its port."""
    host = target.split("/", 3)[2]
    return host[1:].partition("]")[0] if host.startswith("[") else host.partition(":")[0]


def within(name: str, domains: Domains) -> bool:
    """Tell whether a host is one of some domains, or in one of them."""
    while name:
        if name in domains:
            return True
        name = name.partition(".")[2]
    return False


@lru_cache(maxsize=2)
def _domains(file: str, state: State) -> Domains:
    text = Path(file).read_text(encoding="utf-8", errors="replace")
    return frozenset(name for line in text.splitlines() for name in _names(line))


def _names(line: str) -> Iterator[str]:
    """Yield the domains of a line; a hosts file has an address in front of them."""
    words = line.partition("#")[0].split()
    if len(words) > 1:
        with suppress(ValueError):
            ip_address(words[0])
            del words[0]
    for word in words:
        name = word.lower().removeprefix("*.").strip(".")
        if not name.isascii():
            with suppress(idna.IDNAError, UnicodeError):
                name = idna.encode(name, uts46=True).decode()
        yield name
