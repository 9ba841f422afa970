"""OpenTelemetry: a span for each request, one for each SQL statement in it, when it is asked for.

Asked for by ``OTEL_EXPORTER_OTLP_ENDPOINT`` or ``OTEL_TRACES_EXPORTER``, as the OpenTelemetry
specification names them; the packages come with the extra ``telemetry``. Otherwise nothing of it
is imported, and nothing is added to any request.
"""

from __future__ import annotations

import asyncio
import functools
import logging
import os
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from core.metrics.requests import METHODS, template

if TYPE_CHECKING:
    from opentelemetry.trace import Tracer
    from sanic import Request, Sanic

log = logging.getLogger("tenfold.tracing")

ASKED = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
MISSING = (
    "Traces are asked for by the environment ($OTEL_…), but OpenTelemetry is not installed: "
    "pip install 'tenfold[telemetry]'. Nothing is traced."
)
PARENT = re.compile(r"(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")
"""A ``traceparent`` (W3C Trace Context, 3.2); whatever else is sent begins a new trace."""

LONGEST = 2000


def is_asked(environ: Mapping[str, str] = os.environ) -> bool:
    """Tell whether the environment asks for traces."""
    if environ.get("OTEL_SDK_DISABLED", "").lower() == "true":
        return False
    exporter = environ.get("OTEL_TRACES_EXPORTER", "")
    return exporter != "none" and bool(exporter or any(environ.get(name) for name in ASKED))


@asynccontextmanager
async def tracing(app: Sanic[Any, Any], engine: Any) -> AsyncIterator[None]:
    """Trace what ``app`` answers while the block runs, if it is asked for."""
    if not is_asked():
        yield
        return
    try:
        provider = _provider()
    except ImportError:
        log.error(MISSING)
        yield
        return
    async with traced(app, engine, provider.get_tracer("tenfold")):
        yield
    await asyncio.to_thread(provider.shutdown)


def _provider() -> Any:
    """Return the SDK's provider; it reads the rest of its settings from the environment."""
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor, ConsoleSpanExporter

    name = os.environ.get("OTEL_SERVICE_NAME", "tenfold")
    provider = TracerProvider(resource=Resource.create({"service.name": name}))
    console = os.environ.get("OTEL_TRACES_EXPORTER") == "console"
    provider.add_span_processor(
        BatchSpanProcessor(ConsoleSpanExporter() if console else OTLPSpanExporter())
    )
    return provider


@asynccontextmanager
async def traced(app: Sanic[Any, Any], engine: Any, tracer: Tracer) -> AsyncIterator[None]:
    """Put a span around each request of ``app`` and each statement of ``engine``."""
    # On PostgreSQL one of the two ways in goes through the other.
    names = ("fetch",) if engine.engine_type == "postgres" else ("fetch", "fetch_dicts")
    app.ctx.around_requests = functools.partial(_around_requests, tracer=tracer)
    for name in names:
        around = _around_statements(getattr(engine, name), tracer, engine.engine_type)
        setattr(engine, name, around)
    try:
        yield
    finally:
        app.ctx.around_requests = None
        for name in names:
            delattr(engine, name)


def _around_requests(
    handle: Callable[[Request], Awaitable[None]], tracer: Tracer
) -> Callable[[Request], Awaitable[None]]:
    from opentelemetry.context import Context
    from opentelemetry.trace import SpanKind, Status, StatusCode
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    propagator = TraceContextTextMapPropagator()

    @functools.wraps(handle)
    async def handled(request: Request) -> None:
        parent = request.headers.get("traceparent", "")
        # The context is given: Sanic's connection keeps the variables of the request before.
        context = propagator.extract({"traceparent": parent}) if PARENT.fullmatch(parent) else None
        with tracer.start_as_current_span(
            request.method, context or Context(), SpanKind.SERVER, set_status_on_exception=False
        ) as span:
            try:
                await handle(request)
            finally:
                response: Any = getattr(request.stream, "response", None)
                for name, value in _facts(request, response).items():
                    span.set_attribute(name, value)
                if request.route is not None:
                    span.update_name(f"{_method(request)} {template(request.route.path)}")
                if response is not None and response.status >= 500:
                    span.set_status(Status(StatusCode.ERROR))

    return handled


def _facts(request: Request, response: Any) -> dict[str, Any]:
    """Return the attributes of a request's span (OpenTelemetry semantic conventions, HTTP)."""
    route = request.route
    facts = {
        "http.request.method": _method(request),
        "http.route": None if route is None else template(route.path),
        "http.response.status_code": response.status if response is not None else None,
        "enduser.id": str(user) if (user := getattr(request, "user", None)) else None,
        "tenfold.request_id": str(request.id),
    }
    return {name: value for name, value in facts.items() if value is not None}


def _method(request: Request) -> str:
    return request.method if request.method in METHODS else "_OTHER"


def _around_statements(fetch: Callable[..., Awaitable[Any]], tracer: Tracer, system: str) -> Any:
    """Put a span around each statement; its values are never in it, only their places."""
    from opentelemetry.trace import SpanKind, get_current_span

    name = {"postgres": "postgresql"}.get(system, system)

    @functools.wraps(fetch)
    async def fetched(sql: str, *more: Any, **named: Any) -> Any:
        if not get_current_span().is_recording():
            return await fetch(sql, *more, **named)
        facts = {"db.system.name": name, "db.query.text": sql[:LONGEST]}
        verb = sql.lstrip().partition(" ")[0].upper()[:20] or "SQL"
        with tracer.start_as_current_span(verb, kind=SpanKind.CLIENT, attributes=facts):
            return await fetch(sql, *more, **named)

    return fetched


def traceparent() -> dict[str, str]:
    """Return the headers that let a called server go on with the trace; none when there is none."""
    if not is_asked():
        return {}
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    headers: dict[str, str] = {}
    TraceContextTextMapPropagator().inject(headers)
    return headers
