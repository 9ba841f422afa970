"""Users, roles and sessions in the admin."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from core.auth.accounts.service import check_password
from core.auth.authenticators import passwords
from core.auth.tables import AdminSession, Role, RolePermission, Session, User, UserRole
from core.plugins import hookimpl
from core.testing import PASSWORD, People, Server

from .conftest import Enter

USERS = "api/tables/auth_user/"
NEW = {
    "username": "Grace",
    "email": "Grace@Example.org",
    "password": "a good long password",
    "active": "true",
    "admin": "false",
    "superuser": "false",
}


@pytest.fixture(autouse=True)
async def only_known_roles(server: Any) -> AsyncIterator[None]:
    yield
    await Role.delete().where(Role.name.not_in(["admin", "user"]))


async def test_a_password_is_neither_shown_nor_exported(staff: httpx.AsyncClient) -> None:
    for query in ("", "1/", "new/", "?__page_size=1000", "?__visible_fields=id,password"):
        answer = await staff.get(USERS + query)
        assert passwords.PREFIX not in answer.text
        assert "password" not in answer.text or '"password":null' in answer.text
    properties = (await staff.get(f"{USERS}schema/")).json()["properties"]
    assert "username" in properties
    assert "username_key" not in properties


async def test_a_new_user_may_sign_in_and_has_the_role_that_registration_gives(
    staff: httpx.AsyncClient,
) -> None:
    made = await staff.post(USERS, json=NEW | {"first_name": "Grace"})
    assert made.status_code == 201, made.text
    user = await User.objects().get(User.id == made.json()["id"])
    assert user is not None
    assert (user.username_key, user.email_key) == ("grace", "grace@example.org")
    assert (user.first_name, user.active, user.admin, user.superuser) == (
        "Grace",
        True,
        False,
        False,
    )
    assert user.password.startswith(passwords.PREFIX)
    assert await check_password("GRACE", NEW["password"])
    roles = await UserRole.select(UserRole.role.name).where(UserRole.user == user.id)
    assert [each["role.name"] for each in roles] == ["user"]


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"username": "a b"}, "A username has"),
        ({"username": "root"}, "Somebody has this username"),
        ({"email": "nowhere"}, "This is not an e-mail address"),
        ({"password": "short"}, "A password has 8 to 1024 characters"),
        ({"first_name": "a\0b"}, "first_name must not hold the character NUL"),
    ],
    ids=str,
)
async def test_a_new_user_must_be_as_registration_wants_it(
    staff: httpx.AsyncClient, values: dict[str, str], said: str
) -> None:
    answer = await staff.post(USERS, json=NEW | values)
    assert 400 <= answer.status_code < 500
    assert answer.text.startswith(said)
    assert await User.count() == 1


async def test_a_changed_name_can_be_used_at_once(staff: httpx.AsyncClient, ada: Any) -> None:
    changed = await staff.patch(f"{USERS}{ada.id}/", json={"username": "Countess", "password": ""})
    assert changed.status_code == 200, changed.text
    assert await check_password("countess", PASSWORD)
    assert not await check_password("ada", PASSWORD)


async def test_a_name_of_somebody_else_is_refused_in_any_spelling(
    staff: httpx.AsyncClient, ada: Any
) -> None:
    refused = await staff.patch(f"{USERS}{ada.id}/", json={"username": "ROOT"})
    assert refused.status_code == 422
    assert refused.text.startswith("Another row has the same")
    assert (await staff.patch(f"{USERS}{ada.id}/", json={"email": "x"})).status_code == 422


async def test_a_new_password_counts_and_signs_out_everywhere(
    staff: httpx.AsyncClient, ada: Any
) -> None:
    changed = await staff.patch(f"{USERS}{ada.id}/", json={"password": "another long password"})
    assert changed.status_code == 200, changed.text
    assert await check_password("ada", "another long password")
    assert not await check_password("ada", PASSWORD)
    assert not await Session.exists().where(Session.user == ada.id, Session.ended_at.is_null())
    assert (await staff.patch(f"{USERS}{ada.id}/", json={"password": "short"})).status_code == 422


async def test_nobody_deletes_their_own_account(staff: Any) -> None:
    refused = await staff.delete(f"{USERS}{staff.id}/")
    assert refused.status_code == 409
    assert refused.text == "You cannot delete the account that you are signed in with."


async def test_plugins_delete_what_they_keep_about_whom_staff_delete(
    staff: Any, ada: Any, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    async def delete_user(user: int) -> None:
        asked.append(user)

    monkeypatch.setattr(server.plugins["todo"].module, "delete_user", hookimpl(delete_user))
    assert (await staff.delete(f"{USERS}{ada.id}/")).status_code == 204
    assert asked == [ada.id]
    assert not await User.exists().where(User.id == ada.id)
    await server.app.ctx.realm.tokens.follow()
    assert (await ada.get("/api/v1/auth/me")).status_code == 401


async def test_where_a_plugin_cannot_delete_nothing_is_deleted(
    staff: Any, ada: Any, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def delete_user(user: int) -> None:
        raise OSError("the files are on a disk that is away")

    monkeypatch.setattr(server.plugins["todo"].module, "delete_user", hookimpl(delete_user))
    assert (await staff.delete(f"{USERS}{ada.id}/")).status_code == 500
    assert await User.exists().where(User.id == ada.id)


@pytest.mark.parametrize("what", ["active", "admin", "superuser"])
async def test_the_last_administrator_stays_one(staff: Any, people: People, what: str) -> None:
    refused = await staff.patch(f"{USERS}{staff.id}/", json={what: "false"})
    assert refused.status_code == 409
    assert "the last account" in refused.text
    await people("second", "admin")
    assert (await staff.patch(f"{USERS}{staff.id}/", json={what: "false"})).status_code == 200


async def test_only_superusers_change_accounts_and_roles(
    staff: httpx.AsyncClient, enter: Enter, people: People, ada: Any
) -> None:
    plain = (await people("plain", "admin")).id
    await staff.patch(f"{USERS}{plain}/", json={"superuser": "false"})
    browser = await enter(plain)
    assert (await browser.get(USERS)).status_code == 200
    assert (await browser.patch(f"{USERS}{ada.id}/", json={"active": True})).status_code == 405
    for table in ("auth_role", "auth_user_role", "auth_role_permission"):
        assert (await browser.post(f"api/tables/{table}/", json={})).status_code in (405, 422)
        assert (await browser.delete(f"api/tables/{table}/1/")).status_code in (404, 405)
    assert await Role.exists().where(Role.name == "admin")


async def test_sessions_can_be_read_and_nothing_else(staff: httpx.AsyncClient, ada: Any) -> None:
    rows = (await staff.get("api/tables/auth_session/")).json()["rows"]
    address = f"api/tables/auth_session/{rows[0]['id']}/"
    assert (await staff.delete(address)).status_code == 405
    refused = await staff.patch(address, json={"device": "x"})
    assert (refused.status_code, refused.text[:9]) == (405, "A session")
    assert (await staff.get("api/tables/auth_admin_session/")).status_code == 404


async def test_a_role_holds_only_permissions_that_exist(staff: httpx.AsyncClient) -> None:
    role = (await staff.post("api/tables/auth_role/", json={"name": "reader"})).json()[0]["id"]
    grants = "api/tables/auth_role_permission/"
    refused = await staff.post(grants, json={"role": role, "permission": "todo.raed"})
    assert refused.status_code == 422
    assert "There is no permission 'todo.raed'" in refused.text
    made = await staff.post(grants, json={"role": role, "permission": "todo.read"})
    assert made.status_code == 201
    address = f"{grants}{made.json()[0]['id']}/"
    assert (await staff.patch(address, json={"permission": "x"})).status_code == 422
    assert (await staff.patch(address, json={"permission": "todo.write"})).status_code == 200


async def test_who_loses_a_role_needs_a_new_token(
    server: Any, staff: httpx.AsyncClient, ada: Any
) -> None:
    assert (await ada.get("/api/v1/auth/me")).status_code == 200
    (held,) = await UserRole.select(UserRole.id).where(UserRole.user == ada.id)
    assert (await staff.delete(f"api/tables/auth_user_role/{held['id']}/")).status_code == 204
    await server.app.ctx.realm.tokens.follow()
    assert (await ada.get("/api/v1/auth/me")).status_code == 401


@pytest.mark.filterwarnings("ignore:If running sessions in production")
async def test_signing_in_and_out_of_the_admin(
    server: Any, client: httpx.AsyncClient, people: People
) -> None:
    await people("root", "admin")
    await people("ada")
    await client.get("/admin/")
    client.headers["X-CSRFToken"] = client.cookies["csrftoken"]

    async def login(username: str, password: str) -> int:
        given = {"username": username, "password": password}
        return (await client.post("/admin/public/login/", json=given)).status_code

    assert await login("root", "wrong password") == 401
    assert await login("ada", PASSWORD) == 401
    assert await login("root@example.org", PASSWORD) == 200
    (kept,) = await AdminSession.select(AdminSession.token)
    assert kept["token"] != client.cookies["id"]
    assert (await client.get("/admin/api/user/")).json()["username"] == "root"
    assert (await client.post("/admin/public/logout/")).status_code == 200
    assert (await client.get("/admin/api/user/")).status_code == 401


async def test_changing_my_own_password(staff: Any) -> None:
    def form(current: str) -> dict[str, str]:
        new = "an even longer password"
        return {"current_password": current, "new_password": new, "confirm_new_password": new}

    refused = await staff.post("api/change-password/", json=form("wrong"))
    assert refused.status_code == 422
    assert "detail" in refused.json()
    assert (await staff.post("api/change-password/", json=form(PASSWORD))).status_code == 303
    assert await check_password("root", "an even longer password")
    assert (await staff.get("api/user/")).status_code == 401


async def test_what_is_taken_from_a_role_is_gone_everywhere_within_seconds(
    staff: httpx.AsyncClient, ada: Any, server: Any
) -> None:
    roles = {row["name"]: row["id"] for row in await Role.select(Role.id, Role.name)}
    held = RolePermission.role == roles["user"], RolePermission.permission == "todo.read"
    (grant,) = await RolePermission.select(RolePermission.id).where(*held)
    assert (await ada.get("/api/v1/todo/tasks")).status_code == 200
    await staff.delete(f"api/tables/auth_role_permission/{grant['id']}/")
    assert await becomes(ada, 403)
    given = {"role": roles["user"], "permission": "todo.read"}
    made = await staff.post("api/tables/auth_role_permission/", json=given)
    assert made.status_code == 201, made.text
    assert await becomes(ada, 200)


async def becomes(client: Any, status: int) -> bool:
    """Wait until reading tasks is answered with ``status``, two seconds at most."""
    for _ in range(40):
        if (await client.get("/api/v1/todo/tasks")).status_code == status:
            return True
        await asyncio.sleep(0.05)
    return False
