"""Paths and queries that lead nowhere."""

from __future__ import annotations

import base64
import json
from typing import Any

from tests.core.web.conftest import TASKS, problem_of

NOWHERE = [
    "/nothing",
    "/api/v1/nothing",
    "/api/v2/todo/tasks",
    "/api/v1/todo/taskss",
    "/api/v1/todo//tasks",
    "//api/v1/todo/tasks",
    "/API/v1/todo/tasks",
    "/api/v1/todo/tasks/1/complete/now",
    "/api/v1/todo/tasks/%00",
    "/api/v1/todo/tasks/1%00",
    "/api/v1/todo/tasks/%ff",
    "/api/v1/todo/tasks/%c0%ae",
    "/api/v1/todo/tasks/%ed%a0%80",
    "/api/v1/todo/tasks/%",
    "/api/v1/todo/tasks/%2e%2e",
    "/api/v1/todo/tasks/%2e%2e/projects",
    "/api/v1/todo/tasks/..%2fprojects",
    "/api/v1/todo/tasks/1%2fcomplete",
    "/api/v1/todo/tasks/%252e%252e",
    "/api/v1/todo/tasks/%E0%80%AF",
    "/docs/assets/../../pages.py",
    "/docs/assets/%2e%2e/%2e%2e/pages.py",
    "/docs/assets/..%2f..%2fpages.py",
    "/problems/%00",
    "/problems/no_such_thing",
]
NO_ID = [
    "0",
    "-1",
    "-0",
    "-2147483648",
    "1.0",
    "1e3",
    "+1",
    "0x1",
    "1_0",
    "one",
    "null",
    "%31x",
    "١",
    "%D9%A1",
    str(2**31),
    str(2**31 - 1),
    str(2**63),
    str(2**64),
    str(10**400),
    "9" * 5000,
]


async def test_an_unknown_address_is_not_found(ada: Any, server: Any) -> None:
    for path in NOWHERE:
        problem_of(await _as_it_stands(ada, server, path), 404, case=path)


async def test_what_is_no_id_is_not_found(ada: Any) -> None:
    for id in NO_ID:
        here = f"{TASKS}/{id}"
        problem_of(await ada.get(here), 404, case=id)
        problem_of(await ada.delete(here), 404, case=id)
        problem_of(await ada.patch(here, json={"title": "a"}), 404, case=id)
        problem_of(await ada.post(f"{here}/complete"), 404, case=id)


async def _as_it_stands(client: Any, server: Any, path: str) -> Any:
    """Ask for a path without the client tidying it up."""
    import httpx

    url = httpx.URL(server.url).copy_with(raw_path=path.encode())
    return await client.request("GET", url)


async def test_who_uses_an_unanswered_method_is_told_which_are_answered(ada: Any) -> None:
    answered = {
        TASKS: {"GET", "HEAD", "POST", "OPTIONS"},
        f"{TASKS}/1": {"GET", "HEAD", "PATCH", "DELETE", "OPTIONS"},
    }
    for path, methods in answered.items():
        for method in {"PUT", "POST", "DELETE", "PATCH", "TRACE", "BREW"} - methods:
            answer = await ada.request(method, path)
            assert problem_of(answer, 405, case=method)["code"] == "method_not_allowed"
            assert set(answer.headers["allow"].split(", ")) == methods, method
        answer = await ada.options(path)
        assert (answer.status_code, answer.content) == (204, b"")
        assert set(answer.headers["allow"].split(", ")) == methods
    problem_of(await ada.options("/nothing"), 404)


async def test_an_address_that_is_too_long_is_refused(ada: Any) -> None:
    problem_of(await ada.get(f"{TASKS}/{'a' * 7000}"), 404)
    problem_of(await ada.get(f"{TASKS}/{'a' * 9000}"), 431)
    problem_of(await ada.get(f"{TASKS}?q={'a' * 60_000}"), 431)


BAD_QUERIES = [
    "unknown=1",
    "limit=20&Limit=20",
    "limit",
    "limit=",
    "limit=0",
    "limit=-1",
    "limit=101",
    "limit=1.5",
    "limit=one",
    "limit=1&limit=2",
    f"limit={2**31}",
    f"limit={2**63}",
    f"limit={2**64}",
    f"limit={10**400}",
    f"limit={'9' * 5000}",
    "limit=NaN",
    "limit=1e400",
    "limit=%D9%A1",
    "project=0",
    "project=-1",
    f"project={2**31}",
    f"project={10**400}",
    "project=null",
    "done=null",
    "done=NULL",
    "done=yes",
    "done=",
    "priority=5",
    "sort=owner",
    "sort=--title",
    "sort=title;drop",
    "sort=",
    "q=",
    "q=%00",
    "q=a%00b",
    "%00=1",
    "q=%ff",
    "q=%c0%80",
    "q=%ed%a0%80",
    f"q={'a' * 201}",
    "&".join(f"p{n}=1" for n in range(60)),
    "offset=20",
    "page=2",
]


