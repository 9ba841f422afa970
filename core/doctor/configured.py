"""What the settings say, where it does not fit together."""

from __future__ import annotations

from collections.abc import Iterator

from core.doctor.findings import Finding, bad, look, ok
from core.places import socket_file
from core.settings import CoreSettings
from core.web.address import is_secure, public_url_of


def public(core: CoreSettings) -> Iterator[Finding]:
    """Look at where people reach the server, and through whom."""
    production = core.environment == "production"
    if production and not is_secure(core):
        yield bad(
            "public_url",
            f"In production people reach {public_url_of(core)} without TLS: set core.public_url "
            "to https://… and put a proxy with a certificate in front.",
        )
    elif is_secure(core) and not production:
        yield look("environment", 'It is development: set core.environment = "production".')
    else:
        yield ok("public_url", f"People reach {public_url_of(core)} ({core.environment}).")
    through_file = socket_file(core.host) is not None
    if (is_secure(core) or through_file) and not core.trusted_proxies:
        said = "host is a socket file" if through_file else "public_url is https"
        yield look(
            "proxies",
            f"No proxy is trusted, though {said}: every client has the proxy's address, and they "
            f"share one limit{_and_room(core)}. Name it in core.trusted_proxies.",
        )


def _and_room(core: CoreSettings) -> str:
    """Say how few connections those may hold together who come by a port from one address."""
    if socket_file(core.host) is not None:
        return ""
    return f" and {core.connections_of_one:,} of a worker's {core.max_connections:,} connections"


def outgoing(core: CoreSettings) -> Iterator[Finding]:
    """Look at where webhooks and whatever else users have fetched may reach."""
    if core.outgoing_private and core.environment == "production":
        yield bad(
            "outgoing",
            "Users may let this server ask others in its own network: unset core.outgoing_private, "
            "which is for development.",
        )


def mail(core: CoreSettings) -> Iterator[Finding]:
    """Look at where mails go."""
    if core.mail:
        yield ok("mail", f"It is sent from {core.mail_from}.")
    elif core.environment == "production":
        yield bad(
            "mail",
            "It goes into the folder data/mail, so nobody can reset a password: "
            "set $TENFOLD_CORE__MAIL to smtp://user:password@host:587",
        )
    else:
        yield ok("mail", "It goes into the folder data/mail, which is good for development.")
