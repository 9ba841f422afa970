"""When two titles or two tags are the same, and the links that a text holds."""

from __future__ import annotations

import re
import unicodedata

LINK = re.compile(r"\[\[([^\[\]\n|]{1,500})(?:\|([^\[\]\n]{0,500}))?\]\]")
MOST_LINKS = 500


def key_of(name: str) -> str:
    """Return a title or tag in the form in which two are the same: NFKC, case folded, trimmed."""
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())
    return " ".join(folded.split())[:300]


def links_of(text: str) -> list[str]:
    """Return the keys of the titles that ``[[title]]`` and ``[[title|shown]]`` name; 500."""
    if "[[" not in text:
        return []
    found = (key_of(link[1]) for link in LINK.finditer(text))
    return sorted(key for key in list(dict.fromkeys(found))[:MOST_LINKS] if key)
