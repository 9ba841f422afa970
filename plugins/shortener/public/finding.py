"""What a code stands for, as it is cached: all that following a link needs."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import Any

import msgspec
from piccolo.querystring import QueryString

from core import Cache, compiled_one

from ..links.blocklist import leads_there
from ..rules.schemas import Rule
from ..visits.writing import engine_type


class Terms(msgspec.Struct, frozen=True, array_like=True):
    """Under which conditions a link leads on, and whether everybody to the same place."""

    enabled: bool = True
    banned: bool = False
    begins: datetime | None = None
    ends: datetime | None = None
    most: int | None = None
    locked: bool = False
    rules: list[Rule] = []
    blocked: bool = False


NONE = Terms()


class Target(msgspec.Struct, frozen=True, gc=False):
    """Where a code leads. Most links are under no conditions, and have no ``own`` terms."""

    id: int
    url: str
    status: int
    forward: bool
    own: Terms | None

    @property
    def terms(self) -> Terms:
        """Return the conditions."""
        return self.own or NONE


found = Cache("shortener", Target, ttl=60, absent=10, size=50_000)

FREE = (
    '"enabled" AND NOT "banned" AND NOT "blocked" AND "valid_from" IS NULL '
    'AND "valid_until" IS NULL AND "max_visits" IS NULL AND "password" = \'\' AND "rules" = \'[]\''
)
TERMS = '"enabled", "banned", "valid_from", "valid_until", "max_visits", "password" <> \'\''
SOURCE = {
    "sqlite": (
        '+"id", +"target", +"redirect", +"forward_query", '
        f'CASE WHEN {FREE} THEN NULL ELSE json_array({TERMS}, json("rules"), "blocked") END'
    ),
    "postgres": (
        '"id", "target", "redirect", "forward_query", '
        f'CASE WHEN {FREE} THEN NULL ELSE json_build_array({TERMS}, "rules"::json, "blocked")::text'
        " END"
    ),
}
"""Terms, which few links have, come as one text: each column costs some time.

What SQLite computes (``+``) comes as it is; for what it reads a converter is looked for each time.
"""

_terms = msgspec.json.Decoder(Terms, strict=False)


def _target(id: int, url: str, status: int, forward: bool, terms: str | None) -> Target:
    own = None if terms is None else _terms.decode(terms)
    elsewhere = (rule.target for rule in own.rules) if own else ()
    blocked = leads_there(url, *elsewhere)
    if blocked is not None and blocked is not (own or NONE).blocked:
        own = msgspec.structs.replace(own or NONE, blocked=blocked)
    return Target(id, url, status, bool(forward), None if own == NONE else own)


@compiled_one(_target)
def _read(code: str) -> Any:
    columns = SOURCE[engine_type()]
    return QueryString(f'SELECT {columns} FROM "shortener_link" WHERE "code" = {{}}', code)  # noqa: S608


def may_be(code: str) -> bool:
    """Tell whether there may be a link with this code, without asking for it."""
    return 0 < len(code) <= 50 and code.isascii() and "+" not in code


async def find(code: str) -> Target | None:
    """Return what a code stands for."""
    return await found.remember(code, partial(_read, code))
