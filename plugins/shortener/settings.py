"""The settings of the shortener."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from core import Settings

Days = Annotated[int, Meta(ge=1, le=3650)]
Often = Annotated[str, Meta(pattern=r"^[1-9][0-9]{0,6}/(second|minute|hour|day)$")]


class ShortenerSettings(Settings, frozen=True):
    """The ``[shortener]`` table of plugins.toml."""

    prefix: Annotated[
        str,
        Meta(
            pattern=r"^(/[a-z0-9][a-z0-9-]{0,30})?$",
            description="Where short links begin; empty: right behind the host.",
        ),
    ] = "/s"
    code_length: Annotated[
        int, Meta(ge=5, le=20, description="Characters of a code that is made at random.")
    ] = 7
    domains: Annotated[
        list[str], Meta(description="Other hosts of this server: no link may lead there.")
    ] = []
    reserved: Annotated[list[str], Meta(description="Further codes that nobody may choose.")] = []
    anonymous: Annotated[
        bool, Meta(description="Whether people may shorten without an account.")
    ] = False
    blocklist: Annotated[
        str, Meta(description="File of domains, one a line, that no link may lead to.")
    ] = ""
    country_header: Annotated[
        str,
        Meta(
            pattern="^[a-z0-9-]{0,60}$",
            description="Header in which a trusted proxy tells the country, as `cf-ipcountry`.",
        ),
    ] = ""
    permanent_seconds: Annotated[
        int, Meta(ge=0, le=86_400, description="How long browsers may keep a 301 or 308.")
    ] = 3600
    quarantine_days: Annotated[
        Days, Meta(description="Days until the code of a deleted link may be used again.")
    ] = 90
    visit_days: Annotated[Days, Meta(description="Days that single visits are kept.")] = 365
    misses: Annotated[Often, Meta(description="Unknown codes that an address may ask for.")] = (
        "60/minute"
    )
    guesses: Annotated[Often, Meta(description="Wrong passwords for a link, from one address.")] = (
        "10/minute"
    )
