"""What may be done with links. Knows nothing of HTTP."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from msgspec import UNSET

from core import (
    Conflict,
    IfMatch,
    NotFound,
    Page,
    emit,
    is_duplicate,
    page,
    stale,
    transaction,
)

from ..events import LinkCreated, LinkDeleted
from ..place import here
from ..public.finding import found
from ..rules.schemas import rules_in
from ..schemas import LinkChange, LinkOut, LinkQuery, NewLink, Utm
from ..tables import Link
from . import queries
from .blocklist import leads_there
from .codes import alike, new_code, refuse_reserved
from .moments import window
from .passwords import hashed
from .queries import LinkRow
from .targets import checked, with_parameters

TRIES = 8


class CodeTaken(Conflict):
    """Another link has this code, had it not long ago, or has one that looks like it."""

    code, title = "code_taken", "Code taken"


class NoMoreCodes(Conflict):
    """No free code was found at random: let codes be longer."""

    code, title = "no_more_codes", "No free code"


async def create(owner: int | None, new: NewLink) -> LinkOut:
    """Make a link. Raises BadTarget, ReservedCode, CodeTaken."""
    return await insert(owner, new, await values_of(new))


async def insert(owner: int | None, new: NewLink, values: dict[str, Any]) -> LinkOut:
    """Write a link whose values were made before. Raises ReservedCode, CodeTaken."""
    if new.code is not None:
        refuse_reserved(new.code)
        return await _insert(owner, new.code, values, chosen=True)
    for _ in range(TRIES):
        try:
            return await _insert(owner, new_code(), values, chosen=False)
        except CodeTaken:
            continue
    raise NoMoreCodes("No free code was found. Choose one yourself.")


async def values_of(new: NewLink) -> dict[str, Any]:
    """Return what is kept of a new link. Raises BadTarget."""
    return {
        "target": _target(new.target, new.utm),
        "title": new.title,
        "tags": _joined(new.tags),
        "redirect": new.redirect,
        "forward_query": new.forward_query,
        **window(new.valid_from, new.valid_until),
        "max_visits": new.max_visits,
        "password": await hashed(new.password) if new.password else "",
    }


async def _insert(owner: int | None, code: str, values: dict[str, Any], *, chosen: bool) -> LinkOut:
    now = datetime.now(UTC)
    if await queries.retired(alike(code), now) is not None:
        raise CodeTaken(f"{code!r} was used not long ago. Choose another code.")
    row = Link(owner=owner, code=code, alike=alike(code), created_at=now, updated_at=now)
    for name, value in values.items():
        setattr(row, name, value)
    try:
        async with transaction():
            (made,) = await Link.insert(row).returning(*queries.SHOWN)
            if chosen:
                await found.delete(code)  # it may be remembered as not there
            await emit(LinkCreated(link_id=made["id"], owner_id=owner))
    except Exception as error:
        if is_duplicate(error):
            raise CodeTaken(f"{code!r} is taken, or a code that looks like it.") from None
        raise
    return shown(LinkRow(**made))


def _target(target: str, utm: Utm | None) -> str:
    plain = checked(target)
    if utm is None:
        return plain
    given = {f"utm_{name}": getattr(utm, name) for name in utm.__struct_fields__}
    return checked(with_parameters(plain, {key: value for key, value in given.items() if value}))


def is_blocked(target: str, rules: str) -> bool:
    """Tell whether a link leads to a place that is on the blocklist, for anybody."""
    return bool(leads_there(target, *(rule.target for rule in rules_in(rules))))


def _joined(tags: Sequence[str]) -> str:
    return f"|{'|'.join(dict.fromkeys(tags))}|" if tags else ""


def shown(link: LinkRow, visits: int = 0, programs: int = 0) -> LinkOut:
    """Return a link as its owner sees it."""
    return LinkOut(
        id=link.id,
        code=link.code,
        short_url=here().short(link.code),
        target=link.target,
        title=link.title,
        tags=link.tags.strip("|").split("|") if link.tags else [],
        redirect=link.redirect,
        forward_query=link.forward_query,
        valid_from=link.valid_from,
        valid_until=link.valid_until,
        max_visits=link.max_visits,
        used=link.used,
        has_password=bool(link.password),
        enabled=link.enabled,
        banned=link.banned,
        blocked=link.blocked,
        visits=visits,
        programs=programs,
        created_at=link.created_at,
        updated_at=link.updated_at,
        version=link.version,
    )


async def with_visits(links: Sequence[LinkRow]) -> list[LinkOut]:
    """Return links with how often they were followed."""
    rows = await queries.visits(*(link.id for link in links)) if links else []
    known = {link: (people, programs) for link, people, programs in rows}
    return [shown(link, *known.get(link.id, (0, 0))) for link in links]


async def row(owner: int, id: int) -> LinkRow:
    """Return one of the owner's links as it is kept. Raises NotFound."""
    link = await queries.find(id, owner)
    if link is None:
        raise NotFound(f"You have no link {id}.")
    return link


