"""SearchIndex: one way to search a table's texts, over FTS5 and over ``tsvector``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
from piccolo.columns import Column
from piccolo.columns.combination import CombinableMixin
from piccolo.querystring import QueryString
from piccolo.table import Table

from core.db.engine import engine
from core.search import postgres, sqlite
from core.search.language import Term, parse
from core.search.snippets import pattern, snippet

READ = 50_000
"""How many characters of a text are looked at for its snippet."""


class Match(msgspec.Struct, frozen=True):
    """A row that was found. ``title`` is plain text; ``snippet`` is HTML: escaped, with ``<mark>``.

    ``rank``: more is better, comparable within one answer only. ``values``: what was asked for.
    """

    id: int
    title: str
    snippet: str
    rank: float
    values: dict[str, Any]


class SearchIndex:
    """The index that ``create_search_index`` made over ``(title, text, *more)`` of ``table``.

    ``weights`` says how much a word counts in each of them, in that order.
    """

    def __init__(
        self,
        table: type[Table],
        *,
        title: Column,
        text: Column,
        more: Sequence[Column] = (),
        weights: Sequence[float] = (8.0, 1.0, 2.0, 2.0),
    ) -> None:
        self._table = table
        self._name = table._meta.tablename
        self._title, self._text, self._more = title, text, list(more)
        self._weights = weights[: 2 + len(self._more)]

    async def find(
        self,
        query: str,
        *,
        where: CombinableMixin | Any,
        limit: int,
        columns: Sequence[Column] = (),
    ) -> list[Match]:
        """Return the best rows for what somebody typed, of those that ``where`` lets them see.

        ``where`` is the table's visibility as a condition (a join goes into a sub-select). It is
        part of the SQL, before the limit. One query. ``columns`` are read as well.
        """
        terms = parse(query)
        if not terms:
            return []
        sql, arguments = self._statement(terms, where, limit, columns).compile_string(
            engine_type=engine().engine_type
        )
        names = [column._meta.name for column in columns]
        wanted = pattern(terms)
        return [
            Match(
                id, title, snippet(text, wanted), float(rank), dict(zip(names, more, strict=True))
            )
            for id, rank, title, text, *more in await engine().fetch(sql, arguments)
        ]

    def _statement(
        self, terms: list[Term], where: Any, limit: int, columns: Sequence[Column]
    ) -> QueryString:
        name = self._name
        shown = [f'"{self._title._meta.db_column_name}"']
        shown.append(f'substr("{self._text._meta.db_column_name}", 1, {READ})')
        shown += [f'"{column._meta.db_column_name}"' for column in columns]
        read = ", ".join(shown)
        on_postgres = engine().engine_type == "postgres"
        source, words = (self._on_postgres if on_postgres else self._on_sqlite)(terms)
        verbatim = [self._holds(term) for term in terms if term.verbatim]
        conditions = [words, *verbatim, where.querystring]
        best = f'SELECT "{name}"."id" AS place, {{}} WHERE {{}}'
        best += " ORDER BY fit DESC, place DESC LIMIT {}"
        return QueryString(
            f'SELECT "{name}"."id", best.fit, {read} FROM ({best}) AS best'  # noqa: S608
            f' JOIN "{name}" ON "{name}"."id" = best.place ORDER BY best.fit DESC, best.place DESC',
            source,
            QueryString(" AND ".join(["({})"] * len(conditions)), *conditions),
            limit,
        )

    def _on_sqlite(self, terms: list[Term]) -> tuple[QueryString, QueryString]:
        """Return the rank with the tables to read, and the condition on the words."""
        index, name = f"{self._name}_search", self._name
        wanted, unwanted = sqlite.query(terms), sqlite.query(terms, excluded=True)
        if wanted:
            match = f"({wanted}) NOT ({unwanted})" if unwanted else wanted
            weights = ", ".join(str(float(weight)) for weight in self._weights)
            tables = f'"{index}" CROSS JOIN "{name}" ON "{name}"."id" = "{index}".rowid'
            return (
                QueryString(f'-bm25("{index}", {weights}) AS fit FROM {tables}'),
                QueryString(f'"{index}" MATCH {{}}', match),
            )
        source = QueryString(f'0.0 AS fit FROM "{name}"')
        if not unwanted:
            return source, QueryString("1 = 1")
        excluded = f'"{name}"."id" NOT IN (SELECT rowid FROM "{index}" WHERE "{index}" MATCH {{}})'  # noqa: S608
        return source, QueryString(excluded, unwanted)

    def _on_postgres(self, terms: list[Term]) -> tuple[QueryString, QueryString]:
        sought = postgres.query(terms)
        if sought is None:
            return QueryString(f'0.0 AS fit FROM "{self._name}"'), QueryString("1 = 1")
        rank = postgres.rank(self._weights, self._name)
        # MATERIALIZED: the query is made once, not for each row when a plan is made for any value.
        once = "(WITH made AS MATERIALIZED (SELECT {} AS sought) SELECT sought FROM made) AS q"
        return (
            QueryString(f'{rank} AS fit FROM "{self._name}", {once}', sought),
            QueryString(f'"{self._name}"."search_vector" @@ sought'),
        )

    def _holds(self, term: Term) -> QueryString:
        """Return the condition that a text holds the term letter by letter."""
        function = "strpos" if engine().engine_type == "postgres" else "instr"
        columns = [self._title, self._text, *self._more]
        each = " OR ".join(
            f'{function}("{self._name}"."{column._meta.db_column_name}", {{}}) > 0'
            for column in columns
        )
        sign = "NOT " if term.excluded else ""
        return QueryString(f"{sign}({each})", *[term.text] * len(columns))
