"""Comments: who may change what is in a project may write them, who sees it reads them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from core import (
    Forbidden,
    IfMatch,
    NotFound,
    Page,
    columns,
    compiled,
    compiled_one,
    emit,
    in_order,
    limited,
    page,
    stale,
    transaction,
)

from ..events import CommentAdded, CommentDeleted, CommentUpdated, TaskEvent
from ..queries.clauses import at as at_version
from ..queries.clauses import changed, position_of
from ..schemas_more import CommentChange, CommentOut, CommentQuery, NewComment
from ..tables import Comment, Task
from .access import may_see_task, require_role
from .parts import changes_of, is_so, note, number


@compiled(CommentOut)
def _listed(task: int, limit: int, *position: Any, sort: str) -> Any:
    query = Comment.select(*columns(Comment, CommentOut)).where(Comment.task == task)
    return limited(in_order(query, sort, position_of(position)), limit)


@compiled_one(int)
def _counted(task: int) -> Any:
    return Comment.count().where(Comment.task == task)


@compiled_one(CommentOut)
def _find(task: int, id: int) -> Any:
    return Comment.select(*columns(Comment, CommentOut)).where(
        Comment.id == id, Comment.task == task
    )


async def some(user: int, task: int, query: CommentQuery) -> Page[CommentOut]:
    """Return a page of the comments of a task. Raises NotFound."""
    await may_see_task(user, task)
    return await page(
        query,
        CommentOut,
        lambda position, limit: _listed(task, limit, *(position or ()), sort=query.sort),
        lambda: number(_counted(task)),
    )


async def create(user: int, task: int, new: NewComment) -> CommentOut:
    """Add a comment to a task. Raises NotFound, Forbidden."""
    now = datetime.now(UTC)
    async with transaction():
        about = await may_see_task(user, task)
        await require_role(user, about.project, "owner", "editor")
        row = Comment(
            task=task,
            author=user,
            text=new.text,
            created_at=now,
            updated_at=now,
            changed_by=user,
        )
        (added,) = await Comment.insert(row).returning(*columns(Comment, CommentOut))
        note("comment", added["id"], 1)
        await _tell(CommentAdded, user, about)
    return CommentOut(*added.values())


async def read(user: int, task: int, id: int) -> CommentOut:
    """Return a comment. Raises NotFound."""
    await may_see_task(user, task)
    comment = await _find(task, id)
    if comment is None:
        raise NotFound(f"The task has no comment {id}.")
    return comment


async def change(user: int, task: int, id: int, body: CommentChange, at: IfMatch) -> CommentOut:
    """Change a comment of one's own. Raises NotFound, Forbidden, PreconditionFailed."""
    async with transaction():
        about, before = await _mine(user, task, id, to_delete=False)
        new = changes_of(body)
        if is_so(before, new) and (not at or before.version in at):
            return before
        note("comment", id, await _change(user, task, id, new, at))
        await _tell(CommentUpdated, user, about)
        return await read(user, task, id)


async def delete(user: int, task: int, id: int, at: IfMatch) -> None:
    """Delete a comment of one's own, or any in a project of one's own."""
    async with transaction():
        about, _ = await _mine(user, task, id, to_delete=True)
        version = await _change(user, task, id, {}, at)
        await Comment.delete().where(Comment.id == id)
        note("comment", id, version + 1)
        await _tell(CommentDeleted, user, about)


async def _tell(kind: type[TaskEvent], user: int, about: Task) -> None:
    await emit(
        kind(task_id=about.id, project_id=about.project, actor_id=user, version=about.version)
    )


async def _change(user: int, task: int, id: int, new: dict[str, Any], at: IfMatch) -> int:
    """Change a comment that is at one of some versions; return its version."""
    mine = [Comment.id == id, *at_version(Comment, at, len(at))]
    rows = (
        await changed(Comment, new, datetime.now(UTC), user).where(*mine).returning(Comment.version)
    )
    if not rows:
        raise stale(await _find(task, id), "comment")
    version: int = rows[0]["version"]
    return version


async def _mine(user: int, task: int, id: int, *, to_delete: bool) -> tuple[Task, CommentOut]:
    """Return a comment that somebody may change, or delete, and before it its task."""
    about = await may_see_task(user, task)
    await require_role(user, about.project, "owner", "editor")
    comment = await read(user, task, id)
    if comment.author != user and not (to_delete and about.owner == user):
        raise Forbidden("Only who wrote a comment may change it.")
    return about, comment
