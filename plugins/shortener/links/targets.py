"""Where a link may lead: to a page on the public Web, written without any trick."""

from __future__ import annotations

import re
from ipaddress import IPv4Address, IPv6Address, ip_address
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

import idna

from core import Invalid

from ..place import here
from .blocklist import blocked, within

LONGEST = 2048
HEAD = re.compile(r"(https?)://([^/?#]*)(.*)", re.IGNORECASE | re.DOTALL)
BAD = re.compile(r"[\x00-\x20\x7f-\xa0\\\u00ad\u2000-\u200f\u2028-\u202f\u205f-\u206f\u3000\ufeff]")
PORT = re.compile(r"(.*?)(?::([0-9]{0,5}))?", re.DOTALL)
NAME = re.compile(r"(?=.{4,253}$)([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]*[a-z0-9]")
KEPT = "/?#[]@!$&'()*+,;=:-._~%"
_PRIVATE_NAMES = """
    localhost local localdomain internal intranet lan home corp private arpa invalid test
    onion alt
"""
PRIVATE_NAMES = frozenset(_PRIVATE_NAMES.split())
_PRIVATE_SERVICES = """
    nip.io sslip.io xip.io localtest.me lvh.me lacolhost.com vcap.me yoogle.com traefik.me
    127-0-0-1.org.uk metadata.google.com
"""
PRIVATE_SERVICES = frozenset(_PRIVATE_SERVICES.split())


class BadTarget(Invalid):
    """The target is not an address on the public Web that a link may lead to."""

    code, title = "bad_target", "Bad target"


class BlockedTarget(BadTarget):
    """The target is on the list of places that no link may lead to."""

    code, title = "blocked_target", "Blocked target"


def checked(target: str) -> str:
    """Return ``target`` in one plain form: ASCII, host in small letters. Raises BadTarget."""
    if len(target) > LONGEST:
        raise BadTarget(f"A target may have {LONGEST:,} characters.")
    if BAD.search(target):
        raise BadTarget("A target has no spaces, backslashes or invisible characters in it.")
    found = HEAD.fullmatch(target)
    if found is None:
        raise BadTarget("A target begins with http:// or https://.")
    scheme, authority, rest = found.groups()
    host = _host(authority)
    made = f"{scheme.lower()}://{host}{_quoted(rest)}"
    if len(made) > 2 * LONGEST:
        raise BadTarget("The target is too long once it is encoded.")
    return made


def _host(authority: str) -> str:
    """Return host and port in one plain form. Raises BadTarget for all that is not public."""
    if "@" in authority or "%" in authority:
        raise BadTarget("A target has no user, password or percent signs in front of its path.")
    if authority.startswith("["):
        name, bracket, port = authority[1:].partition("]")
        if not bracket or (port and not re.fullmatch(r":[0-9]{1,5}", port)):
            raise BadTarget("The host of the target cannot be read.")
        return f"[{_address(name)}]{_port(port.lstrip(':'))}"
    parts = PORT.fullmatch(authority)
    if parts is None or ":" in parts[1]:
        raise BadTarget("The host of the target cannot be read.")
    return _name(parts[1]) + _port(parts[2] or "")


def _port(text: str) -> str:
    if text and not 0 < int(text) < 65536:
        raise BadTarget("A port is a number from 1 to 65535.")
    return f":{int(text)}" if text else ""


def _name(text: str) -> str:
    """Return a host name, or an IPv4 address, that anybody can reach."""
    try:
        name = idna.encode(text, uts46=True, std3_rules=False).decode().lower().rstrip(".")
    except (idna.IDNAError, UnicodeError):
        raise BadTarget("The host of the target is no domain name.") from None
    last = name.rpartition(".")[2]
    if last[:1].isdigit():
        return _address(name, 4)
    if NAME.fullmatch(name) is None:
        raise BadTarget("The host of the target is no domain name with a dot in it.")
    _refuse_private(name)
    return name


def _refuse_private(name: str) -> None:
    if name.removeprefix("www.") in {host.removeprefix("www.") for host in here().hosts}:
        raise BadTarget("A link may not lead to this server itself.")
    if name.rpartition(".")[2] in PRIVATE_NAMES or within(name, PRIVATE_SERVICES):
        raise BadTarget("A link may not lead into a private network.")
    _refuse_blocked(name)


def _refuse_blocked(host: str) -> None:
    if within(host, blocked(here().settings.blocklist)):
        raise BlockedTarget("Links to this domain are not allowed here.")


def _address(text: str, version: int = 6) -> str:
    """Return an address, which must be written as usual and be reachable from anywhere."""
    try:
        address = ip_address(text)
    except ValueError:
        raise BadTarget("The address of the target is not written as usual.") from None
    if address.version != version or not _is_public(address) or str(address) in here().hosts:
        raise BadTarget("A link may not lead into a private network.")
    _refuse_blocked(str(address))
    return str(address)


def _is_public(address: IPv4Address | IPv6Address) -> bool:
    if isinstance(address, IPv6Address):
        tunnelled = address.ipv4_mapped or address.sixtofour or address.teredo
        if tunnelled or "%" in str(address) or int(address) >> 125 != 1:  # only 2000::/3 is public
            return False
    return address.is_global and not (address.is_multicast or address.is_reserved)


def _quoted(rest: str) -> str:
    """Return path, query and fragment in ASCII."""
    try:
        return quote(rest, safe=KEPT) if rest else "/"
    except UnicodeEncodeError:
        raise BadTarget("The target holds characters that cannot be encoded.") from None


def with_parameters(target: str, parameters: dict[str, str]) -> str:
    """Return ``target`` with these in its query, in front of the fragment; they replace others."""
    parts = urlsplit(target)
    kept = [(key, value) for key, value in parse_qsl(parts.query, keep_blank_values=True)]
    kept = [pair for pair in kept if pair[0] not in parameters]
    return parts._replace(query=urlencode([*kept, *parameters.items()])).geturl()


def with_query(target: str, query: str) -> str:
    """Return ``target`` with ``query`` as it stands behind its own, in front of the fragment."""
    base, mark, fragment = target.partition("#")
    glue = "&" if "?" in base else "?"
    return f"{base}{glue}{query}{mark}{fragment}"
