"""Forgotten, reset and changed passwords, under /api/v1/auth."""

from __future__ import annotations

from sanic import Blueprint, Request

from core.auth.authenticators import password_changes as service
from core.auth.authorization.identity import CurrentUser
from core.auth.realm import device_of, realm_of
from core.auth.schemas.mail import Forgotten, Notice, PasswordChange, PasswordReset
from core.endpoint import endpoint

password_changes = Blueprint("auth_password_changes")


@password_changes.post("/password/forgot")
@endpoint(None, status=202, replay=False)
async def forgot_password(request: Request, body: Forgotten) -> Notice:
    """Ask for a mail with a link that sets a new password."""
    return await service.forget(realm_of(request), body.email, device_of(request))


@password_changes.post("/password/reset")
@endpoint(None, replay=False)
async def reset_password(request: Request, body: PasswordReset) -> None:
    """Set a new password with the code from a mail; every device is signed out."""
    await service.reset(realm_of(request), body.token, body.password, device_of(request))


@password_changes.post("/password/change")
@endpoint("auth.self", replay=False)
async def change_password(request: Request, user: CurrentUser, body: PasswordChange) -> None:
    """Change my password; my other devices are signed out."""
    await service.change(realm_of(request), user, body, device_of(request))
