"""A value as all workers keep it together: bytes, with its facts in front."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Kept:
    """A value as it is kept; ``payload`` is None for what is known not to be there."""

    moment: int
    ends: float
    payload: bytes | None

    def encoded(self) -> bytes:
        """Return the value with its facts in front."""
        known = b"" if self.payload is None else b"+" + self.payload
        return b"%d %d %s" % (self.moment, int(self.ends * 1000), known)


def decoded(raw: bytes) -> Kept | None:
    """Read what ``Kept.encoded`` wrote; None for anything else."""
    try:
        moment, ends, known = raw.split(b" ", 2)
        return Kept(int(moment), int(ends) / 1000, known[1:] if known else None)
    except ValueError:
        return None
