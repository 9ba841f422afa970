"""What the main process holds, and its successor after it."""

from __future__ import annotations

import os
import socket
from dataclasses import dataclass, field

import msgspec

from core.processes.child import Child
from core.processes.lifeline import Lifeline

VARIABLE = "TENFOLD_INHERITED"


class _Written(msgspec.Struct, frozen=True):
    listening: int
    lifeline: tuple[int, int]
    children: list[tuple[int, str]]


@dataclass
class Holdings:
    """The socket, the lifeline of the children, and the children."""

    listening: socket.socket
    lifeline: Lifeline = field(default_factory=Lifeline)
    children: list[Child] = field(default_factory=list)

    def of(self, role: str) -> list[Child]:
        """Return the children of a role, the oldest first."""
        return [child for child in self.children if child.role == role]

    def bequeath(self) -> dict[str, str]:
        """Return what `inherited` reads in the successor's environment."""
        ends = self.listening.fileno(), *self.lifeline.ends
        for end in ends:
            os.set_inheritable(end, True)
        children = [(child.pid, child.role) for child in self.children]
        written = _Written(ends[0], self.lifeline.ends, children)
        return {VARIABLE: msgspec.json.encode(written).decode()}


def inherited() -> Holdings | None:
    """Return what this process held before it became new; None at a first start."""
    text = os.environ.pop(VARIABLE, None)
    if text is None:
        return None
    written = msgspec.json.decode(text, type=_Written)
    for end in (written.listening, *written.lifeline):
        os.set_inheritable(end, False)
    return Holdings(
        socket.socket(fileno=written.listening),
        Lifeline(written.lifeline),
        [Child(pid, role, old=True, ready=True) for pid, role in written.children],
    )
