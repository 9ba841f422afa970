"""Realtime: what happens is told at once to whoever follows it. Always on."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from typing import Any

from sanic import Blueprint, Sanic

from core.plugins import Plugin, hookimpl
from core.realtime.routes import realtime
from core.realtime.settings import RealtimeSettings
from core.realtime.worker import working

PLUGIN = Plugin(
    name="realtime",
    title="Realtime",
    description="Channels by WebSocket and Server-Sent Events.",
    requires=["core", "auth"],
    settings=RealtimeSettings,
)


@hookimpl
def register_tables() -> str:
    return "core.realtime.piccolo_app"


@hookimpl
def register_routes() -> Blueprint:
    return realtime


@hookimpl
def lifespan(app: Sanic[Any, Any], settings: RealtimeSettings) -> AbstractAsyncContextManager[None]:
    return working(app, settings)
