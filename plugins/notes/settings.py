"""Settings of notes."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from core import Settings

Days = Annotated[int, Meta(ge=1, le=3650)]


class NotesSettings(Settings, frozen=True):
    """The ``[notes]`` table of plugins.toml."""

    trash_days: Annotated[Days, Meta(description="Days a note stays in the trash.")] = 30
    hourly_days: Annotated[
        Days,
        Meta(description="Days for which one revision an hour is kept; of today all are."),
    ] = 30
    tombstone_days: Annotated[
        Days,
        Meta(description="Days a client may stay away before it has to fetch everything anew."),
    ] = 180
    import_mib: Annotated[
        int, Meta(ge=1, le=1024, description="Largest zip file that is imported, in MiB.")
    ] = 64
    import_files: Annotated[
        int, Meta(ge=1, le=100_000, description="How many files an imported zip may hold.")
    ] = 10_000
    import_unpacked_mib: Annotated[
        int, Meta(ge=1, le=4096, description="Largest sum of unpacked files, in MiB.")
    ] = 256