async def read(owner: int, id: int) -> LinkOut:
    """Return a link. Raises NotFound."""
    (link,) = await with_visits([await row(owner, id)])
    return link


async def some(owner: int, query: LinkQuery) -> Page[LinkOut]:
    """Return a page of the owner's links."""
    shape = frozenset(name for name in ("tag", "q") if getattr(query, name) is not None)
    tag = f"%|{_escaped(query.tag)}|%" if query.tag else None
    values = (owner, tag, f"%{_escaped(query.q)}%" if query.q else None)

    async def listed(position: Any, limit: int) -> list[LinkOut]:
        return await with_visits(
            await queries.listed(*values, limit, *(position or ()), sort=query.sort, shape=shape)
        )

    async def counted() -> int:
        return await queries.counted(*values, shape=shape) or 0

    return await page(query, LinkOut, listed, counted)


def _escaped(text: str) -> str:
    for special in "!%_":
        text = text.replace(special, f"!{special}")
    return text


async def change(owner: int, id: int, body: LinkChange, at: IfMatch) -> LinkOut:
    """Change a link that is at one of the versions ``at`` (empty: any); not where it is so already.

    Raises NotFound, PreconditionFailed, BadTarget.
    """
    before = await row(owner, id)
    return await store(owner, before, await _changes(body, before), at)


async def _changes(body: LinkChange, before: LinkRow) -> dict[str, Any]:
    new = {name: getattr(body, name) for name in body.__struct_fields__}
    new = {name: value for name, value in new.items() if value is not UNSET}
    utm = new.pop("utm", None)
    if "target" in new or utm is not None:
        new["target"] = _target(new.get("target", before.target), utm)
        new["blocked"] = is_blocked(new["target"], before.rules)
    if "tags" in new:
        new["tags"] = _joined(new["tags"])
    if "password" in new:
        new["password"] = await hashed(new["password"]) if new["password"] else ""
    kept = {"valid_from": before.valid_from, "valid_until": before.valid_until}
    held = window(**{name: new.get(name, value) for name, value in kept.items()})
    return new | {name: value for name, value in held.items() if name in new}


async def store(owner: int, before: LinkRow, new: dict[str, Any], at: IfMatch) -> LinkOut:
    """Write changed columns of a link, and let every worker know; nothing if it is so already."""
    changes = (getattr(before, name) != value for name, value in new.items())
    if (not at or before.version in at) and not any(changes):
        return (await with_visits([before]))[0]
    now, id = datetime.now(UTC), before.id
    async with transaction():
        link = await queries.change(
            id, owner, now, *new.values(), *at, changes=tuple(new), versions=len(at)
        )
        if link is None:
            raise stale(await queries.find(id, owner), "link")
        await found.delete(link.code)
    (out,) = await with_visits([link])
    return out


async def delete(owner: int, id: int, at: IfMatch, rest: int | None = None) -> None:
    """Delete a link and its visits; its code rests some days, those of the settings if unsaid.

    Raises NotFound, PreconditionFailed.
    """
    days = here().settings.quarantine_days if rest is None else rest
    until = datetime.now(UTC) + timedelta(days=days)
    async with transaction():
        gone = await queries.delete(id, owner, *at, versions=len(at))
        if gone is None:
            raise stale(await queries.find(id, owner), "link")
        code, looks = gone
        await queries.retire(looks, until)
        await found.delete(code)
        await emit(LinkDeleted(link_id=id, owner_id=owner))
