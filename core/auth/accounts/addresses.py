"""E-mail addresses: confirmed by a link, and changed to one that is confirmed."""

from __future__ import annotations

from datetime import UTC, datetime

from core.auth import audit
from core.auth.accounts import pending
from core.auth.accounts.names import key_of
from core.auth.accounts.users import Taken
from core.auth.accounts.verification import write_link
from core.auth.afterwards import afterwards, refuse_if_full
from core.auth.authenticators.credentials import require_own
from core.auth.mails import codes, letters
from core.auth.mails.codes import Owner
from core.auth.realm import Device, Realm
from core.auth.schemas.mail import AddressOut, EmailChange, Notice
from core.auth.tables import User
from core.db.engine import transaction
from core.db.errors import is_duplicate
from core.errors import Conflict


class AlreadyVerified(Conflict):
    """The address is confirmed; there is nothing left to do."""

    code, title = "email_verified", "Confirmed already"


async def verify(realm: Realm, code: str, device: Device) -> AddressOut:
    """Confirm an address with the code that was mailed to it. Raises InvalidCode or Taken."""
    found = await codes.find(code, "verify", "change")
    if found is None:
        user = await pending.finish(realm, code)
        await audit.record("registered", user=user, actor=user, address=device.address)
    else:
        user = found.id
        await _confirm(realm, code, device)
    rows = await User.select(User.email, User.username).where(User.id == user)
    return AddressOut(rows[0]["email"], rows[0]["username"])


async def _confirm(realm: Realm, code: str, device: Device) -> None:
    try:
        async with transaction():
            owner = await codes.use(code, "verify", "change")
            if owner.purpose == "change":
                await _move(realm, owner, device)
            else:
                await User.update({"email_verified_at": datetime.now(UTC)}).where(
                    User.id == owner.id
                )
                await audit.record(
                    "address_confirmed", user=owner.id, address=device.address, detail=owner.address
                )
    except Exception as error:
        if is_duplicate(error):
            raise Taken("Another account has this address already.") from None
        raise


async def _move(realm: Realm, owner: Owner, device: Device) -> None:
    """Give a user the new address, and tell the old one; links that were sent there are dead."""
    await codes.kill(owner.id)
    await User.update(
        {
            User.email: owner.address,
            User.email_key: key_of(owner.address),
            User.email_verified_at: datetime.now(UTC),
        }
    ).where(User.id == owner.id)
    await letters.post(realm, owner.email, letters.changed(realm, owner.username, owner.address))
    await audit.record(
        "address_changed",
        user=owner.id,
        address=device.address,
        detail=f"{owner.email} -> {owner.address}",
    )


async def resend(realm: Realm, user: int) -> Notice:
    """Mail the link once more. Raises AlreadyVerified or TooManyAttempts."""
    if await User.exists().where(User.id == user, User.email_verified_at.is_not_null()):
        raise AlreadyVerified("Your address is confirmed already.")
    await write_link(realm, user)
    return Notice("A mail with a new link is on its way.")


async def change(realm: Realm, user: int, wanted: EmailChange, device: Device) -> Notice:
    """Mail a link to a new address; it is used once that link is followed."""
    refuse_if_full()
    await require_own(realm, user, wanted.password)
    async with transaction():
        code = await codes.make(realm, user, "change", wanted.email)
        await audit.record(
            "address_change_asked_for",
            user=user,
            actor=user,
            address=device.address,
            detail=wanted.email,
        )
    afterwards(_write(realm, user, wanted.email, code))
    return Notice("A mail is on its way to the new address. Follow the link in it to use it.")


async def _write(realm: Realm, user: int, new: str, code: str) -> None:
    rows = await User.select(User.id, User.username, User.email, User.email_key).where(
        (User.id == user) | (User.email_key == key_of(new))
    )
    mine = next(row for row in rows if row["id"] == user)
    owner = next((row for row in rows if row["id"] != user), None)
    await realm.attempts.count("mail", key_of(new))
    if owner:
        letter = letters.known_already(realm, owner["username"])
        await letters.post(realm, owner["email"], letter)
    else:
        await letters.post(realm, new, letters.confirm(realm, mine["username"], code))
    asked = letters.change_asked(realm, mine["username"], new)
    await letters.post(realm, mine["email"], asked)
