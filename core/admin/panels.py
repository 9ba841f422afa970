"""The admin, built from what the plugins register."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from copy import copy
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from fastapi import FastAPI
from piccolo_admin.endpoints import FormConfig, TableConfig, create_admin
from starlette.routing import Mount

from core.admin import accounts, values
from core.admin.answers import Answers
from core.admin.guard import Guard
from core.admin.refusals import answer_refusals
from core.admin.role_changes import RoleChanges
from core.admin.signing_in import AuthenticatorApp, CountedElsewhere, Visits
from core.auth.realm import Realm
from core.auth.tables import AdminSession, User
from core.plugins import PluginError, Plugins
from core.settings import CoreSettings

if TYPE_CHECKING:
    from starlette.types import ASGIApp

TITLE = "<title>Piccolo Admin</title>"
HEAD = '<title>Tenfold</title>\n  <link rel="icon" href="data:,">'


class AnyHost(tuple[str, ...]):
    """Every host: where no public URL is set, the guard compares the origin with the host."""

    __slots__ = ()

    def __contains__(self, host: object) -> bool:
        return True


def build(plugins: Plugins, core: CoreSettings, realm: Realm) -> ASGIApp:
    """Return the admin with the panels of every plugin. Raises PluginError where they clash."""
    tables, forms = collect(plugins)
    public = urlsplit(core.public_url)
    secure = public.scheme == "https" if core.public_url else core.environment == "production"
    admin = create_admin(
        tables=tables,
        forms=forms,
        auth_table=User,
        session_table=AdminSession,
        site_name="Tenfold",
        auto_include_related=False,
        rate_limit_provider=CountedElsewhere(),
        mfa_providers=[AuthenticatorApp()],
        production=secure,
        allowed_hosts=[public.hostname] if public.hostname else AnyHost(),
    )
    warnings.filterwarnings("ignore", "If running sessions in production", UserWarning)
    admin.template = admin.template.replace(TITLE, HEAD)
    for part in _parts(admin):
        answer_refusals(part)
    answers = Answers(RoleChanges(admin), accounts.HIDDEN)
    return Guard(Visits(answers, realm), core.public_url, secure=secure)


def collect(plugins: Plugins) -> tuple[list[TableConfig], list[FormConfig]]:
    """Return the tables and forms that plugins show, each in the group of its plugin's title.

    Raises PluginError, with a sentence for each table or form that cannot be shown.
    """
    tables: list[tuple[str, TableConfig]] = []
    forms: list[tuple[str, FormConfig]] = []
    for name, found in plugins.call("register_admin"):
        title = plugins[name].plugin.title
        for each in found:
            if isinstance(each, FormConfig):
                forms.append((name, _form(each, title)))
            else:
                tables.append((name, _table(each, title)))
    problems = [
        *_twice("table", [(name, each.table_class._meta.tablename) for name, each in tables]),
        *_twice("form", [(name, each.slug) for name, each in forms]),
        *_dead_ends(tables),
        *_broken_links(tables),
    ]
    if problems:
        raise PluginError(problems)
    return [table for _, table in tables], [form for _, form in forms]


def _table(given: Any, title: str) -> TableConfig:
    config = given if isinstance(given, TableConfig) else TableConfig(given)
    hooks = [*values.hooks(config.table_class), *(config.hooks or ())]
    return replace(
        config,
        menu_group=title,
        # Piccolo forgets hooks of a type that do not stand next to each other.
        hooks=sorted(hooks, key=lambda hook: hook.hook_type.value),
        # Piccolo adds its own to those of the table of users.
        validators=copy(config.validators),
    )


def _form(given: FormConfig, title: str) -> FormConfig:
    form = copy(given)
    form.form_group = title
    return form


def _twice(kind: str, named: Sequence[tuple[str, str]]) -> Iterator[str]:
    """Yield what two plugins register; Piccolo would show one of the two, without a word."""
    owners: dict[str, str] = {}
    for plugin, name in named:
        if name in owners:
            yield f"{plugin}: the admin's {kind} {name!r} is registered by {owners[name]} already"
        owners.setdefault(name, plugin)


def _dead_ends(tables: Sequence[tuple[str, TableConfig]]) -> Iterator[str]:
    """Yield each foreign key to a table without a panel: its form could not be opened."""
    shown = {each.table_class._meta.tablename for _, each in tables}
    for plugin, each in tables:
        for column in each.table_class._meta.foreign_key_columns:
            name = column._foreign_key_meta.resolved_references._meta.tablename
            if name not in shown:
                yield (
                    f"{plugin}: {each.table_class._meta.tablename}.{column._meta.name} refers to "
                    f"{name}, which has no panel; return it from register_admin() too"
                )


def _broken_links(tables: Sequence[tuple[str, TableConfig]]) -> Iterator[str]:
    """Yield each list that Piccolo's page cannot show."""
    for plugin, each in tables:
        key = each.table_class._meta.primary_key
        shown = key._meta.name in each.get_visible_column_names()
        if shown and each.get_link_column() is not key:
            yield (
                f"{plugin}: the panel of {each.table_class._meta.tablename} has a link_column, "
                f"so leave {key._meta.name} out of its visible_columns"
            )


def _parts(app: FastAPI) -> Iterator[FastAPI]:
    """Yield ``app`` and the applications that Piccolo mounted in it."""
    yield app
    for route in app.routes:
        if isinstance(route, Mount):
            mounted = route.app
            while not isinstance(mounted, FastAPI) and hasattr(mounted, "app"):
                mounted = mounted.app
            if isinstance(mounted, FastAPI):
                yield from _parts(mounted)
