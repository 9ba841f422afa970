"""The ``[auth]`` table of plugins.toml."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from core.settings import Settings


class AuthSettings(Settings, frozen=True):
    """How people register and stay signed in."""

    registration: Annotated[
        Literal["open", "invite", "closed"],
        Meta(description="Who may register: everybody, who was invited, or nobody."),
    ] = "open"
    email_verification: Annotated[
        Literal["optional", "required"],
        Meta(description="`required`: who registers first follows the link in a mail."),
    ] = "optional"
    verify_hours: Annotated[
        int, Meta(ge=1, le=168, description="Hours a link that confirms an address is good for.")
    ] = 24
    reset_minutes: Annotated[
        int, Meta(ge=5, le=1440, description="Minutes a link that sets a password is good for.")
    ] = 60
    invitation_days: Annotated[
        int, Meta(ge=1, le=365, description="Days an invitation is good for.")
    ] = 7
    link_page: Annotated[
        str,
        Meta(
            pattern="^/[^#]*$",
            description="The page below `core.public_url` that links in mails lead to, with the "
            "code behind `#`. Name a page of your own that asks the API, if you have one.",
        ),
    ] = "/account"
    algorithm: Annotated[
        Literal["HS256", "EdDSA", "RS256"],
        Meta(
            description="Signs access tokens. With EdDSA and RS256 others may check them too, with "
            "the keys at `/.well-known/jwks.json`."
        ),
    ] = "HS256"
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
    guesses_account: Annotated[
        int,
        Meta(
            ge=3,
            le=1000,
            description="Wrong passwords an account takes in an hour: a third by its username, a "
            "third by its address, a third from where its owner has signed in before.",
        ),
    ] = 30
    guesses_address: Annotated[
        int,
        Meta(ge=1, le=1_000_000, description="Wrong passwords from one IP address in 5 minutes."),
    ] = 10
    guesses_all: Annotated[
        int,
        Meta(ge=1, le=1_000_000, description="Wrong passwords from strangers in 5 minutes."),
    ] = 1000
    mails_per_day: Annotated[
        int,
        Meta(ge=1, le=1000, description="Mails that one address may be made to get in a day."),
    ] = 5
    audit_days: Annotated[
        int, Meta(ge=1, le=3650, description="Days that what matters for security is kept.")
    ] = 365
    default_roles: Annotated[
        tuple[str, ...], Meta(description="Roles that who registers gets.")
    ] = ("user",)
