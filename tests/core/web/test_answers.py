"""What goes on the wire of an answer."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from sanic.headers import format_http1_response

from core.web.answer import PRIVATE, Answer, Prepared, prepare
from core.web.common_headers import CommonHeaders
from core.web.cors import Cors


def written(answer: Answer) -> dict[bytes, bytes]:
    """Return the headers as they are written, but for the date that each has."""
    headers = dict(answer.processed_headers)
    del headers[b"date"]
    return headers


@pytest.mark.parametrize("status", [200, 201, 302, 404])
def test_an_answer_without_a_content_type_has_no_such_header(status: int) -> None:
    headers = written(Answer(b"", status, {"location": "/"}))
    assert headers == {b"location": b"/"}


def test_an_answer_has_the_content_type_that_it_was_given() -> None:
    assert written(Answer(b"{}", 200, {}, "text/plain")) == {b"content-type": b"text/plain"}
    named = Answer(b"{}", 200, {"content-type": "text/css"}, "text/plain")
    assert written(named) == {b"content-type": b"text/css"}


def test_an_answer_without_a_body_says_nothing_of_its_type() -> None:
    assert written(Answer(b"", 304, {}, "text/plain")) == {}


def test_a_header_cannot_break_out_of_its_line() -> None:
    (value,) = written(Answer(b"", 200, {"x": "a\r\nset-cookie: b"})).values()
    assert b"\r" not in value
    assert b"\n" not in value


def on_the_wire(answer: Answer, **common: Any) -> list[str]:
    asked: Any = SimpleNamespace(id="one", headers={})
    CommonHeaders(Cors([]), **{"secure": False, **common}).add(asked, answer)
    text = format_http1_response(answer.status, answer.processed_headers)
    return text.decode().removesuffix("\r\n\r\n").split("\r\n")[1:]


def test_an_answer_prepared_beforehand_says_the_same_as_one_made_at_once() -> None:
    given = {"location": "/elsewhere", "content-type": "text/plain"}
    for more in ({}, {"cache-control": "private, max-age=60"}):
        headers = PRIVATE | given | more
        made = on_the_wire(Answer(b"", 302, headers), secure=True)
        found = on_the_wire(Prepared(302, prepare(given | more)), secure=True)
        assert sorted(found) == sorted(made)
        assert len(found) == len(headers) + 3, "the date, the request's id, that HTTPS is meant"


def test_what_is_prepared_cannot_break_out_of_its_line_either() -> None:
    lines = on_the_wire(Prepared(302, prepare({"location": "/\r\nset-cookie: b"})))
    assert not [each for each in lines if each.startswith("set-cookie")]
