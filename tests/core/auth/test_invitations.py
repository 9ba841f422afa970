"""Registering by invitation."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from core.auth.tables import Invitation, User
from core.testing import Server, serving
from tests.core.auth.mailbox import AUTH, Mailbox, register


@pytest.fixture(scope="module")
async def server(database: str, tenfold_environment: dict[str, str]) -> AsyncIterator[Server]:
    """Return a server where people register by invitation."""
    changed = {
        "TENFOLD_CORE__DATABASE": database,
        "TENFOLD_AUTH__REGISTRATION": "invite",
    }
    async with serving(tenfold_environment | changed) as server:
        yield server


async def invite(admin: Any, **body: Any) -> Any:
    return await admin.post(f"{AUTH}/invitations", json=body)


async def test_inviting_needs_the_permission(client: Any, ada: Any) -> None:
    assert (await invite(client)).status_code == 401
    assert (await invite(ada)).status_code == 403
    assert (await ada.delete(f"{AUTH}/invitations/1")).status_code == 403


async def test_without_an_invitation_nobody_registers(client: Any) -> None:
    answer = await register(client)
    assert (answer.status_code, answer.json()["code"]) == (403, "invalid_invitation")
    assert (await register(client, invitation="x" * 43)).status_code == 403
    assert await User.count() == 0


async def test_an_invitation_lets_one_person_register(client: Any, admin: Any) -> None:
    made = await invite(admin)
    assert made.status_code == 201
    code = made.json()["code"]
    assert made.json()["link"].endswith(f"#invitation={code}")
    assert (await register(client, invitation=code)).status_code == 201
    again = await register(client, username="grace", email="grace@example.org", invitation=code)
    assert (again.status_code, again.json()["code"]) == (403, "invalid_invitation")
    assert code not in str(await Invitation.select())


async def test_of_many_with_one_code_at_once_one_registers(client: Any, admin: Any) -> None:
    code = (await invite(admin)).json()["code"]
    answers = await asyncio.gather(
        *(
            register(
                client, username=f"ada{number}", email=f"ada{number}@example.org", invitation=code
            )
            for number in range(20)
        )
    )
    assert sorted(answer.status_code for answer in answers) == [201] + [403] * 19
    assert await User.count() == 2


async def test_an_invitation_survives_a_registration_that_fails(client: Any, admin: Any) -> None:
    code = (await invite(admin)).json()["code"]
    assert (await register(client, username="root", invitation=code)).status_code == 409
    assert (await register(client, invitation=code)).status_code == 201


async def test_an_invitation_for_an_address_is_mailed_there_and_for_nobody_else(
    client: Any, admin: Any, mails: Mailbox
) -> None:
    made = (await invite(admin, email="Ada@example.org")).json()
    code = await mails.code("Ada@example.org", "invitation")
    assert code == made["code"]
    other = await register(client, email="eve@example.org", invitation=code)
    assert other.json()["code"] == "invalid_invitation"
    assert (await register(client, invitation=code)).status_code == 201
    assert await User.exists().where(User.username == "ada", User.email_verified_at.is_not_null())


async def test_an_expired_invitation_is_refused(client: Any, admin: Any) -> None:
    code = (await invite(admin)).json()["code"]
    past = datetime.now(UTC) - timedelta(seconds=1)
    await Invitation.update({Invitation.expires_at: past}, force=True)
    assert (await register(client, invitation=code)).status_code == 403


async def test_an_invitation_is_taken_back(client: Any, admin: Any) -> None:
    made = (await invite(admin)).json()
    where = f"{AUTH}/invitations/{made['id']}"
    assert (await admin.delete(where)).status_code == 204
    assert (await admin.delete(where)).status_code == 404
    assert (await register(client, invitation=made["code"])).status_code == 403


@pytest.mark.parametrize("email", ["no address", "a@b.de,c@d.ef", "a@b.de\nBcc: c@d.ef", 5])
async def test_a_bad_address_is_refused(admin: Any, email: Any) -> None:
    assert (await invite(admin, email=email)).status_code == 422


async def test_where_registration_is_closed_no_invitation_helps(
    database: str, tenfold_environment: dict[str, str], admin: Any
) -> None:
    import httpx

    code = (await invite(admin)).json()["code"]
    closed = {"TENFOLD_CORE__DATABASE": database, "TENFOLD_AUTH__REGISTRATION": "closed"}
    async with (
        serving(tenfold_environment | closed) as server,
        httpx.AsyncClient(timeout=60, base_url=server.url) as client,
    ):
        answer = await register(client, invitation=code)
    assert (answer.status_code, answer.json()["code"]) == (403, "registration_closed")
