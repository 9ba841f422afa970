"""What the doctor says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at: well, to be looked at by a person, or to be mended."""

    grade: Literal["ok", "look", "bad"]
    what: str
    said: str

    def __str__(self) -> str:
        return f"{self.grade:4}  {self.what:14} {self.said}"


def ok(what: str, said: str) -> Finding:
    """Say that something is well."""
    return Finding("ok", what, said)


def look(what: str, said: str) -> Finding:
    """Say what a person should look at, and what to do."""
    return Finding("look", what, said)


def bad(what: str, said: str) -> Finding:
    """Say what must be mended, and how."""
    return Finding("bad", what, said)
