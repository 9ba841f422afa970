"""What goes over the wire about reports."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, ClassVar, Literal

import msgspec
from msgspec import Meta

from core import Body, PageQuery

from ..schemas import Code
from ..tables import Report


class NewReport(Body, frozen=True):
    """What is wrong with a link."""

    code: Code
    reason: Literal["malware", "phishing", "spam", "illegal", "other"]
    text: Annotated[str, Meta(max_length=1000)] = ""


class ReportedOut(msgspec.Struct, frozen=True):
    """That a report was taken; who reported sees no more of it."""

    received: bool


class ReportOut(msgspec.Struct, frozen=True):
    """A report, for staff."""

    id: int
    code: str
    target: str
    banned: bool
    reason: str
    text: str
    created_at: datetime


class ReportQuery(PageQuery, frozen=True):
    """Which reports to list."""

    table: ClassVar[type[Report]] = Report
    sort: Literal["-created_at", "created_at"] = "-created_at"
