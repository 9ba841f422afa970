"""Settings: typed values from plugins.toml and the environment; all mistakes at once."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from core.places import socket_file, wrong_database, wrong_networks, wrong_origins, wrong_url

Secret = Annotated[str, Meta(extra={"secret": True})]
"""A setting read from the environment or a file, never from plugins.toml, and shown masked."""

Limit = Annotated[
    str,
    Meta(
        pattern=r"^(usual|off|[1-9][0-9]{0,8} ?(/|per) ?([1-9][0-9]{0,3} ?)?"
        r"(second|minute|hour|day)s?)?$",
        extra={"write": "600/minute, 20 per 10 seconds, off or usual"},
    ),
]
LIMIT = "`600/minute`; `off`; `usual`: see docs/operations.md."


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Subclass it for a plugin's settings: each field has a type, a default and a description.

    The description is in its ``Annotated[..., Meta(description="...")]``, with the bounds.
    """

    def mistakes(self) -> Mapping[str, str | None]:
        """Return what the types cannot say: by the setting's name, a sentence where it is wrong."""
        return {}


class CoreSettings(Settings, frozen=True):
    """The ``[core]`` table of plugins.toml."""

    host: Annotated[
        str,
        Meta(
            min_length=1,
            description="Address to listen on; `unix:/run/tenfold/http.sock`: a socket file, for a "
            "proxy on this machine.",
        ),
    ] = "127.0.0.1"
    port: Annotated[int, Meta(ge=1, le=65535, description="Port to listen on.")] = 8000
    workers: Annotated[
        int, Meta(ge=0, le=256, description="Web worker processes; 0 means one a core.")
    ] = 0
    runner: Annotated[
        bool, Meta(description="Run tasks here, in a process beside the web workers.")
    ] = True
    drain_seconds: Annotated[
        float,
        Meta(
            ge=0,
            le=300,
            description="Seconds to go on serving, not ready, when told to stop: load balancers.",
        ),
    ] = 0
    stop_seconds: Annotated[
        float, Meta(gt=0, le=300, description="Seconds requests have to end when a worker stops.")
    ] = 8
    data: Annotated[
        str, Meta(min_length=1, description="Folder for what is kept: database, secrets.")
    ] = "data"
    database: Annotated[
        str,
        Meta(
            description="`sqlite:///path` (empty: tenfold.db in the data folder) or `postgres://…`."
        ),
    ] = ""
    database_pool: Annotated[
        int, Meta(ge=2, le=200, description="PostgreSQL connections a worker keeps.")
    ] = 8
    database_wait: Annotated[
        float, Meta(gt=0, le=60, description="Seconds a request waits for its turn to write.")
    ] = 5.0
    database_sync: Annotated[
        Literal["normal", "full"],
        Meta(
            description="SQLite: `full` also survives a power cut without losing the last commits."
        ),
    ] = "normal"
    secret: Annotated[
        Secret,
        Meta(
            description="Signs tokens, 32 characters or more; made on the first start if not given."
        ),
    ] = ""
    public_url: Annotated[
        str,
        Meta(
            description="Where people reach this server, as in `https://example.org`; links in "
            "mails begin with it. With https, browsers are told to use nothing else."
        ),
    ] = ""
    mail: Annotated[
        Secret,
        Meta(description="`smtp://user:password@host:587`; empty: into the folder data/mail."),
    ] = ""
    mail_from: Annotated[str, Meta(description="The sender of mails.")] = "tenfold@localhost"
    environment: Annotated[
        Literal["development", "production"],
        Meta(description="`production` refuses what is only good for trying things out."),
    ] = "development"
    cache: Annotated[
        str,
        Meta(
            pattern=r"^(memory://|rediss?://[^/\s]+(/[0-9]{1,4})?)$",
            extra={"write": "memory://, redis://:password@host:6379/0 or rediss://…"},
            description="`memory://` (each worker for itself) or `redis://:password@host:6379/0`, "
            "`rediss://…` over TLS.",
        ),
    ] = "memory://"
    trusted_proxies: Annotated[
        list[str],
        Meta(
            description="Networks of the proxies in front, whose word on the client's address is "
            "taken: `10.0.0.0/8`, `fd00::/8`, one address, `unix` for a socket file."
        ),
    ] = []
    proxy_header: Annotated[
        Literal["x-forwarded-for", "forwarded"],
        Meta(description="The header in which those proxies write the client's address."),
    ] = "x-forwarded-for"
    cors_origins: Annotated[
        list[str],
        Meta(
            description="Sites whose pages may ask from a browser: `https://app.example.org`; "
            "`*`: all."
        ),
    ] = []
    max_connections: Annotated[
        int, Meta(ge=10, le=100_000, description="Connections a worker holds at a time.")
    ] = 1000
    max_connections_per_address: Annotated[
        int,
        Meta(
            ge=0,
            le=100_000,
            description="How many of them one address may hold, trusted proxies aside; 0: half.",
        ),
    ] = 0
    head_seconds: Annotated[
        float, Meta(ge=1, le=300, description="Seconds a client may take for a request's head.")
    ] = 10.0
    least_speed: Annotated[
        float,
        Meta(
            ge=0,
            description="Bytes a second that a client must send of a body, or fetch of an answer, "
            "measured over `head_seconds`.",
        ),
    ] = 500.0
    idle_seconds: Annotated[
        float, Meta(ge=1, le=3600, description="Seconds a connection may stay without a request.")
    ] = 75.0
    max_body: Annotated[int, Meta(ge=1024, description="Largest JSON body, in bytes.")] = 1_048_576
    log: Annotated[
        Literal["plain", "json"], Meta(description="Lines for people, or a JSON object on each.")
    ] = "plain"
    access_log: Annotated[bool, Meta(description="A line in the log for each request.")] = True
    metrics: Annotated[
        Literal["local", "public", "off"],
        Meta(description="Who may read `/metrics`: this machine, anybody, nobody."),
    ] = "local"
    metrics_token: Annotated[
        Secret,
        Meta(description="Who sends it as a bearer token may read `/metrics`, and nobody else."),
    ] = ""
    limit_read: Annotated[Limit, Meta(description=f"Reads a user may make. {LIMIT}")] = "usual"
    limit_write: Annotated[Limit, Meta(description=f"Changes a user may make. {LIMIT}")] = "usual"
    limit_anonymous: Annotated[
        Limit, Meta(description=f"Requests an address may make without signing in. {LIMIT}")
    ] = "usual"
    idempotency_hours: Annotated[
        int, Meta(ge=1, le=720, description="Hours an answer is kept for its Idempotency-Key.")
    ] = 24
    outgoing_private: Annotated[
        bool,
        Meta(
            description="Let webhooks and whatever else users have fetched reach private networks: "
            "for development only."
        ),
    ] = False

    @property
    def connections_of_one(self) -> int:
        """How many of a worker's connections one address may hold."""
        return self.max_connections_per_address or max(self.max_connections // 2, 1)

    def mistakes(self) -> Mapping[str, str | None]:
        """Return what is wrong with places."""
        return {
            "host": "names no file: write unix:/run/tenfold/http.sock"
            if socket_file(self.host) == ""
            else None,
            "database": wrong_database(self.database) if self.database else None,
            "public_url": wrong_url(self.public_url) if self.public_url else None,
            "trusted_proxies": wrong_networks(self.trusted_proxies),
            "cors_origins": wrong_origins(self.cors_origins),
        }


def masked(url: str) -> str:
    """Return ``url`` with stars for the password in it, if there is one."""
    return re.sub(r"(://[^:/@]*:)[^/?#]*@", r"\1****@", url)


def data_folder(core: CoreSettings) -> Path:
    """Return the folder for what is kept; it is made for its owner's eyes only."""
    folder = Path(core.data)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


def worker_count(core: CoreSettings) -> int:
    """Return how many web workers to run."""
    return core.workers or len(os.sched_getaffinity(0))
