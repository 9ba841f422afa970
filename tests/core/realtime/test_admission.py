"""Who is let in, and when they have to go."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import pytest
from websockets.exceptions import InvalidStatus

from core import publish
from core.auth.authorization.permissions import by_role
from core.auth.sessions.standing import renewed
from core.auth.sessions.tickets import redeem
from core.auth.tables import Ticket, User
from core.db.errors import DatabaseAway
from core.errors import Unauthorized
from core.testing import Server
from tests.core.realtime.conftest import Talking, socket
from tests.patience import within

ROOM = "rooms.room:1"
TICKETS = "/api/v1/auth/ws-ticket"


async def ticket_of(person: Any) -> str:
    answer = await person.post(TICKETS)
    assert answer.status_code == 200
    assert answer.json()["expires_in"] == 30
    return str(answer.json()["ticket"])


async def refused(server: Server, person: Any = None, **more: Any) -> int:
    with pytest.raises(InvalidStatus) as error:
        async with socket(server, person, **more):
            pass
    return int(error.value.response.status_code)


async def follows(here: Talking) -> bool:
    return [each["type"] for each in await here.subscribe(ROOM)] == ["subscribed"]


async def test_a_stranger_is_not_let_in(server: Server, client: Any) -> None:
    assert await refused(server) == 401
    assert await refused(server, query="?ticket=nothing") == 401
    assert await refused(server, headers={"authorization": "Bearer x.y.z"}) == 401
    assert await refused(server, subprotocols=["tenfold.v1", "bearer.x.y.z"]) == 401
    assert (await client.post(TICKETS)).status_code == 401


async def test_a_ticket_opens_one_socket(server: Server, ada: Any) -> None:
    ticket = await ticket_of(ada)
    async with socket(server, query=f"?ticket={ticket}") as here:
        assert await follows(here)
        assert await refused(server, query=f"?ticket={ticket}") == 401
        await publish(ROOM, {"n": 1})
        assert (await here.get())["data"] == {"n": 1}


async def test_a_ticket_used_by_many_at_once_opens_one_socket(server: Server, ada: Any) -> None:
    ticket = await ticket_of(ada)
    tokens = server.app.ctx.realm.tokens
    found = await asyncio.gather(
        *(redeem(tokens, ticket) for _ in range(10)), return_exceptions=True
    )
    assert sum(isinstance(each, Unauthorized) for each in found) == 9


async def test_only_the_hash_of_a_ticket_is_kept(server: Server, ada: Any) -> None:
    ticket = await ticket_of(ada)
    (row,) = await Ticket.select()
    assert ticket not in str(row)


async def test_a_ticket_expires(server: Server, ada: Any) -> None:
    from datetime import UTC, datetime, timedelta

    ticket = await ticket_of(ada)
    past = datetime.now(UTC) - timedelta(seconds=1)
    await Ticket.update({Ticket.expires_at: past}, force=True)
    assert await refused(server, query=f"?ticket={ticket}") == 401


async def test_a_ticket_of_a_device_that_was_signed_out_is_refused(
    server: Server, ada: Any
) -> None:
    ticket = await ticket_of(ada)
    assert (await ada.post("/api/v1/auth/logout-all")).status_code == 204
    assert await refused(server, query=f"?ticket={ticket}") == 401


async def test_a_token_may_come_as_a_subprotocol(server: Server, ada: Any) -> None:
    token = ada.headers["authorization"].removeprefix("Bearer ")
    offered = ["tenfold.v1", f"bearer.{token}"]
    async with socket(server, subprotocols=offered) as here:
        assert here.raw.subprotocol == "tenfold.v1"
        assert await follows(here)
    assert await refused(server, subprotocols=offered[1:]) == 400


@pytest.mark.parametrize(
    ("origin", "status"),
    [
        ("https://evil.example", 403),
        ("null", 403),
        ("http://127.0.0.1.evil.example", 403),
        ("http://[::1", 403),
    ],
)
async def test_a_foreign_page_is_not_let_in(
    server: Server, ada: Any, origin: str, status: int
) -> None:
    assert await refused(server, ada, origin=origin) == status


async def test_an_own_page_is_let_in(server: Server, ada: Any) -> None:
    async with socket(server, ada, origin=server.url) as here:
        assert await follows(here)


async def test_signing_out_ends_the_sockets(server: Server, ada: Any, grace: Any) -> None:
    ticket = await ticket_of(ada)
    async with (
        socket(server, ada) as by_token,
        socket(server, query=f"?ticket={ticket}") as by_ticket,
        socket(server, grace) as other,
    ):
        async with within(2):
            assert (await ada.post("/api/v1/auth/logout-all")).status_code == 204
            assert [await by_token.closed(), await by_ticket.closed()] == [4401, 4401]
        assert await follows(other)


async def test_what_could_not_be_asked_about_a_socket_is_asked_again(
    server: Server, ada: Any, grace: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []

    async def away_at_first(tokens: Any, standing: Any) -> Any:
        asked.append(standing.user.id)
        if len(asked) == 1:
            raise DatabaseAway("away")
        return await renewed(tokens, standing)

    monkeypatch.setattr("core.realtime.connections.renewed", away_at_first)
    async with socket(server, ada) as here, socket(server, grace):
        assert (await ada.post("/api/v1/auth/logout-all")).status_code == 204
        assert await here.closed() == 4401


async def test_signing_one_device_out_ends_its_sockets(server: Server, ada: Any) -> None:
    (device,) = (await ada.get("/api/v1/auth/sessions")).json()["items"]
    async with socket(server, ada) as here:
        await ada.delete(f"/api/v1/auth/sessions/{device['id']}")
        assert await here.closed() == 4401


async def test_an_ended_api_key_ends_its_sockets(server: Server, ada: Any) -> None:
    keys = "/api/v1/auth/api-keys"
    new = {"name": "reader", "permissions": ["rooms.talk", "auth.self"]}
    key = (await ada.post(keys, json=new)).json()
    headers = {"authorization": f"Bearer {key['key']}"}
    async with socket(server, headers=headers) as here:
        assert await follows(here)
        async with within(2):
            assert (await ada.delete(f"{keys}/{key['id']}")).status_code == 204
            assert await here.closed() == 4401


async def test_a_deleted_account_ends_its_sockets(server: Server, ada: Any) -> None:
    from core.auth.tokens.revocation import revoke
    from core.db.engine import transaction

    async with socket(server, ada) as here:
        async with transaction():
            await revoke(ada.id)
            await User.delete().where(User.id == ada.id)
        assert await here.closed() == 4401


async def test_a_permission_that_was_taken_ends_what_it_allowed(
    server: Server, ada: Any, admin: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Even where it takes a while to read what the roles hold."""
    from core.auth.authorization import grants

    async def slowly(plugins: Any) -> Any:
        await asyncio.sleep(0.3)
        return await by_role(plugins)

    monkeypatch.setattr("core.auth.authorization.permissions.by_role", slowly)
    async with socket(server, ada) as here:
        assert await follows(here)
        assert await grants.take("user", "rooms.talk")
        try:
            assert (await here.get())["type"] == "unsubscribed"
        finally:
            assert await grants.grant("user", "rooms.talk", {"rooms.talk"})
            await server.app.ctx.realm.tokens.follow()
            server.app.ctx.realm.tokens.hold(await by_role(server.plugins))


async def test_a_socket_ends_with_the_access_token(server: Server, ada: Any) -> None:
    async with socket(server, ada) as here:
        assert await follows(here)
        (connection,) = server.app.ctx.realtime.connections._open
        soon = connection.standing.__class__(
            connection.standing.user, connection.standing.issued, time.time() + 0.2
        )
        connection.standing = soon
        assert await here.closed() == 4401
