"""What happens to links, told after the commit."""

from __future__ import annotations

from core import Event


class LinkCreated(Event, frozen=True):
    """Somebody made a link. ``owner_id`` is None where nobody was signed in."""

    link_id: int
    owner_id: int | None


class LinkDeleted(Event, frozen=True):
    """A link was deleted."""

    link_id: int
    owner_id: int | None


class LinkReported(Event, frozen=True):
    """Somebody says that a link leads to something bad."""

    report_id: int
    link_id: int


class LinkBanned(Event, frozen=True):
    """Staff switched a link off for good."""

    link_id: int
    owner_id: int | None
