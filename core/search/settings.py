"""Settings of the search over everything."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from core.settings import Settings


class SearchSettings(Settings, frozen=True):
    """The ``[search]`` table of plugins.toml."""

    seconds: Annotated[
        float, Meta(gt=0, le=30, description="How long a plugin may search before it is left out.")
    ] = 2.0
