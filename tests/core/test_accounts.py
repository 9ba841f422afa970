"""A plugin that speaks another protocol, as docs/protocols.md has it."""

from __future__ import annotations

import re
import secrets
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pyotp
import pytest

from core.testing import PASSWORD, Server, serving
from tests.core.packages import package, write

__all__ = ["package"]

PAGE = Path(__file__).parent.parent.parent / "docs" / "protocols.md"
ORIGIN = {"origin": "https://app.example.org"}


@pytest.fixture
def more() -> dict[str, str]:
    """Return further settings of the server."""
    return {}


@pytest.fixture
async def server(
    package: Path, tmp_path: Path, tenfold_environment: dict[str, str], more: dict[str, str]
) -> AsyncIterator[Server]:
    (source,) = re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)
    write(package, "acme", plugin=source)
    environment = {
        "TENFOLD_ENABLED": "acme.plugin",
        "TENFOLD_CORE__DATABASE": f"sqlite:///{tmp_path / 'accounts.db'}",
    }
    async with serving(tenfold_environment | environment | more) as server:
        yield server


@pytest.fixture
async def stranger(server: Server) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=server.url) as client:
        yield client


def person(**more: Any) -> dict[str, Any]:
    return {"email": "ada@example.org", "password": PASSWORD, **more}


async def token_of(stranger: httpx.AsyncClient, path: str = "/acme/users/login") -> dict[str, str]:
    body = person(username="ada") if path == "/acme/users" else person()
    answer = await stranger.post(path, json=body)
    assert answer.is_success, answer.text
    return {"authorization": f"Token {answer.json()['token']}"}


async def test_an_account_is_made_and_used_with_another_scheme(
    stranger: httpx.AsyncClient,
) -> None:
    first, second = await token_of(stranger, "/acme/users"), await token_of(stranger)
    for token in (first, second):
        answer = await stranger.get("/acme/user", headers=token | ORIGIN)
        assert (answer.status_code, answer.json()) == (200, {"id": 1})
        assert answer.headers["access-control-allow-origin"] == "*"
    assert (await stranger.delete("/acme/user", headers=first)).status_code == 204
    assert (await stranger.get("/acme/user", headers=first)).status_code == 401
    assert (await stranger.get("/acme/user", headers=second)).status_code == 200


async def test_a_token_is_a_device_that_its_owner_can_sign_out(
    stranger: httpx.AsyncClient,
) -> None:
    token = await token_of(stranger, "/acme/users")
    given = {"login": "ada", "password": PASSWORD}
    signed = (await stranger.post("/api/v1/auth/login", json=given)).json()
    bearer = {"authorization": f"Bearer {signed['access_token']}"}
    listed = (await stranger.get("/api/v1/auth/sessions", headers=bearer)).json()["items"]
    assert len(listed) == 2
    await stranger.post("/api/v1/auth/logout-all", headers=bearer)
    assert (await stranger.get("/acme/user", headers=token)).status_code == 401


async def test_a_token_lives_as_long_as_the_plugin_says(stranger: httpx.AsyncClient) -> None:
    from core.auth.tables import Session

    token = await token_of(stranger, "/acme/users")
    await token_of(stranger)
    first, last = await Session.select().order_by(Session.id)
    assert (last["expires_at"] - last["created_at"]).days in (29, 30)
    await Session.update({Session.expires_at: first["created_at"]}).where(Session.id == first["id"])
    assert (await stranger.get("/acme/user", headers=token)).status_code == 401


async def test_what_goes_wrong_has_the_shape_of_the_protocol(stranger: httpx.AsyncClient) -> None:
    await token_of(stranger, "/acme/users")
    wrong = person(password=secrets.token_hex())
    for method, path, body, headers, status, where in (
        ("POST", "/acme/users", person(username="ada"), {}, 409, "taken"),
        ("POST", "/acme/users", person(username="!"), {}, 422, "username"),
        ("POST", "/acme/users", person(username="b", password="short"), {}, 422, "username"),
        ("POST", "/acme/users", person(username="\0"), {}, 422, "username"),
        ("POST", "/acme/users/login", wrong, {}, 401, "unauthorized"),
        ("POST", "/acme/users/login", {"email": 1}, {}, 422, "email"),
        ("GET", "/acme/user", None, {}, 401, "unauthorized"),
        ("GET", "/acme/user", None, {"authorization": "Token x"}, 401, "unauthorized"),
    ):
        answer = await stranger.request(method, path, json=body, headers=headers | ORIGIN)
        assert (answer.status_code, list(answer.json()["errors"])) == (status, [where]), answer.text
        assert answer.headers["access-control-allow-origin"] == "*"


async def test_an_account_with_an_authenticator_is_not_signed_in_by_a_password_alone(
    stranger: httpx.AsyncClient,
) -> None:
    await token_of(stranger, "/acme/users")
    given = {"login": "ada", "password": PASSWORD}
    signed = (await stranger.post("/api/v1/auth/login", json=given)).json()
    stranger.headers["authorization"] = f"Bearer {signed['access_token']}"
    made = (await stranger.post("/api/v1/auth/totp", json={"password": PASSWORD})).json()
    code = pyotp.TOTP(made["secret"]).now()
    answer = await stranger.post("/api/v1/auth/totp/confirm", json={"code": code})
    assert answer.status_code == 200, answer.text
    del stranger.headers["authorization"]
    refused = await stranger.post("/acme/users/login", json=person())
    assert (refused.status_code, list(refused.json()["errors"])) == (403, ["code_needed"])


@pytest.mark.parametrize("more", [{"TENFOLD_AUTH__EMAIL_VERIFICATION": "required"}])
async def test_where_a_mail_has_to_be_answered_nobody_is_signed_in(
    stranger: httpx.AsyncClient,
) -> None:
    answer = await stranger.post("/acme/users", json=person(username="ada"))
    assert (answer.status_code, list(answer.json()["errors"])) == (422, ["invalid"])
    assert (await stranger.post("/acme/users/login", json=person())).status_code >= 401


async def test_an_account_that_is_gone_or_may_nothing_is_refused(
    stranger: httpx.AsyncClient, server: Server
) -> None:
    from core.auth.tables import User, UserRole

    token = await token_of(stranger, "/acme/users")
    await UserRole.delete(force=True)
    assert (await stranger.get("/acme/user", headers=token)).status_code == 403
    await User.update({User.active: False}, force=True)
    assert (await stranger.get("/acme/user", headers=token)).status_code == 401
    document = (await stranger.get("/openapi.json")).json()
    assert document["paths"]["/acme/user"]["get"]["security"] == []
