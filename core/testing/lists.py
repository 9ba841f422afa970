"""Collections of a plugin under test: filling them, and reading them page by page."""

from __future__ import annotations

from typing import Any

from core.testing.operations import lists_of
from core.testing.servers import Server
from core.testing.things import Things


async def make_some(server: Server, name: str, things: Things, person: Any, number: int) -> int:
    """Make things in every collection of a plugin; return in how many."""
    made = 0
    for each in lists_of(server, name, things):
        path = await things.place(person, each.path)
        made += await make_in(things, person, each.path, path, number)
    return made


async def make_in(things: Things, person: Any, template: str, path: str, number: int) -> bool:
    """Make things in one collection; False where it takes no second one like the first."""
    made = set()
    for _ in range(number):
        answer = await person.post(path, json=things.body("post", template))
        if answer.status_code != 201:
            return False
        made.add(answer.headers.get("location") or answer.text)
    return len(made) == number


async def read_all(person: Any, path: str, page: Any = None) -> list[Any]:
    """Return what all pages of a list hold together, or all behind one page of it."""
    if page is None:
        page = (await person.get(path, params={"limit": 2})).json()
        return [*page["items"], *await read_all(person, path, page)]
    items: list[Any] = []
    while page["next"] is not None:
        page = (await person.get(path, params={"limit": 2, "cursor": page["next"]})).json()
        items += page["items"]
    return items
