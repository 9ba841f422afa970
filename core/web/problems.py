"""The pages that the ``type`` of a problem leads to."""

from __future__ import annotations

import html
import inspect
from collections.abc import Iterator
from pathlib import Path
from string import Template
from typing import Any

from sanic import HTTPResponse, Sanic
from sanic import Request as SanicRequest

from core.errors import NotFound, Problem
from core.web.public import HTML, public

TEMPLATE = Path(__file__).parent / "problems.html"


def kinds(kind: type[Problem] = Problem) -> Iterator[type[Problem]]:
    """Yield every kind of problem, the general ones first."""
    yield kind
    for each in kind.__subclasses__():
        yield from kinds(each)


def by_code() -> dict[str, type[Problem]]:
    """Return the kind of problem behind each code."""
    found: dict[str, type[Problem]] = {}
    for kind in kinds():
        found.setdefault(kind.code, kind)
    return dict(sorted(found.items(), key=lambda each: (each[1].status, each[0])))


def mount(app: Sanic[Any, Any]) -> None:
    """Serve a page for each kind of problem, and one that lists them."""
    app.add_route(every, "/problems", methods=["GET", "HEAD"], name="problems")
    app.add_route(one, "/problems/<code:str>", methods=["GET", "HEAD"], name="problem")


async def every(request: SanicRequest) -> HTTPResponse:
    """Tell what may go wrong here."""
    return public(request, _page(by_code()), HTML)


async def one(request: SanicRequest, code: str) -> HTTPResponse:
    """Tell what one problem means."""
    kind = by_code().get(code)
    if kind is None:
        raise NotFound("There is no problem with this code. GET /problems lists them.")
    return public(request, _page({code: kind}), HTML)


def _page(shown: dict[str, type[Problem]]) -> bytes:
    rows = "".join(
        f'<tr><th><a href="/problems/{code}">{code}</a></th><td>{kind.status}</td>'
        f"<td>{html.escape(kind.title)}</td><td>{_meaning(kind)}</td></tr>"
        for code, kind in shown.items()
    )
    return Template(TEMPLATE.read_text()).substitute(rows=rows).encode()


def _meaning(kind: type[Problem]) -> str:
    text = inspect.cleandoc(kind.__doc__ or "") if kind is not Problem else ""
    return html.escape(text or "The request cannot be read at all.").replace("``", "")
