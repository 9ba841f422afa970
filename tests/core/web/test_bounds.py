"""An endpoint that would let in what a database cannot keep is refused when it is written."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

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


def test_a_table_of_numbers_that_may_be_made_to_collide_is_found() -> None:
    large = Annotated[int, Meta(ge=0, le=2**62)]
    small = Annotated[int, Meta(ge=0, le=2**31 - 1)]
    kinds: list[Any] = [dict[large, str], set[large], frozenset[large], dict[float, str]]
    for kind in kinds:
        assert "large numbers" in str(unbounded(msgspec.defstruct("Body", [("ids", kind)]))), kind
    limited = Annotated[set[large], Meta(max_length=100)]
    harmless: list[Any] = [dict[small, str], dict[str, large], list[large], set[small], limited]
    for kind in harmless:
        assert unbounded(msgspec.defstruct("Body", [("ids", kind)])) is None, kind
