"""``[[title]]``: which note it leads to.

A link leads to the note that had the title when the link was written, and goes on leading there
when that note is renamed: nobody's text is changed behind their back. One that led nowhere leads to
the first note that takes the title, or comes back from the trash with it.
"""

from __future__ import annotations

from ..names import key_of, links_of
from ..queries import links as queries

PORTION = 100


async def write(note: int, owner: int, before: str, text: str) -> None:
    """Keep the links of a text that was ``before``."""
    if "[[" not in before and "[[" not in text:
        return
    keys = links_of(text)
    had = {link.key for link in await queries.of(note)}
    gone = sorted(had - set(keys))
    new = [key for key in keys if key not in had]
    if gone:
        await queries.forget(note, *gone, count=len(gone))
    for start in range(0, len(new), PORTION):
        part = new[start : start + PORTION]
        await queries.add(note, owner, *part, count=len(part))


async def take_title(note: int, owner: int, title: str) -> None:
    """Let links that led nowhere lead to a note that has a title now."""
    if key := key_of(title):
        await queries.lead_to(note, key, owner)


async def targets(note: int) -> dict[str, int | None]:
    """Return where the links of a note lead, by the key of the title they name."""
    return {link.key: link.target for link in await queries.of(note)}
