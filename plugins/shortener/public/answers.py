"""What is answered at a short address: a redirect, a page for people, a problem for programs."""

from __future__ import annotations

import html
from functools import lru_cache
from pathlib import Path
from string import Template

from sanic import HTTPResponse, Request

from core import Answer, NotFound, Prepared, Problem, headers_of, prepare, problem

HERE = Path(__file__).parent
HTML, TEXT = "text/html; charset=utf-8", "text/plain"
POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'"
)
_page = Template((HERE / "page.html").read_text())


class Gone(Problem):
    """The link leads nowhere any more: it has expired, was used up or switched off."""

    status, code, title = 410, "link_gone", "Link gone"


class NoSuchLink(NotFound):
    """There is no link with this code."""

    code, title = "no_such_link", "No such link"


class PasswordNeeded(Problem):
    """The link asks for a password: POST it as the form field `password`."""

    status, code, title = 403, "password_needed", "Password needed"


class WrongPassword(PasswordNeeded):
    """The password is not that of the link."""

    code, title = "wrong_link_password", "Wrong password of a link"


def redirect(status: int, url: str, kept: str = "no-store") -> HTTPResponse:
    """Lead on to ``url``; ``kept`` is how long that may be remembered (Cache-Control)."""
    answer = Prepared(status, _written(kept))
    answer.headers["location"] = url
    return answer


@lru_cache(maxsize=100)
def _written(kept: str) -> tuple[bytes, bytes]:
    return prepare({"content-type": TEXT, "cache-control": kept})


def page(request: Request, title: str, body: str, status: int = 200) -> HTTPResponse:
    """Return a page for people. ``body`` is HTML; what strangers wrote in it is escaped."""
    headers = headers_of(request)
    headers["content-security-policy"] = POLICY
    headers["x-robots-tag"] = "noindex, nofollow"
    text = _page.substitute(title=html.escape(title), body=body)
    return Answer(text.encode(), status, headers, HTML)


def wants_page(request: Request) -> bool:
    """Tell whether a browser asks, for a person."""
    return "text/html" in request.headers.get("accept", "")


def failure(request: Request, error: Problem) -> HTTPResponse:
    """Return a problem: to people as a page, with the headers it has."""
    if not wants_page(request):
        return problem(request, error)
    answer = page(request, error.title, f"<p>{html.escape(error.detail)}</p>", error.status)
    for name, value in error.headers.items():
        answer.headers[name] = value
    return answer
