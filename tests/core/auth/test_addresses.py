"""Confirming and changing addresses, through HTTP."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from core.auth.tables import AuditEntry, EmailCode, User
from core.testing import PASSWORD
from tests.core.auth.mailbox import AUTH, OTHER, Mailbox, bearer, post, register, seen, sign_in

NEW = "new@example.org"
OLD = "ada@example.org"


async def verify(client: Any, code: str) -> Any:
    return await post(client, "email/verify", token=code)


async def ask(client: Any, tokens: Any, email: str = NEW, password: str = PASSWORD) -> Any:
    body = {"email": email, "password": password}
    return await client.post(f"{AUTH}/email/change", json=body, headers=bearer(tokens))


async def resend(client: Any, tokens: Any) -> Any:
    return await client.post(f"{AUTH}/email/resend", headers=bearer(tokens))


async def verified(name: str = "ada") -> bool:
    return await User.exists().where(User.username == name, User.email_verified_at.is_not_null())


async def test_changing_an_address_and_another_mail_need_a_sign_in(client: Any) -> None:
    assert (await post(client, "email/change", email=NEW, password=PASSWORD)).status_code == 401
    assert (await client.post(f"{AUTH}/email/resend")).status_code == 401


async def test_who_registers_is_mailed_a_link_that_confirms_the_address(
    client: Any, mails: Mailbox
) -> None:
    await register(client)
    code = await mails.code(OLD, "verify")
    assert not await verified()
    answer = await verify(client, code)
    assert (answer.status_code, answer.json()) == (200, {"email": OLD, "username": "ada"})
    assert await verified()
    assert (await verify(client, code)).json()["code"] == "invalid_code"


async def test_a_link_is_used_by_one_of_many(client: Any, mails: Mailbox) -> None:
    await register(client)
    code = await mails.code(OLD, "verify")
    answers = await asyncio.gather(*(verify(client, code) for _ in range(20)))
    assert sorted(answer.status_code for answer in answers) == [200] + [422] * 19


async def test_a_new_link_kills_the_older(client: Any, mails: Mailbox) -> None:
    tokens = (await register(client)).json()
    assert tokens["user"]["email_verified"] is False
    first = await mails.code(OLD, "verify")
    assert (await resend(client, tokens)).status_code == 202
    second = await mails.code(OLD, "verify")
    assert (await verify(client, first)).status_code == 422
    assert (await verify(client, second)).status_code == 200
    assert (await client.get(f"{AUTH}/me", headers=bearer(tokens))).json()["email_verified"]
    answer = await resend(client, tokens)
    assert (answer.status_code, answer.json()["code"]) == (409, "email_verified")


async def test_a_link_is_not_sent_without_end(client: Any, mails: Mailbox) -> None:
    tokens = (await register(client)).json()
    await mails.all()
    codes = [(await resend(client, tokens)).status_code for _ in range(6)]
    assert codes == [202] * 4 + [429] * 2


@pytest.mark.parametrize("token", ["x" * 43, "x" * 20, "' or 1=1 -- xxxxxxxxxxx"])
async def test_an_unknown_code_is_refused(client: Any, token: str) -> None:
    answer = await verify(client, token)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_code")


async def test_an_expired_link_is_refused(client: Any, mails: Mailbox) -> None:
    await register(client)
    code = await mails.code(OLD, "verify")
    past = datetime.now(UTC) - timedelta(seconds=1)
    await EmailCode.update({EmailCode.expires_at: past}, force=True)
    assert (await verify(client, code)).status_code == 422


async def test_a_new_address_is_used_once_it_is_confirmed_and_the_old_one_is_told(
    client: Any, mails: Mailbox
) -> None:
    tokens = (await register(client)).json()
    assert (await ask(client, tokens)).status_code == 202
    code = await mails.code(NEW, "verify")
    assert (await sign_in(client, OLD)).status_code == 200
    assert "Your address is about to change" in await mails.subjects(OLD)
    answer = await verify(client, code)
    assert answer.json() == {"email": NEW, "username": "ada"}
    assert (await sign_in(client, NEW)).status_code == 200
    assert (await sign_in(client, OLD)).status_code == 401
    assert "Your address was changed" in await mails.subjects(OLD)
    assert "Your address was changed" not in await mails.subjects(NEW)
    assert await verified()
    assert await AuditEntry.exists().where(AuditEntry.event == "address_changed")


async def test_a_change_needs_the_password(client: Any, mails: Mailbox) -> None:
    tokens = (await register(client)).json()
    answer = await ask(client, tokens, password="not my password")
    assert (answer.status_code, answer.json()["code"]) == (403, "wrong_password")
    assert await mails.all(NEW) == []


async def test_an_address_that_has_an_account_is_answered_alike(
    client: Any, mails: Mailbox
) -> None:
    tokens = (await register(client)).json()
    await register(client, username="grace", email="grace@example.org")
    taken = await ask(client, tokens, "GRACE@example.org")
    free = await ask(client, tokens, NEW)
    assert seen(taken) == seen(free)
    assert "You have an account already" in await mails.subjects("grace@example.org")
    assert await mails.codes("GRACE@example.org", "verify") == []


async def test_an_address_that_was_taken_meanwhile_is_refused(client: Any, mails: Mailbox) -> None:
    tokens = (await register(client)).json()
    await ask(client, tokens)
    code = await mails.code(NEW, "verify")
    await register(client, username="grace", email="New@example.org")
    answer = await verify(client, code)
    assert (answer.status_code, answer.json()["code"]) == (409, "taken")
    assert (await sign_in(client, OLD)).status_code == 200


async def test_of_two_who_move_to_one_address_at_once_one_gets_it(
    client: Any, mails: Mailbox
) -> None:
    codes = []
    for name in ("ada", "grace"):
        email = f"{name}@example.org"
        tokens = (await register(client, username=name, email=email)).json()
        await ask(client, tokens)
        codes.append(await mails.code(NEW, "verify"))
    answers = await asyncio.gather(*(verify(client, code) for code in codes))
    assert sorted(answer.status_code for answer in answers) == [200, 409]
    assert await User.count().where(User.email_key == NEW) == 1


async def test_an_address_may_change_its_case(client: Any, mails: Mailbox) -> None:
    tokens = (await register(client)).json()
    await ask(client, tokens, "Ada@Example.org")
    assert (await verify(client, await mails.code("Ada@Example.org", "verify"))).status_code == 200


async def test_a_change_kills_links_that_the_old_address_has(client: Any, mails: Mailbox) -> None:
    tokens = (await register(client)).json()
    await post(client, "password/forgot", email=OLD)
    resetting = await mails.code(OLD, "reset")
    await ask(client, tokens)
    await verify(client, await mails.code(NEW, "verify"))
    answer = await post(client, "password/reset", token=resetting, password=OTHER)
    assert answer.status_code == 422


async def test_links_to_an_address_that_an_admin_has_changed_are_dead(
    client: Any, mails: Mailbox
) -> None:
    await register(client)
    await post(client, "password/forgot", email=OLD)
    resetting, confirming = await mails.code(OLD, "reset"), await mails.code(OLD, "verify")
    await User.update({User.email: NEW, User.email_key: NEW}, force=True)
    answer = await post(client, "password/reset", token=resetting, password=OTHER)
    assert answer.status_code == 422
    assert (await verify(client, confirming)).status_code == 422
    assert not await verified()


async def test_a_new_password_stops_a_change_of_address(client: Any, mails: Mailbox) -> None:
    tokens = (await register(client)).json()
    await ask(client, tokens)
    code = await mails.code(NEW, "verify")
    body = {"old": PASSWORD, "new": OTHER}
    await client.post(f"{AUTH}/password/change", json=body, headers=bearer(tokens))
    assert (await verify(client, code)).status_code == 422


@pytest.mark.parametrize(
    "email",
    [
        "ada@example.org,eve@example.org",
        "ada@example.org,evil.org",
        "x<ada@example.org>",
        "ada@example.org\r\nBcc: eve@example.org",
        "(eve)ada@example.org",
        '"a b"@example.org',
        "ada@[127.0.0.1].org",
        "ada@exa\u00admple.org",
        "ada@mail\u3002example.org",
        "=?utf-8?q?eve=40example.org?=@example.org",
        "ädä@example.org",
    ],
)
async def test_an_address_that_reads_as_another_is_refused(
    client: Any, mails: Mailbox, email: str
) -> None:
    assert (await register(client, email=email)).status_code == 422
    tokens = (await register(client)).json()
    assert (await ask(client, tokens, email)).status_code == 422
    assert {mail["To"] for mail in await mails.all()} == {OLD}


async def test_the_page_behind_a_link_is_served(client: Any) -> None:
    page = await client.get("/account")
    assert page.headers["content-type"].startswith("text/html")
    assert "script-src 'self'" in page.headers["content-security-policy"]
    assert (await client.get("/account/links.js")).status_code == 200
