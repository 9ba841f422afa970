"""A shared note as a page for people, at /notes/{token}. It runs no scripts."""

from __future__ import annotations

import base64
import hashlib
import html
from urllib.parse import parse_qsl

from sanic import HTTPResponse, Request

from core import Answer, Problem, PublicBlueprint, address_of, headers_of, limit

from ..problems import PasswordNeeded, WrongPassword
from ..service.shares import PATH, open_note

pages = PublicBlueprint("notes_pages", url_prefix=PATH.rstrip("/"))


STYLE = (
    "body{max-width:42rem;margin:2rem auto;padding:0 1rem;font:1rem/1.6 system-ui,sans-serif;"
    "color:#212529;background:#fff}img{max-width:100%}pre,code{background:#f1f3f5}"
    "pre{padding:.8rem;overflow-x:auto}table{border-collapse:collapse}"
    "td,th{border:1px solid #ced4da;padding:.2rem .6rem}h1{line-height:1.2}"
)
STYLE_HASH = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
POLICY = (
    f"default-src 'none'; style-src 'sha256-{STYLE_HASH}'; img-src https:; form-action 'self';"
    " base-uri 'none'; frame-ancestors 'none'; sandbox allow-forms allow-popups"
)
FORM = (
    '<form method="post"><label>Password <input type="password" name="password" required'
    ' maxlength="200" autofocus></label> <button>Open</button></form>'
)


async def show_shared_page(request: Request, token: str) -> HTTPResponse:
    """Show a shared note, or ask for its password."""
    return await _shown(request, token, None)


async def open_shared_page(request: Request, token: str) -> HTTPResponse:
    """Show a shared note to somebody who has its password."""
    try:
        pairs = dict(parse_qsl(request.body[:5000].decode(), max_num_fields=10))
    except ValueError:
        pairs = {}
    return await _shown(request, token, pairs.get("password", "")[:200])


async def _shown(request: Request, token: str, password: str | None) -> HTTPResponse:
    try:
        await limit(request, "notes.pages", "300/minute", address_of(request))
        note = await open_note(token, password, shown=request.method != "HEAD")
    except (PasswordNeeded, WrongPassword) as problem:
        said = "" if password is None else f"<p>{html.escape(problem.detail)}</p>"
        return _page(request, "A shared note", said + FORM, problem.status)
    except Problem as problem:
        text = f"<h1>{html.escape(problem.title)}</h1><p>{html.escape(problem.detail)}</p>"
        return _page(request, problem.title, text, problem.status, problem.headers)
    title = html.escape(note.title) or "A note"
    body = f"<article dir=auto><h1 dir=auto>{title}</h1>{note.html}</article>"
    return _page(request, note.title or "A note", body, 200)


def _page(
    request: Request,
    title: str,
    body: str,
    status: int,
    more: dict[str, str] | None = None,
) -> HTTPResponse:
    text = (
        '<!doctype html><html><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width">'
        f"<title>{html.escape(title)}</title><style>{STYLE}</style></head>"
        f"<body>{body}</body></html>"
    )
    headers = headers_of(request) | (more or {})
    headers |= {"content-security-policy": POLICY, "x-robots-tag": "noindex"}
    return Answer(text.encode(), status, headers, "text/html; charset=utf-8")


pages.add_route(show_shared_page, "/<token:str>", methods=["GET", "HEAD"], name="show")
pages.add_route(open_shared_page, "/<token:str>", methods=["POST"], name="open")
