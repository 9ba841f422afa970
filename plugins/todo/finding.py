"""What the search over everything finds here.

The tasks that somebody may see are read and compared, without a full-text index: writing one would
cost each new task a third more than it does now, and somebody's tasks are some thousands at most.
"""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from piccolo.querystring import QueryString

from core import CurrentUser, Hit, compiled

from .queries.clauses import MINE
from .service.parts import pattern

MOST_WORDS = 8
TERM = re.compile(r'(-?)(?:"([^"]*)"?|(\S+))')
AROUND = 60


def _row(*values: Any) -> tuple[Any, ...]:
    return values


def _terms(query: str) -> tuple[list[str], list[str]]:
    """Return what must be there, and what must not: words, and phrases in quotes."""
    wanted: list[str] = []
    unwanted: list[str] = []
    for minus, phrase, word in list(TERM.findall(query))[:MOST_WORDS]:
        if (term := phrase.strip() or word.strip('"*')).strip("-"):
            (unwanted if minus else wanted).append(term)
    return wanted, unwanted


@compiled(_row)
def _found(user: int, limit: int, *patterns: str, words: int, without: int) -> Any:
    holds = "lower(\"title\" || ' ' || \"description\") LIKE lower({}) ESCAPE '!'"
    each = " AND ".join([holds] * words + [f"NOT {holds}"] * without)
    return QueryString(
        'SELECT "id", "title", "description", "updated_at" FROM "todo_task" WHERE'  # noqa: S608
        f' ("owner" = {{}} OR "project" IN ({MINE})) AND "trashed_at" IS NULL AND {each}'
        ' ORDER BY "updated_at" DESC, "id" DESC LIMIT {}',
        *(user, user, *patterns, limit),
    )


async def search(user: CurrentUser, query: str, limit: int) -> Sequence[Hit]:
    """Return the tasks that hold every word, those with a word in the title first."""
    words, others = _terms(query)
    if "todo.read" not in user.permissions or not words:
        return []
    patterns = map(pattern, words + others)
    rows = await _found(user.id, limit, *patterns, words=len(words), without=len(others))
    hits = [_hit(words, *row) for row in rows]
    return sorted(hits, key=lambda hit: -hit.rank)


def _hit(words: list[str], id: int, title: str, description: str, updated_at: datetime) -> Hit:
    named = sum(word.casefold() in title.casefold() for word in words)
    return Hit(
        kind="task",
        id=id,
        title=title,
        snippet=_snippet(words, description or title),
        url=f"/api/v1/todo/tasks/{id}",
        rank=1.0 + named / len(words),
        updated_at=updated_at,
    )


def _snippet(words: list[str], text: str) -> str:
    """Return the text around the first word, escaped, with ``<mark>`` around that word."""
    lower = text.lower()
    places = [(lower.find(word.lower()), len(word)) for word in words]
    start, length = min(((at, size) for at, size in places if at >= 0), default=(0, 0))
    before = text[max(start - AROUND, 0) : start]
    found, behind = text[start : start + length], text[start + length :][: 2 * AROUND]
    marked = f"<mark>{html.escape(found)}</mark>" if found else ""
    return f"{html.escape(before)}{marked}{html.escape(behind)}"
