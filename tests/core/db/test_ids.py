"""Ids are given out once."""

from __future__ import annotations

from typing import Any

from plugins.todo.tables import Project


async def test_the_id_of_a_deleted_row_is_never_given_out_again(ada: Any) -> None:
    path = "/api/v1/todo/projects"
    first = (await ada.post(path, json={"name": "first"})).json()["id"]
    await Project.delete(force=True)
    second = (await ada.post(path, json={"name": "second"})).json()["id"]
    assert second > first
