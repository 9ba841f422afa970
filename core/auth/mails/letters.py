"""What is written to people, and the links in it."""

from __future__ import annotations

from typing import NamedTuple

from core.auth.realm import Realm
from core.auth.settings import AuthSettings


class Letter(NamedTuple):
    """A subject, and a text that does not tell more than its reader may know."""

    subject: str
    text: str


async def post(realm: Realm, to: str, letter: Letter) -> None:
    """Send a letter after the commit of the transaction around this."""
    await realm.mail.send(to, letter.subject, letter.text)


def link(realm: Realm, purpose: str, code: str) -> str:
    """Return a link; what is behind ``#`` stays in the browser, so that no log holds the code."""
    return f"{realm.public_url.rstrip('/')}{realm.settings.link_page}#{purpose}={code}"


def confirm(realm: Realm, username: str, code: str) -> Letter:
    """Ask the owner of an address to confirm it."""
    return Letter(
        "Confirm your address",
        f"Hello {username},\n\nplease confirm that this address is yours:\n\n"
        f"{link(realm, 'verify', code)}\n\n"
        f"The link is good for {_hours(realm.settings)} and works once. "
        "If you have not asked for it, do nothing: somebody has mistyped an address.\n",
    )


def known_already(realm: Realm, username: str) -> Letter:
    """Tell the owner of an account that somebody registers with, or moves to, their address."""
    return Letter(
        "You have an account already",
        f"Hello {username},\n\nsomebody, perhaps you, has given this address for an account at "
        f"{realm.public_url}. You have one there already: sign in as {username}, or ask for a "
        "new password if you have forgotten it.\n\nIf it was not you, do nothing.\n",
    )


def reset(realm: Realm, username: str, code: str) -> Letter:
    """Let somebody set a new password."""
    return Letter(
        "Set a new password",
        f"Hello {username},\n\nset a new password here:\n\n{link(realm, 'reset', code)}\n\n"
        f"The link is good for {realm.settings.reset_minutes} minutes and works once. "
        "If you have not asked for it, do nothing: your password stays as it is.\n",
    )


def password_changed(realm: Realm, username: str) -> Letter:
    """Tell that the password is another one."""
    return Letter(
        "Your password was changed",
        f"Hello {username},\n\nyour password at {realm.public_url} was changed, and your other "
        "devices were signed out.\n\nIf it was not you, ask for a new password at once, and look "
        "through the API keys of your account.\n",
    )


def change_asked(realm: Realm, username: str, new: str) -> Letter:
    """Tell the old address that another one is wished for."""
    return Letter(
        "Your address is about to change",
        f"Hello {username},\n\nsomebody who knows your password wants your account at "
        f"{realm.public_url} to use the address {new}. It is used as soon as it is confirmed.\n\n"
        "If it was not you, change your password now: then the change cannot be confirmed.\n",
    )


def changed(realm: Realm, username: str, new: str) -> Letter:
    """Tell the old address that another one is used now."""
    return Letter(
        "Your address was changed",
        f"Hello {username},\n\nyour account at {realm.public_url} uses the address {new} now; "
        "nothing more is sent here.\n\nIf it was not you, write to the people who run it.\n",
    )


def invitation(realm: Realm, code: str) -> Letter:
    """Invite somebody to register."""
    return Letter(
        "You are invited",
        f"Hello,\n\nyou may make an account at {realm.public_url}:\n\n"
        f"{link(realm, 'invitation', code)}\n\n"
        f"The link is good for {realm.settings.invitation_days} days and works once.\n",
    )


def token_reused(realm: Realm, username: str) -> Letter:
    """Tell that a device was signed out because its refresh token was used by two."""
    return Letter(
        "One of your devices was signed out",
        f"Hello {username},\n\na device of yours at {realm.public_url} was signed out: what keeps "
        "it signed in was used a second time, which happens when it was stolen.\n\nSign in there "
        "again. If this happens more than once, change your password.\n",
    )


def _hours(settings: AuthSettings) -> str:
    return f"{settings.verify_hours} hour{'s' * (settings.verify_hours != 1)}"
