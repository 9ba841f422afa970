"""What the shortener keeps about somebody: to take along, and to delete."""

from __future__ import annotations

from typing import Any

from core import IfMatch

from .links import service
from .tables import Link, Visit, VisitCount


async def export(user: int) -> dict[str, Any]:
    """Return somebody's links, how often they were followed, and the single visits."""
    hidden = {"password", "alike", "owner"}
    columns = [each for each in Link.all_columns() if each._meta.name not in hidden]
    return {
        "links": await Link.select(*columns).where(Link.owner == user).order_by(Link.id),
        "counts": await VisitCount.select(
            VisitCount.link, VisitCount.people, VisitCount.programs
        ).where(VisitCount.link.owner == user),
        "visits": await Visit.select(
            Visit.link, Visit.at, Visit.kind, Visit.referrer, Visit.country, Visit.device
        )
        .where(Visit.link.owner == user)
        .order_by(Visit.id),
    }


async def delete(user: int, quarantine_days: int) -> None:
    """Delete somebody's links with all that belongs to them; their codes rest."""
    for row in await Link.select(Link.id).where(Link.owner == user):
        await service.delete(user, row["id"], IfMatch(), quarantine_days)
