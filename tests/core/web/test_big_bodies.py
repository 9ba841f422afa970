"""A megabyte of JSON, however it is made, is read or refused at once: the worker does no other
thing meanwhile."""

from __future__ import annotations

import gc
import time
from collections.abc import Iterator
from contextlib import suppress
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest

from core.errors import Problem
from core.web.request import Body, read_body

SIZE = 1_048_576
SLOWEST = 1.0


class Anything(Body, frozen=True):
    """Takes whatever JSON can say."""

    ids: list[int] = []
    extra: Any = None
    names: dict[str, int] = {}


def full(start: bytes, unit: bytes, end: bytes) -> bytes:
    """Return ``unit`` again and again, a megabyte of it."""
    return start + unit * ((SIZE - len(start) - len(end)) // len(unit)) + end


BODIES = {
    "nested lists": full(b'{"extra":', b"[", b""),
    "nested lists that end": b'{"extra":' + b"[" * 500_000 + b"]" * 500_000 + b"}",
    "nested objects": full(b'{"extra":', b'{"a":', b""),
    "nested in what is not known": full(b'{"other":', b"[", b""),
    "a million numbers": full(b'{"ids":[', b"1,", b"1]}"),
    "a million numbers where anything goes": full(b'{"extra":[', b"1,", b"1]}"),
    "empty lists": full(b'{"extra":[', b"[],", b"1]}"),
    "empty objects": full(b'{"extra":[', b"{},", b"1]}"),
    "many keys": b'{"names":{' + b",".join(b'"%x":1' % each for each in range(100_000)) + b"}}",
    "many unknown keys": b"{" + b",".join(b'"%x":1' % each for each in range(100_000)) + b"}",
    "the same key": b"{" + b",".join([b'"extra":1'] * 100_000) + b"}",
    "a number of a million digits": full(b'{"ids":[', b"9", b"]}"),
    "a fraction of a million digits": full(b'{"extra":0.', b"9", b"}"),
    "an exponent of a million digits": full(b'{"extra":1e', b"9", b"}"),
    "escapes": full(b'{"extra":"', rb"\u00e9", b'"}'),
    "NUL among many": full(rb'{"extra":["\u0000",', b'"a",', b"1]}"),
    "NUL deep down": b'{"extra":' + b"[" * 900 + rb'"\u0000"' + b"]" * 900 + b"}",
    "lone surrogates": full(b'{"extra":"', rb"\ud800", b'"}'),
}


@pytest.fixture
def nothing_else_in_memory() -> Iterator[None]:
    """Let the garbage collector pass over what other tests have left in this process."""
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()


@pytest.mark.usefixtures("nothing_else_in_memory")
def test_a_megabyte_of_anything_is_read_or_refused_at_once() -> None:
    decoder = msgspec.json.Decoder(Anything)
    for case, body in BODIES.items():
        request: Any = SimpleNamespace(headers={"content-type": "application/json"}, body=body)
        began = time.thread_time()  # whatever else the machine does
        with suppress(Problem):
            read_body(request, decoder)
        assert time.thread_time() - began < SLOWEST, case


def test_a_problem_far_down_is_told_in_a_few_words() -> None:
    decoder = msgspec.json.Decoder(Anything)
    headers = {"content-type": "application/json"}
    request: Any = SimpleNamespace(headers=headers, body=BODIES["NUL deep down"])
    with pytest.raises(Problem) as caught:
        read_body(request, decoder)
    assert len(caught.value.detail) < 1000
