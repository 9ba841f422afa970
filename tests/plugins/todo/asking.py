"""What the tests of todo ask for again and again."""

from __future__ import annotations

from typing import Any

TODO = "/api/v1/todo"
TASKS, PROJECTS = f"{TODO}/tasks", f"{TODO}/projects"


async def make(person: Any, path: str, **body: Any) -> Any:
    """Add something and return it."""
    answer = await person.post(path, json=body)
    assert answer.status_code == 201, answer.text
    return answer.json()


async def task(person: Any, title: str = "Buy milk", **more: Any) -> Any:
    """Add a task."""
    return await make(person, TASKS, title=title, **more)


async def project(person: Any, name: str = "House") -> int:
    """Add a project and return its id."""
    id: int = (await make(person, PROJECTS, name=name))["id"]
    return id


async def share(owner: Any, project: int, username: str, role: str = "editor") -> Any:
    """Share a project and return the membership."""
    return await make(owner, f"{PROJECTS}/{project}/members", username=username, role=role)


async def titles(person: Any, **query: Any) -> list[str]:
    """Return the titles of a list of tasks."""
    answer = await person.get(TASKS, params=query)
    assert answer.status_code == 200, answer.text
    return [each["title"] for each in answer.json()["items"]]


async def undo(person: Any, answer: Any) -> Any:
    """Undo what an answer told."""
    return await person.post(f"{TODO}/undo", json={"token": answer.headers["undo"]})
