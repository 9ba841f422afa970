"""What Piccolo itself asks for when it looks for the database: the one in use."""

from __future__ import annotations

from typing import Any

from piccolo.conf.apps import AppRegistry

from core.db.engine import engine

APP_REGISTRY = AppRegistry(apps=[])


def __getattr__(name: str) -> Any:
    if name == "DB":
        return engine()
    raise AttributeError(name)
