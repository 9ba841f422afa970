"""Codes: made at random, or chosen; which ones nobody may have, and which look alike."""

from __future__ import annotations

import secrets
import string

from core import Invalid

from ..place import here

ALPHABET = string.ascii_letters + string.digits
_RESERVED = """
    a about abuse account accounts admin administrator api app apps assets auth billing blog
    contact dashboard docs download email error export favicon.ico feed files health help
    home image images import index info js css legal link links list login logout mail
    manage me metrics news null oauth openapi.json pages.css password pay payment ping
    pricing privacy problems profile public qr readme register report reports reset
    robots.txt root rss s search security settings share shop shortener sign-in sign-up
    signin signup sitemap.xml static stats status support system terms test undefined update
    upload user users verify webhook well-known .well-known wp-admin www
"""
RESERVED = frozenset(_RESERVED.split())
LOOKS = str.maketrans({"o": "0", "i": "1", "l": "1", "_": "-", "z": "2", "s": "5", "b": "8"})
PAIRS = (("vv", "w"), ("rn", "m"), ("cl", "d"))


class ReservedCode(Invalid):
    """The code belongs to the server: it could pass for a page of it."""

    code, title = "reserved_code", "Reserved code"


def new_code() -> str:
    """Return a code that nobody can foresee."""
    return "".join(secrets.choice(ALPHABET) for _ in range(here().settings.code_length))


def alike(code: str) -> str:
    """Return ``code`` as the eye may read it; two codes must not be the same to it.

    Case, ``0oO``, ``1iIlL``, ``2zZ``, ``5sS``, ``8bB``, ``-_``, and pairs like ``rn`` for ``m``.
    """
    text = code.lower()
    for pair, one in PAIRS:
        text = text.replace(pair, one)
    return text.translate(LOOKS)


_RESERVED_ALIKE = frozenset(map(alike, RESERVED))


def refuse_reserved(code: str) -> None:
    """Raise ReservedCode for a word of the server's own, or one that looks like it."""
    own = map(alike, here().settings.reserved)
    if alike(code) in _RESERVED_ALIKE or alike(code) in own:
        raise ReservedCode(f"{code!r} is reserved. Choose another code.")
