"""The ``[auth]`` table of plugins.toml."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from core.settings import Settings


class AuthSettings(Settings, frozen=True):
    """How people register and stay signed in."""

    registration: Annotated[
        Literal["open", "closed"], Meta(description="Who may register: everybody, or nobody.")
    ] = "open"
    access_minutes: Annotated[
        int, Meta(ge=1, le=1440, description="Minutes an access token is good for.")
    ] = 15
    refresh_days: Annotated[
        int, Meta(ge=1, le=365, description="Days a device stays signed in without being used.")
    ] = 30
    grace_seconds: Annotated[
        int,
        Meta(ge=0, le=60, description="Seconds in which a refresh token sent twice is forgiven."),
    ] = 15
    bcrypt_rounds: Annotated[
        int, Meta(ge=4, le=16, description="Cost of a password hash; each step doubles it.")
    ] = 12
    default_roles: Annotated[
        tuple[str, ...], Meta(description="Roles that who registers gets.")
    ] = ("user",)
