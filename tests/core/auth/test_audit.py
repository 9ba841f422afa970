"""What matters for security is written down."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from core.auth import audit
from core.auth.tables import AuditEntry, Role
from core.db.engine import transaction
from core.testing import PASSWORD

from ..admin.conftest import enter, staff
from .test_accounts import AUTH, register, sign_in

PANEL = "api/tables/auth_audit_entry/"


async def events() -> list[tuple[str, int | None]]:
    rows = await AuditEntry.select(AuditEntry.event, AuditEntry.user).order_by(AuditEntry.id)
    return [(each["event"], each["user"]) for each in rows]


async def test_signing_in_and_out_is_written_down(client: Any) -> None:
    id = (await register(client)).json()["user"]["id"]
    tokens = (await sign_in(client)).json()
    body = {"refresh_token": tokens["refresh_token"]}
    for _ in range(2):
        await client.post(f"{AUTH}/logout", json=body)
    assert await events() == [
        ("registered", id),
        ("signed_in", id),
        ("signed_in", id),
        ("signed_out", id),
    ]
    addresses = await AuditEntry.select(AuditEntry.address).where(AuditEntry.event == "signed_in")
    assert {each["address"] for each in addresses} == {"127.0.0.1"}


async def test_a_refused_sign_in_is_written_down_but_not_what_was_typed(client: Any) -> None:
    id = (await register(client)).json()["user"]["id"]
    await AuditEntry.delete(force=True)
    await sign_in(client, "ADA", "a wrong password")
    await sign_in(client, "my-password-in-the-wrong-box", "ada")
    assert await events() == [("sign_in_refused", id), ("sign_in_refused", None)]
    kept = str(await AuditEntry.select())
    for typed in ("a wrong password", "wrong-box", PASSWORD):
        assert typed not in kept


async def test_an_entry_is_undone_with_what_it_tells_of(client: Any) -> None:
    with pytest.raises(RuntimeError):
        async with transaction():
            await audit.record("nothing_happened")
            raise RuntimeError
    assert await events() == []


async def test_what_is_too_long_or_cannot_be_kept_is_cut(client: Any) -> None:
    await audit.record("x" * 99, address="y" * 99, detail="a\0b" + "z" * 5000)
    (row,) = await AuditEntry.select()
    assert (len(row["event"]), len(row["address"])) == (50, 45)
    assert row["detail"].startswith("abzz")
    assert len(row["detail"]) == audit.LONGEST_DETAIL


async def test_old_entries_are_purged(client: Any) -> None:
    await audit.record("long_ago")
    await AuditEntry.update({AuditEntry.at: datetime.now(UTC) - timedelta(days=31)}, force=True)
    await audit.record("lately")
    await audit.forget_old(30)
    assert await events() == [("lately", None)]


async def test_the_admin_shows_it_and_changes_nothing(staff: Any) -> None:
    await audit.record("lately", user=7, detail="something")
    row = (await staff.get(PANEL)).json()["rows"][0]
    assert (row["event"], row["user"], row["detail"]) == ("lately", 7, "something")
    address = f"{PANEL}{row['id']}/"
    for method, path in (
        ("PATCH", address),
        ("PUT", address),
        ("DELETE", address),
        ("POST", PANEL),
    ):
        answer = await staff.request(method, path, json={"event": "x"})
        assert answer.status_code == 405, (method, answer.text)
    assert (await staff.delete(f"{PANEL}?event=lately")).status_code == 405
    assert ("lately", 7) in await events()


async def test_roles_and_accounts_that_change_in_the_admin_are_written_down(
    staff: Any,
    ada: Any,
) -> None:
    role = (await staff.post("api/tables/auth_role/", json={"name": "reader"})).json()[0]["id"]
    try:
        held = "api/tables/auth_user_role/"
        made = (await staff.post(held, json={"user": ada.id, "role": role})).json()[0]["id"]
        assert (await staff.delete(f"{held}{made}/")).status_code == 204
        written = AuditEntry.select().where(AuditEntry.user == ada.id).order_by(AuditEntry.id)
        assert [each["detail"] for each in await written] == ["+reader", "-reader"]
        assert (await staff.delete(f"api/tables/auth_user/{ada.id}/")).status_code == 204
    finally:
        await Role.delete().where(Role.id == role)
    rows = await AuditEntry.select().where(AuditEntry.user == ada.id).order_by(AuditEntry.id)
    assert [(each["event"], each["detail"], each["actor"]) for each in rows] == [
        ("roles_changed", "", staff.id),
        ("roles_changed", "", staff.id),
        ("account_deleted", "", staff.id),
    ], "what is personal goes with the account"


__all__ = ["enter", "staff"]
