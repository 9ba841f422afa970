"""One question to another server, over connections whose addresses were checked."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Mapping
from functools import cache

import httpcore
import httpx

from core.outgoing.client import Fetched
from core.outgoing.connecting import CheckedNetwork, Resolve
from core.outgoing.connecting import resolve as by_system
from core.outgoing.refusals import OutgoingError
from core.outgoing.urls import checked

REDIRECTS, SAME_METHOD = {301, 302, 303, 307, 308}, {307, 308}
FRAMING = {"host", "content-length", "transfer-encoding"}
HEADERS = {"user-agent": "Tenfold", "accept-encoding": "identity"}


async def asked(
    method: str,
    url: str,
    *,
    content: bytes,
    headers: Mapping[str, str] | None,
    timeout: float,
    most: int,
    redirects: int,
    resolve: Resolve | None,
    private: bool,
) -> Fetched:
    """Ask, as ``core.fetch`` says. ``private``: whether private networks may be reached."""
    wanted = httpx.Request(method, checked(url, private=private), headers=headers, content=content)
    wanted.headers = httpx.Headers(HEADERS | dict(wanted.headers))
    try:
        async with (
            asyncio.timeout(timeout),
            _Transport(resolve or by_system, private=private) as transport,
        ):
            for _ in range(redirects):
                answer = await transport.handle_async_request(wanted)
                if (following := _following(wanted, answer, private=private)) is None:
                    return await _read(wanted, answer, most)
                await answer.aclose()
                wanted = following
            return await _read(wanted, await transport.handle_async_request(wanted), most)
    except TimeoutError:
        raise OutgoingError(f"There was no whole answer within {timeout:g} seconds.") from None
    except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError) as error:
        raise OutgoingError(f"{type(error).__name__}: {error}"[:300]) from error


def _following(
    asked: httpx.Request, answer: httpx.Response, *, private: bool
) -> httpx.Request | None:
    """Return what a redirect asks for, if it is one. Raises OutgoingRefused.

    The body goes only where the method stays, and our own headers only to the same host.
    """
    location = answer.headers.get("location")
    if answer.status_code not in REDIRECTS or location is None:
        return None
    url = checked(str(asked.url.join(location)), private=private)
    stays = answer.status_code in SAME_METHOD or asked.method in ("GET", "HEAD")
    same_host = (url.scheme, url.netloc) == (asked.url.scheme, asked.url.netloc)
    kept = {name: value for name, value in asked.headers.items() if name not in FRAMING}
    return httpx.Request(
        asked.method if stays else "GET",
        url,
        headers=kept if same_host else HEADERS,
        content=asked.content if stays and same_host else None,
    )


async def _read(asked: httpx.Request, answer: httpx.Response, most: int) -> Fetched:
    """Read up to ``most`` bytes of the body and close the connection."""
    body = bytearray()
    try:
        async for part in answer.stream:  # type: ignore[union-attr]
            body += part
            if len(body) > most:
                break
    finally:
        await answer.aclose()
    whole = len(body) <= most
    return Fetched(answer.status_code, answer.headers, bytes(body[:most]), str(asked.url), whole)


class _Transport(httpx.AsyncHTTPTransport):
    """Speaks HTTP over connections that are checked; knows no proxies."""

    def __init__(self, resolve: Resolve, *, private: bool) -> None:
        network = CheckedNetwork(resolve, private=private)
        self._pool = httpcore.AsyncConnectionPool(ssl_context=_tls(), network_backend=network)


@cache
def _tls() -> ssl.SSLContext:
    """Return what checks certificates; made once, for that takes long."""
    return httpx.create_ssl_context()
