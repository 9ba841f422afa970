"""What strangers say about links, and what staff do about it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from core import (
    NotFound,
    Page,
    compiled,
    compiled_one,
    emit,
    in_order,
    limited,
    page,
    transaction,
)

from ..events import LinkBanned, LinkReported
from ..links import queries as links
from ..public.answers import NoSuchLink
from ..public.finding import found
from ..tables import Report
from .schemas import NewReport, ReportOut, ReportQuery


@compiled(ReportOut)
def listed(limit: int, *position: Any, sort: str) -> Any:
    """Return some reports with their links, those behind a position."""
    query = Report.select(
        Report.id,
        Report.link.code,
        Report.link.target,
        Report.link.banned,
        Report.reason,
        Report.text,
        Report.created_at,
    )
    where = (position[0], position[1]) if position else None
    return limited(in_order(query, sort, where), limit)


@compiled_one(int)
def counted() -> Any:
    """Count all reports."""
    return Report.count()


async def report(new: NewReport) -> int:
    """Keep what somebody says about a link; return the id. Raises NoSuchLink."""
    link = await links.by_code(new.code)
    if link is None:
        raise NoSuchLink("There is no link with this code.")
    async with transaction():
        row = Report(link=link.id, reason=new.reason, text=new.text, created_at=datetime.now(UTC))
        (made,) = await Report.insert(row).returning(Report.id)
        await emit(LinkReported(report_id=made["id"], link_id=link.id))
    return int(made["id"])


async def some(query: ReportQuery) -> Page[ReportOut]:
    """Return a page of the reports."""

    async def count() -> int:
        return await counted() or 0

    return await page(
        query,
        ReportOut,
        lambda position, limit: listed(limit, *(position or ()), sort=query.sort),
        count,
    )


async def ban(id: int) -> None:
    """Switch the link off that a report is about; its reports are done. Raises NotFound."""
    rows = await Report.select(Report.link).where(Report.id == id)
    if not rows:
        raise NotFound(f"There is no report {id}.")
    await ban_link(rows[0]["link"])


async def ban_link(id: int) -> None:
    """Switch a link off for good, on every worker. Raises NotFound."""
    async with transaction():
        link = await links.ban(id, datetime.now(UTC))
        if link is None:
            raise NotFound(f"There is no link {id}.")
        await Report.delete().where(Report.link == id)
        await found.delete(link.code)
        await emit(LinkBanned(link_id=id, owner_id=link.owner))


async def lift(code: str) -> None:
    """Let a link lead on again. Raises NoSuchLink."""
    async with transaction():
        if await links.lift(code, datetime.now(UTC)) is None:
            raise NoSuchLink("There is no link with this code.")
        await found.delete(code)


async def dismiss(id: int) -> None:
    """Throw a report away. Raises NotFound."""
    if not await Report.delete().where(Report.id == id).returning(Report.id):
        raise NotFound(f"There is no report {id}.")
