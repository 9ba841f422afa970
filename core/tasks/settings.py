"""The ``[tasks]`` table of plugins.toml."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from core.settings import Settings


class TasksSettings(Settings, frozen=True):
    """How work away from requests is done."""

    concurrency: Annotated[
        int, Meta(ge=1, le=500, description="Tasks that a runner works at, at the same time.")
    ] = 16
    lease_seconds: Annotated[
        int,
        Meta(
            ge=2,
            le=3600,
            description="Seconds after which the tasks of a runner that is gone "
            "are taken up by another.",
        ),
    ] = 30
    stop_seconds: Annotated[
        int,
        Meta(
            ge=0,
            le=3600,
            description="Seconds a runner that stops waits for its tasks; the "
            "others are left to the next runner.",
        ),
    ] = 6
    dead_days: Annotated[
        int, Meta(ge=1, le=3650, description="Days that tasks which were given up are kept.")
    ] = 30
