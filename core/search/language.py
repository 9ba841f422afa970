"""What people type into a search box: words, "phrases", -not, prefix*. Any text means something."""

from __future__ import annotations

import re
from dataclasses import dataclass

MOST_TERMS = 20
PART = re.compile(r'(-?)(?:"([^"]*)"?|(\S+))')
UNSPACED = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff"  # Thai, Lao, Burmese, Khmer
    "\u2e80-\u2fdf\u3005-\u30ff\u3400-\u9fff\uf900-\ufaff\uff66-\uff9f"  # Chinese, Japanese
    "\u2190-\u21ff\u2300-\u27bf\u2900-\u297f\u2b00-\u2bff"  # symbols, and what emoji are made of
    "\u200d\ufe0f\U0001f000-\U0001faff\U00020000-\U0003ffff]+"
)
"""Runs of signs that no space separates: an index over words cannot find what is inside them."""


@dataclass(frozen=True)
class Term:
    """One thing to look for. ``verbatim``: anywhere in the text, letter by letter."""

    text: str
    excluded: bool = False
    prefix: bool = False
    verbatim: bool = False


def parse(query: str) -> list[Term]:
    """Return what to look for; all of it must be there. Never fails; at most 20 terms count."""
    terms = [term for part in PART.finditer(query) for term in _terms(*part.groups())]
    return list(dict.fromkeys(terms))[:MOST_TERMS]


def _terms(minus: str, phrase: str | None, word: str | None) -> list[Term]:
    text = phrase if phrase is not None else word or ""
    prefix = phrase is None and text.endswith("*")
    spaced = [part for part in UNSPACED.split(text) if any(map(str.isalnum, part))]
    found = [Term(part.strip(), excluded=bool(minus)) for part in spaced]
    if prefix and found and text.rstrip("*").endswith(found[-1].text.rstrip("*")):
        found[-1] = Term(found[-1].text.rstrip("*"), excluded=bool(minus), prefix=True)
    verbatim = UNSPACED.findall(text)
    return found + [Term(each, excluded=bool(minus), verbatim=True) for each in verbatim]
