"""Realtime endpoints, under /api/v1/realtime."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

from msgspec import Meta
from sanic import Blueprint, Request

from core.endpoint import endpoint
from core.errors import Invalid
from core.realtime.admission import SUBPROTOCOL, admitted
from core.realtime.bus import LONGEST_CHANNEL
from core.realtime.client import Client, Id
from core.realtime.stream import MEDIA_TYPE, Stream, stream_headers
from core.realtime.websocket import Upgrade
from core.realtime.worker import Worker
from core.web.answer import Answer
from core.web.request import Query
from core.web.response import Download

realtime = Blueprint("realtime")

Ticket = Annotated[str, Meta(min_length=1, max_length=100)]


class SocketQuery(Query, frozen=True):
    """How to be let in without a header."""

    ticket: Ticket | None = None


class StreamQuery(Query, frozen=True):
    """What to follow: channels with commas between them, and the last id that was seen."""

    channels: Annotated[str, Meta(min_length=1, max_length=20_000)]
    since: Id | None = None
    ticket: Ticket | None = None


class EventStream(Download, frozen=True):
    """Server-Sent Events."""

    media_type: ClassVar[str] = MEDIA_TYPE


def worker_of(request: Request) -> Worker:
    """Return what this worker knows of its connections."""
    worker: Worker = request.app.ctx.realtime
    return worker


@realtime.get("/ws")
@endpoint(None)
async def open_socket(request: Request, query: SocketQuery) -> None:
    """Open a WebSocket.

    Messages are JSON; docs/realtime.md tells which. Who asks is told by the Authorization header,
    by `?ticket=` (see `POST /api/v1/auth/ws-ticket`), or by the subprotocol `bearer.<access token>`
    beside `tenfold.v1`. A success is 101; what is no WebSocket handshake is 400.
    """
    here = worker_of(request)
    standing = await admitted(request, query.ticket)
    here.connections.require_room(standing)
    answer: Any = Upgrade(
        request,
        lambda socket: Client(socket, standing, here.hub, here.connections),
        largest=here.settings.frame,
        queue=here.settings.queue,
        subprotocols=(SUBPROTOCOL,),
    )
    return answer  # type: ignore[no-any-return]


@realtime.get("/events")
@endpoint(None)
async def open_stream(request: Request, query: StreamQuery) -> EventStream:
    """Follow channels as Server-Sent Events.

    `?channels=a,b`. What came after `?since=`, or the header Last-Event-ID, is sent first. Each
    event has an `id`. Who asks is told by the Authorization header or by `?ticket=`.
    """
    here = worker_of(request)
    standing = await admitted(request, query.ticket)
    here.connections.require_room(standing)
    channels = list(dict.fromkeys(query.channels.split(",")))
    if not all(channels) or max(map(len, channels)) > LONGEST_CHANNEL:
        raise Invalid("Name the channels, with commas between them: ?channels=a.b:1,a.b:2.")
    if len(channels) > here.settings.channels:
        raise Invalid(f"A connection may follow {here.settings.channels} channels.")
    stream = Stream(request, standing, here.hub, here.connections)
    answer: Any = stream
    if request.method == "HEAD":
        answer = Answer(b"", 200, stream_headers(request), MEDIA_TYPE)
    else:
        since = _since(request, query)
        await stream.subscribe(channels, {} if since is None else dict.fromkeys(channels, since))
    return answer  # type: ignore[no-any-return]


def _since(request: Request, query: StreamQuery) -> int | None:
    given = request.headers.get("last-event-id") or query.since
    if given is None:
        return None
    if not (given.isascii() and given.isdigit()) or len(given) > 19:
        raise Invalid("Last-Event-ID must be the id of an event.")
    return int(given)


@realtime.before_server_stop
async def say_good_bye(app: Any) -> None:
    """Let clients go elsewhere while this worker ends."""
    worker: Worker | None = getattr(app.ctx, "realtime", None)
    if worker is not None:
        worker.connections.stop()
