"""One line for each request, gathered and written together."""

from __future__ import annotations

import re
import time
from typing import Any

import msgspec
from sanic import Request

from core.logs.formats import timestamp
from core.logs.masking import SHAPES, STARS
from core.logs.writing import Stream

MOST = 256
SECRET = re.compile(r"token|code|key|secret|ticket|share|link")
LONGEST = 512

encode = msgspec.json.Encoder().encode

Entry = tuple[float, Request, int, int, float, str]


class AccessLog:
    """Remembers requests that were answered, and writes them when there are many or asked to."""

    def __init__(self, stream: Stream, *, json: bool) -> None:
        self._stream, self._line = stream, _json if json else _plain
        self._entries: list[Entry] = []

    def note(self, request: Request, status: int, size: int, seconds: float, address: str) -> None:
        """Remember one."""
        self._entries.append((time.time(), request, status, size, seconds, address))
        if len(self._entries) >= MOST:
            self.write()

    def write(self) -> None:
        """Write what is remembered."""
        entries, self._entries = self._entries, []
        if entries:
            self._stream.write([self._line(each) for each in entries])


def _plain(entry: Entry) -> bytes:
    at, request, status, size, seconds, address = entry
    user = request.user  # type: ignore[attr-defined]
    return (
        f"{timestamp(at)} INFO access: {address} {user or '-'} {request.method} "
        f"{path_of(request)} {status} {size}B {seconds * 1000:.1f}ms [{request.id}]\n"
    ).encode(errors="backslashreplace")


def _json(entry: Entry) -> bytes:
    at, request, status, size, seconds, address = entry
    facts: dict[str, Any] = {
        "time": timestamp(at),
        "level": "info",
        "logger": "access",
        "message": f"{request.method} {path_of(request)} {status}",
        "request_id": request.id,
        "method": request.method,
        "path": path_of(request),
        "status": status,
        "bytes": size,
        "ms": round(seconds * 1000, 1),
        "user": request.user,  # type: ignore[attr-defined]
        "address": address,
    }
    return encode(facts) + b"\n"


def path_of(request: Request) -> str:
    """Return the path, without what is a secret in it: what a route calls so, or looks like one."""
    path, route = request.path, request.route
    if route is not None and not route.params:
        return path
    path = SHAPES.sub(STARS, path[:LONGEST])
    if route is not None and any(SECRET.search(name) for name in request.match_info):
        for name, value in request.match_info.items():
            if SECRET.search(name) and type(value) is str and value:
                path = path.replace(value, STARS)
    return path
