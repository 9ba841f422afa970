"""My whole account: its name, a copy of what is kept, and its end."""

from __future__ import annotations

import asyncio
import io
import json
import time
import zipfile
from typing import Any

import httpx
import pytest

from core.auth.tables import AdminSession, ApiKey, AuditEntry, Session, User, UserRole
from core.testing import PASSWORD
from plugins.todo.tables import Project, Task

from .test_accounts import AUTH, bearer, refresh, register, sign_in
from .test_api_keys import TASKS, program
from .test_api_keys import make as make_key
from .test_sessions import make_stale

ME = f"{AUTH}/me"


async def delete(client: Any, **more: Any) -> Any:
    headers = more.pop("headers", {})
    return await client.request("DELETE", ME, json=more, headers=headers)


async def test_my_account_needs_a_token(client: Any) -> None:
    assert (await client.patch(ME, json={"username": "x2"})).status_code == 401
    assert (await delete(client, password=PASSWORD)).status_code == 401
    assert (await client.get(f"{ME}/export")).status_code == 401


async def test_i_get_another_username(client: Any, ada: Any) -> None:
    answer = await ada.patch(ME, json={"username": "Lovelace"})
    assert answer.status_code == 200, answer.text
    assert answer.json()["username"] == "Lovelace"
    assert (await sign_in(client, "lovelace")).status_code == 200
    assert (await sign_in(client, "ada")).status_code == 401
    assert (await ada.patch(ME, json={})).json()["username"] == "Lovelace"
    assert (await ada.patch(ME, json={"username": "LOVELACE"})).status_code == 200


@pytest.mark.parametrize("name", ["grace", "GRACE", "ｇｒａｃｅ"])
async def test_a_name_that_somebody_has_is_taken(ada: Any, grace: Any, name: str) -> None:
    answer = await ada.patch(ME, json={"username": name})
    assert (answer.status_code, answer.json()["code"]) == (409, "taken")
    assert (await ada.get(ME)).json()["username"] == "ada"


async def test_of_many_who_want_a_name_at_once_one_gets_it(people: Any) -> None:
    persons = [await people(f"person{number}") for number in range(8)]
    answers = await asyncio.gather(*(each.patch(ME, json={"username": "x1"}) for each in persons))
    assert sorted(each.status_code for each in answers) == [200] + [409] * 7


@pytest.mark.parametrize(
    "body",
    [
        {"username": "a"},
        {"username": None},
        {"username": "a b"},
        {"username": "ﷺ" * 50},
        {"admin": True},
        {"roles": ["admin"]},
        {"email": "other@example.org"},
        {"active": False},
        {"id": 1},
    ],
)
async def test_nothing_else_can_be_changed(ada: Any, body: Any) -> None:
    assert (await ada.patch(ME, json=body)).status_code == 422


async def test_an_account_goes_with_all_that_hangs_on_it(
    client: Any, server: Any, ada: Any, grace: Any
) -> None:
    key = (await make_key(ada)).json()["key"]
    for person in (ada, grace):
        await person.post(TASKS, json={"title": "mine"})
    await AdminSession.create_session(user_id=ada.id)
    pair = (await sign_in(client)).json()
    async with program(server, key) as tool:
        assert (await tool.get(TASKS)).status_code == 200
        answer = await delete(ada)
        assert (answer.status_code, answer.content) == (204, b"")
        assert (await tool.get(TASKS)).status_code == 401
    assert (await ada.get(ME)).status_code == 401
    assert (await client.get(ME, headers=bearer(pair))).status_code == 401
    assert (await refresh(client, pair["refresh_token"])).status_code == 401
    assert (await sign_in(client)).status_code == 401
    for table in (Session, ApiKey, UserRole):
        assert not await table.exists().where(table.user == ada.id)
    assert not await AdminSession.exists().where(AdminSession.user_id == ada.id)
    for kept in (Task, Project):
        assert not await kept.exists().where(kept.owner == ada.id)
    assert await Task.count().where(Task.owner == grace.id) == 1
    assert (await grace.get(ME)).status_code == 200
    (row,) = await AuditEntry.select().where(AuditEntry.event == "account_deleted")
    assert row["user"] == ada.id


