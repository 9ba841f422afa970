"""Traces: one span for each request, with its statements below it; nothing when not asked for."""

from __future__ import annotations

import builtins
import logging
import sys
from collections.abc import AsyncIterator
from types import ModuleType
from typing import Any

import httpx
import pytest
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from core import tracing
from core.db.engine import engine
from core.testing import Server, sign_up

ME = "/api/v1/auth/me"
TRACE, PARENT = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"


@pytest.fixture
async def spans(server: Server) -> AsyncIterator[InMemorySpanExporter]:
    """Trace the server under test into memory."""
    exporter, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    async with tracing.traced(server.app, engine(), provider.get_tracer("test")):
        yield exporter


@pytest.fixture
async def visitor(server: Server, client: httpx.AsyncClient) -> AsyncIterator[httpx.AsyncClient]:
    """Return a client on new connections."""
    async with httpx.AsyncClient(timeout=60, base_url=server.url) as visitor:
        yield visitor


def of_requests(spans: InMemorySpanExporter) -> list[ReadableSpan]:
    return [each for each in spans.get_finished_spans() if each.kind.name == "SERVER"]


async def test_a_request_has_a_span_with_its_statements_below(
    server: Server, spans: InMemorySpanExporter, visitor: httpx.AsyncClient
) -> None:
    id, token = await sign_up(server, "ada")
    spans.clear()
    answer = await visitor.get(ME, headers={"authorization": f"Bearer {token}"})
    (span,) = of_requests(spans)
    assert span.name == f"GET {ME}"
    assert dict(span.attributes or {}) == {
        "http.request.method": "GET",
        "http.route": ME,
        "http.response.status_code": 200,
        "enduser.id": str(id),
        "tenfold.request_id": answer.headers["x-request-id"],
    }
    statements = [
        each
        for each in spans.get_finished_spans()
        if each.parent and span.context and each.parent.span_id == span.context.span_id
    ]
    assert len(statements) >= 2, "the user, and the roles"
    assert {each.name for each in statements} == {"SELECT"}
    texts = [str((each.attributes or {})["db.query.text"]) for each in statements]
    assert any("auth_user" in text for text in texts)
    assert not any("ada" in text for text in texts), "places of values, never values"


async def test_the_trace_of_the_caller_goes_on(
    spans: InMemorySpanExporter, visitor: httpx.AsyncClient
) -> None:
    await visitor.get(ME, headers={"traceparent": f"00-{TRACE}-{PARENT}-01"})
    await visitor.get(ME)
    first, second = of_requests(spans)
    assert first.context is not None
    assert first.parent is not None
    assert f"{first.context.trace_id:032x}" == TRACE
    assert f"{first.parent.span_id:016x}" == PARENT
    assert second.parent is None, "the next request on the connection has a trace of its own"


@pytest.mark.parametrize(
    "parent",
    [
        "rubbish",
        f"00-{'0' * 32}-{PARENT}-01",
        f"00-{TRACE}-{'0' * 16}-01",
        f"ff-{TRACE}-{PARENT}-01",
        f"00-{TRACE.upper()}-{PARENT}-01",
        f"00-{TRACE}-{PARENT}-01-more",
    ],
)
async def test_a_trace_that_is_not_sound_is_not_gone_on_with(
    spans: InMemorySpanExporter, visitor: httpx.AsyncClient, parent: str
) -> None:
    assert (await visitor.get(ME, headers={"traceparent": parent})).status_code == 401
    (span,) = of_requests(spans)
    assert span.parent is None


async def test_what_has_no_route_is_named_by_its_method_alone(
    spans: InMemorySpanExporter, visitor: httpx.AsyncClient
) -> None:
    await visitor.get("/nowhere/at/all")
    (span,) = of_requests(spans)
    assert span.name == "GET"
    assert "http.route" not in (span.attributes or {})


async def test_nothing_is_added_when_nobody_asks(server: Server) -> None:
    here = engine()
    async with tracing.tracing(server.app, here):
        assert "fetch" not in vars(here)
        assert getattr(server.app.ctx, "around_requests", None) is None
    assert tracing.traceparent() == {}


@pytest.mark.parametrize(
    ("environ", "asked"),
    [
        ({}, False),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:4318"}, True),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://x", "OTEL_TRACES_EXPORTER": "none"}, False),
        ({"OTEL_TRACES_EXPORTER": "otlp"}, True),
        ({"OTEL_TRACES_EXPORTER": "otlp", "OTEL_SDK_DISABLED": "true"}, False),
    ],
)
def test_the_environment_says_whether_to_trace(environ: dict[str, str], asked: bool) -> None:
    assert tracing.is_asked(environ) is asked


async def test_who_asks_without_the_packages_is_told(
    server: Server, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("OTEL_TRACES_EXPORTER", "otlp")
    whole = builtins.__import__

    def without(name: str, *more: Any, **named: Any) -> ModuleType:
        if name.startswith("opentelemetry"):
            raise ImportError(name)
        return whole(name, *more, **named)

    monkeypatch.setattr(builtins, "__import__", without)
    monkeypatch.delitem(sys.modules, "opentelemetry.sdk.trace", raising=False)
    with caplog.at_level(logging.ERROR, "tenfold.tracing"):
        async with tracing.tracing(server.app, engine()):
            pass
    assert "pip install 'tenfold[telemetry]'" in caplog.text


async def test_called_servers_are_told_of_the_trace(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_TRACES_EXPORTER", "otlp")
    with TracerProvider().get_tracer("test").start_as_current_span("work"):
        assert tracing.PARENT.fullmatch(tracing.traceparent()["traceparent"])
