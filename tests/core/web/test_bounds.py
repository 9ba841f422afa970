"""An endpoint that would let in what a database cannot keep is refused when it is written."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import Meta

from core.web.bounds import unbounded


def test_a_whole_number_without_bounds_is_found_wherever_it_hides() -> None:
    described = Annotated[int, Meta(description="How many.")]
    bounded = Annotated[int, Meta(ge=0, le=9, description="How many.")]
    for kind in (described, list[described], dict[str, described], described | None):
        assert unbounded(msgspec.defstruct("Body", [("count", kind)])), kind
    for kind in (bounded, list[bounded], dict[str, bounded], bounded | None):
        assert unbounded(msgspec.defstruct("Body", [("count", kind)])) is None, kind


def test_a_time_without_a_zone_is_found() -> None:
    aware = Annotated[datetime, Meta(tz=True)]
    for kind in (datetime, list[datetime], datetime | None):
        assert "without a zone" in str(unbounded(msgspec.defstruct("Body", [("at", kind)])))
    for kind in (aware, list[aware], aware | None):
        assert unbounded(msgspec.defstruct("Body", [("at", kind)])) is None
