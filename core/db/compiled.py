"""Piccolo queries built once and run with new values.

Piccolo builds and compiles a query in about 150 microseconds each time; this does it once. A query
is written as a function that returns it::

    @compiled(TaskOut)
    def newest(owner: int, count: int, *, done: bool | None) -> Query:
        query = Task.select(*columns(Task, TaskOut)).where(Task.owner == owner)
        ...

Positional arguments are values, bound anew at each call. Keyword arguments decide the query's
shape: each combination of them is built once. Called and awaited, it returns structs.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from itertools import starmap
from typing import Any, ParamSpec, TypeVar

import msgspec
from piccolo.columns import Column
from piccolo.query.base import Query
from piccolo.query.mixins import Limit
from piccolo.querystring import QueryString
from piccolo.table import Table

from core.db.engine import engine

P = ParamSpec("P")
R = TypeVar("R")

SHAPES = 2000

Plan = tuple[str, tuple[tuple[int, Any], ...] | None]
"""The SQL, and which of the values and constants it is run with; None: the values as they are."""


class Parameter(str):
    """Stands for a value while a query is built. A string, so that Piccolo hands it through."""

    __slots__ = ("position",)
    position: int

    def __new__(cls, position: int) -> Parameter:
        """Make the parameter at ``position``."""
        self = super().__new__(cls, f"parameter {position}")
        self.position = position
        return self


def compiled(
    kind: Callable[..., R],
) -> Callable[[Callable[P, Any]], Callable[P, Awaitable[list[R]]]]:
    """Make a function that returns a Piccolo query into one that runs it and returns ``kind``s.

    The columns of the query are given to ``kind`` in their order: select ``columns(Table, kind)``.
    """

    def decorate(build: Callable[P, Any]) -> Callable[P, Awaitable[list[R]]]:
        plans = _Plans(build)

        async def run(*values: P.args, **shape: P.kwargs) -> list[R]:
            sql, places = plans.get(values, shape)
            arguments = values if places is None else _placed(values, places)
            return list(starmap(kind, await engine().fetch(sql, arguments)))

        run.__doc__, run.__name__ = build.__doc__, build.__name__
        return run

    return decorate


def compiled_one(
    kind: Callable[..., R],
) -> Callable[[Callable[P, Any]], Callable[P, Awaitable[R | None]]]:
    """Like ``compiled``, for a query with at most one row: returns it, or None."""

    def decorate(build: Callable[P, Any]) -> Callable[P, Awaitable[R | None]]:
        plans = _Plans(build)

        async def run(*values: P.args, **shape: P.kwargs) -> R | None:
            sql, places = plans.get(values, shape)
            arguments = values if places is None else _placed(values, places)
            rows = await engine().fetch(sql, arguments)
            return kind(*rows[0]) if rows else None

        run.__doc__, run.__name__ = build.__doc__, build.__name__
        return run

    return decorate


def compiled_new(
    kind: Callable[..., R],
) -> Callable[[Callable[P, Any]], Callable[P, Awaitable[R]]]:
    """Like ``compiled``, for an INSERT that returns the row it wrote."""

    def decorate(build: Callable[P, Any]) -> Callable[P, Awaitable[R]]:
        run = compiled(kind)(build)

        async def new(*values: P.args, **shape: P.kwargs) -> R:
            (row,) = await run(*values, **shape)
            return row

        new.__doc__, new.__name__ = build.__doc__, build.__name__
        return new

    return decorate


def _placed(values: tuple[Any, ...], places: tuple[tuple[int, Any], ...]) -> list[Any]:
    return [values[place] if place >= 0 else constant for place, constant in places]


class _Plans:
    """The SQL of one function's query in each of its shapes, for each kind of database."""

    def __init__(self, build: Callable[..., Any]) -> None:
        self._build = build
        self._plans: dict[Any, Plan] = {}

    def get(self, values: tuple[Any, ...], shape: dict[str, Any]) -> Plan:
        key = (engine().engine_type, len(values), *shape.items())
        plan = self._plans.get(key)
        if plan is None:
            if len(self._plans) >= SHAPES:
                self._plans.clear()
            plan = self._plans[key] = self._compile(len(values), shape)
        return plan

    def _compile(self, count: int, shape: dict[str, Any]) -> Plan:
        sql, arguments = self._sql(count, shape)
        if self._sql(count, shape) != (sql, arguments):
            raise TypeError(
                f"{self._build.__qualname__}: a value in this query is new each time it is built "
                "(a default such as the time or a random text?). Pass it as an argument."
            )
        places = tuple(
            (each.position, None) if isinstance(each, Parameter) else (-1, each)
            for each in arguments
        )
        straight = [place for place, _ in places] == list(range(count))
        return sql, None if straight else places

    def _sql(self, count: int, shape: dict[str, Any]) -> tuple[str, list[Any]]:
        query = self._build(*map(Parameter, range(count)), **shape)
        (querystring,) = query.querystrings if isinstance(query, Query) else (query,)
        return querystring.compile_string(engine_type=engine().engine_type)


def columns(table: type[Table], kind: type[msgspec.Struct]) -> list[Column]:
    """Return the columns of ``table`` that the fields of ``kind`` are called after, in order."""
    return [table._meta.get_column_by_name(field) for field in kind.__struct_fields__]


class _BoundLimit(Limit):
    """A LIMIT whose number is bound, not written into the SQL."""

    def __init__(self, number: Any) -> None:
        self.number = number

    @property
    def querystring(self) -> QueryString:
        return QueryString(" LIMIT {}", self.number)


Q = TypeVar("Q", bound=Query)  # type: ignore[type-arg]


def limited(query: Q, number: int) -> Q:
    """Return ``query`` with a limit that may be a parameter of a compiled query."""
    query.limit_delegate._limit = _BoundLimit(number)  # type: ignore[attr-defined]
    return query
