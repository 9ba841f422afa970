"""The ``[todo]`` table of plugins.toml."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from core import Settings


class TodoSettings(Settings, frozen=True):
    """How long things are kept."""

    trash_days: Annotated[
        int, Meta(ge=1, le=3650, description="Days until what is in the trash is deleted.")
    ] = 30
    sync_days: Annotated[
        int,
        Meta(
            ge=1,
            le=365,
            description="Days that changes are remembered; who was away longer reads everything.",
        ),
    ] = 30
    reminder_mail: Annotated[
        bool, Meta(description="Whether reminders are sent by mail as well.")
    ] = True
