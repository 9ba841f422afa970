"""When two names are the same."""

from __future__ import annotations

import unicodedata

from core.mail import address_of

LONGEST = 254


def key_of(text: str) -> str:
    """Return a name or address in the form in which two are the same (NFKC, case folded)."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold()).strip()


def refuse_odd(name: str) -> None:
    """Raise ValueError for a name that looks like another one, or an address without a box."""
    if name != name.strip() or not name.isprintable():
        raise ValueError("must not begin or end with a space, nor hold invisible characters")
    if len(key_of(name)) > LONGEST:
        raise ValueError(f"is longer than {LONGEST} characters when written out")
    if "@" in name:
        address_of(name)
