"""URLs, origins and networks as settings name them: what is wrong with one, in a sentence."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from ipaddress import IPv4Network, IPv6Network, ip_network
from urllib.parse import urlsplit

ANY = "*"
UNIX = "unix"
SQLITE = "sqlite:///"
ORIGIN = re.compile(r"https?://(?:[a-z0-9-]+(?:\.[a-z0-9-]+)*|\[[0-9a-f:.]+\])(?::[0-9]{1,5})?")


def socket_file(host: str) -> str | None:
    """Return the path in ``unix:/run/tenfold.sock``; None for what is no socket file."""
    scheme, colon, path = host.partition(":")
    return path if colon and scheme == UNIX else None


def wrong_url(text: str) -> str | None:
    """Return what is wrong with ``text`` as the place of a server; None when nothing is."""
    if re.fullmatch(r"[!-\[\]-~]+", text) is None:
        return "takes ASCII without spaces; write a host in other letters as xn--…"
    try:
        url = urlsplit(text)
        sound = url.port is None or url.port > 0
    except ValueError:
        sound = False
    if not sound or url.scheme not in ("http", "https") or not url.hostname:
        return f"{text!r} is no URL: write https://example.org"
    if "@" in url.netloc or url.path not in ("", "/") or "?" in text or "#" in text:
        return "takes scheme, host and port alone, as in https://example.org"
    return None


def wrong_database(url: str) -> str | None:
    """Return what is wrong with ``url`` as that of a database; None when nothing is."""
    if url.startswith(SQLITE):
        named = url.removeprefix(SQLITE)
        return None if named not in ("", ":memory:") else f"names no file: write {SQLITE}data/x.db"
    try:
        parts = urlsplit(url)
        sound = parts.scheme in ("postgres", "postgresql") and (parts.port or 1) > 0
    except ValueError:
        sound = False
    if not sound:
        return f"write {SQLITE}data/x.db or postgres://user:password@host/name"
    return None if parts.path.strip("/") else "names no database: write postgres://…@host/name"


def wrong_origins(origins: Iterable[str]) -> str | None:
    """Return what is wrong with the first that is no origin; None when all are."""
    for each in origins:
        if each != ANY and not ORIGIN.fullmatch(each):
            return f"{each!r} is no origin: write https://app.example.org, without a path, or *"
    return None


def wrong_networks(networks: Sequence[str]) -> str | None:
    """Return what is wrong with the first that is no network; None when all are."""
    try:
        for each in networks:
            if each != UNIX:
                network_of(each)
    except ValueError as error:
        return str(error)
    return None


def network_of(text: str) -> IPv4Network | IPv6Network:
    """Read ``10.0.0.0/8``, or one address. Raises ValueError with a sentence."""
    try:
        return ip_network(text)
    except ValueError as error:
        if "host bits" in str(error):
            right = ip_network(text, strict=False)
            raise ValueError(f"{text!r} has bits behind its mask; write {right}") from None
        raise ValueError(
            f"{text!r} is no network: write 10.0.0.0/8, fd00::/8, one address, or unix"
        ) from None
