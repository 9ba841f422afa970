"""Authenticator apps, through HTTP and the login of the admin."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import httpx
import pyotp
import pytest

from core.auth.authenticators.attempts import CODES, CODES_PER_CHALLENGE
from core.auth.tables import Attempt, AuditEntry, EmailCode, RecoveryCode, Session, Totp, User
from core.testing import PASSWORD, Server
from tests.clocks import still_time

AUTH = "/api/v1/auth"
OWN = {"password": PASSWORD}


@pytest.fixture(autouse=True)
def _clock_stands_still(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the code of now be the code of now until the end of the test."""
    still_time(monkeypatch, "core.auth.authenticators.totp", __name__)


def code(secret: str, later: int = 0) -> str:
    return pyotp.TOTP(secret).generate_otp(int(time.time()) // 30 + later)


async def forget_the_last_code() -> None:
    """Let a code be used again, so that a test need not wait for the next one."""
    await Totp.update({Totp.last_step: 0}, force=True)


async def switched_on(person: Any) -> tuple[str, list[str]]:
    """Set an authenticator up; return its secret and the recovery codes."""
    secret = (await person.post(f"{AUTH}/totp", json=OWN)).json()["secret"]
    answer = await person.post(f"{AUTH}/totp/confirm", json={"code": code(secret)})
    assert answer.status_code == 200, answer.text
    await forget_the_last_code()
    return secret, answer.json()["recovery_codes"]


async def sign_in(client: Any, **headers: str) -> Any:
    given = {"login": "ada", "password": PASSWORD}
    return await client.post(f"{AUTH}/login", json=given, headers=headers)


async def challenge(client: Any) -> str:
    answer = await sign_in(client)
    assert answer.status_code == 200, answer.text
    return str(answer.json()["challenge"])


async def finish(client: Any, challenge: str, code: str, **headers: str) -> Any:
    given = {"challenge": challenge, "code": code}
    return await client.post(f"{AUTH}/login/totp", json=given, headers=headers)


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "totp", OWN),
        ("POST", "totp/confirm", {"code": "123456"}),
        ("DELETE", "totp", OWN),
    ],
)
async def test_only_who_is_signed_in_sets_one_up(
    client: Any, method: str, path: str, body: Any
) -> None:
    answer = await client.request(method, f"{AUTH}/{path}", json=body)
    assert answer.status_code == 401


async def test_it_is_off_until_the_first_code_is_proven(client: Any, ada: Any) -> None:
    made = await ada.post(f"{AUTH}/totp", json=OWN)
    assert made.status_code == 200
    assert made.headers["cache-control"] == "no-store"
    uri = pyotp.parse_uri(made.json()["uri"])
    assert (uri.name, uri.issuer) == ("ada@example.org", "Tenfold")
    assert "access_token" in (await sign_in(client)).json()
    wrong = await ada.post(f"{AUTH}/totp/confirm", json={"code": "000000"})
    assert (wrong.status_code, wrong.json()["code"]) == (403, "wrong_code")
    assert "access_token" in (await sign_in(client)).json()
    right = await ada.post(f"{AUTH}/totp/confirm", json={"code": code(made.json()["secret"])})
    assert len(set(right.json()["recovery_codes"])) == 10
    answer = (await sign_in(client)).json()
    assert answer["totp_required"] is True
    assert "access_token" not in answer


async def test_the_password_is_needed_to_switch_it_on_and_off(ada: Any) -> None:
    wrong = {"password": "wrong"}
    refused = await ada.post(f"{AUTH}/totp", json=wrong)
    assert (refused.status_code, refused.json()["code"]) == (403, "wrong_password")
    assert not await Totp.exists()
    await switched_on(ada)
    assert (await ada.request("DELETE", f"{AUTH}/totp", json=wrong)).status_code == 403
    assert await Totp.exists()
    assert (await ada.post(f"{AUTH}/totp", json=OWN)).json()["code"] == "totp_on"
    assert (await ada.request("DELETE", f"{AUTH}/totp", json=OWN)).status_code == 204
    assert not await Totp.exists()
    assert not await RecoveryCode.exists()
    assert (await ada.request("DELETE", f"{AUTH}/totp", json=OWN)).status_code == 404
    events = await AuditEntry.select(AuditEntry.event).order_by(AuditEntry.id)
    assert [each["event"] for each in events if "totp" in each["event"]] == ["totp_on", "totp_off"]


