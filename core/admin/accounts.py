"""The panels of accounts: users, roles, and where somebody is signed in."""

from __future__ import annotations

from collections.abc import Sequence

from piccolo_admin.endpoints import TableConfig, superuser_validators
from piccolo_api.crud.endpoints import OrderBy, PiccoloCRUD
from piccolo_api.crud.hooks import Hook, HookType
from piccolo_api.crud.validators import Validators
from starlette.exceptions import HTTPException
from starlette.requests import Request

from core.admin import account_rules as rules
from core.auth.tables import AuditEntry, Role, RolePermission, Session, User, UserRole

HIDDEN = {User._meta.tablename: ("username_key", "email_key")}
"""Columns that neither form nor list shows, by table: what they hold follows from others."""


def panels() -> Sequence[TableConfig]:
    """Return the panels of core's own accounts."""
    return [_users(), *_roles(), _sessions(), _audit()]


def _users() -> TableConfig:
    shown = [User.id, User.username, User.email, User.active, User.admin, User.created_at]
    return TableConfig(
        User,
        visible_columns=[*shown, User.last_login],
        visible_filters=shown[1:],
        hooks=[
            Hook(HookType.pre_patch, rules.change_user),
            Hook(HookType.pre_delete, rules.delete_user),
        ],
    )


def _roles() -> Sequence[TableConfig]:
    """Return the panels of roles: handed out by those who may also change users."""
    return [
        TableConfig(Role, validators=Validators([superuser_validators])),
        TableConfig(
            RolePermission,
            hooks=[
                Hook(HookType.pre_save, rules.grant),
                Hook(HookType.pre_patch, rules.change_grant),
            ],
            validators=Validators([superuser_validators]),
        ),
        TableConfig(
            UserRole,
            hooks=[
                Hook(HookType.pre_save, rules.give_role),
                Hook(HookType.pre_patch, rules.change_role),
                Hook(HookType.pre_delete, rules.take_role),
            ],
            validators=Validators([superuser_validators]),
        ),
    ]


def _sessions() -> TableConfig:
    return TableConfig(
        Session,
        order_by=[OrderBy(Session.last_used_at, ascending=False)],
        validators=Validators([_made_by_signing_in]),
    )


def _audit() -> TableConfig:
    shown = [AuditEntry.id, AuditEntry.at, AuditEntry.event, AuditEntry.user, AuditEntry.actor]
    return TableConfig(
        AuditEntry,
        visible_columns=[*shown, AuditEntry.address, AuditEntry.detail],
        visible_filters=[*shown[1:], AuditEntry.address],
        order_by=[OrderBy(AuditEntry.id, ascending=False)],
        validators=Validators([_never_changed]),
    )


def _made_by_signing_in(piccolo_crud: PiccoloCRUD, request: Request) -> None:
    if request.method != "GET":
        raise HTTPException(405, "A session is made by signing in and ended by signing out.")


def _never_changed(piccolo_crud: PiccoloCRUD, request: Request) -> None:
    if request.method != "GET":
        raise HTTPException(405, "What is written here is never changed.")
