"""The pages that people see instead of a redirect."""

from __future__ import annotations

import base64
import html
from collections.abc import Mapping
from datetime import UTC, datetime

from msgspec.json import encode
from sanic import HTTPResponse, Request

from core import Answer, headers_of

from ..links.qr import svg
from ..place import here
from .answers import page, wants_page
from .finding import Target


def password(request: Request, *, wrong: bool = False) -> HTTPResponse:
    """Ask for the password of a link. It is sent to where the page was asked for."""
    told = '<p class="wrong" role="alert">That is not the password.</p>' if wrong else ""
    body = (
        f'{told}<form method="post"><p><label>This link is protected. Its password: '
        '<input type="password" name="password" required maxlength="128" autofocus '
        'autocomplete="off"></label> <button>Go on</button></p></form>'
    )
    return page(request, "Password", body, 403 if wrong else 200)


def onward(request: Request, url: str) -> HTTPResponse:
    """Lead on from a form. A redirect would be stopped by the page's own ``form-action``."""
    safe = html.escape(url)
    body = (
        f'<meta http-equiv="refresh" content="0; url={safe}">'
        f'<p><a rel="noreferrer nofollow" href="{safe}">Go on</a></p>'
    )
    return page(request, "One moment", body)


def held_back(request: Request) -> HTTPResponse:
    """Tell a program that only people use up a link which can be opened a few times."""
    body = "<p>This link can be opened a limited number of times. Open it in a browser.</p>"
    return page(request, "A short link", body)


def information(request: Request, code: str, target: Target, made: datetime) -> HTTPResponse:
    """Tell where a link leads, before anybody follows it; not where that must be earned."""
    terms = target.terms
    open_to_all = not terms.locked and terms.most is None
    facts = {
        "short_url": here().short(code),
        "target": target.url if open_to_all else None,
        "created_at": made.astimezone(UTC).isoformat(timespec="seconds"),
        "has_password": terms.locked,
        "limited": terms.most is not None,
        "varies": bool(terms.rules),
    }
    if not wants_page(request):
        return Answer(encode(facts), 200, headers_of(request), "application/json")
    return page(request, "Where this link leads", _facts(facts, code))


def _facts(facts: Mapping[str, object], code: str) -> str:
    short, target = html.escape(str(facts["short_url"])), html.escape(str(facts["target"]))
    leads = f'<a rel="noreferrer nofollow" href="{target}">{target}</a>'
    if facts["target"] is None:
        leads = "Only told to who knows the password."
        if not facts["has_password"]:
            leads = "Not told: it can be opened a limited number of times."
    more = "<p>Some visitors are led elsewhere, by device, language or date.</p>"
    picture = base64.b64encode(svg(here().short(code), size=4)).decode()
    return (
        f"<dl><dt>Short link</dt><dd>{short}</dd><dt>Leads to</dt><dd>{leads}</dd>"
        f"<dt>Made</dt><dd>{facts['created_at']}</dd></dl>{more if facts['varies'] else ''}"
        f'<p><img alt="QR code of {short}" src="data:image/svg+xml;base64,{picture}"></p>'
    )
