"""The headers that every answer carries, whoever made it: they are added where it is written."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from core.web.answer import PRIVATE, Answer
from core.web.cors import Cors
from core.web.date import date

if TYPE_CHECKING:
    from sanic import HTTPResponse, Request

YEAR = 31_536_000


class CommonHeaders:
    """Adds what is missing. ``secure``: the server is reached by HTTPS, and only so from now on.

    What an answer says itself stands: a page has a policy of its own.
    """

    def __init__(self, cors: Cors, *, secure: bool) -> None:
        hsts = {"strict-transport-security": f"max-age={YEAR}"} if secure else {}
        self.fixed = PRIVATE | hsts
        self._hsts, self.cors = hsts, cors

    def others(self) -> dict[str, str]:
        """Return what an answer carries that is not an Answer."""
        return self.fixed | {"date": date().decode()}

    def add(self, request: Request, response: HTTPResponse) -> None:
        """Complete the headers of ``response``."""
        headers: Any = response.headers
        # An Answer has been made with the others, and is written with its date.
        if self._hsts or not isinstance(response, Answer):
            more = self._hsts if isinstance(response, Answer) else self.others()
            for name, value in more.items():
                headers.setdefault(name, value)
        if "x-request-id" not in headers:
            headers["x-request-id"] = str(request.id)
        if self.cors.varies or "origin" in request.headers:
            self.cors.add(request, headers)


COMMON = CommonHeaders(Cors([]), secure=False)
