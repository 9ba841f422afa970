"""Many links at once: made, taken over from elsewhere, and given out as a file."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, ClassVar
from urllib.parse import urlsplit

import msgspec

from core import Download, Invalid, Problem, transaction

from ..place import here
from ..schemas import LinkOut, ManyOut, NewLink, Refused
from . import queries, service

COLUMNS = {
    "target": ("longurl", "url", "target", "destination", "destinationurl", "originalurl"),
    "code": ("keyword", "shortcode", "code", "bitlink", "shorturl", "link", "backhalf"),
    "title": ("title",),
    "tags": ("tags", "tag"),
}
"""What the columns are called by Bitly, YOURLS, Shlink and here, in small letters alone."""

MOST, AT_ONCE = 1000, 50
TAG = re.compile(r"[^a-z0-9_-]+")
CODE = re.compile(r"[A-Za-z0-9_-]{3,50}")
FORMULA = ("=", "+", "-", "@", "\t", "\r")
HEADER = ("code", "short_url", "target", "title", "tags", "visits", "programs", "created_at")

Row = dict[str, str]
"""The cells of one line, under our names."""


class LinkFile(Download, frozen=True):
    """Links as comma-separated values (RFC 4180)."""

    media_type: ClassVar[str] = "text/csv; charset=utf-8"


async def create_many(owner: int, links: Sequence[NewLink]) -> ManyOut:
    """Make links, each for itself: one that is refused stops no other."""
    return await _made(owner, list(enumerate(links, 1)))


async def _made(owner: int, links: Sequence[tuple[int, NewLink | Row]]) -> ManyOut:
    """Make links, some of them in each transaction, so that others get their turn to write.

    What takes long, as hashing a password does, comes before it.
    """
    out = ManyOut([], [])
    for first in range(0, len(links), AT_ONCE):
        ready: list[tuple[int, NewLink, dict[str, Any]]] = []
        for place, given in links[first : first + AT_ONCE]:
            with _refusing(place, out):
                new = given if isinstance(given, NewLink) else _new(given)
                ready.append((place, new, await service.values_of(new)))
        async with transaction():
            for place, new, values in ready:
                with _refusing(place, out):
                    out.created.append(await service.insert(owner, new, values))
    return out


@contextmanager
def _refusing(place: int, out: ManyOut) -> Iterator[None]:
    """Note what is wrong with one of many, and go on."""
    try:
        yield
    except msgspec.ValidationError as error:
        out.refused.append(Refused(place, "invalid", str(error)))
    except Problem as problem:
        out.refused.append(Refused(place, problem.code, problem.detail))


async def take_over(owner: int, text: str, most: int = MOST) -> ManyOut:
    """Make the links in a file from elsewhere; `place` of what is refused is its line.

    Codes stay as they are where they can. Raises Invalid for what is no such file, and for one
    with more than ``most`` links.
    """
    return await _made(owner, list(_rows(text, most)))


def _rows(text: str, most: int) -> Iterator[tuple[int, Row]]:
    """Yield ``(line, {our name: cell})``."""
    reader = csv.reader(io.StringIO(text.lstrip("\ufeff")), strict=True)
    try:
        names = [re.sub(r"[^a-z]", "", name.lower()) for name in next(reader, [])]
        places = {
            ours: names.index(theirs[0])
            for ours, known in COLUMNS.items()
            if (theirs := [name for name in known if name in names])
        }
        if "target" not in places:
            raise Invalid("The first line must name the columns; one is the long URL.")
        for number, cells in enumerate(reader, 1):
            if number > most:
                raise Invalid(f"A file may have {most:,} links. Send the rest in another one.")
            if cells:
                found = {ours: cells[at] for ours, at in places.items() if at < len(cells)}
                yield reader.line_num, found
    except csv.Error as error:
        raise Invalid(f"Line {reader.line_num} cannot be read: {error}.") from None


def _new(row: Row) -> NewLink:
    """Return the link that a row describes. Raises msgspec.ValidationError."""
    tags = [TAG.sub("-", tag.strip().lower()).strip("-_")[:30] for tag in _split(row)]
    made = {
        "target": _plain(row.get("target", "")).strip(),
        "title": _plain(row.get("title", ""))[:200].replace("\0", ""),
        "tags": [tag for tag in dict.fromkeys(tags) if tag][:10],
    }
    if (code := _code(_plain(row.get("code", "")))) is not None:
        made["code"] = code
    return msgspec.convert(made, NewLink)


def _split(row: Row) -> list[str]:
    return re.split(r"[|,;]", row.get("tags", "").strip("[]").replace('"', ""))


def _code(text: str) -> str | None:
    """Return the code at the end of a short URL, or that stands alone; None for what is none."""
    try:
        path = urlsplit(text.strip()).path
    except ValueError:
        return None
    last = path.rstrip("/").rpartition("/")[2]
    return last if CODE.fullmatch(last) else None


def _plain(cell: str) -> str:
    """Return a cell without the quote that ``_quoted`` puts in front of formulas."""
    return cell[1:] if cell[:1] == "'" and cell[1:2] in FORMULA else cell


async def export(owner: int) -> LinkFile:
    """Return all links of somebody as a file."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(HEADER)
    async for link in _all(owner):
        writer.writerow(map(_quoted, _cells(link)))
    return LinkFile(text.getvalue().encode(), "links.csv")


async def _all(owner: int) -> AsyncIterator[LinkOut]:
    after = 0
    while rows := await queries.all_of(owner, after, 500):
        for link in await service.with_visits(rows):
            yield link
        after = rows[-1].id


def _cells(link: LinkOut) -> Iterator[str]:
    yield from (link.code, here().short(link.code), link.target, link.title, "|".join(link.tags))
    yield from (str(link.visits), str(link.programs), link.created_at.isoformat())


def _quoted(cell: str) -> str:
    """Keep a spreadsheet from taking a cell for a formula."""
    return f"'{cell}" if cell.startswith(FORMULA) else cell
