"""Bodies that cannot be accepted."""

from __future__ import annotations

import gzip
import json
from typing import Any

import pytest

from tests.core.web.conftest import TASKS, problem_of

JSON = {"content-type": "application/json"}
LINKS = "/api/v1/shortener/links"
UNREADABLE = {
    "nothing": b"",
    "spaces": b"  ",
    "cut off": b'{"title": "a"',
    "two values": b'{"title": "a"} {}',
    "single quotes": b"{'title': 'a'}",
    "a comma too many": b'{"title": "a",}',
    "a byte order mark": b'\xef\xbb\xbf{"title": "a"}',
    "UTF-16": '{"title": "a"}'.encode("utf-16"),
    "NaN": b'{"title": "a", "priority": NaN}',
    "Infinity": b'{"title": "a", "priority": Infinity}',
    "minus Infinity": b'{"title": "a", "priority": -Infinity}',
    "a raw NUL": b'{"title": "a\x00b"}',
    "a NUL behind the end": b'{"title": "a"}\x00',
    "a line end in a text": b'{"title": "a\nb"}',
    "an escaped lone high surrogate": rb'{"title": "\ud800"}',
    "an escaped lone low surrogate": rb'{"title": "\udc00 a"}',
    "surrogates the wrong way round": rb'{"title": "\udc00\ud800"}',
    "a lone surrogate as a key": rb'{"\ud800": "a", "title": "a"}',
    "a surrogate in bytes": b'{"title": "\xed\xa0\x80"}',
    "invalid UTF-8": b'{"title": "\xff"}',
    "overlong UTF-8": b'{"title": "\xc0\x80"}',
    "invalid UTF-8 as a key": b'{"\xff": 1, "title": "a"}',
    "100 000 brackets": b"[" * 100_000,
    "100 000 brackets, closed": b"[" * 100_000 + b"]" * 100_000,
    "100 000 objects in each other": b'{"title":' * 100_000,
    "100 000 brackets in an unknown field": b'{"x": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "a form": b"title=a",
    "XML": b"<title>a</title>",
}
UNACCEPTABLE = {
    "null": b"null",
    "a list": b"[]",
    "a text": b'"title"',
    "a number": b"1",
    "no title": b"{}",
    "an empty title": b'{"title": ""}',
    "a title that is null": b'{"title": null}',
    "a title that is a number": b'{"title": 1}',
    "a title that is a list": b'{"title": ["a"]}',
    "a title that is an object": b'{"title": {"a": "b"}}',
    "a title that is too long": json.dumps({"title": "a" * 501}).encode(),
    "an unknown field": b'{"title": "a", "id": 7}',
    "the owner": b'{"title": "a", "owner": 1}',
    "another spelling of a field": b'{"title": "a", "Priority": 1}',
    "_exists_in_db": b'{"title": "a", "_exists_in_db": true}',
    "NUL": rb'{"title": "a\u0000b"}',
    "NUL as a key": rb'{"title": "a", "\u0000": 1}',
    "NUL in the second of two keys": rb'{"title": "a", "title": "\u0000"}',
    "a text for a number": b'{"title": "a", "priority": "1"}',
    "a float for a whole number": b'{"title": "a", "priority": 1.5}',
    "a float that is whole": b'{"title": "a", "priority": 1.0}',
    "an exponent": b'{"title": "a", "priority": 1e0}',
    "an overflowing exponent": b'{"title": "a", "priority": 1e400}',
    "a truth for a number": b'{"title": "a", "priority": true}',
    "5 of 4": b'{"title": "a", "priority": 5}',
    "a negative number": b'{"title": "a", "priority": -1}',
    "project 0": b'{"title": "a", "project": 0}',
    "project -1": b'{"title": "a", "project": -1}',
    "project 2**31": b'{"title": "a", "project": %d}' % 2**31,
    "project 2**63": b'{"title": "a", "project": %d}' % 2**63,
    "project 2**64": b'{"title": "a", "project": %d}' % 2**64,
    "project -2**63": b'{"title": "a", "project": %d}' % -(2**63),
    "project 10**400": b'{"title": "a", "project": 1' + b"0" * 400 + b"}",
    "project 10**9999": b'{"title": "a", "project": 1' + b"0" * 9999 + b"}",
    "a wrong value, then a right one": b'{"title": 1, "title": "a"}',
    "an unknown field of 100 000 characters": b'{"title": "a", "' + b"x" * 100_000 + b'": 1}',
}


@pytest.mark.usefixtures("nothing_written")
async def test_a_body_that_is_no_json_is_refused(ada: Any) -> None:
    for case, body in UNREADABLE.items():
        problem_of(await ada.post(TASKS, content=body, headers=JSON), 400, 422, case=case)


@pytest.mark.usefixtures("nothing_written")
async def test_a_body_that_does_not_fit_is_refused_with_the_place(ada: Any) -> None:
    for case, body in UNACCEPTABLE.items():
        answer = await ada.post(TASKS, content=body, headers=JSON)
        problem = problem_of(answer, 422, case=case)
        assert problem["errors"][0]["path"].startswith("$"), case
        assert problem["errors"][0]["message"], case


