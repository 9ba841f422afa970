"""What may be done with notebooks. Their owner arranges them; editors write in them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from core import Forbidden, IfMatch, Invalid, NotFound, Page, page, stale, transaction

from ..events import NotebookCreated, NotebookDeleted, NotebookUpdated
from ..problems import InCircle, NoSuchNotebook
from ..queries import notebooks as queries
from ..schemas_sharing import NewNotebook, NotebookChange, NotebookOut, NotebookQuery
from . import changes, watching
from .parts import changes_of, number
from .telling import tell_notebook, tell_notes

DEEPEST = 20


async def create(owner: int, new: NewNotebook) -> NotebookOut:
    """Add a notebook. Raises Invalid, NoSuchNotebook, InCircle when it would lie too deep."""
    name = _checked(new.name)
    async with transaction():
        if new.parent is not None:
            await _check_parent(owner, None, new.parent)
        notebook = await queries.add(owner, name, new.parent, datetime.now(UTC))
        await tell_notebook(NotebookCreated, notebook, owner)
        await changes.told_anew("notebooks", await changes.audience(owner, notebook.id))
    return notebook


def _checked(name: str) -> str:
    if not (name := name.strip()):
        raise Invalid("A notebook needs a name that is more than spaces.")
    return name


async def _check_parent(owner: int, id: int | None, parent: int) -> None:
    """Raise NoSuchNotebook or InCircle unless a notebook, with all in it, may lie in ``parent``."""
    await queries.take_turn(owner)
    above = {place.id: place.parent for place in await queries.places(owner)}
    if parent not in above:
        raise NoSuchNotebook(f"You have no notebook {parent}.")
    way = _way_out(parent, above)
    if id in way:
        raise InCircle("A notebook cannot lie in itself, nor in one that lies in it.")
    if len(way) + _height(id, above) > DEEPEST:
        raise InCircle(f"Notebooks may lie in each other {DEEPEST} deep.")


def _way_out(id: int, above: Mapping[int, int | None]) -> list[int]:
    """Return a notebook and those that it lies in, up to the outermost."""
    way = [id]
    while (step := above.get(way[-1])) is not None:
        way.append(step)
    return way


def _height(id: int | None, above: Mapping[int, int | None]) -> int:
    """Return how deep notebooks lie in each other from one on; of a new one 1."""
    ways = (_way_out(each, above) for each in above) if id is not None else ()
    return max((way.index(id) + 1 for way in ways if id in way), default=1)


async def read(user: int, id: int) -> NotebookOut:
    """Return a notebook. Raises NotFound."""
    notebook = await queries.find(id, user, edit=False)
    if notebook is None:
        raise NotFound(f"You have no notebook {id}.")
    return notebook


async def own(user: int, id: int) -> NotebookOut:
    """Return a notebook of ``user``'s own. Raises NotFound, Forbidden."""
    notebook = await read(user, id)
    if notebook.owner != user:
        raise Forbidden("Only the owner of the notebook may do this.")
    return notebook


async def some(user: int, query: NotebookQuery) -> Page[NotebookOut]:
    """Return a page of the notebooks that ``user`` sees."""
    return await page(
        query,
        NotebookOut,
        lambda position, limit: queries.listed(user, limit, *(position or ()), sort=query.sort),
        lambda: number(queries.counted(user)),
    )


async def change(user: int, id: int, body: NotebookChange, at: IfMatch) -> NotebookOut:
    """Rename or move a notebook; who sees what lies in it changes with where it lies.

    Raises NotFound, Forbidden, Invalid, PreconditionFailed, NoSuchNotebook, InCircle.
    """
    new = changes_of(body)
    if "name" in new:
        new["name"] = _checked(new["name"])
    async with transaction():
        await own(user, id)
        if isinstance(body.parent, int):
            await _check_parent(user, id, body.parent)
        before = await watching.inside(user, id) if "parent" in new else None
        users = await changes.audience(user, id)
        notebook = await queries.change(
            id, user, datetime.now(UTC), *new.values(), *at, changes=tuple(new), versions=len(at)
        )
        if notebook is None:
            raise stale(await queries.find(id, user, edit=False), "notebook")
        await tell_notebook(NotebookUpdated, notebook, user)
        if before is not None:
            await watching.tell(before, await watching.inside(user, id))
            users += await changes.audience(user, id)
        await changes.told_anew("notebooks", users)
    return notebook


async def delete(user: int, id: int, at: IfMatch) -> None:
    """Delete a notebook and those in it; its notes stay, and lie in none.

    Raises NotFound, Forbidden, PreconditionFailed.
    """
    async with transaction():
        notebook = await own(user, id)
        before = await watching.inside(user, id)
        emptied = await queries.empty(id)
        if not await queries.delete(id, user, *at, versions=len(at)):
            raise stale(await queries.find(id, user, edit=False), "notebook")
        for each in before.notebooks:
            await tell_notebook(NotebookDeleted, each, user)
        await tell_notes(emptied, user)
        alone = {note: {notebook.owner} for note in before.notes}
        await watching.tell(before, watching.Watched((), before.notes, alone))
        await changes.told_anew("notebooks", before.audience)
