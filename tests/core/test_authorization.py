"""Who may do what: every operation of every enabled plugin, asked by everybody.

A plugin gets this for nothing. A thing is made by a POST to its collection, with a body made from
the OpenAPI document. Where that cannot be, say below how.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest

from core.auth.authorization import roles
from core.auth.authorization.permissions import by_role, declared
from core.auth.tables import Role, RolePermission
from core.testing import People, Server
from core.testing.examples import fields_of
from core.testing.things import MISSING, Make, Things
from core.web.openapi.operations import Operation, operations
from plugins.shortener.tables import Report
from tests.core.tasks import examples as tasks
from tests.core.webhooks import examples as webhooks
from tests.plugins.notes import examples as notes
from tests.plugins.todo import examples as todo

PUBLIC = {
    "GET /api/v1/notes/shared/{token}",
    "POST /api/v1/notes/shared/{token}",
    "GET /api/v1/todo/feed.ics",
    "POST /api/v1/shortener/reports",
    "POST /api/v1/shortener/shorten",
    "GET /api/v1/realtime/ws",
    "GET /api/v1/realtime/events",
    "POST /api/v1/auth/register",
    "POST /api/v1/auth/login",
    "POST /api/v1/auth/login/totp",
    "POST /api/v1/auth/refresh",
    "POST /api/v1/auth/logout",
    "POST /api/v1/auth/email/verify",
    "POST /api/v1/auth/password/forgot",
    "POST /api/v1/auth/password/reset",
}
"""Every operation that asks for no permission."""

SHARED = {
    *tasks.SHARED,
    "DELETE /api/v1/shortener/reports/{id}",
    "POST /api/v1/shortener/reports/{id}/ban",
    "DELETE /api/v1/auth/invitations/{id}",
}
"""Operations on things that belong to nobody in particular: who holds the permission may."""

KEYS = "/api/v1/auth/api-keys"
SAME = ("status", "code", "title", "type", "detail")


async def _session(server: Server, person: Any) -> Any:
    session, _ = await server.app.ctx.realm.refreshing.begin(person.id, "other", "127.0.0.1")
    return session


async def _report(server: Server, person: Any) -> Any:
    link = {"target": "https://example.com"}
    made = (await person.post("/api/v1/shortener/links", json=link)).json()
    row = Report(link=made["id"], reason="spam", created_at=datetime.now(UTC))
    return (await Report.insert(row).returning(Report.id))[0]["id"]


MADE: dict[str, Make] = {
    "/api/v1/auth/sessions": _session,
    **notes.MADE,
    **todo.MADE,
    **tasks.MADE,
    **webhooks.MADE,
    "/api/v1/shortener/reports": _report,
}
"""How a thing is made where its collection takes no POST: returns what its path calls it."""

BODIES: dict[str, Any] = {**notes.BODIES, **todo.BODIES}
"""Bodies for ``METHOD /path``, where the example that the schema gives is refused."""


@dataclass
class World:
    """A server, what it says of itself, and everybody who asks it."""

    server: Server
    things: Things
    owner: Any
    other: Any
    bare: Any
    admin: Any
    gone: Any
    nobody: Any

    async def ask(self, person: Any, operation: Operation, path: str) -> Any:
        return await person.request(
            operation.method.upper(), path, json=self.things.body(operation.method, operation.path)
        )

    def nowhere(self, operation: Operation, path: str) -> str:
        """Return ``path`` with an id in its last place that nothing has."""
        ends = operation.path.rpartition("}")[2]
        *_, last = operation.contract.path.values()
        missing = MISSING["integer" if last is int else "string"]
        return re.sub(r"[^/]+$", str(missing), path.removesuffix(ends)) + ends


@pytest.fixture
async def world(server: Server, client: Any, people: People) -> World:
    """Let owner and other hold every permission there is, by a role; bare holds a role without."""
    everything = [each.name for each in declared(server.plugins)]
    for name in ("everything", "bare"):
        await Role.insert(Role(name=name))
    (role,) = await Role.select(Role.id).where(Role.name == "everything")
    grants = [RolePermission(role=role["id"], permission=each) for each in everything]
    await RolePermission.insert(*grants)
    tokens = server.app.ctx.realm.tokens
    tokens.hold(await by_role(server.plugins))
    owner, other, gone = [await people(name, "everything") for name in ("owner", "other", "gone")]
    bare, admin = await people("bare"), await people("root", "admin")
    token = tokens.make(bare.id, 2**30, ["bare"])
    bare.headers["authorization"] = f"Bearer {token}"
    things = Things(server, BODIES, MADE)
    return World(server, things, owner, other, bare, admin, gone, client)


@pytest.fixture(autouse=True)
async def only_known_roles(server: Server) -> AsyncIterator[None]:
    yield
    await Role.delete().where(Role.name.is_in(["everything", "bare"]))


def _named(operation: Operation) -> str:
    return f"{operation.method.upper()} {operation.path}"


def _with_ids(world: World) -> list[Operation]:
    return [each for each in operations(world.server.app) if "{" in each.path]


def _guarded(world: World) -> list[Operation]:
    return [each for each in operations(world.server.app) if each.contract.permission]


def _told(answer: Any, path: str) -> tuple[Any, ...]:
    """Return what an answer says, but for the id that was asked for."""
    if answer.status_code < 400:
        return (answer.status_code,)
    ids = [part for part in path.split("/") if part.isdigit() or part == MISSING["string"]]
    problem = answer.json()
    text = str([problem.get(key) for key in SAME] + [problem.get("errors")])
    for id in ids:
        text = re.sub(rf"\b{re.escape(id)}\b", "ID", text)
    return (answer.status_code, text)


async def test_every_operation_for_anyone_is_written_down(server: Server) -> None:
    found = {_named(each) for each in operations(server.app) if not each.contract.permission}
    assert found == PUBLIC


async def test_nothing_is_done_for_who_is_nobody_or_may_not(world: World) -> None:
    leaks = []
    for each in _guarded(world):
        path = await world.things.place(world.owner, each.path)
        for person, expected in ((world.nobody, 401), (world.bare, 403)):
            answer = await world.ask(person, each, path)
            if answer.status_code != expected:
                leaks.append(f"{_named(each)}: {answer.status_code}, not {expected}")
    assert leaks == []


async def test_nothing_is_done_for_who_was_switched_off(world: World) -> None:
    things = [(each, await world.things.place(world.gone, each.path)) for each in _guarded(world)]
    token = world.gone.headers["authorization"]
    key = await world.gone.post(KEYS, json=world.things.body("post", KEYS))
    await roles.switch(world.gone.id, active=False)
    await world.server.app.ctx.realm.tokens.follow()
    leaks = []
    for credential in (token, f"Bearer {key.json()['key']}"):
        world.gone.headers["authorization"] = credential
        for each, path in things:
            answer = await world.ask(world.gone, each, path)
            if answer.status_code != 401:
                leaks.append(f"{_named(each)}: {answer.status_code} for {credential[:12]}")
    assert leaks == []


async def test_somebody_elses_thing_looks_as_if_it_were_not_there(world: World) -> None:
    leaks = []
    for each in _with_ids(world):
        path = await world.things.place(world.owner, each.path)
        nowhere = world.nowhere(each, path)
        for name, person in (("another", world.other), ("an administrator", world.admin)):
            if _named(each) in SHARED or each.contract.permission is None:
                continue
            theirs, missing = [await world.ask(person, each, at) for at in (path, nowhere)]
            if theirs.status_code < 400 or _told(theirs, path) != _told(missing, nowhere):
                leaks.append(
                    f"{_named(each)} by {name}: {_told(theirs, path)} for what is there, "
                    f"{_told(missing, nowhere)} for what is not"
                )
        mine = await world.ask(world.owner, each, path)
        if mine.status_code >= 400:
            leaks.append(f"{_named(each)} by the owner, afterwards: {mine.text}")
    assert leaks == []


async def test_lists_show_nothing_of_others(world: World) -> None:
    leaks = []
    mine = [await world.things.place(world.owner, each.path) for each in _with_ids(world)]
    for each in operations(world.server.app):
        if each.method != "get" or "{" in each.path or f"DELETE {each.path}/{{id}}" in SHARED:
            continue
        below = [path for path in mine if path.startswith(f"{each.path}/")]
        ids = {path.removeprefix(f"{each.path}/").split("/")[0] for path in below}
        for person in (world.other, world.admin):
            answer = await world.ask(person, each, each.path)
            is_json = answer.headers.get("content-type") == "application/json"
            items = answer.json().get("items", ()) if is_json else ()
            leaks += [f"{each.path}: {item}" for item in items if str(item.get("id")) in ids]
    assert leaks == []


async def test_nothing_of_mine_refers_to_a_thing_of_somebody_else(world: World) -> None:
    """A field that is called like another collection of the plugin holds the id of one of it."""
    leaks = []
    for each in operations(world.server.app):
        if each.method not in ("post", "patch", "put") or each.contract.permission is None:
            continue
        for field in fields_of(world.things.document, each.path, each.method):
            collection = f"/api/v1/{each.plugin}/{field.removesuffix('_id')}s"
            if f"{collection}/{{id}}" not in world.things.document["paths"]:
                continue
            path = await world.things.place(world.other, each.path)
            theirs = (await world.things.place(world.owner, f"{collection}/{{id}}")).rpartition(
                "/"
            )[2]
            told = []
            for id in (int(theirs), MISSING["integer"]):
                body = {**(world.things.body(each.method, each.path) or {}), field: id}
                answer = await world.other.request(each.method.upper(), path, json=body)
                told.append(_told(answer, f"{path}/{id}"))
            if told[0] != told[1] or told[0][0] < 400:
                leaks.append(f"{_named(each)} with {field}: {told}")
    assert leaks == []
