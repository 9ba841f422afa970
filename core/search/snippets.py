"""The part of a text where something was found, as HTML that the text itself cannot forge."""

from __future__ import annotations

import html
import re
import unicodedata
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice

from core.search.language import Term

WIDTH = 240
BEFORE = 60
MATCHES = 200
MOST_WORDS = 10
"""How many words of a phrase are looked for and marked."""
MARKS = "[\u0300-\u036f]*+"
"""Possessive, as all that is repeated here: what was read once is not tried in another way."""
SPACE = re.compile(r"\s")
WORD = re.compile(r"[^\W_]+")

Found = tuple[int, int, str]
"""Where something begins and ends, and what it says."""


@dataclass(frozen=True)
class Wanted:
    """What finds the terms of a query. ``plain`` is for texts of ASCII alone, and is faster."""

    plain: re.Pattern[str] | None
    marked: re.Pattern[str] | None

    def find(self, text: str) -> list[Found]:
        """Return the first places in a decomposed text (NFD), in order."""
        wanted = self.plain if text.isascii() else self.marked
        if wanted is None:
            return []
        matches = islice(wanted.finditer(_small(text)), MATCHES)
        return [(*match.span(), match[0]) for match in matches]


def pattern(terms: Sequence[Term]) -> Wanted:
    """Return what finds the terms that are not excluded."""
    sought = [term for term in terms if not term.excluded]
    plain = [_plainly(term) for term in sought if term.text.isascii()]
    return Wanted(_any_of(plain), _any_of([_marked(term) for term in sought]))


def _any_of(expressions: Sequence[str]) -> re.Pattern[str] | None:
    return re.compile("|".join(filter(None, expressions))) if any(expressions) else None


def _small(text: str) -> str:
    """Return decomposed text in small letters, each where it was."""
    return text.lower() if text.isascii() else text.lower().replace("ς", "σ").replace("ſ", "s")


def _plainly(term: Term) -> str:
    """Return the expression for a term among ASCII: it begins with a word, found at one go."""
    first, *words = WORD.findall(_small(term.text)) or [""]
    return first and _ended(term, [rf"{first}(?<![^\W_]{first})", *words])


def _marked(term: Term) -> str:
    """Return the expression for a term in any text: each letter may have marks above it."""
    text = _small(unicodedata.normalize("NFD", term.text))
    if term.verbatim:
        return re.escape(text)
    words = WORD.findall(re.sub(MARKS, "", text))
    if not words:
        return ""
    first = words[0][0]
    spelled = [MARKS.join([*word, ""]) for word in words]
    return _ended(term, [rf"{first}(?<![^\W_]{first}){spelled[0][1:]}", *spelled[1:]])


def _ended(term: Term, words: Sequence[str]) -> str:
    return r"[\W_]++".join(words[:MOST_WORDS]) + ("" if term.prefix else r"(?![^\W_])")


def snippet(text: str, wanted: Wanted) -> str:
    """Return about 240 characters around the best place: escaped, ``<mark>`` around what was found.

    The best place is the one with the most different words; without any it is the beginning.
    """
    text = unicodedata.normalize("NFD", text)
    found = wanted.find(text)
    start = _best(text, found)
    stop = _cut(text, start + WIDTH)
    parts, place = ["…" if start else ""], start
    for begin, end, _ in found:
        if begin >= place and end <= stop:
            parts += [_plain(text[place:begin]), f"<mark>{_plain(text[begin:end])}</mark>"]
            place = end
    parts += [_plain(text[place:stop]), "…" if stop < len(text) else ""]
    return "".join(parts).strip()


def _plain(text: str) -> str:
    """Return text to be shown: composed, escaped, one space where there was any."""
    spaced = " ".join(f".{text}.".split())[1:-1]
    return html.escape(unicodedata.normalize("NFC", spaced))


def _best(text: str, found: Sequence[Found]) -> int:
    """Return where to begin so that the most different words are shown."""
    best, most, last = 0, 0, 0
    shown: dict[str, int] = defaultdict(int)
    for index, (begin, _, word) in enumerate(found):
        while last < len(found) and found[last][1] <= begin + WIDTH - BEFORE:
            shown[found[last][2]] += 1
            last += 1
        if len(shown) > most:
            best, most = begin, len(shown)
        last = max(last, index + 1)
        shown[word] -= 1
        if shown[word] <= 0:
            del shown[word]
    if best <= BEFORE:
        return 0
    space = SPACE.search(text, best - BEFORE, best)
    return space.end() if space else best


def _cut(text: str, end: int) -> int:
    """Return ``end``, or a little before it, so that no word is cut if that can be."""
    if end >= len(text):
        return len(text)
    space = max(text.rfind(" ", end - 30, end), text.rfind("\n", end - 30, end))
    return space if space > 0 else end
