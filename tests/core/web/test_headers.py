"""Header values that mean nothing."""

from __future__ import annotations

from typing import Any

import pytest

from tests.core.web.conftest import TASKS, problem_of

TITLE = {"title": "a"}
BAD_AUTHORIZATION = {
    "nothing": b"",
    "a scheme alone": b"Bearer",
    "another scheme": b"Basic YWRhOmFkYQ==",
    "Digest": b'Digest username="ada"',
    "a token alone": b"eyJhbGciOiJIUzI1NiJ9.e30.x",
    "no token": b"Bearer x",
    "two dots": b"Bearer ..",
    "two tokens": b"Bearer a b",
    "a comma": b"Bearer a, Bearer b",
    "UTF-8": "Bearer ä.ö.ü".encode(),
    "the null token": b"Bearer null",
    "no algorithm": b"Bearer eyJhbGciOiJub25lIiwidHlwIjoiYXQrand0In0.eyJzdWIiOiIxIn0.",
    "6 000 characters": b"Bearer " + b"a" * 6000,
    "a deep header": b"Bearer " + b"W1tb" * 1000 + b".e30.x",
}


async def test_authorization_that_proves_nothing_is_refused(client: Any) -> None:
    for case, value in BAD_AUTHORIZATION.items():
        answer = await client.get(TASKS, headers={"authorization": value})
        problem_of(answer, 401, case=case)
        assert answer.headers["www-authenticate"].startswith("Bearer"), case


async def test_a_token_of_a_megabyte_is_refused(client: Any) -> None:
    answer = await client.get(TASKS, headers={"authorization": "Bearer " + "a" * 1_000_000})
    assert problem_of(answer, 431)["code"] == "head_too_large"
    assert answer.headers["connection"] == "close"


async def test_a_bad_token_is_refused_even_where_none_is_needed(client: Any) -> None:
    login = {"login": "ada", "password": "correct horse"}
    headers = {"authorization": "Bearer x"}
    answer = await client.post("/api/v1/auth/login", json=login, headers=headers)
    problem_of(answer, 401)


@pytest.mark.usefixtures("nothing_written")
async def test_headers_that_are_not_utf_8_are_refused(ada: Any) -> None:
    for name in ("authorization", "user-agent", "idempotency-key", "x-request-id", "accept"):
        for value in (b"\xff", b"a\xc0\x80", b"\xed\xa0\x80"):
            answer = await ada.post(TASKS, json=TITLE, headers={name: value})
            problem_of(answer, 400, case=name)


async def test_a_device_may_have_any_name(client: Any) -> None:
    person = {"email": "ada@example.org", "username": "ada", "password": "correct horse"}
    agent = {"user-agent": "Ünïcödé😀".encode() * 60}
    answer = await client.post("/api/v1/auth/register", json=person, headers=agent)
    assert answer.status_code == 201


async def test_if_match_that_is_no_etag_is_refused(ada: Any) -> None:
    task = (await ada.post(TASKS, json=TITLE)).json()
    here = f"{TASKS}/{task['id']}"
    for value in ("", "3", "'3'", '"', '"3', '3"', '"3" "4"', "W/3", '"3",', "ü", '"a b"'):
        headers = {"if-match": value.encode()}
        problem_of(await ada.patch(here, json={"title": "b"}, headers=headers), 400, case=value)
        problem_of(await ada.delete(here, headers=headers), 400, case=value)
    assert (await ada.get(here)).json() == task


async def test_if_match_that_names_another_version_changes_nothing(ada: Any) -> None:
    task = (await ada.post(TASKS, json=TITLE)).json()
    here = f"{TASKS}/{task['id']}"
    for value in ('W/"1"', '"2"', '"x"', '""', '"-1"', f'"{2**31}"', '"1x"', 'W/"1", "2"'):
        headers = {"if-match": value}
        problem_of(await ada.patch(here, json={"title": "b"}, headers=headers), 412, case=value)
    assert (await ada.get(here)).json() == task


async def test_if_match_that_names_the_version_lets_it_be_changed(ada: Any) -> None:
    for value in ('"1"', "*", '"7", "1"', 'W/"7", "1"', '"7","1"'):
        here = (await ada.post(TASKS, json=TITLE)).headers["location"]
        answer = await ada.patch(here, json={"title": "b"}, headers={"if-match": value})
        assert (answer.status_code, answer.json()["version"]) == (200, 2), value


@pytest.mark.parametrize(
    ("value", "status"),
    [
        ('"1"', 304),
        ('W/"1"', 304),
        ("*", 304),
        ('"7", "1"', 304),
        ('"2"', 200),
        ("1", 200),
        ("", 200),
        ('"', 200),
        ('"1', 200),
        ("ü", 200),
    ],
)
async def test_if_none_match_saves_a_body_only_where_it_names_the_version(
    ada: Any, value: str, status: int
) -> None:
    here = (await ada.post(TASKS, json=TITLE)).headers["location"]
    for method in ("GET", "HEAD"):
        headers = {"if-none-match": value.encode()}
        answer = await ada.request(method, here, headers=headers)
        assert (answer.status_code, answer.headers["etag"]) == (status, '"1"')
        assert bool(answer.content) is (status == 200 and method == "GET")


@pytest.mark.parametrize("value", ["", "a b", "ü", "a" * 256])
@pytest.mark.usefixtures("nothing_written")
async def test_an_idempotency_key_that_is_none_is_refused(ada: Any, value: str) -> None:
    headers = {"idempotency-key": value.encode()}
    problem_of(await ada.post(TASKS, json=TITLE, headers=headers), 422)


@pytest.mark.parametrize("value", ["", "a b", "a" * 65, "<script>", "../..", "ü", "a;b", "{}"])
async def test_an_odd_request_id_is_replaced(ada: Any, value: str) -> None:
    for path in (TASKS, "/nothing", f"{TASKS}/0", "/", "/health/live"):
        answer = await ada.get(path, headers={"x-request-id": value.encode()})
        assert answer.headers["x-request-id"] not in ("", value)
        assert len(answer.headers["x-request-id"]) == 24


async def test_a_request_id_is_given_back(ada: Any) -> None:
    for path in (TASKS, "/nothing", f"{TASKS}/0", "/", "/health/live", "/docs/start.js"):
        answer = await ada.get(path, headers={"x-request-id": "Trace-1._"})
        assert answer.headers["x-request-id"] == "Trace-1._"


@pytest.mark.parametrize("value", ["x", "bytes=0-", "bytes=9-1"])
async def test_a_range_is_not_served_in_parts(ada: Any, value: str) -> None:
    assert (await ada.get("/docs/start.js", headers={"range": value})).status_code == 200


async def test_an_expectation_that_is_not_known_is_refused(ada: Any) -> None:
    problem_of(await ada.post(TASKS, json=TITLE, headers={"expect": "wonders"}), 417)


async def test_an_answer_given_again_has_the_headers_of_the_first(ada: Any) -> None:
    first, again = [
        await ada.post(TASKS, json=TITLE, headers={"idempotency-key": "k"}) for _ in range(2)
    ]
    assert again.headers["idempotency-replayed"] == "true"
    assert again.headers["x-request-id"] != first.headers["x-request-id"]
    for name in set(first.headers) - {"x-request-id"}:
        assert again.headers[name] == first.headers[name], name
    assert again.content == first.content