@pytest.mark.parametrize("body", [b'{"title": "\\u0000"}', b'{"priority": 99}', b'{"owner": 1}'])
async def test_a_change_that_does_not_fit_changes_nothing(ada: Any, body: bytes) -> None:
    task = (await ada.post(TASKS, json={"title": "a"})).json()
    here = f"{TASKS}/{task['id']}"
    problem_of(await ada.patch(here, content=body, headers=JSON), 422)
    assert (await ada.get(here)).json() == task


async def test_of_a_key_that_is_there_twice_the_last_one_counts(ada: Any) -> None:
    answer = await ada.post(TASKS, content=b'{"title": "a", "title": "b"}', headers=JSON)
    assert (answer.status_code, answer.json()["title"]) == (201, "b")


async def test_a_backslash_before_u0000_is_no_nul(ada: Any) -> None:
    answer = await ada.post(TASKS, content=rb'{"title": "\\u0000"}', headers=JSON)
    assert (answer.status_code, answer.json()["title"]) == (201, r"\u0000")


async def test_other_text_is_kept_as_it_is(ada: Any) -> None:
    for text in ("😀", "é", "\u202e", "\u0085\u2028", "'; DROP TABLE todo_task; --", "\x7f", "\t"):
        answer = await ada.post(TASKS, json={"title": text})
        assert (answer.status_code, answer.json()["title"]) == (201, text)
        assert (await ada.get(answer.headers["location"])).json()["title"] == text


@pytest.mark.usefixtures("nothing_written")
async def test_a_body_that_does_not_say_it_is_json_is_refused(ada: Any) -> None:
    for media_type in (
        None,
        "",
        "text/plain",
        "text/json",
        "application/xml",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/jsonx",
        "application/json-patch+json",
        "application/json; charset=latin-1",
        "application/json; charset=utf-16",
        "; application/json",
        "application/json, text/plain",
    ):
        headers = {} if media_type is None else {"content-type": media_type}
        answer = await ada.post(TASKS, content=b'{"title": "a"}', headers=headers)
        assert problem_of(answer, 415, case=str(media_type))["code"] == "unsupported_media_type"


@pytest.mark.usefixtures("nothing_written")
async def test_who_sends_a_compressed_body_is_told_not_to(ada: Any) -> None:
    packed = gzip.compress(b'{"title": "a"}')
    headers = {"content-type": "application/json", "content-encoding": "gzip"}
    problem = problem_of(await ada.post(TASKS, content=packed, headers=headers), 415)
    assert problem["detail"] == "Send the body as it is, not compressed."


async def test_json_may_be_said_in_several_ways(ada: Any) -> None:
    for media_type in (
        "application/json",
        "Application/JSON",
        "application/json;charset=utf-8",
        'application/json ; charset="UTF-8"',
        "application/json; profile=x",
    ):
        headers = {"content-type": media_type}
        answer = await ada.post(TASKS, content=b'{"title": "a"}', headers=headers)
        assert answer.status_code == 201, media_type


@pytest.mark.parametrize("method", ["GET", "DELETE", "POST"])
async def test_a_body_where_none_is_read_is_refused(ada: Any, method: str) -> None:
    task = (await ada.post(TASKS, json={"title": "a"})).json()
    here = f"{TASKS}/{task['id']}"
    path = f"{here}/complete" if method == "POST" else here
    problem_of(await ada.request(method, path, json={"force": True}), 422)
    assert (await ada.get(here)).json() == task
    assert (await ada.request(method, path, json={})).is_success


@pytest.mark.parametrize(
    ("time", "path"),
    [
        ("0001-01-01T00:00:00+14:00", "$.valid_from"),
        ("0001-01-01T00:00:00Z", "$.valid_from"),
        ("9999-12-31T23:59:59-00:01", "$.valid_until"),
        ("9999-12-31T23:59:59.999999Z", "$.valid_until"),
        (r"\u0039999-12-31T23:59:59-23:59", "$.valid_until"),
    ],
)
async def test_a_time_that_no_calendar_has_in_utc_is_refused(
    ada: Any, time: str, path: str
) -> None:
    body = f'{{"target": "https://example.org/", "{path[2:]}": "{time}"}}'
    problem = problem_of(await ada.post(LINKS, content=body.encode(), headers=JSON), 422)
    assert problem["errors"] == [
        {"path": path, "message": "must be a time between the years 1 and 9999 in UTC"}
    ]


async def test_a_time_at_either_end_of_the_calendar_is_kept(ada: Any) -> None:
    first, last = "0001-01-01T00:00:00.000001Z", "9999-12-31T23:59:59.999998Z"
    body = {"target": "https://example.org/", "valid_from": first, "valid_until": last}
    made = (await ada.post(LINKS, json=body)).json()
    kept = (await ada.get(f"{LINKS}/{made['id']}")).json()
    assert (kept["valid_from"], kept["valid_until"]) == (first, last)
