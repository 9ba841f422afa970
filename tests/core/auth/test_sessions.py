"""Where somebody is signed in, and a password that is proven again."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

from core.auth.tables import AuditEntry, RefreshToken, Session
from core.testing import PASSWORD

from .test_accounts import AUTH, bearer, dies, refresh, register, sign_in

CONFIRM = f"{AUTH}/confirm"


async def get(client: Any, tokens: dict[str, Any], path: str = "me") -> Any:
    return await client.get(f"{AUTH}/{path}", headers=bearer(tokens))


async def test_sessions_need_a_token(client: Any) -> None:
    assert (await client.get(f"{AUTH}/sessions")).status_code == 401
    assert (await client.delete(f"{AUTH}/sessions/1")).status_code == 401
    assert (await client.post(f"{AUTH}/logout-all")).status_code == 401
    assert (await client.post(CONFIRM, json={"password": PASSWORD})).status_code == 401


async def test_i_see_where_i_am_signed_in_and_which_one_this_is(client: Any, grace: Any) -> None:
    client.headers["user-agent"] = "a telephone"
    here = (await register(client)).json()
    client.headers["user-agent"] = "a laptop"
    there = (await sign_in(client)).json()
    items = (await get(client, there, "sessions")).json()["items"]
    assert [(each["device"], each["current"]) for each in items] == [
        ("a laptop", True),
        ("a telephone", False),
    ]
    assert {each["address"] for each in items} == {"127.0.0.1"}
    other = (await get(client, here, "sessions?sort=created_at")).json()["items"]
    assert [each["current"] for each in other] == [True, False]
    assert "digest" not in items[0]


async def test_sessions_come_in_pages(client: Any) -> None:
    tokens = (await register(client)).json()
    await sign_in(client)
    await sign_in(client)
    first = (await get(client, tokens, "sessions?limit=2&count=true")).json()
    assert (len(first["items"]), first["total"]) == (2, 3)
    rest = (await get(client, tokens, f"sessions?limit=2&cursor={first['next']}")).json()
    assert (len(rest["items"]), rest["next"]) == (1, None)


async def test_ending_one_device_kills_its_tokens_only(client: Any) -> None:
    here, there = (await register(client)).json(), (await sign_in(client)).json()
    items = (await get(client, here, "sessions")).json()["items"]
    (other,) = (each["id"] for each in items if not each["current"])
    path = f"{AUTH}/sessions/{other}"
    assert (await client.delete(path, headers=bearer(here))).status_code == 204
    assert (await get(client, there)).status_code == 401
    assert (await refresh(client, there["refresh_token"])).status_code == 401
    assert (await get(client, here)).status_code == 200
    assert len((await get(client, here, "sessions")).json()["items"]) == 1
    assert (await client.delete(path, headers=bearer(here))).status_code == 404


async def test_somebody_elses_device_and_none_look_the_same(client: Any, ada: Any) -> None:
    mine = (await register(client, username="grace", email="grace@example.org")).json()
    (session,) = (await get(client, mine, "sessions")).json()["items"]
    for id in (session["id"], 2**31 - 1):
        answer = await ada.delete(f"{AUTH}/sessions/{id}")
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    assert (await get(client, mine)).status_code == 200


async def test_expired_devices_are_not_shown_and_cannot_be_ended(client: Any) -> None:
    here, _ = (await register(client)).json(), await sign_in(client)
    items = (await get(client, here, "sessions")).json()["items"]
    (other,) = (each["id"] for each in items if not each["current"])
    past = datetime.now(UTC) - timedelta(days=1)
    await Session.update({Session.expires_at: past}).where(Session.id == other)
    assert len((await get(client, here, "sessions")).json()["items"]) == 1
    answer = await client.delete(f"{AUTH}/sessions/{other}", headers=bearer(here))
    assert answer.status_code == 404


async def test_signing_out_everywhere_kills_every_token_at_once(client: Any, ada: Any) -> None:
    pairs = [await register(client, username="grace", email="grace@example.org")]
    pairs += [await sign_in(client, "grace") for _ in range(3)]
    tokens = [each.json() for each in pairs]
    answer = await client.post(f"{AUTH}/logout-all", headers=bearer(tokens[1]))
    assert (answer.status_code, answer.content) == (204, b"")
    for each in tokens:
        assert (await get(client, each)).status_code == 401
        assert (await refresh(client, each["refresh_token"])).status_code == 401
    assert (await ada.get(f"{AUTH}/me")).status_code == 200


async def test_who_signs_in_again_in_the_same_second_is_signed_in(client: Any) -> None:
    tokens = (await register(client)).json()
    for _ in range(5):
        answer = await client.post(f"{AUTH}/logout-all", headers=bearer(tokens))
        assert answer.status_code == 204
        tokens = (await sign_in(client)).json()
        assert (await get(client, tokens)).status_code == 200


async def test_signing_out_is_heard_by_another_worker(client: Any, server: Any) -> None:
    from core.auth.tokens.access import Tokens

    tokens = (await register(client)).json()
    mine = server.app.ctx.realm.tokens
    other = Tokens(mine.keys, 15)
    await other.follow()
    other.read(tokens["access_token"])
    await client.post(f"{AUTH}/logout-all", headers=bearer(tokens))
    assert await other.follow()
    assert not other._revoked.allows(tokens["user"]["id"], 2**30, 0)


async def test_a_confirmed_password_gives_a_fresh_pair(client: Any, server: Any) -> None:
    first = (await register(client)).json()
    await make_stale()
    stale = (await refresh(client, first["refresh_token"])).json()
    read = server.app.ctx.realm.tokens.read
    old = read(stale["access_token"])[1].auth_time
    answer = await client.post(CONFIRM, json={"password": PASSWORD}, headers=bearer(stale))
    assert answer.status_code == 200, answer.text
    fresh = answer.json()
    assert read(fresh["access_token"])[1].auth_time > old + 3500
    after = (await refresh(client, fresh["refresh_token"])).json()
    assert read(after["access_token"])[1].auth_time > old + 3500
    assert await Session.count() == 1


async def make_stale() -> None:
    before = datetime.now(UTC) - timedelta(hours=1)
    await Session.update({Session.fresh_at: before}, force=True)


async def test_a_wrong_password_confirms_nothing(client: Any) -> None:
    tokens = (await register(client)).json()
    answer = await client.post(CONFIRM, json={"password": "wrong one"}, headers=bearer(tokens))
    assert (answer.status_code, answer.json()["code"]) == (403, "wrong_password")
    assert await RefreshToken.count() == 1


async def test_confirming_is_limited_like_signing_in(client: Any) -> None:
    tokens = (await register(client)).json()
    body = {"password": "wrong one"}
    statuses = [
        (await client.post(CONFIRM, json=body, headers=bearer(tokens))).status_code
        for _ in range(12)
    ]
    assert statuses[-1] == 429


async def test_confirming_leaves_one_living_refresh_token(client: Any) -> None:
    first = (await register(client)).json()
    body = {"password": PASSWORD}
    answers = await asyncio.gather(
        *(client.post(CONFIRM, json=body, headers=bearer(first)) for _ in range(8)),
        refresh(client, first["refresh_token"]),
    )
    assert {answer.status_code for answer in answers} == {200}, [each.text for each in answers]
    unused = await RefreshToken.count().where(RefreshToken.used_at.is_null())
    assert unused == 1
    (kept,) = {answer.json()["refresh_token"] for answer in answers}
    assert (await refresh(client, kept)).status_code == 200


async def test_the_token_from_before_confirming_works_within_the_grace(client: Any) -> None:
    first = (await register(client)).json()
    body = {"password": PASSWORD}
    second = (await client.post(CONFIRM, json=body, headers=bearer(first))).json()
    again = await refresh(client, first["refresh_token"])
    assert again.json()["refresh_token"] == second["refresh_token"]


async def test_a_device_that_was_signed_out_cannot_confirm(client: Any) -> None:
    tokens = (await register(client)).json()
    await Session.update({Session.ended_at: datetime.now(UTC)}, force=True)
    answer = await client.post(CONFIRM, json={"password": PASSWORD}, headers=bearer(tokens))
    assert answer.status_code == 401


async def test_what_happens_to_devices_is_written_down(client: Any) -> None:
    first = (await register(client)).json()
    other = (await sign_in(client)).json()
    items = (await get(client, first, "sessions")).json()["items"]
    (there,) = (each["id"] for each in items if not each["current"])
    await client.delete(f"{AUTH}/sessions/{there}", headers=bearer(first))
    second = (await refresh(client, first["refresh_token"])).json()
    await refresh(client, second["refresh_token"])
    await refresh(client, first["refresh_token"])
    await refresh(client, first["refresh_token"])
    assert await dies(client, first)
    tokens = (await sign_in(client)).json()
    await client.post(f"{AUTH}/logout-all", headers=bearer(tokens))
    rows = await AuditEntry.select(AuditEntry.event, AuditEntry.user).order_by(AuditEntry.id)
    events = [each["event"] for each in rows if each["user"] == first["user"]["id"]]
    for event in ("signed_out", "refresh_reused", "signed_out_everywhere"):
        assert events.count(event) == 1, events
    assert other["access_token"] not in str(await AuditEntry.select())


async def test_the_owner_is_told_once_when_a_token_was_stolen(client: Any, mails: Any) -> None:
    first = (await register(client)).json()
    second = (await refresh(client, first["refresh_token"])).json()
    await refresh(client, second["refresh_token"])
    for _ in range(3):
        answer = await refresh(client, first["refresh_token"])
        assert (answer.status_code, answer.json()["code"]) == (401, "refresh_token_reused")
    subjects = await mails.subjects("Ada@Example.org")
    assert subjects.count("One of your devices was signed out") == 1
