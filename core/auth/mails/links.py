"""The page that links in mails lead to, for servers without one of their own.

The code is behind ``#``: it is not sent with the request for the page, and a program that follows
every link in a mail does not use it up.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sanic import Sanic

from core.web.public import HTML, publish

HERE = Path(__file__).parent


def mount(app: Sanic[Any, Any]) -> None:
    """Serve the page."""
    publish(app, "/account", "account", (HERE / "links.html").read_bytes, HTML)
    script = (HERE / "links.js").read_bytes
    publish(app, "/account/links.js", "account_links", script, "text/javascript; charset=utf-8")
