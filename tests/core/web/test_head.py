"""Headers that were found sound are not looked at again; all else of a head is."""

from __future__ import annotations

import pytest
from sanic.compat import Header

from core.errors import BadRequest
from core.web.head import refuse_odd

HOST = Header([("host", "a.example")])


def test_an_odd_address_is_refused_behind_headers_that_are_known() -> None:
    for _ in range(2):
        refuse_odd(b"GET /a HTTP/1.1\r\nHost: a.example", HOST, "1.1")
    for odd in (
        b"GET /a b HTTP/1.1",
        b"GET /\0 HTTP/1.1",
        b"G(T / HTTP/1.1",
        b"GET /\xc3 HTTP/1.1",
    ):
        with pytest.raises(BadRequest):
            refuse_odd(odd + b"\r\nHost: a.example", HOST, "1.1")


def test_what_was_refused_once_is_refused_again() -> None:
    twice = Header([("host", "a.example"), ("host", "b.example")])
    for _ in range(2):
        with pytest.raises(BadRequest):
            refuse_odd(b"GET / HTTP/1.1\r\nHost: a.example\r\nHost: b.example", twice, "1.1")


def test_headers_known_of_one_version_are_looked_at_for_another() -> None:
    chunked = Header([("host", "a.example"), ("transfer-encoding", "chunked")])
    tail = b"\r\nHost: a.example\r\nTransfer-Encoding: chunked"
    refuse_odd(b"POST / HTTP/1.1" + tail, chunked, "1.1")
    with pytest.raises(BadRequest):
        refuse_odd(b"POST / HTTP/1.0" + tail, chunked, "1.0")
