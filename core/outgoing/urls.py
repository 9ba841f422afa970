"""Which URLs may be asked at all."""

from __future__ import annotations

import httpx

from core.outgoing.addresses import is_public, literal
from core.outgoing.refusals import OutgoingRefused

LONGEST = 2000


def checked(text: str, *, private: bool = False) -> httpx.URL:
    """Return ``text`` as a URL that may be asked. Raises OutgoingRefused.

    ``private``: whether addresses of private networks are fine. A name is looked up only when it is
    connected to, and every address it has is checked then.
    """
    if len(text) > LONGEST or not text.isprintable() or "\\" in text or " " in text:
        raise OutgoingRefused("The URL is too long, or holds a character that none may hold.")
    try:
        url = httpx.URL(text)
        host = url.host
    except (httpx.InvalidURL, ValueError) as error:
        raise OutgoingRefused(f"This is no URL: {error}") from None
    if url.scheme not in ("http", "https") or not host:
        raise OutgoingRefused("Only http:// and https:// with a host can be asked.")
    if url.userinfo:
        raise OutgoingRefused("The URL must hold no name and no password.")
    address = literal(host)
    if address is not None and not private and not is_public(address):
        raise OutgoingRefused(f"{host} is not an address of the public internet.")
    return url
