"""Roles and accounts by the command line, while workers run."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable
from typing import Any

import pytest

from core.auth.authorization import grants, roles
from core.auth.authorization.roles import LastAdmin
from core.auth.tables import AdminSession, AuditEntry, Role, RolePermission, User, UserRole
from core.auth.tokens.revocation import NOBODY, revoke
from core.errors import Invalid
from core.testing import PASSWORD, People, Server
from tests.core.forked import Tenfold, forked
from tests.patience import within

AUTH = "/api/v1/auth"
TASKS = "/api/v1/todo/tasks"


@pytest.fixture
def tenfold(server: Server, tenfold_environment: dict[str, str]) -> Tenfold:
    """Return a function that runs a command in a process of its own and returns what it says."""
    return forked({**tenfold_environment, "TENFOLD_CORE__DATABASE": server.database})


@pytest.fixture(autouse=True)
async def only_known_roles(server: Server) -> AsyncIterator[None]:
    before = await RolePermission.select(RolePermission.role, RolePermission.permission)
    yield
    await Role.delete().where(Role.name.is_in(["editor", "ab"]))
    await RolePermission.delete(force=True)
    await RolePermission.insert(*(RolePermission(**row) for row in before))
    await revoke(NOBODY)


async def answers(person: Any, path: str, status: int) -> None:
    """Wait until a request is answered with ``status``, two seconds at most."""
    async with within(2):
        while (await person.get(path)).status_code != status:  # noqa: ASYNC110
            await asyncio.sleep(0.05)


async def test_a_role_is_made_granted_and_revoked_on_running_workers(
    tenfold: Tenfold, server: Server, client: Any, people: People
) -> None:
    assert await tenfold("role", "create", "editor") == "Made the role editor.\n(0)"
    assert "already" in await tenfold("role", "create", "editor")
    ada = await people("ada", "editor")
    (held,) = await Role.select(Role.id).where(Role.name == "user")
    await RolePermission.delete().where(RolePermission.role == held["id"])
    await revoke(NOBODY)
    await answers(ada, TASKS, 403)
    assert "editor holds todo.read.\n(0)" in await tenfold("role", "grant", "editor", "todo.read")
    await answers(ada, TASKS, 200)
    assert "already" in await tenfold("role", "grant", "editor", "todo.read")
    listed = await tenfold("role", "list")
    assert "editor           todo.read\n" in listed
    assert "admin            everything\n" in listed
    assert "no longer" in await tenfold("role", "revoke", "editor", "todo.read")
    await answers(ada, TASKS, 403)
    assert "did not hold" in await tenfold("role", "revoke", "editor", "todo.read")
    events = await AuditEntry.select(AuditEntry.event, AuditEntry.detail).order_by(AuditEntry.id)
    assert {"event": "role_granted", "detail": "editor todo.read"} in events


async def test_names_of_roles_and_permissions_are_checked(tenfold: Tenfold, client: Any) -> None:
    said = await tenfold("role", "grant", "user", "todo.raed")
    assert "There is no permission todo.raed; did you mean 'todo.read'?\n(1)" in said
    assert "did you mean 'user'?" in await tenfold("role", "grant", "usr", "todo.read")
    assert "admin holds every permission" in await tenfold("role", "revoke", "admin", "todo.read")
    for name in ("A", "a", "two words", "x" * 51):
        with pytest.raises(Invalid):
            await grants.create(name)


async def test_a_user_gets_and_loses_roles(tenfold: Tenfold, people: People) -> None:
    ada = await people("ada")
    await grants.create("editor")
    assert await tenfold("user", "roles", "ADA", "--add", "editor") == "ADA: editor user\n(0)"
    await answers(ada, f"{AUTH}/me", 401)
    assert await tenfold("user", "roles", "ada", "--remove", "editor") == "ada: user\n(0)"
    assert await tenfold("user", "roles", "ada") == "ada: user\n(0)"
    assert "did you mean 'user'" in await tenfold("user", "roles", "ada", "--add", "usr")
    assert "did you mean 'user'" in await tenfold("user", "roles", "ada", "--remove", "usr")
    assert "There is no user grace." in await tenfold("user", "roles", "grace")
    listed = await tenfold("user", "list")
    assert f"{ada.id:6}  ada" in listed
    assert listed.count("user\n") == 1


async def test_admin_by_role_may_enter_the_admin(people: People) -> None:
    await people("root", "admin")
    ada = await people("ada")
    await roles.change(ada.id, add=["admin"])
    flags = User.select(User.admin, User.superuser).where(User.id == ada.id)
    assert await flags == [{"admin": True, "superuser": True}]
    await AdminSession.create_session(user_id=ada.id)
    await roles.change(ada.id, remove=["admin"])
    assert await flags == [{"admin": False, "superuser": False}]
    assert not await AdminSession.exists()


async def test_who_is_switched_off_is_signed_out_and_may_come_back(
    tenfold: Tenfold, client: Any, people: People
) -> None:
    ada = await people("ada")
    given = {"login": "ada", "password": PASSWORD}
    tokens = (await client.post(f"{AUTH}/login", json=given)).json()
    assert "(0)" in await tenfold("user", "deactivate", "ada@example.org")
    await answers(ada, f"{AUTH}/me", 401)
    refused = await client.post(f"{AUTH}/refresh", json={"refresh_token": tokens["refresh_token"]})
    assert refused.status_code == 401
    assert (await client.post(f"{AUTH}/login", json=given)).status_code == 401
    assert "(switched off)" in await tenfold("user", "list")
    assert "(0)" in await tenfold("user", "activate", "ada")
    assert (await client.post(f"{AUTH}/login", json=given)).status_code == 200


async def test_the_last_admin_stays(tenfold: Tenfold, people: People) -> None:
    root = await people("root", "admin")
    await people("ada")
    for arguments in (("deactivate", "root"), ("roles", "root", "--remove", "admin")):
        said = await tenfold("user", *arguments)
        assert "This is the last account that may manage accounts." in said
        assert said.endswith("(1)")
    await answers(root, f"{AUTH}/me", 200)
    assert await roles.of(root.id) == ["admin", "user"]
    assert "(0)" in await tenfold("user", "deactivate", "ada")


async def test_a_switched_off_admin_does_not_count(people: People) -> None:
    root, other = await people("root", "admin"), await people("other", "admin")
    await roles.switch(other.id, active=False)
    with pytest.raises(LastAdmin):
        await roles.switch(root.id, active=False)


async def test_of_two_last_admins_who_are_unmade_at_once_one_stays(people: People) -> None:
    for turn in range(10):
        admins = [await people(f"root{turn}-{number}", "admin") for number in range(2)]
        first, second = (each.id for each in admins)
        outcomes = await asyncio.gather(
            roles.switch(first, active=False),
            roles.change(second, remove=["admin"])
            if turn % 2
            else roles.switch(second, active=False),
            return_exceptions=True,
        )
        assert {type(each) for each in outcomes} == {LastAdmin, type(None)}
        await User.delete(force=True)


async def test_of_two_last_admins_who_are_unmade_in_the_admin_one_stays(
    server: Server, people: People
) -> None:
    from core.admin import account_rules as rules

    for turn in range(5):
        admins = [await people(f"root{turn}-{number}", "admin") for number in range(2)]
        one: Any = {User.active: False}
        two: Any = {User.superuser: False}
        outcomes = await asyncio.gather(
            rules.change_user(admins[0].id, one),
            rules.change_user(admins[1].id, two),
            return_exceptions=True,
        )
        assert [type(each) for each in outcomes].count(LastAdmin) == 1
        await User.delete(force=True)
        admins = [await people(f"role{turn}-{number}", "admin") for number in range(2)]
        held = await UserRole.select(UserRole.id).where(UserRole.role.name == "admin")
        taken = await asyncio.gather(
            *(rules.take_role(row["id"]) for row in held), return_exceptions=True
        )
        assert [type(each) for each in taken].count(LastAdmin) == 1
        assert await UserRole.count().where(UserRole.role.name == "admin") == 1
        await User.delete(force=True)


async def test_two_first_admins_at_once_are_both_made(tenfold: Tenfold, client: Any) -> None:
    def create(name: str) -> Awaitable[str]:
        who = ("--username", name, "--email", f"{name}@example.org", "--password-stdin")
        return tenfold("user", "create", "--admin", *who, typed=f"{PASSWORD}\n")

    said = await asyncio.gather(create("ada"), create("grace"))
    assert all(each.endswith("(0)") for each in said), said
    assert await User.count().where(User.admin.eq(True), User.active.eq(True)) == 2
