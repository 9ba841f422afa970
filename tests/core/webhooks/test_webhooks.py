"""Webhooks belong to who made them, and lead only where a server may be sent."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from core.outgoing.client import reaching
from core.webhooks import settings
from core.webhooks.recording import matches
from core.webhooks.tables import Secret, Webhook
from tests.core.webhooks.conftest import WEBHOOKS, make
from tests.core.webhooks.receiver import Receiver

URL = "https://example.org/hook"


async def test_a_secret_is_shown_once_and_kept_encrypted(admin: Any) -> None:
    made = await make(admin, URL, "auth.user_registered")
    assert made["secret"].startswith("whsec_")
    read = await admin.get(f"{WEBHOOKS}/{made['id']}")
    assert read.json() == {key: value for key, value in made.items() if key != "secret"}
    assert made["secret"][6:] not in str(await Secret.select())


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/",
        "http://169.254.169.254/latest",
        "http://[::1]/",
        "ftp://example.org/",
        "file:///etc/passwd",
        "https://user:password@example.org/",
        "no url",
    ],
)
async def test_it_leads_nowhere_else(admin: Any, url: str) -> None:
    made = await make(admin, URL, "*")
    for answer in (
        await admin.post(WEBHOOKS, json={"url": url, "events": ["*"]}),
        await admin.patch(f"{WEBHOOKS}/{made['id']}", json={"url": url}),
    ):
        assert (answer.status_code, answer.json()["code"]) == (422, "url_refused")
        assert answer.json()["errors"][0]["path"] == "$.url"


async def test_an_event_that_there_is_not_is_refused(admin: Any) -> None:
    body = {"url": URL, "events": ["auth.user_registerd"]}
    answer = await admin.post(WEBHOOKS, json=body)
    assert (answer.status_code, answer.json()["code"]) == (422, "unknown_event")
    assert "did you mean 'auth.user_registered'" in answer.json()["detail"]


def test_patterns() -> None:
    assert matches("*", "todo.task_created")
    assert matches("todo.*", "todo.task_created")
    assert matches("todo.task_created", "todo.task_created")
    assert not matches("todo.*", "todos.task_created")
    assert not matches("todo", "todo.task_created")
    assert not matches("todo.task", "todo.task_created")


async def test_it_can_be_changed_at_a_version(admin: Any) -> None:
    made = await make(admin, URL, "*")
    path = f"{WEBHOOKS}/{made['id']}"
    answer = await admin.patch(path, json={"description": "x"}, headers={"if-match": '"1"'})
    assert (answer.json()["description"], answer.json()["version"]) == ("x", 2)
    answer = await admin.patch(path, json={"description": "y"}, headers={"if-match": '"1"'})
    assert answer.status_code == 412


async def test_nobody_has_too_many(admin: Any) -> None:
    most, new = settings.WebhooksSettings().most, {"url": URL, "events": ["*"]}
    at_once = (admin.post(WEBHOOKS, json=new) for _ in range(most + 5))
    answers = await asyncio.gather(*at_once)
    assert sorted(each.status_code for each in answers) == [201] * most + [409] * 5
    answer = await admin.post(WEBHOOKS, json=new)
    assert (answer.status_code, answer.json()["code"]) == (409, "too_many_webhooks")


async def test_an_ordinary_user_hears_of_nothing(ada: Any) -> None:
    assert (await ada.post(WEBHOOKS, json={"url": URL, "events": ["*"]})).status_code == 403


async def test_lists_take_one_query_however_long(admin: Any, count_queries: Any) -> None:
    made = [await make(admin, URL, "*") for _ in range(3)]
    for _ in range(4):
        await admin.post(f"{WEBHOOKS}/{made[0]['id']}/ping")
    for path, most in ((WEBHOOKS, 1), (f"{WEBHOOKS}/{made[0]['id']}/deliveries", 2)):
        count_queries()
        answer = await admin.get(f"{path}?limit=2")
        assert len(answer.json()["items"]) == 2
        assert answer.json()["next"]
        seen = [sql for sql in count_queries() if "webhooks_" in sql and "LIMIT" in sql]
        assert len(seen) <= most


async def test_they_are_exported_without_secrets_and_deleted_with_their_owner(
    admin: Any, receiver: Receiver
) -> None:
    from core.webhooks import personal

    made = await make(admin, URL, "*")
    exported = await personal.export(admin.id)
    assert exported["webhooks"][0]["url"] == URL
    assert made["secret"] not in str(exported)
    await personal.delete(admin.id)
    assert await Webhook.count() == 0
    assert await Secret.count() == 0


async def test_a_private_address_is_fine_where_the_settings_say_so(admin: Any) -> None:
    with reaching(private=True):
        await make(admin, "http://10.0.0.1/", "*")
