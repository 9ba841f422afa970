"""Registering: open to all, by invitation, or closed; at once, or when the address is confirmed."""

from __future__ import annotations

from core.auth import audit
from core.auth.accounts import invitations, pending, service, verification
from core.auth.accounts.users import create_user
from core.auth.afterwards import afterwards, refuse_if_full
from core.auth.authenticators import passwords
from core.auth.authenticators.policy import refuse_weak
from core.auth.realm import Device, Realm
from core.auth.schemas.accounts import Registration, TokensOut
from core.auth.schemas.mail import Notice
from core.db.engine import transaction
from core.errors import Forbidden


class Closed(Forbidden):
    """Nobody may register."""

    code, title = "registration_closed", "Registration is closed"


ON_ITS_WAY = Notice("A mail is on its way to this address. Follow the link in it to go on.")


async def register(realm: Realm, new: Registration, device: Device) -> TokensOut | Notice:
    """Make an account and sign it in, or mail a link first. Raises Closed or Taken."""
    _refuse(realm, new)
    refuse_weak(new.password, new.username, new.email)
    refuse_if_full()
    hashed = await passwords.hashed(new.password)
    async with transaction():
        proven = bool(new.invitation) and await invitations.use(new.invitation, new.email)
        if proven or realm.settings.email_verification == "optional":
            entered = await _enter(realm, new, hashed, device, proven=proven)
        else:
            entered, code = None, await pending.begin(realm, new, hashed)
    if entered is None:
        afterwards(pending.write(realm, new.email, new.username, code))
    elif not proven:
        afterwards(verification.write_link(realm, entered.user.id))
    return entered or ON_ITS_WAY


def _refuse(realm: Realm, new: Registration) -> None:
    mode = realm.settings.registration
    if mode == "closed":
        raise Closed("Nobody can register here. Ask an administrator for an account.")
    if mode == "invite" and not new.invitation:
        raise invitations.InvalidInvitation("Who registers here needs an invitation.")


async def _enter(
    realm: Realm, new: Registration, hashed: str, device: Device, *, proven: bool
) -> TokensOut:
    user = await create_user(
        new.username, new.email, hashed, realm.settings.default_roles, verified=proven
    )
    await audit.record("registered", user=user, actor=user, address=device.address)
    return await service.sign_in(realm, user, device)