async def test_deleting_needs_a_fresh_sign_in_or_the_password(client: Any) -> None:
    first = (await register(client)).json()
    await make_stale()
    stale = bearer((await refresh(client, first["refresh_token"])).json())
    answer = await delete(client, headers=stale)
    assert (answer.status_code, answer.json()["code"]) == (401, "fresh_login_required")
    answer = await delete(client, password="wrong one", headers=stale)
    assert (answer.status_code, answer.json()["code"]) == (403, "wrong_password")
    assert await User.count() == 1
    assert (await delete(client, password=PASSWORD, headers=stale)).status_code == 204
    assert await User.count() == 0


async def test_an_api_key_cannot_delete_an_account_without_the_password(
    server: Any, ada: Any
) -> None:
    key = (await make_key(ada, permissions=["auth.self"])).json()["key"]
    async with program(server, key) as tool:
        answer = await delete(tool)
        assert (answer.status_code, answer.json()["code"]) == (401, "fresh_login_required")


async def test_the_last_administrator_stays(admin: Any, people: Any) -> None:
    answer = await delete(admin)
    assert (answer.status_code, answer.json()["code"]) == (409, "last_admin")
    other = await people("other", "admin")
    await User.update({User.active: False}).where(User.id == other.id)
    assert (await delete(admin)).status_code == 409
    await User.update({User.active: True}).where(User.id == other.id)
    assert (await delete(admin)).status_code == 204


async def test_of_two_administrators_who_go_at_once_one_stays(people: Any) -> None:
    for turn in range(3):
        pair = [await people(f"{name}{turn}", "admin") for name in ("one", "two")]
        answers = await asyncio.gather(*(delete(each) for each in pair))
        assert sorted(each.status_code for each in answers) == [204, 409]
        await User.delete(force=True)


async def test_a_plugin_that_fails_leaves_everything(
    server: Any, ada: Any, monkeypatch: Any
) -> None:
    from core.auth.accounts import account_data

    await ada.post(TASKS, json={"title": "mine"})
    before = [await table.count() for table in (User, Session, Task, Project)]

    async def broken(user: int) -> None:
        assert not await Task.exists().where(Task.owner == user)
        raise RuntimeError("the disk is full")

    with monkeypatch.context() as patched:
        patched.setattr(account_data, "delete", broken)
        assert (await delete(ada)).status_code == 500
    assert [await table.count() for table in (User, Session, Task, Project)] == before
    assert (await ada.get(ME)).status_code == 200
    assert not await AuditEntry.exists().where(AuditEntry.event == "account_deleted")
    assert (await delete(ada)).status_code == 204


async def test_what_is_kept_about_me_comes_as_a_zip(server: Any, ada: Any, grace: Any) -> None:
    await ada.post(TASKS, json={"title": "Höhle"})
    await grace.post(TASKS, json={"title": "hers"})
    key = (await make_key(ada)).json()["key"]
    answer = await ada.get(f"{ME}/export")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/zip"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "attachment" in answer.headers["content-disposition"]
    files = unpacked(answer)
    assert {"auth.json", "todo.json"} <= set(files)
    assert files["auth.json"]["account"]["email"] == "ada@example.org"
    assert files["auth.json"]["account"]["roles"] == ["user"]
    assert [each["title"] for each in files["todo.json"]["tasks"]] == ["Höhle"]
    text = json.dumps(files)
    for secret in ("bcrypt", "digest", key.rpartition("_")[2], "grace", "hers"):
        assert secret not in text


async def test_what_json_cannot_say_is_told_with_the_name_of_its_plugin(
    ada: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    from core.auth.accounts import account_data

    async def broken(user: int) -> Any:
        return object()

    monkeypatch.setattr(account_data, "export", broken)
    assert (await ada.get(f"{ME}/export")).status_code == 500
    assert "JSON cannot say what the plugin 'auth' returned from export_user()" in caplog.text


def unpacked(answer: httpx.Response) -> dict[str, Any]:
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert archive.testzip() is None
        return {name: json.loads(archive.read(name)) for name in archive.namelist()}


async def test_other_workers_hear_of_a_deleted_account(server: Any, ada: Any) -> None:
    from core.auth.tokens.access import Tokens

    mine = server.app.ctx.realm.tokens
    other = Tokens(mine.keys, 15)
    await other.follow()
    token = mine.make(ada.id, 5, ["user"], time.time())
    assert other.read(token)[1].id == ada.id
    await delete(ada)
    assert await other.follow()
    with pytest.raises(Exception, match="signed out"):
        other.read(token)
