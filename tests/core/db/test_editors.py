"""Many people at once, through HTTP: nobody's change is lost and nothing happens twice."""

from __future__ import annotations

import asyncio
import random
from typing import Any

import pytest

TASKS = "/api/v1/todo/tasks"
MANY = 50


async def add(client: Any) -> str:
    answer = await client.post(TASKS, json={"title": "shared", "description": "0"})
    assert answer.status_code == 201, answer.text
    return str(answer.headers["location"])


async def append(client: Any, here: str, word: str) -> None:
    """Add a word to a text, as an editor does that reads, changes and writes."""
    for _ in range(400):
        read = await client.get(here)
        answer = await client.patch(
            here,
            json={"description": f"{read.json()['description']} {word}"},
            headers={"if-match": read.headers["etag"]},
        )
        if answer.status_code == 200:
            return
        assert answer.status_code == 412, answer.text
        await asyncio.sleep(random.random() * 0.2)
    pytest.fail("never had a turn")


async def test_of_fifty_editors_at_once_nobody_loses_a_change(ada: Any) -> None:
    here = await add(ada)
    words = [str(number) for number in range(1, MANY + 1)]
    await asyncio.gather(*(append(ada, here, word) for word in words))
    task = (await ada.get(here)).json()
    assert sorted(task["description"].split(), key=int) == ["0", *words]
    assert task["version"] == MANY + 1


async def test_the_same_request_fifty_times_at_once_has_one_effect(ada: Any) -> None:
    headers = {"idempotency-key": "once"}
    requests = [ada.post(TASKS, json={"title": "once"}, headers=headers) for _ in range(MANY)]
    answers = await asyncio.gather(*requests)
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    assert len({(each.headers["location"], each.headers["etag"]) for each in answers}) == 1
    assert len((await ada.get(TASKS)).json()["items"]) == 1


async def test_a_key_is_not_for_another_request(ada: Any) -> None:
    headers = {"idempotency-key": "once"}
    assert (await ada.post(TASKS, json={"title": "a"}, headers=headers)).status_code == 201
    answer = await ada.post(TASKS, json={"title": "b"}, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (422, "idempotency_key_reused")


async def test_a_request_that_fails_leaves_no_key_behind(ada: Any) -> None:
    headers = {"idempotency-key": "again"}
    wrong = {"title": "a", "project": 2**31 - 1}
    refused = await asyncio.gather(
        *(ada.post(TASKS, json=wrong, headers=headers) for _ in range(5))
    )
    assert all(400 <= answer.status_code < 500 for answer in refused)
    assert (await ada.post(TASKS, json={"title": "a"}, headers=headers)).status_code == 201
