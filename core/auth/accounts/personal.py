"""What somebody may do with their whole account: rename it, take it along, delete it."""

from __future__ import annotations

import asyncio
import io
import zipfile
from collections.abc import AsyncIterator
from typing import Any

import msgspec

from core.auth import audit
from core.auth.accounts.names import key_of
from core.auth.accounts.users import Taken, read_user
from core.auth.authenticators.credentials import require_own
from core.auth.authenticators.freshness import FRESH_MINUTES, require_fresh
from core.auth.authorization import roles
from core.auth.authorization.identity import CurrentUser
from core.auth.realm import Realm
from core.auth.schemas.accounts import UserOut
from core.auth.tables import User
from core.auth.tokens.revocation import revoke
from core.db.engine import savepoint, transaction
from core.db.errors import is_duplicate
from core.plugins import Plugins

PATIENCE = 60.0
"""Seconds that one plugin has to answer."""


async def rename(user: int, name: str, address: str) -> UserOut:
    """Give somebody another username. Raises Taken."""
    changes: dict[Any, Any] = {User.username: name, User.username_key: key_of(name)}
    async with transaction():
        try:
            async with savepoint():
                await User.update(changes).where(User.id == user)
        except Exception as error:
            if is_duplicate(error):
                raise Taken("Somebody has this username already.") from None
            raise
        await audit.record("username_changed", user=user, actor=user, address=address)
        return await read_user(user)


async def export(plugins: Plugins, user: int) -> bytes:
    """Return what every plugin keeps about somebody: a zip with one JSON file for each."""
    files = {}
    async for name, kept in _asked(plugins, "export_user", user):
        files[f"{name}.json"] = _written(name, kept)
    return await asyncio.to_thread(_zipped, files)


def _written(name: str, kept: Any) -> bytes:
    try:
        return msgspec.json.format(msgspec.json.encode(kept), indent=2)
    except Exception as error:
        error.add_note(f"JSON cannot say what the plugin {name!r} returned from export_user()")
        raise


def _zipped(files: dict[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return packed.getvalue()


async def delete(
    realm: Realm, plugins: Plugins, user: CurrentUser, password: str | None, address: str
) -> None:
    """Delete an account and all that plugins keep about it, or, if one of them fails, nothing.

    Raises WrongPassword, FreshLoginRequired, LastAdmin.
    """
    if password is None:
        require_fresh(user, FRESH_MINUTES)
    else:
        await require_own(realm, user.id, password)
    await erase(plugins, user.id, actor=user.id, address=address)
    await realm.tokens.follow()


async def erase(plugins: Plugins, user: int, *, actor: int, address: str = "") -> None:
    """Delete all that every plugin keeps about somebody, or nothing. Raises LastAdmin."""
    async with transaction():
        await roles.hold_admins()
        await roles.require_another_admin(user)
        async for _ in _asked(plugins, "delete_user", user, backwards=True):
            pass
        await revoke(user)
        await audit.record("account_deleted", user=user, actor=actor, address=address)


async def _asked(
    plugins: Plugins, hook: str, user: int, *, backwards: bool = False
) -> AsyncIterator[tuple[str, Any]]:
    """Ask one plugin after the other; ``backwards``: those first that build on others."""
    asked = list(plugins.call(hook, user=user))
    try:
        for name, answer in reversed(asked) if backwards else asked:
            try:
                async with asyncio.timeout(PATIENCE):
                    found = await answer
            except Exception as error:
                error.add_note(f"raised by the plugin {name!r} in its hook {hook}()")
                raise
            yield name, found
    finally:
        for _, answer in asked:
            answer.close()
