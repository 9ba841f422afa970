"""The head of a request: refused when two servers could read it in two ways (RFC 9112, 9110).

A proxy in front that sees one request where this server sees two lets a client speak for others.
"""

from __future__ import annotations

import re
from functools import lru_cache
from ipaddress import IPv6Address

from sanic.compat import Header

from core.errors import BadRequest

TOKEN = rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
LINE = re.compile(TOKEN + rb" [!\"$-~]+ HTTP/1\.[01]")
HEAD = re.compile(LINE.pattern + rb"(?:\r\n" + TOKEN + rb":[\t -~\x80-\xff]*)*")
MEANT = rb"host|content-length|transfer-encoding|connection|expect|upgrade"
NOT_ASCII = re.compile(rb"\r\n(?:" + MEANT + rb"):[^\r]*[\x80-\xff]", re.IGNORECASE)
LENGTH = re.compile(r"[0-9]{1,18}[ \t]*")
HOST = re.compile(
    r"(?:[A-Za-z0-9._~%!$&'()*+,;=-]{0,255}|\[([0-9A-Fa-f:.]{2,45})\])(?::[0-9]{0,5})?[ \t]*"
)


MANY, SHORT = 4096, 1024
VERSION = len(b"HTTP/1.1")

_sound: set[bytes] = set()
"""What stood behind the address in heads that were sound: a client sends the same again."""


def refuse_odd(head: bytes, headers: Header, version: str) -> None:
    """Raise BadRequest for a head that is not exactly HTTP/1.1 in UTF-8."""
    end = head.find(b"\r\n")
    known = head[end - VERSION :] if end > 0 else b""
    if known in _sound and LINE.fullmatch(head, 0, end) is not None:
        return
    _look(head, headers, version)
    if end > 0 and len(known) <= SHORT:
        if len(_sound) >= MANY:
            _sound.clear()
        _sound.add(known)


def _look(head: bytes, headers: Header, version: str) -> None:
    if HEAD.fullmatch(head) is None:
        raise BadRequest(
            "The head of the request is not valid HTTP: look for odd characters, line ends, "
            "and a space in front of a colon."
        )
    if not head.isascii():
        _refuse_other_text(head)
    hosts = len(headers.getall("host", ()))
    if hosts != 1 and (hosts or version != "1.0"):
        raise BadRequest("Send the header Host once.")
    if not _is_host(headers.get("host", "")):
        raise BadRequest("Host must be the name of a host, or its address, maybe with a port.")
    length = headers.get("content-length")
    if length is not None and LENGTH.fullmatch(length) is None:
        raise BadRequest("Content-Length must be a whole number.")
    if version == "1.0" and "transfer-encoding" in headers:
        raise BadRequest("HTTP/1.0 knows no Transfer-Encoding. Send Content-Length.")


@lru_cache(maxsize=1024)
def _is_host(text: str) -> bool:
    found = HOST.fullmatch(text)
    if found is None or found[1] is None:
        return found is not None
    try:
        IPv6Address(found[1])
    except ValueError:
        return False
    return True


def _refuse_other_text(head: bytes) -> None:
    try:
        head.decode()
    except UnicodeDecodeError:
        raise BadRequest("The headers must be UTF-8.") from None
    if NOT_ASCII.search(head):
        raise BadRequest("Host, and what frames a message, must be ASCII.")
