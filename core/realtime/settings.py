"""The ``[realtime]`` table of plugins.toml."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from core.settings import Settings


class RealtimeSettings(Settings, frozen=True):
    """How much may be asked of the sockets, and how long a message can be asked for again."""

    retained_minutes: Annotated[
        int,
        Meta(ge=1, le=1440, description="Minutes in which a client that was away misses nothing."),
    ] = 10
    replayed: Annotated[
        int, Meta(ge=1, le=10_000, description="Most messages a client gets again at once.")
    ] = 1000
    channels: Annotated[
        int, Meta(ge=1, le=1000, description="Channels that one connection may follow.")
    ] = 100
    connections: Annotated[
        int,
        Meta(ge=1, le=100_000, description="Connections that a user may have to one worker."),
    ] = 20
    frame: Annotated[
        int,
        Meta(ge=1024, le=1_048_576, description="Largest message from a client, in bytes."),
    ] = 65_536
    queue: Annotated[
        int,
        Meta(
            ge=65_536,
            description="Bytes that may wait for a client that reads slowly; then it is dropped.",
        ),
    ] = 1_048_576
    burst: Annotated[
        int, Meta(ge=1, description="Messages that a user may send in ten seconds, on all sockets.")
    ] = 20
    heartbeat: Annotated[
        float,
        Meta(gt=0, le=50, description="Seconds between two signs of life of the server."),
    ] = 20.0
