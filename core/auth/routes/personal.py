"""My whole account, under /api/v1/auth."""

from __future__ import annotations

from msgspec import UNSET
from sanic import Blueprint, Request

from core.auth.accounts import personal as service
from core.auth.accounts.users import read_user
from core.auth.authorization.identity import CurrentUser
from core.auth.realm import realm_of
from core.auth.schemas.accounts import UserOut
from core.auth.schemas.personal import AccountChange, AccountDeletion
from core.endpoint import endpoint
from core.web.response import ZipFile

personal = Blueprint("auth_personal")


@personal.patch("/me")
@endpoint("auth.self")
async def change_me(request: Request, user: CurrentUser, body: AccountChange) -> UserOut:
    """Change my username."""
    if body.username is UNSET:
        return await read_user(user.id)
    return await service.rename(user.id, body.username, request.ip)


@personal.delete("/me")
@endpoint("auth.self")
async def delete_me(request: Request, user: CurrentUser, body: AccountDeletion) -> None:
    """Delete my account and all that is kept about me."""
    plugins = request.app.ctx.plugins
    await service.delete(realm_of(request), plugins, user, body.password, request.ip)


@personal.get("/me/export")
@endpoint("auth.self", limit="60/hour")
async def export_me(request: Request, user: CurrentUser) -> ZipFile:
    """Take along what is kept about me, as a zip with one JSON file per plugin."""
    return ZipFile(await service.export(request.app.ctx.plugins, user.id), "account.zip")
