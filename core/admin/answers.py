"""What tables and forms answer, made fit for the person who reads it."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

import msgspec
from starlette.datastructures import MutableHeaders

from core.admin.sentences import readable

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

TABLES, FORMS = "/api/tables/", "/api/forms/"
EXPORT_PAGE = b"1000"
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
NUMBER = re.compile(r"[+-]?\d+(\.\d+)?")


class Answers:
    """Turns errors into plain sentences, and formulas in exports into text.

    ``hidden`` names, by table, the columns that no form shows.
    """

    def __init__(self, app: ASGIApp, hidden: Mapping[str, Collection[str]]) -> None:
        self._app, self._hidden = app, hidden

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        path = scope.get("path", "").removeprefix(scope.get("root_path", ""))
        if not path.startswith((TABLES, FORMS)):
            await self._app(scope, receive, send)
            return
        start: dict[str, Any] = {}
        body = bytearray()

        async def collect(message: Message) -> None:
            if message["type"] == "http.response.start":
                start.update(message)
                return
            body.extend(message.get("body", b""))
            if not message.get("more_body"):
                told = self._told(scope, path.removeprefix(TABLES), start, bytes(body))
                await send(start)
                await send({"type": "http.response.body", "body": told})

        await self._app(scope, receive, collect)

    def _told(self, scope: Scope, path: str, start: dict[str, Any], body: bytes) -> bytes:
        """Return the body to send; the head ``start`` is changed to fit."""
        headers = MutableHeaders(scope=start)
        if start["status"] >= 400:
            found = readable(start["status"], body)
            if found is None:
                return body
            start["status"], text = found
            headers["content-type"] = "text/plain; charset=utf-8"
            body = text.encode()
        elif b"__page_size" in scope["query_string"] and _is_export(scope["query_string"]):
            body = msgspec.json.encode(harmless(msgspec.json.decode(body)))
        elif path.endswith("/schema/"):
            body = self._without_hidden(path.removesuffix("/schema/"), body)
        headers["content-length"] = str(len(body))
        return body

    def _without_hidden(self, table: str, body: bytes) -> bytes:
        if table not in self._hidden:
            return body
        schema = msgspec.json.decode(body)
        for name in self._hidden[table]:
            schema["properties"].pop(name, None)
        return msgspec.json.encode(schema)


def _is_export(query: bytes) -> bool:
    """Tell whether Piccolo's page asks for rows to make a CSV of; it does that in pages of 1000."""
    return parse_qs(query).get(b"__page_size") == [EXPORT_PAGE]


def harmless(value: Any) -> Any:
    """Put an apostrophe before every text that a spreadsheet would calculate."""
    if isinstance(value, dict):
        return {key: harmless(each) for key, each in value.items()}
    if isinstance(value, list):
        return [harmless(each) for each in value]
    if isinstance(value, str) and value.startswith(FORMULA) and not NUMBER.fullmatch(value):
        return f"'{value}"
    return value
