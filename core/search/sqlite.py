"""Searching on SQLite: FTS5 reads the words of a query as it read those of the text."""

from __future__ import annotations

from collections.abc import Sequence

from core.search.language import Term


def query(terms: Sequence[Term], *, excluded: bool = False) -> str:
    """Return the FTS5 expression for the words that must be there, or for those that must not.

    Every word stands in quotes, so nothing in it is an operator.
    """
    found = [_term(term) for term in terms if not term.verbatim and term.excluded is excluded]
    return (" OR " if excluded else " AND ").join(found)


def _term(term: Term) -> str:
    quoted = '"' + term.text.replace('"', '""') + '"'
    return f"{quoted} *" if term.prefix else quoted
