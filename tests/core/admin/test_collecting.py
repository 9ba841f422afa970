"""What plugins register for the admin, and what is wrong with it."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from types import ModuleType
from typing import Any

import httpx
import pytest
from piccolo.columns import ForeignKey, Varchar
from piccolo.table import Table
from piccolo_admin.endpoints import FormConfig, TableConfig
from piccolo_api.crud.hooks import Hook, HookType
from pydantic import BaseModel
from sanic import Sanic
from starlette.requests import Request

from core.admin.mount import mount
from core.admin.panels import collect
from core.auth.tables import AdminSession
from core.configuration import core_settings
from core.errors import Conflict
from core.plugins import Enabled, Plugin, PluginError, Plugins, hookimpl
from core.settings import Settings
from core.testing import Server, running
from core.web import failures


class Shelf(Table, tablename="lab_shelf"):
    name = Varchar()


class Book(Table, tablename="lab_book"):
    shelf = ForeignKey(Shelf)


class Cup(Table, tablename="lab_cup"):
    name = Varchar()


class Wish(BaseModel):
    text: str


def enabled(name: str, found: Sequence[Any]) -> Enabled:
    module = ModuleType(name)

    @hookimpl
    def register_admin() -> Sequence[Any]:
        return found

    module.register_admin = register_admin  # type: ignore[attr-defined]
    return Enabled(Plugin(name=name, title=f"The {name}"), module, Settings())


def problems(*plugins: Enabled) -> list[str]:
    with pytest.raises(PluginError) as caught:
        collect(Plugins(plugins))
    return caught.value.problems


def test_tables_and_forms_come_under_the_title_of_their_plugin() -> None:
    form = FormConfig("Wish", Wish, lambda request, data: None)
    given = TableConfig(Book, menu_group="Elsewhere")
    tables, forms = collect(Plugins([enabled("lab", [Shelf, given, form])]))
    assert [(each.table_class, each.menu_group) for each in tables] == [
        (Shelf, "The lab"),
        (Book, "The lab"),
    ]
    assert forms[0].form_group == "The lab"
    assert (given.menu_group, form.form_group) == ("Elsewhere", None)


def test_hooks_of_one_type_stand_together_in_their_order() -> None:
    def hook(kind: HookType) -> Hook:
        return Hook(kind, lambda: None)

    patch, save, delete = HookType.pre_patch, HookType.pre_save, HookType.pre_delete
    given = [hook(patch), hook(save), hook(patch), hook(delete)]
    (table,), _ = collect(Plugins([enabled("lab", [TableConfig(Shelf, hooks=given)])]))
    assert table.hooks is not None
    kinds = [each.hook_type for each in table.hooks]
    assert kinds == [delete, patch, patch, patch, save, save]
    assert [each for each in table.hooks if each in given and each.hook_type is patch] == [
        given[0],
        given[2],
    ]


def test_everything_that_the_pages_could_not_show_is_said_at_once() -> None:
    form = FormConfig("My wish", Wish, lambda request, data: None)
    found = problems(enabled("lab", [Book, form]), enabled("other", [Cup, Cup, form]))
    assert found == [
        "other: the admin's table 'lab_cup' is registered by other already",
        "other: the admin's form 'my-wish' is registered by lab already",
        "lab: lab_book.shelf refers to lab_shelf, which has no panel; "
        "return it from register_admin() too",
    ]


def test_a_link_column_needs_the_key_left_out() -> None:
    (found,) = problems(enabled("lab", [TableConfig(Shelf, link_column=Shelf.name)]))
    assert found == (
        "lab: the panel of lab_shelf has a link_column, so leave id out of its visible_columns"
    )
    hidden = TableConfig(Shelf, link_column=Shelf.name, visible_columns=[Shelf.name])
    collect(Plugins([enabled("lab", [hidden])]))


async def grant(request: Request, wish: Wish) -> str:
    if wish.text == "refused":
        raise ValueError("There is nothing left.")
    if wish.text == "ruled out":
        raise Conflict("Somebody else had this wish.")
    if wish.text == "broken":
        raise RuntimeError("a secret of ours")
    return f"Granted to {request.user.display_name}."


@pytest.mark.parametrize(
    ("text", "status", "said"),
    [
        ("fine", 200, "Granted to root."),
        ("refused", 422, "There is nothing left."),
        ("ruled out", 409, "Somebody else had this wish."),
        ("broken", 500, "This is our mistake."),
    ],
)
async def test_a_form_may_refuse_and_its_mistakes_stay_inside(
    server: Server, admin: Any, text: str, status: int, said: str
) -> None:
    form = FormConfig("Wish", Wish, grant)
    known = [server.plugins[name] for name in ("core", "auth")]
    plugins = Plugins([*known, enabled("lab", [form])])
    app: Sanic[Any, Any] = Sanic(f"forms_{secrets.token_hex(4)}", configure_logging=False)
    failures.handle(app)
    app.ctx.realm = server.app.ctx.realm
    mount(app, plugins, core_settings(plugins))
    session = await AdminSession.create_session(user_id=admin.id)
    async with (
        running(app) as url,
        httpx.AsyncClient(timeout=60, base_url=f"{url}/admin/") as client,
    ):
        client.cookies.set("id", session.token)
        await client.get("")
        client.headers["X-CSRFToken"] = client.cookies["csrftoken"]
        answer = await client.post("api/forms/wish/", json={"text": text})
        assert (answer.status_code, said in answer.text) == (status, True)
        assert "secret" not in answer.text
