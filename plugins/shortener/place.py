"""Where this server's short links are, and what else every part needs to know of the settings."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit

from .settings import ShortenerSettings


@dataclass(frozen=True)
class Place:
    """``url``: where people reach this server. ``hosts``: all names it goes by."""

    url: str
    hosts: frozenset[str]
    settings: ShortenerSettings

    def short(self, code: str) -> str:
        """Return the address of a link."""
        return f"{self.url}{self.settings.prefix}/{code}"


def place_of(url: str, settings: ShortenerSettings) -> Place:
    """Return the place of a server that people reach at ``url``."""
    own = (urlsplit(url).hostname or "", *settings.domains)
    return Place(url.rstrip("/"), frozenset(host.lower().rstrip(".") for host in own), settings)


_place = place_of("http://127.0.0.1:8000", ShortenerSettings())


def here() -> Place:
    """Return the place that is served, else that of a server without settings."""
    return _place


@contextmanager
def used(place: Place) -> Iterator[None]:
    """Make ``place`` the one that is served while the block runs."""
    global _place
    before, _place = _place, place
    try:
        yield
    finally:
        _place = before
