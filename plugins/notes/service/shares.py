"""Links by which anybody may read a note, until they expire or the note may not be seen."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import secrets
from datetime import UTC, datetime, timedelta
from weakref import WeakValueDictionary

from core import Invalid, NotFound, Page, check_password, hash_password, in_utc, page, unit

from ..events import NoteShared, NoteUnshared
from ..problems import PasswordNeeded, TooManyGuesses, WrongPassword
from ..queries import shares as queries
from ..queries.shares import Opened
from ..rendering import rendered
from ..schemas_sharing import NewNoteShare, NoteShareMade, NoteShareOut, NoteShareQuery, SharedNote
from .parts import number, owned
from .telling import tell_share

TOKEN_BYTES = 24
GUESSES, GUESSING = 10, timedelta(hours=1)
PATH = "/notes/"
MOST_RIGHT = 1000
_turns: WeakValueDictionary[int, asyncio.Lock] = WeakValueDictionary()
"""Who open one link take turns in this worker: many at once with the right password do not
count as many guesses."""
_right: dict[int, bytes] = {}
"""Digests of passwords that were right, by the link; with a key that this process alone has."""
_key = secrets.token_bytes(32)
NO_SUCH = "This link leads nowhere: it has expired, or what it led to is shared no more."


async def create(user: int, note: int, new: NewNoteShare) -> NoteShareMade:
    """Make a link to a note of ``user``'s own. What is in it is kept as a hash only.

    Raises NotFound, Forbidden, Invalid for a time that has passed.
    """
    found = await owned(user, note)
    now = datetime.now(UTC)
    expires_at = new.expires_at and in_utc(new.expires_at)
    if expires_at is not None and expires_at <= now:
        raise Invalid("expires_at has passed already.")
    token = secrets.token_urlsafe(TOKEN_BYTES)
    password = "" if new.password is None else await hash_password(new.password)
    async with unit(NoteShared):
        id = await queries.add(note, new.name, _hash(token), password, expires_at, now)
        await tell_share(NoteShared, found, user, id)
    return NoteShareMade(id, new.name, bool(password), expires_at, 0, now, token, f"{PATH}{token}")


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


async def some(user: int, note: int, query: NoteShareQuery) -> Page[NoteShareOut]:
    """Return a page of the links to a note of ``user``'s own. Raises NotFound, Forbidden."""
    await owned(user, note)
    return await page(
        query,
        NoteShareOut,
        lambda position, limit: queries.listed(note, limit, *(position or ()), sort=query.sort),
        lambda: number(queries.counted(note)),
    )


async def read(user: int, note: int, id: int) -> NoteShareOut:
    """Return a link to a note of ``user``'s own. Raises NotFound, Forbidden."""
    await owned(user, note)
    share = await queries.find(id, note)
    if share is None:
        raise NotFound(f"The note has no link {id}.")
    return share


async def delete(user: int, note: int, id: int) -> None:
    """Take a link back; it leads nowhere from now on. Raises NotFound, Forbidden."""
    found = await owned(user, note)
    async with unit(NoteUnshared):
        if not await queries.delete(id, note):
            raise NotFound(f"The note has no link {id}.")
        await tell_share(NoteUnshared, found, user, id)


async def open_note(token: str, password: str | None, *, shown: bool = True) -> SharedNote:
    """Return the note that a link leads to, and count the view, unless it is not ``shown``.

    Raises NotFound, PasswordNeeded, WrongPassword, TooManyGuesses.
    """
    found = await queries.open_by(_hash(token), datetime.now(UTC))
    if found is None:
        raise NotFound(NO_SUCH)
    if found.password:
        await _require(found, password)
    html = await rendered(found.text)
    if shown:
        await queries.viewed(found.id)
    return SharedNote(found.title, found.text, html, found.updated_at)


async def _require(found: Opened, password: str | None) -> None:
    """Raise unless the password is right."""
    if password is None:
        raise PasswordNeeded("This note has a password.")
    async with _turns.setdefault(found.id, asyncio.Lock()):
        await _guess(found, password)


async def _guess(found: Opened, password: str) -> None:
    """Raise unless a guess is right. It is counted before it is looked at."""
    now = datetime.now(UTC)
    if not await queries.guess(found.id, GUESSES, now, now - GUESSING):
        raise TooManyGuesses(
            "Wrong passwords were tried too often. Try again later.",
            headers={"retry-after": str(int(GUESSING.total_seconds()))},
        )
    if not await _is_right(found, password):
        raise WrongPassword("That is not the password of this note.")
    await queries.strike(found.id)


async def _is_right(found: Opened, password: str) -> bool:
    """Tell whether a password is right; what bcrypt has said so of lately it is not asked again."""
    digest = hashlib.blake2b(f"{found.password} {password}".encode(), key=_key).digest()
    if hmac.compare_digest(_right.get(found.id, b""), digest):
        return True
    if not await check_password(password, found.password):
        return False
    _right[found.id] = digest
    if len(_right) > MOST_RIGHT:
        del _right[next(iter(_right))]
    return True
