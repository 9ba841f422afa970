"""Sharing a project: its owner says who may view it, and who may change what is in it."""

from __future__ import annotations

import unicodedata
from datetime import UTC, datetime
from typing import Any

from piccolo.querystring import QueryString

from core import (
    Conflict,
    Forbidden,
    IfMatch,
    Invalid,
    NotFound,
    Page,
    User,
    compiled,
    compiled_one,
    emit,
    in_order,
    is_duplicate,
    limited,
    page,
    recheck,
    savepoint,
    stale,
    transaction,
)

from ..events import ProjectShared
from ..queries.clauses import changed, position_of
from ..schemas_more import MemberChange, MemberOut, MemberQuery, NewMember
from ..tables import Member, Project
from .access import lock_projects, require_role
from .errors import InboxStays
from .parts import changes_of, is_so, note, number


class NoSuchPerson(Invalid):
    """Nobody has that username."""

    code, title = "no_such_person", "No such person"


class MemberThere(Conflict):
    """The project is theirs, or shared with them already."""

    code, title = "member_there", "Member already"


def _shown() -> list[Any]:
    return [
        Member.id,
        Member.person,
        QueryString(
            '(SELECT "username" FROM "auth_user" WHERE "id" = "todo_member"."person")',
            alias="username",
        ),
        Member.role,
        Member.created_at,
        Member.version,
    ]


@compiled(MemberOut)
def _listed(project: int, limit: int, *position: Any, sort: str) -> Any:
    query = Member.select(*_shown()).where(Member.project == project)
    return limited(in_order(query, sort, position_of(position)), limit)


@compiled_one(int)
def _counted(project: int) -> Any:
    return Member.count().where(Member.project == project)


@compiled_one(MemberOut)
def _find(project: int, id: int) -> Any:
    return Member.select(*_shown()).where(Member.id == id, Member.project == project)


async def some(user: int, project: int, query: MemberQuery) -> Page[MemberOut]:
    """Return a page of the members of a project. Raises NotFound."""
    await require_role(user, project, "owner", "editor", "viewer")
    return await page(
        query,
        MemberOut,
        lambda position, limit: _listed(project, limit, *(position or ()), sort=query.sort),
        lambda: number(_counted(project)),
    )


async def add(user: int, project: int, new: NewMember) -> MemberOut:
    """Share a project with somebody. Raises NotFound, Forbidden, NoSuchPerson, MemberThere."""
    async with transaction():
        await _own(user, project)
        person = await _person(new.username)
        if person == user:
            raise MemberThere("The project is yours.")
        now = datetime.now(UTC)
        row = Member(
            project=project,
            person=person,
            role=new.role,
            created_at=now,
            updated_at=now,
            changed_by=user,
        )
        try:
            async with savepoint():
                (added,) = await Member.insert(row).returning(Member.id)
        except Exception as error:
            if is_duplicate(error):
                raise MemberThere(f"{new.username} is a member already.") from None
            raise
        note("member", added["id"], 1)
        await tell(user, project, person)
        return await _read(project, added["id"])


async def _own(user: int, project: int) -> None:
    """Lock a project of somebody's own that may be shared."""
    held = await lock_projects([project])
    await require_role(user, project, "owner")
    if held[project].inbox:
        raise InboxStays("The inbox cannot be shared. Make a project.")


async def _person(username: str) -> int:
    key = unicodedata.normalize("NFKC", username).casefold()
    rows = await User.select(User.id).where(User.username_key == key, User.active.eq(True))
    if not rows:
        raise NoSuchPerson(f"Nobody here is called {username!r}.")
    id: int = rows[0]["id"]
    return id


async def _read(project: int, id: int) -> MemberOut:
    member = await _find(project, id)
    if member is None:
        raise NotFound(f"The project has no member {id}.")
    return member


async def change(user: int, project: int, id: int, body: MemberChange, at: IfMatch) -> MemberOut:
    """Change what a member may do. The owner may."""
    async with transaction():
        await _own(user, project)
        member = await _read(project, id)
        if at and member.version not in at:
            raise stale(member, "member")
        new = changes_of(body)
        if is_so(member, new):
            return member
        await changed(Member, new, datetime.now(UTC), user).where(Member.id == id)
        note("member", id, member.version + 1)
        await tell(user, project, member.user)
        return await _read(project, id)


async def remove(user: int, project: int, id: int) -> None:
    """Stop sharing with somebody. The owner may, and everybody for themselves."""
    async with transaction():
        await lock_projects([project])
        await require_role(user, project, "owner", "editor", "viewer")
        member = await _read(project, id)
        owned = await Project.exists().where(Project.id == project, Project.owner == user)
        if not owned and member.user != user:
            raise Forbidden("Only the owner of a project may remove somebody else.")
        await changed(Member, {}, datetime.now(UTC), user).where(Member.id == id)
        await Member.delete().where(Member.id == id)
        note("member", id, member.version + 2)
        await tell(user, project, member.user)


async def tell(user: int, project: int, person: int) -> None:
    """Tell that what somebody may do has changed; open sockets are asked again at once."""
    await recheck(f"todo.project:{project}", person)
    await emit(ProjectShared(project_id=project, actor_id=user, person_id=person))
