"""With whom a notebook is shared. Its owner says so; a member may leave."""

from __future__ import annotations

from datetime import UTC, datetime

from core import Forbidden, NotFound, Page, is_duplicate, page, savepoint, transaction, unit

from ..events import NotebookShared, NotebookUnshared
from ..names import key_of
from ..problems import AlreadyMember, NoSuchUser
from ..queries import notebooks as queries
from ..schemas_sharing import (
    NewNotebookMember,
    NotebookMemberChange,
    NotebookMemberOut,
    NotebookMemberQuery,
)
from . import watching
from .changes import told_anew
from .notebooks import own, read
from .parts import number
from .telling import tell_member


async def some(user: int, notebook: int, query: NotebookMemberQuery) -> Page[NotebookMemberOut]:
    """Return a page of the members of a notebook that ``user`` sees. Raises NotFound."""
    await read(user, notebook)
    return await page(
        query,
        NotebookMemberOut,
        lambda position, limit: queries.members(
            notebook, limit, *(position or ()), sort=query.sort
        ),
        lambda: number(queries.members_counted(notebook)),
    )


async def add(user: int, notebook: int, new: NewNotebookMember) -> NotebookMemberOut:
    """Share a notebook with somebody. Raises NotFound, Forbidden, NoSuchUser, AlreadyMember."""
    found = await own(user, notebook)
    other = await queries.user_called(key_of(new.username))
    if other is None:
        raise NoSuchUser(f"Nobody is called {new.username!r}.")
    if other == user:
        raise AlreadyMember("The notebook is yours.")
    async with transaction():
        before = await watching.inside(found.owner, notebook)
        try:
            async with savepoint():
                (id,) = await queries.add_member(notebook, other, new.role, datetime.now(UTC))
        except Exception as error:
            if is_duplicate(error):
                raise AlreadyMember("The notebook is shared with this user already.") from None
            raise
        await tell_member(NotebookShared, found, user, member=id, person=other, role=new.role)
        await watching.tell(before, await watching.inside(found.owner, notebook))
        await told_anew("notebooks", [user, other])
    return await _member(notebook, id)


async def _member(notebook: int, id: int) -> NotebookMemberOut:
    member = await queries.member(id, notebook)
    if member is None:
        raise NotFound(f"The notebook has no member {id}.")
    return member


async def find(user: int, notebook: int, id: int) -> NotebookMemberOut:
    """Return a member of a notebook. Raises NotFound."""
    await read(user, notebook)
    return await _member(notebook, id)


async def change(
    user: int, notebook: int, id: int, body: NotebookMemberChange
) -> NotebookMemberOut:
    """Let a member do more or less. Raises NotFound, Forbidden."""
    found = await own(user, notebook)
    if isinstance(body.role, str):
        async with unit(NotebookShared):
            for person in await queries.change_member(id, notebook, body.role):
                await tell_member(
                    NotebookShared, found, user, member=id, person=person, role=body.role
                )
                await told_anew("notebooks", [user, person])
    return await _member(notebook, id)


async def remove(user: int, notebook: int, id: int) -> None:
    """Share a notebook with somebody no more, or leave it. Raises NotFound, Forbidden.

    What they no longer see leaves their sync, their searches and their open sockets at once.
    """
    found = await read(user, notebook)
    member = await _member(notebook, id)
    if user not in (found.owner, member.user):
        raise Forbidden("Only the owner of the notebook may do this.")
    async with transaction():
        before = await watching.inside(found.owner, notebook)
        for person in await queries.delete_member(id, notebook):
            await tell_member(
                NotebookUnshared, found, user, member=id, person=person, role=member.role
            )
        await watching.tell(before, await watching.inside(found.owner, notebook))
        await told_anew("notebooks", [found.owner, member.user])
