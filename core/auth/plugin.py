"""Accounts: who is asking, and what they may do. Written like any other plugin, and always on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sanic import Blueprint

from core.auth.routes import auth
from core.auth.settings import AuthSettings
from core.plugins import Permission, Plugin, hookimpl

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
    return [Permission("auth.self", "Read and change my own account")]


@hookimpl
def register_routes() -> Blueprint:
    return auth


@hookimpl
def register_admin() -> Sequence[Any]:
    from core.admin import accounts

    return accounts.panels()
