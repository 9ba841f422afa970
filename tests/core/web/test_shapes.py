"""An endpoint whose types cannot be told or checked is refused when it is written."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Literal, TypedDict

import msgspec
import pytest
from msgspec import Meta
from sanic import HTTPResponse

from core import Body, PageQuery, Query, WithHeaders, endpoint
from core.web.shapes import shapeless

SORTS = Literal["a", "-a"]


class Loose(msgspec.Struct):
    name: str


@dataclass
class Data:
    name: str


class Typed(TypedDict):
    name: str


class Nobody:
    pass


class Tight(Body, frozen=True):
    name: str


class Wide(Body, frozen=True, forbid_unknown_fields=False):
    name: str


class Asked(Query, frozen=True):
    name: str = ""


@pytest.mark.parametrize("kind", [Loose, Data, Typed, Nobody])
def test_a_body_refuses_unknown_fields_wherever_it_has_fields(kind: Any) -> None:
    holding = msgspec.defstruct("Holding", [("each", list[kind])], bases=(Body,), frozen=True)
    for body in (kind, kind | None, list[kind], dict[str, kind], holding):
        words = f"body: let {kind.__name__} subclass core.Body"
        assert words in str(shapeless(body, Asked, [])), body


def test_a_body_that_takes_unknown_fields_says_so() -> None:
    for body in (None, Tight, Wide, list[Tight], Tight | None, dict[str, str]):
        assert shapeless(body, Asked, [str]) is None, body


def test_a_query_is_a_query() -> None:
    for query in (Tight, Loose, dict[str, str]):
        assert "query: subclass core.Query" in str(shapeless(None, query, [])), query


def test_what_a_list_is_sorted_by_is_one_of_a_few() -> None:
    for kind, fine in ((str, False), (Annotated[str, Meta(max_length=9)], False), (SORTS, True)):
        query = msgspec.defstruct("Listed", [("sort", kind, "a")], bases=(PageQuery,), frozen=True)
        found = shapeless(None, query, [])
        assert (found is None) is fine, kind
        assert fine or "query: Listed.sort must be a Literal" in str(found)


@pytest.mark.parametrize("kind", [Nobody, HTTPResponse])
def test_an_answer_has_a_shape(kind: Any) -> None:
    for result in (kind, list[kind], kind | None, msgspec.defstruct("Holding", [("each", kind)])):
        assert f"it returns {kind.__name__}, whose shape" in str(shapeless(None, Asked, [result]))
    for result in (None, str, Loose, Data, dict[str, Any], WithHeaders):
        assert shapeless(None, Asked, [result]) is None, result


def test_who_writes_such_an_endpoint_is_told_of_it_at_once() -> None:
    with pytest.raises(TypeError, match=r"bad: it returns Nobody, whose shape nobody can tell"):

        @endpoint(None)
        async def bad() -> Nobody:
            """Answer."""
            return Nobody()
