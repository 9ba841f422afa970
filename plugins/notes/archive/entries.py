"""A note as a Markdown file with front matter, and back, byte for byte.

Each line of the front matter is a name and JSON, which is YAML too, so that other programs read it.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

import msgspec

from .paths import Path, read, written

FENCE = "---\n"
NAMES = {"title", "notebook", "tags", "pinned", "archived", "created_at", "updated_at"}
LINE = re.compile(r"([A-Za-z_][\w-]*):[ \t]*(.*)")
HEADING = re.compile(r"#{1,6}[ \t]+(.*)")
UNSAFE = re.compile(r'[\x00-\x1f\x7f/\\:*?"<>|%]')
LONGEST_NAME, LONGEST_FOLDERS = 80, 400
LONGEST_HEAD = 100
MOST_TAGS = 200
"""More than a request may name: tags of both sides of a merge stay."""


class Empty(msgspec.Struct, frozen=True):
    """A notebook without notes on its way in or out."""

    notebook: Path


class Entry(msgspec.Struct, frozen=True):
    """A note on its way in or out."""

    title: str
    text: str
    notebook: Path = ()
    tags: list[str] = []
    pinned: bool = False
    archived: bool = False
    created_at: datetime | None = None
    updated_at: datetime | None = None


def packed(entry: Entry) -> bytes:
    """Return the file of a note."""
    facts = {name: getattr(entry, name) for name in entry.__struct_fields__ if name in NAMES}
    facts["notebook"] = written(entry.notebook)
    lines = [f"{name}: {msgspec.json.encode(value).decode()}\n" for name, value in facts.items()]
    return f"{FENCE}{''.join(lines)}{FENCE}{entry.text}".encode()


def file_name(entry: Entry, id: int) -> str:
    """Return where the file lies: folders for notebooks; the id keeps names apart.

    The deeper it lies, the shorter the names: what they are in full stands in the file.
    """
    longest = min(LONGEST_NAME, LONGEST_FOLDERS // max(len(entry.notebook), 1))
    folders = [
        _safe(name if number == 1 else f"{number} {name}", longest)
        for name, number in entry.notebook
    ]
    return "/".join([*folders, f"{_safe(entry.title)} {id}.md".lstrip()])


def _safe(name: str, longest: int = LONGEST_NAME) -> str:
    safe = "".join(sign if is_seen(sign) else "_" for sign in UNSAFE.sub("_", name)).strip(" .")
    while len(safe.encode()) > longest:
        safe = safe[:-1]
    return safe.strip(" .") or "_"


def is_seen(sign: str) -> bool:
    """Tell whether a sign may stand in a file's name; what joins emoji and letters may."""
    return sign.isprintable() or sign in "\u200c\u200d"


def unpacked(name: str, text: str) -> Entry:
    """Return the note in a file. What is no front matter of ours stays in the text."""
    folders, _, file = name.rpartition("/")
    notebook = [part for part in folders.split("/") if part]
    facts, rest = _front_matter(text)
    ours = set(facts) <= NAMES and bool(facts)
    body = rest if ours else text
    title = _text(facts.get("title")) or ("" if ours else _heading(rest) or file.rpartition(".")[0])
    named = facts.get("notebook")
    return Entry(
        title=title[:500],
        text=body,
        notebook=read(named if isinstance(named, list) else notebook),
        tags=_tags(facts.get("tags")),
        pinned=facts.get("pinned") is True,
        archived=facts.get("archived") is True,
        created_at=_moment(facts.get("created_at")),
        updated_at=_moment(facts.get("updated_at")),
    )


def _front_matter(text: str) -> tuple[dict[str, Any], str]:
    """Return what stands between two lines of ``---``, and what follows them."""
    if not text.startswith(FENCE):
        return {}, text
    facts: dict[str, Any] = {}
    place = len(FENCE)
    for _ in range(LONGEST_HEAD):
        end = text.find("\n", place)
        line = text[place : end if end >= 0 else len(text)]
        if line == "---":
            return facts, text[end + 1 :] if end >= 0 else ""
        found = LINE.fullmatch(line)
        if found is None or end < 0:
            return {}, text
        facts[found[1]] = _value(found[2])
        place = end + 1
    return {}, text


def _value(text: str) -> Any:
    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return text.strip()


def _text(value: Any) -> str:
    text = value if isinstance(value, str) else "" if value is None else str(value)
    return text.replace("\0", "\ufffd")


def _tags(value: Any) -> list[str]:
    if isinstance(value, str):
        value = [part.strip() for part in value.strip("[]").split(",")]
    found = value if isinstance(value, list) else []
    return [name[:100] for each in found[:MOST_TAGS] if (name := _text(each).strip())]


def _moment(value: Any) -> datetime | None:
    try:
        moment = msgspec.convert(value, datetime)
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (msgspec.ValidationError, OverflowError, ValueError):
        return None


def _heading(text: str) -> str:
    for line in text.split("\n", 20)[:20]:
        found = HEADING.fullmatch(line.rstrip("\r"))
        if found and (title := found[1].rstrip(" \t").rstrip("#").rstrip(" \t")):
            return title
    return ""
