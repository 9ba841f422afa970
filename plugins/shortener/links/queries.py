"""The queries of links, each built once. Whose a link is stands in every one of them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec
from piccolo.columns.combination import WhereRaw
from piccolo.querystring import QueryString

from core import columns, compiled, compiled_one, in_order, limited

from ..tables import Link, RetiredCode, VisitCount

CONTAINS = (
    '(lower("shortener_link"."code") LIKE lower({}) ESCAPE \'!\' OR '
    'lower("shortener_link"."title") LIKE lower({}) ESCAPE \'!\' OR '
    'lower("shortener_link"."target") LIKE lower({}) ESCAPE \'!\')'
)
TAGGED = '"shortener_link"."tags" LIKE {} ESCAPE \'!\''


class LinkRow(msgspec.Struct, frozen=True):
    """A link as it is kept."""

    id: int
    owner: int | None
    code: str
    target: str
    title: str
    tags: str
    redirect: int
    forward_query: bool
    valid_from: datetime | None
    valid_until: datetime | None
    max_visits: int | None
    used: int
    password: str
    rules: str
    enabled: bool
    banned: bool
    blocked: bool
    created_at: datetime
    updated_at: datetime
    version: int


SHOWN = columns(Link, LinkRow)


@compiled_one(LinkRow)
def find(id: int, owner: int) -> Any:
    """Return one of somebody's links."""
    return Link.select(*SHOWN).where(Link.id == id, Link.owner == owner)


@compiled_one(LinkRow)
def by_code(code: str) -> Any:
    """Return the link with a code, whoever's it is."""
    return Link.select(*SHOWN).where(Link.code == code)


@compiled_one(LinkRow)
def change(
    id: int, owner: int, now: datetime, *values: Any, changes: tuple[str, ...], versions: int
) -> Any:
    """Change the columns in ``changes`` to the first values; the others are allowed versions."""
    new = dict(zip(changes, values, strict=False))
    guard = [Link.id == id, Link.owner == owner]
    guard += [Link.version.is_in(list(values[len(changes) :]))] if versions else []
    return _changed(new, now).where(*guard).returning(*SHOWN)


@compiled_one(LinkRow)
def ban(id: int, now: datetime) -> Any:
    """Switch a link off for good."""
    return _changed({"banned": True}, now).where(Link.id == id).returning(*SHOWN)


@compiled_one(LinkRow)
def lift(code: str, now: datetime) -> Any:
    """Lift the ban of a link."""
    return _changed({"banned": False}, now).where(Link.code == code).returning(*SHOWN)


@compiled(str)
def mark(blocked: bool, now: datetime, *ids: int) -> Any:
    """Note of links whether they lead to where none may; return their codes."""
    new = {"blocked": blocked}
    return _changed(new, now).where(Link.id.is_in(list(ids))).returning(Link.code)


def _changed(new: dict[str, Any], now: datetime) -> Any:
    values: dict[Any, Any] = {
        Link._meta.get_column_by_name(name): value for name, value in new.items()
    }
    return Link.update(values | {Link.updated_at: now, Link.version: QueryString('"version" + 1')})


@compiled_one(lambda code, alike: (code, alike))
def delete(id: int, owner: int, *values: int, versions: int) -> Any:
    """Delete a link with all its visits."""
    guard = [Link.id == id, Link.owner == owner]
    guard += [Link.version.is_in(list(values))] if versions else []
    return Link.delete().where(*guard).returning(Link.code, Link.alike)


@compiled(int)
def retire(alike: str, until: datetime) -> Any:
    """Let nobody have a code for a while."""
    return QueryString(
        'INSERT INTO "shortener_retired_code" ("alike", "until") VALUES ({}, {}) '
        'ON CONFLICT ("alike") DO UPDATE SET "until" = excluded."until" RETURNING id',
        alike,
        until,
    )


@compiled_one(int)
def retired(alike: str, now: datetime) -> Any:
    """Tell whether a code is still kept from use."""
    return RetiredCode.select(RetiredCode.id).where(
        RetiredCode.alike == alike, RetiredCode.until > now
    )


@compiled_one(int)
def use(id: int) -> Any:
    """Count one visit against the maximum of a link, unless it is reached."""
    return (
        Link.update({Link.used: QueryString('"used" + 1')})
        .where(
            Link.id == id,
            WhereRaw('"used" < "max_visits"'),
            Link.enabled.eq(True),
            Link.banned.eq(False),
        )
        .returning(Link.used)
    )


def _filtered(query: Any, owner: int, tag: Any, text: Any, shape: Any) -> Any:
    query = query.where(Link.owner == owner)
    if "tag" in shape:
        query = query.where(WhereRaw(TAGGED, tag))
    if "q" in shape:
        query = query.where(WhereRaw(CONTAINS, text, text, text))
    return query


@compiled(LinkRow)
def listed(
    owner: int,
    tag: str | None,
    text: str | None,
    limit: int,
    *position: Any,
    sort: str,
    shape: frozenset[str],
) -> Any:
    """Return some of somebody's links, those behind a position."""
    query = _filtered(Link.select(*SHOWN), owner, tag, text, shape)
    where = (position[0], position[1]) if position else None
    return limited(in_order(query, sort, where), limit)


@compiled_one(int)
def counted(owner: int, tag: str | None, text: str | None, *, shape: frozenset[str]) -> Any:
    """Count what ``listed`` would return without a limit."""
    return _filtered(Link.count(), owner, tag, text, shape)


@compiled(LinkRow)
def all_of(owner: int, after: int, limit: int) -> Any:
    """Return somebody's links in the order they were made, those after an id."""
    query = Link.select(*SHOWN).where(Link.owner == owner, Link.id > after).order_by(Link.id)
    return limited(query, limit)


@compiled(lambda link, people, programs: (link, people, programs))
def visits(*ids: int) -> Any:
    """Return how often each of some links was followed."""
    return VisitCount.select(VisitCount.link, VisitCount.people, VisitCount.programs).where(
        VisitCount.link.is_in(list(ids))
    )
