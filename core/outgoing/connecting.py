"""Connections to addresses that were checked: to these very addresses, not to a name."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from ipaddress import ip_address
from typing import Any

import httpcore

from core.outgoing.addresses import is_public
from core.outgoing.refusals import OutgoingRefused

Resolve = Callable[[str, int], Awaitable[list[str]]]
MOST_TRIED = 4

_threads = ThreadPoolExecutor(32, "names")


async def resolve(host: str, port: int) -> list[str]:
    """Return the addresses of a name, in the order in which to try them. Raises OSError.

    In threads of its own: the loop has two for all names, and a name server that does not answer
    would keep it from finding the database and the mail server.
    """
    ask = partial(socket.getaddrinfo, host, port, type=socket.SOCK_STREAM)
    found = await asyncio.get_running_loop().run_in_executor(_threads, ask)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


class CheckedNetwork(httpcore.AsyncNetworkBackend):
    """Looks a name up once, checks all it is told, and connects to what it has checked.

    The name stays in the Host header and in TLS, where the certificate is checked against it.
    """

    def __init__(self, resolve: Resolve, *, private: bool) -> None:
        self._resolve, self._private = resolve, private
        self._network = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Connect to the first address that answers. Raises OutgoingRefused."""
        failure: Exception = httpcore.ConnectError(f"{host} has no address.")
        for address in (await self._addresses(host, port))[:MOST_TRIED]:
            try:
                return await self._network.connect_tcp(address, port, timeout, local_address)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
        raise failure

    async def _addresses(self, host: str, port: int) -> list[str]:
        try:
            found = await self._resolve(host, port)
        except (OSError, UnicodeError) as error:
            raise httpcore.ConnectError(f"{host} has no address: {error}") from error
        for each in found:
            if not self._private and not is_public(ip_address(each)):
                raise OutgoingRefused(f"{host} has an address that is not of the public internet.")
        return found

    async def connect_unix_socket(self, *_: Any, **__: Any) -> httpcore.AsyncNetworkStream:
        """Never connect to a file of this machine."""
        raise OutgoingRefused("Only hosts on the internet can be asked.")

    async def sleep(self, seconds: float) -> None:
        """Wait between two attempts to connect."""
        await asyncio.sleep(seconds)
