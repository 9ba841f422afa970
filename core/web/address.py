"""Where a request comes from, and where this server is: what may be believed, and from whom.

Anybody can write X-Forwarded-For. It is read only when the peer is one of ``core.trusted_proxies``,
and then from the right: the first address that is no trusted proxy is the client's, because a
proxy that can be trusted wrote it. Scheme and host come from ``core.public_url``, never from a
request.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from ipaddress import IPv6Address, ip_address
from typing import TYPE_CHECKING, Any

from core.places import UNIX, network_of, socket_file
from core.settings import CoreSettings

if TYPE_CHECKING:
    from sanic import Request

PORT = re.compile(r"\[([^\]]*)\](?::\d{1,5})?|([^:]*):\d{1,5}")
PAIR = re.compile(r'\s*([!#$%&\'*+.^_`|~0-9A-Za-z-]+)=("(?:[^"\\]|\\.)*"|[^";,\s]*)\s*')


def address_of(request: Request) -> str:
    """Return the IP address of the client, ``unix`` for one on a socket file.

    Behind a trusted proxy it is the one the proxy forwards; where the proxy says nothing that is
    an address, its own.
    """
    proxies: Proxies = getattr(request.app.ctx, "proxies", NONE)
    return proxies.client(_peer(request), request.headers)


def through_proxy(request: Request) -> bool:
    """Tell whether one of ``core.trusted_proxies`` sent ``request``, and what it adds is true."""
    proxies: Proxies = getattr(request.app.ctx, "proxies", NONE)
    return proxies.trusts(_peer(request))


def public_url_of(core: CoreSettings) -> str:
    """Return where people reach this server, without a slash at the end."""
    if core.public_url:
        return core.public_url.rstrip("/")
    if socket_file(core.host) is not None:
        return "http://localhost"
    host = f"[{core.host}]" if ":" in core.host else core.host
    return f"http://{host}:{core.port}"


def origin_of(request: Request) -> str:
    """Return where whoever sent ``request`` reaches this server: scheme, host and port.

    It is ``core.public_url`` where that is set, else the Host that the request names: good for
    addresses in the answer to that very request, and for nothing that is kept or mailed.
    """
    core: CoreSettings = request.app.ctx.plugins.settings_of(CoreSettings)
    return core.public_url.rstrip("/") or f"{request.scheme}://{request.host}"


def is_secure(core: CoreSettings) -> bool:
    """Tell whether people reach this server by HTTPS."""
    return core.public_url.startswith("https://")


class Proxies:
    """The proxies that are believed, and the header they write."""

    def __init__(self, networks: Sequence[str], header: str) -> None:
        self._unix = UNIX in networks
        self._networks = [network_of(each) for each in networks if each != UNIX]
        self._header = header
        self.trusts = lru_cache(maxsize=4096)(self._is_trusted)
        """Whether an address is that of a proxy that is believed."""

    def client(self, peer: str, headers: Any) -> str:
        """Return the client's address, for a connection from ``peer`` with these headers."""
        if not self._networks and not self._unix:
            return peer
        nearest = peer
        if self.trusts(nearest):
            for hop in self._hops(headers.getall(self._header, ())):
                address = normal(hop)
                if address is None:
                    break
                nearest = address
                if not self.trusts(nearest):
                    break
        return nearest

    def _hops(self, lines: Sequence[str]) -> Iterator[str]:
        """Yield what the proxies wrote, the nearest one first."""
        if self._header == "forwarded":
            yield from reversed(forwarded_for(", ".join(lines)))
        else:
            yield from reversed(", ".join(lines).split(","))

    def _is_trusted(self, address: str) -> bool:
        if address == UNIX:
            return self._unix
        parsed = ip_address(address)
        return any(parsed in network for network in self._networks)


NONE = Proxies([], "x-forwarded-for")


def normal(text: str) -> str | None:
    """Return an address without port and brackets, IPv4 as IPv4; None when it is none."""
    text = text.strip()
    return None if len(text) > 60 or "%" in text else _normal(text)


@lru_cache(maxsize=4096)
def _normal(text: str) -> str | None:
    if (found := PORT.fullmatch(text)) and (found[1] is not None or "." in found[2]):
        text = found[1] if found[1] is not None else found[2]
    try:
        parsed = ip_address(text)
    except ValueError:
        return None
    if isinstance(parsed, IPv6Address) and parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return str(parsed)


def forwarded_for(text: str) -> list[str]:
    """Return what each element of a Forwarded header says in ``for`` (RFC 7239, 4).

    One that says nothing gives "". Where the header cannot be read nothing in it is believed: an
    unclosed quote could hide what a proxy has added.
    """
    found: list[str] = [""]
    position = 0
    while position < len(text):
        pair = PAIR.match(text, position)
        if pair is None and text[position] not in ",;":
            return [""]
        if pair is not None:
            if pair[1].lower() == "for":
                found[-1] = re.sub(r"\\(.)", r"\1", pair[2].strip('"'))
            position = pair.end()
        if position < len(text):
            if text[position] not in ",;":
                return [""]
            if text[position] == ",":
                found.append("")
            position += 1
    return found


def _peer(request: Request) -> str:
    info: Any = request.conn_info
    return peer_of(info.peername if info is not None else None)


def peer_of(peername: Any) -> str:
    """Return the address of the other end of a connection, as the system names that end."""
    if not peername or isinstance(peername, (str, bytes)):
        return UNIX
    return _peer_address(str(peername[0]))


@lru_cache(maxsize=4096)
def _peer_address(host: str) -> str:
    return normal(host.partition("%")[0]) or UNIX
