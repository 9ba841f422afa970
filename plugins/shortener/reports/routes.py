"""The endpoints of reports, under /api/v1/shortener/reports."""

from __future__ import annotations

from sanic import Blueprint

from core import CurrentUser, Page, endpoint

from . import service
from .schemas import NewReport, ReportedOut, ReportOut, ReportQuery

reports = Blueprint("shortener_reports", url_prefix="/reports")


@reports.post("/")
@endpoint(None, status=202, limit="20/hour")
async def report_link(body: NewReport) -> ReportedOut:
    """Report a link that leads to something bad."""
    await service.report(body)
    return ReportedOut(received=True)


@reports.get("/")
@endpoint("shortener.moderate")
async def list_reports(user: CurrentUser, query: ReportQuery) -> Page[ReportOut]:
    """List what was reported."""
    return await service.some(query)


@reports.delete("/<id:int>")
@endpoint("shortener.moderate")
async def dismiss_report(user: CurrentUser, id: int) -> None:
    """Throw a report away."""
    await service.dismiss(id)


@reports.post("/<id:int>/ban")
@endpoint("shortener.moderate")
async def ban_reported(user: CurrentUser, id: int) -> None:
    """Switch off the link that a report is about."""
    await service.ban(id)
