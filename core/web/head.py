"""The head of a request: refused when two servers could read it in two ways (RFC 9112, 9110).

A proxy in front that sees one request where this server sees two lets a client speak for others.
"""

from __future__ import annotations

import re

from sanic.compat import Header

from core.errors import BadRequest

TOKEN = rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
HEAD = re.compile(TOKEN + rb" [!-~]+ HTTP/1\.[01](?:\r\n" + TOKEN + rb":[\t -~\x80-\xff]*)*")
MEANT = rb"host|content-length|transfer-encoding|connection|expect|upgrade"
NOT_ASCII = re.compile(rb"\r\n(?:" + MEANT + rb"):[^\r]*[\x80-\xff]", re.IGNORECASE)
LENGTH = re.compile(r"[0-9]{1,18}[ \t]*")


def refuse_odd(head: bytes, headers: Header, version: str) -> None:
    """Raise BadRequest for a head that is not exactly HTTP/1.1 in UTF-8."""
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
    length = headers.get("content-length")
    if length is not None and LENGTH.fullmatch(length) is None:
        raise BadRequest("Content-Length must be a whole number.")
    if version == "1.0" and "transfer-encoding" in headers:
        raise BadRequest("HTTP/1.0 knows no Transfer-Encoding. Send Content-Length.")


def _refuse_other_text(head: bytes) -> None:
    try:
        head.decode()
    except UnicodeDecodeError:
        raise BadRequest("The headers must be UTF-8.") from None
    if NOT_ASCII.search(head):
        raise BadRequest("Host, and what frames a message, must be ASCII.")
