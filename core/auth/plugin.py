"""Accounts: who is asking, and what they may do. Written like any other plugin, and always on."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

from sanic import Blueprint, Sanic

from core.auth import (
    account_data,
    attempts,
    audit,
    codes,
    invitations,
    passwords,
    pending,
    permissions,
    refresh,
    revocation,
)
from core.auth.afterwards import settled
from core.auth.realm import Realm
from core.auth.routes.accounts import accounts
from core.auth.routes.addresses import addresses
from core.auth.routes.api_keys import api_keys
from core.auth.routes.invitations import invitations as invitation_routes
from core.auth.routes.password_changes import password_changes
from core.auth.routes.personal import personal
from core.auth.routes.sessions import sessions
from core.auth.routes.totp import totps
from core.auth.settings import AuthSettings
from core.plugins import Permission, Plugin, hookimpl
from core.repeating import repeating

PLUGIN = Plugin(
    name="auth",
    title="Accounts",
    description="Register, sign in and out, roles and permissions.",
    requires=["core"],
    settings=AuthSettings,
)


@hookimpl
def register_tables() -> str:
    return "core.auth.piccolo_app"


@hookimpl
def register_permissions() -> Sequence[Permission]:
    return [
        Permission("auth.self", "Read and change my own account"),
        Permission("auth.invite", "Invite people to register", roles=()),
    ]


@hookimpl
def register_routes() -> Sequence[Blueprint]:
    return [
        accounts,
        addresses,
        invitation_routes,
        password_changes,
        totps,
        sessions,
        api_keys,
        personal,
    ]


@hookimpl
async def health() -> None:
    passwords.refuse_if_full()


@hookimpl
@asynccontextmanager
async def lifespan(app: Sanic[Any, Any], settings: AuthSettings) -> AsyncIterator[None]:
    realm: Realm = app.ctx.realm
    tokens = realm.tokens

    held = 0

    async def follow() -> None:
        nonlocal held
        await tokens.follow()
        if (revision := tokens.revision) != held:
            await tokens.keys.read()
            tokens.hold(await permissions.by_role(app.ctx.plugins))
            held = revision

    async def tidy() -> None:
        await revocation.forget_old(tokens.seconds)
        await audit.forget_old(settings.audit_days)
        await refresh.forget_old(settings.refresh_days)
        await tokens.keys.forget_old()
        await attempts.forget_old()
        await codes.forget_old()
        await pending.forget_old()
        await invitations.forget_old()

    await tokens.keys.open()
    await tokens.follow()
    tokens.hold(await permissions.by_role(app.ctx.plugins))
    async with repeating(1, follow), repeating(3600, tidy):
        yield
    await settled()
    await realm.mail.close()


@hookimpl
async def export_user(user: int) -> Any:
    return await account_data.export(user)


@hookimpl
async def delete_user(user: int) -> None:
    await account_data.delete(user)


@hookimpl
def register_admin() -> Sequence[Any]:
    from core.admin import accounts

    return accounts.panels()
