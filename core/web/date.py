"""When an answer was made, as HTTP writes it (RFC 9110, 6.6.1)."""

from __future__ import annotations

from email.utils import formatdate
from time import time

_second, _text = 0, b""


def date() -> bytes:
    """Return the time now; it is written anew once a second."""
    global _second, _text
    second = int(time())
    if second != _second:
        _second, _text = second, formatdate(second, usegmt=True).encode()
    return _text