async def test_a_query_that_does_not_fit_is_refused(ada: Any) -> None:
    for query in BAD_QUERIES:
        problem_of(await ada.get(f"{TASKS}?{query}"), 422, case=query)


async def test_a_query_where_none_is_read_is_refused(ada: Any) -> None:
    problem_of(await ada.get("/api/v1/auth/me?fields=id"), 422)
    problem_of(await ada.delete(f"{TASKS}/1?force=true"), 422)


def cursor(*parts: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(parts).encode()).decode().rstrip("=")


BAD_CURSORS = {
    "nothing": "",
    "no base64": "!!!",
    "random bytes": base64.urlsafe_b64encode(bytes(range(200, 256))).decode(),
    "bytes that are not ASCII": "%C3%A9",
    "a percent sign": "%25",
    "no JSON": base64.urlsafe_b64encode(b"hello").decode(),
    "100 deep": base64.urlsafe_b64encode(b"[" * 1000).decode(),
    "an object": base64.urlsafe_b64encode(b"{}").decode(),
    "too few": cursor("-created_at"),
    "too many": cursor("-created_at", "2026-01-01T00:00:00Z", 1, 1),
    "another sort": cursor("title", "a", 1),
    "a sort of another list": cursor("name", "a", 1),
    "no time": cursor("-created_at", "yesterday", 1),
    "a number for a time": cursor("-created_at", 5, 1),
    "null for a time": cursor("-created_at", None, 1),
    "id 0": cursor("-created_at", "2026-01-01T00:00:00Z", 0),
    "id 2**31": cursor("-created_at", "2026-01-01T00:00:00Z", 2**31),
    "id 10**400": cursor("-created_at", "2026-01-01T00:00:00Z", 10**400),
    "id as a text": cursor("-created_at", "2026-01-01T00:00:00Z", "1"),
    "the year 10 000": cursor("-created_at", "10000-01-01T00:00:00Z", 1),
    "too long": "a" * 2001,
}
ABSURD_TIMES = {
    "a time without a zone": "2026-01-01T00:00:00",
    "a time before the year 1": "0001-01-01T00:00:00+14:00",
    "a time after the year 9999": "9999-12-31T23:59:59-14:00",
}


async def test_a_cursor_that_is_none_is_refused(ada: Any) -> None:
    for case, text in BAD_CURSORS.items():
        problem_of(await ada.get(f"{TASKS}?cursor={text}"), 422, case=case)


async def test_a_cursor_with_an_absurd_time_is_refused(ada: Any) -> None:
    for case, time in ABSURD_TIMES.items():
        text = cursor("-created_at", time, 1)
        problem_of(await ada.get(f"{TASKS}?cursor={text}"), 422, case=case)


async def test_a_cursor_with_an_absurd_value_is_refused(ada: Any) -> None:
    for sort, value in (
        ("priority", 2**31),
        ("priority", -(2**63)),
        ("priority", 10**400),
        ("priority", 1.5),
        ("priority", "1"),
        ("title", 1),
        ("title", "\0"),
        ("title", None),
    ):
        text = cursor(sort, value, 1)
        problem_of(await ada.get(f"{TASKS}?sort={sort}&cursor={text}"), 422, case=str(value))


async def test_a_cursor_leads_only_to_ones_own(ada: Any, grace: Any) -> None:
    for title in "abc":
        await grace.post(TASKS, json={"title": title})
    hers = (await grace.get(f"{TASKS}?limit=1")).json()["next"]
    assert (await ada.get(f"{TASKS}?cursor={hers}")).json()["items"] == []


async def test_the_link_to_the_next_page_keeps_what_was_asked(ada: Any) -> None:
    for title in ("a>b", "c>d"):
        await ada.post(TASKS, json={"title": title})
    answer = await ada.get(f"{TASKS}?limit=1&q=>&sort=title")
    link = answer.headers["link"]
    assert link.startswith(f"<{TASKS}?limit=1&q=%3E&sort=title&cursor=")
    assert link.endswith('>; rel="next"')
    following = await ada.get(link[1 : link.index(">")])
    assert [task["title"] for task in following.json()["items"]] == ["c>d"]
    assert "link" not in following.headers