async def test_a_code_finishes_signing_in_once(client: Any, ada: Any) -> None:
    secret, _ = await switched_on(ada)
    opened = await challenge(client)
    answer = await finish(client, opened, f" {code(secret)[:3]} {code(secret)[3:]} ")
    assert answer.status_code == 200, answer.text
    headers = {"authorization": f"Bearer {answer.json()['access_token']}"}
    assert (await client.get(f"{AUTH}/me", headers=headers)).json()["username"] == "ada"
    assert (await finish(client, opened, code(secret, 1))).status_code == 401
    again = await finish(client, await challenge(client), code(secret))
    assert again.status_code == 401
    assert (await finish(client, await challenge(client), code(secret, 1))).status_code == 200


async def test_an_older_code_is_dead_once_a_newer_was_used(client: Any, ada: Any) -> None:
    secret, _ = await switched_on(ada)
    assert (await finish(client, await challenge(client), code(secret))).status_code == 200
    assert (await finish(client, await challenge(client), code(secret, -1))).status_code == 401


async def test_the_code_that_confirmed_does_not_sign_in(client: Any, ada: Any) -> None:
    secret = (await ada.post(f"{AUTH}/totp", json=OWN)).json()["secret"]
    used = code(secret)
    await ada.post(f"{AUTH}/totp/confirm", json={"code": used})
    assert (await finish(client, await challenge(client), used)).status_code == 401


async def test_of_twenty_with_one_code_one_gets_in(client: Any, ada: Any) -> None:
    secret, _ = await switched_on(ada)
    opened = [await challenge(client) for _ in range(20)]
    before = await Session.count()
    answers = await asyncio.gather(*(finish(client, each, code(secret)) for each in opened))
    statuses = sorted(answer.status_code for answer in answers)
    assert statuses.count(200) == 1
    assert set(statuses) <= {200, 401, 429}
    assert await Session.count() == before + 1


async def test_of_twenty_who_confirm_at_once_one_gets_the_codes(ada: Any) -> None:
    secret = (await ada.post(f"{AUTH}/totp", json=OWN)).json()["secret"]
    given = {"code": code(secret)}
    answers = await asyncio.gather(
        *(ada.post(f"{AUTH}/totp/confirm", json=given) for _ in range(20))
    )
    assert [answer.status_code for answer in answers].count(200) == 1
    assert await RecoveryCode.count() == 10


async def test_a_recovery_code_works_once(client: Any, ada: Any) -> None:
    _, codes = await switched_on(ada)
    opened = [await challenge(client) for _ in range(4)]
    answers = await asyncio.gather(*(finish(client, each, codes[3]) for each in opened))
    assert sorted(answer.status_code for answer in answers) == [200, 401, 401, 401]
    shouted = codes[4].upper().replace("-", " ")
    assert (await finish(client, await challenge(client), shouted)).status_code == 200
    assert await AuditEntry.count().where(AuditEntry.event == "recovery_code_used") == 2


async def test_a_challenge_belongs_to_one_user_and_device(
    client: Any, ada: Any, people: Any
) -> None:
    secret, _ = await switched_on(ada)
    grace, _ = await switched_on(await people("grace"))
    opened = await challenge(client)
    assert (await finish(client, opened, code(grace))).status_code == 401
    elsewhere = await finish(client, opened, code(secret), **{"user-agent": "another"})
    assert elsewhere.status_code == 401
    assert (await finish(client, "x" * 43, code(secret))).status_code == 401
    assert (await finish(client, opened, code(secret))).status_code == 200


async def test_a_challenge_ends_after_five_minutes(client: Any, ada: Any) -> None:
    secret, _ = await switched_on(ada)
    opened = await challenge(client)
    (row,) = await EmailCode.select(EmailCode.created_at, EmailCode.expires_at)
    assert (row["expires_at"] - row["created_at"]).total_seconds() == 300
    await EmailCode.update({EmailCode.expires_at: row["created_at"]}, force=True)
    assert (await finish(client, opened, code(secret))).status_code == 401


async def test_a_challenge_takes_few_wrong_codes_and_an_account_few_more(
    client: Any, ada: Any
) -> None:
    secret, _ = await switched_on(ada)
    statuses: list[int] = []
    for _ in range(4):
        opened = await challenge(client)
        turn = [(await finish(client, opened, "000000")).status_code for _ in range(6)]
        assert turn.count(401) <= CODES_PER_CHALLENGE
        statuses += turn
    assert (statuses.count(401), set(statuses)) == (CODES, {401, 429})
    refused = await finish(client, await challenge(client), code(secret))
    assert refused.status_code == 429
    assert 3000 < int(refused.headers["retry-after"]) <= 3600


