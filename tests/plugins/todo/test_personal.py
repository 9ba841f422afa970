"""What todo gives along and deletes when somebody takes their account away."""

from __future__ import annotations

from typing import Any

from plugins.todo import personal
from plugins.todo.tables import Project, Task

TASKS, PROJECTS = "/api/v1/todo/tasks", "/api/v1/todo/projects"


async def fill(person: Any) -> None:
    project = (await person.post(PROJECTS, json={"name": "House"})).json()["id"]
    for title in ("Roof", "Cellar"):
        await person.post(TASKS, json={"title": title, "project": project})


async def test_the_export_holds_my_projects_and_tasks_and_nobody_elses(
    ada: Any, grace: Any
) -> None:
    await fill(ada)
    await fill(grace)
    kept = await personal.export(ada.id)
    assert "House" in {each["name"] for each in kept["projects"]}
    assert [each["title"] for each in kept["tasks"]] == ["Roof", "Cellar"]
    assert {each["owner"] for each in kept["projects"] + kept["tasks"]} == {ada.id}


async def test_deleting_takes_mine_and_leaves_the_others(ada: Any, grace: Any) -> None:
    await fill(ada)
    await fill(grace)
    before = await Project.count().where(Project.owner == grace.id)
    await personal.delete(ada.id)
    for table in (Project, Task):
        assert not await table.exists().where(table.owner == ada.id)
    assert await Task.count().where(Task.owner == grace.id) == 2
    assert await Project.count().where(Project.owner == grace.id) == before
