"""The ``[webhooks]`` table of plugins.toml."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from core.settings import Settings


class WebhooksSettings(Settings, frozen=True):
    """How other servers are told of events."""

    timeout: Annotated[
        float, Meta(gt=0, le=60, description="Seconds in which the other server must answer.")
    ] = 15.0
    keep_days: Annotated[
        int, Meta(ge=1, le=365, description="Days that deliveries are kept, with their attempts.")
    ] = 14
    give_up_days: Annotated[
        int,
        Meta(
            ge=1, le=60, description="Days after which a webhook that always fails is switched off."
        ),
    ] = 5
    rotation_hours: Annotated[
        int,
        Meta(ge=1, le=720, description="Hours that the old secret signs too after a change."),
    ] = 24
    most: Annotated[int, Meta(ge=1, le=1000, description="Webhooks that one user may have.")] = 20