async def test_strangers_who_guess_codes_do_not_keep_the_owner_out(client: Any, ada: Any) -> None:
    secret, _ = await switched_on(ada)
    await sign_in(client)
    async with httpx.AsyncClient(timeout=60, base_url=client.base_url) as stranger:
        stranger.headers["user-agent"] = "stranger"
        for _ in range(3):
            opened = await challenge(stranger)
            for _ in range(5):
                await finish(stranger, opened, "000000")
        assert (await finish(stranger, await challenge(stranger), "1" * 6)).status_code == 429
    client.headers["user-agent"] = "test"  # where the fixture signed ada in
    assert (await finish(client, await challenge(client), code(secret))).status_code == 200


async def test_a_switched_off_account_does_not_finish(client: Any, ada: Any) -> None:
    secret, _ = await switched_on(ada)
    opened = await challenge(client)
    await User.update({User.active: False}, force=True)
    assert (await finish(client, opened, code(secret))).status_code == 401
    (row,) = await EmailCode.select(EmailCode.used_at)
    assert row["used_at"] is None


async def test_nothing_of_it_is_kept_in_clear(client: Any, ada: Any) -> None:
    secret, codes = await switched_on(ada)
    opened = await challenge(client)
    kept = [
        *await Totp.select(Totp.secret),
        *await RecoveryCode.select(RecoveryCode.digest),
        *await EmailCode.select(EmailCode.digest),
        *await Attempt.select(Attempt.key),
    ]
    text = str(kept)
    for clear in (secret, opened, codes[0], codes[0].replace("-", "")):
        assert clear not in text


async def admin_page(client: Any) -> None:
    await client.get("/admin/")
    client.headers["X-CSRFToken"] = client.cookies["csrftoken"]


async def admin_login(client: Any, **more: str) -> Any:
    given = {"username": "root", "password": PASSWORD, **more}
    return await client.post("/admin/public/login/", json=given)


@pytest.mark.filterwarnings("ignore:If running sessions in production")
async def test_the_admin_asks_for_a_code_too(client: Any, admin: Any) -> None:
    secret, codes = await switched_on(admin)
    await admin_page(client)
    asked = await admin_login(client)
    assert (asked.status_code, asked.json()["detail"]) == (401, "MFA code required")
    assert (await admin_login(client, mfa_code="000000")).status_code == 401
    assert "id" not in client.cookies
    assert (await admin_login(client, mfa_code=code(secret))).status_code == 200
    assert (await client.get("/admin/api/user/")).json()["username"] == "root"
    assert (await admin_login(client, mfa_code=code(secret))).status_code == 401
    assert (await admin_login(client, mfa_code=codes[0])).status_code == 200
    assert (await admin_login(client, mfa_code=codes[0])).status_code == 401


@pytest.mark.filterwarnings("ignore:If running sessions in production")
async def test_the_admin_takes_few_wrong_codes(client: Any, server: Server, admin: Any) -> None:
    secret, _ = await switched_on(admin)
    await admin_page(client)
    statuses = [(await admin_login(client, mfa_code="000000")).status_code for _ in range(CODES)]
    assert set(statuses) == {401}
    assert (await admin_login(client, mfa_code=code(secret))).status_code == 429


async def test_a_code_proves_again_who_is_signed_in_and_only_once(ada: Any) -> None:
    secret, _ = await switched_on(ada)
    given = {"code": code(secret)}
    answers = await asyncio.gather(*(ada.post(f"{AUTH}/confirm", json=given) for _ in range(5)))
    assert sorted(answer.status_code for answer in answers) == [200, 403, 403, 403, 403]
    fresh = next(answer.json() for answer in answers if answer.status_code == 200)
    headers = {"authorization": f"Bearer {fresh['access_token']}"}
    key = {"name": "robot", "permissions": ["todo.read"]}
    made = await ada.post(f"{AUTH}/api-keys", json=key, headers=headers)
    assert made.status_code == 201, made.text


@pytest.mark.parametrize("body", [{}, {"password": PASSWORD, "code": "123456"}])
async def test_one_proof_is_asked_for(ada: Any, body: Any) -> None:
    assert (await ada.post(f"{AUTH}/confirm", json=body)).status_code == 422
