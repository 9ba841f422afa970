"""What an operator may set under [todo_backend] in plugins.toml."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from core import Settings


class TodoBackendSettings(Settings, frozen=True):
    """The settings of the public list."""

    longest_list: Annotated[
        int, Meta(ge=1, le=1000, description="How many todos are kept; the oldest go first.")
    ] = 1000
