"""The specification of Todo-Backend, in its own order (https://todobackend.com/specs/)."""

from __future__ import annotations

from typing import Any

ROOT = "/compat/todos"
PAGE = {"origin": "https://todobackend.com"}


async def added(client: Any, **fields: Any) -> Any:
    answer = await client.post(ROOT, json={"title": "walk the dog"} | fields, headers=PAGE)
    assert answer.status_code in (200, 201)
    return answer.json()


async def test_pages_of_every_site_may_ask(client: Any) -> None:
    for path in (ROOT, f"{ROOT}/1"):
        for method in ("GET", "POST" if path == ROOT else "PATCH", "DELETE"):
            asked = {"access-control-request-method": method}
            asked["access-control-request-headers"] = "content-type"
            answer = await client.options(path, headers=PAGE | asked)
            assert answer.status_code in (200, 204)
            assert answer.headers["access-control-allow-origin"] == "*"
            assert method in answer.headers["access-control-allow-methods"]
            assert "content-type" in answer.headers["access-control-allow-headers"].lower()
    answer = await client.get(ROOT, headers=PAGE)
    assert answer.headers["access-control-allow-origin"] == "*"


async def test_the_list_is_empty_after_a_delete(client: Any) -> None:
    await added(client)
    assert (await client.delete(ROOT, headers=PAGE)).status_code in (200, 204)
    assert (await client.get(ROOT)).json() == []


async def test_a_post_answers_with_the_todo(client: Any) -> None:
    todo = await added(client, title="walk the dog")
    assert todo["title"] == "walk the dog"
    assert todo["completed"] is False
    assert todo["order"] is None
    assert [each["title"] for each in (await client.get(ROOT)).json()] == ["walk the dog"]


async def test_a_todo_has_a_url_that_works(client: Any) -> None:
    todo = await added(client, title="my todo")
    assert todo["url"].startswith(str(client.base_url))
    assert (await client.get(todo["url"])).json() == todo
    (listed,) = (await client.get(ROOT)).json()
    assert listed["url"] == todo["url"]


async def test_a_todo_can_be_changed(client: Any) -> None:
    todo = await added(client)
    for change in ({"title": "bathe the cat"}, {"completed": True}, {"order": 95}):
        answer = await client.patch(todo["url"], json=change, headers=PAGE)
        assert answer.json() == (await client.get(todo["url"])).json()
        assert answer.json().items() >= change.items()
    assert (await client.get(ROOT)).json() == [answer.json()]


async def test_a_todo_can_be_made_with_an_order(client: Any) -> None:
    todo = await added(client, order=523)
    assert todo["order"] == 523
    assert (await client.patch(todo["url"], json={"order": None})).json()["order"] is None
    assert (await added(client, order=0))["order"] == 0


async def test_a_todo_can_be_deleted(client: Any) -> None:
    todo = await added(client)
    assert (await client.delete(todo["url"], headers=PAGE)).status_code in (200, 204)
    assert (await client.get(todo["url"])).status_code == 404
    assert (await client.get(ROOT)).json() == []


async def test_what_is_wrong_is_said(client: Any) -> None:
    for body in ({}, {"title": ""}, {"title": 1}, {"title": "a", "extra": 1}):
        assert (await client.post(ROOT, json=body)).status_code == 422
    assert (await client.patch(f"{ROOT}/999999", json={"title": "a"})).status_code == 404


async def test_the_list_is_one_query(client: Any, count_queries: Any) -> None:
    for _ in range(3):
        await added(client)
    count_queries()
    assert len((await client.get(ROOT)).json()) == 3
    assert len(count_queries()) == 1
