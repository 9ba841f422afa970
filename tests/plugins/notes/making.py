"""How tests make notes and what they lie in."""

from __future__ import annotations

from typing import Any

NOTES = "/api/v1/notes"
NOTEBOOKS, TAGS, SYNC = f"{NOTES}/notebooks", f"{NOTES}/tags", f"{NOTES}/sync"


async def note(person: Any, title: str = "Bread", text: str = "rye", **more: Any) -> Any:
    answer = await person.post(NOTES, json={"title": title, "text": text, **more})
    assert answer.status_code == 201, answer.text
    return answer.json()


async def notebook(person: Any, name: str = "Recipes", parent: int | None = None) -> int:
    answer = await person.post(NOTEBOOKS, json={"name": name, "parent": parent})
    assert answer.status_code == 201, answer.text
    return int(answer.json()["id"])


async def member(person: Any, notebook: int, username: str, role: str = "viewer") -> int:
    body = {"username": username, "role": role}
    answer = await person.post(f"{NOTEBOOKS}/{notebook}/members", json=body)
    assert answer.status_code == 201, answer.text
    return int(answer.json()["id"])


async def delete_for_good(person: Any, id: int) -> None:
    for path in (f"{NOTES}/{id}", f"{NOTES}/trash/{id}"):
        answer = await person.delete(path)
        assert answer.status_code == 204, answer.text


async def read(person: Any, id: int) -> Any:
    answer = await person.get(f"{NOTES}/{id}")
    assert answer.status_code == 200, answer.text
    return answer.json()


async def change(person: Any, id: int, **fields: Any) -> Any:
    answer = await person.patch(f"{NOTES}/{id}", json=fields)
    assert answer.status_code == 200, answer.text
    return answer.json()
