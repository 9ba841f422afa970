"""Ask other servers for what users name, without becoming their tool against our own network.

What speaks HTTP takes long to load: workers do it when they start, commands when they ask.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from core.outgoing.connecting import Resolve

_private = False


class Fetched(msgspec.Struct, frozen=True):
    """What another server answered. ``whole`` is false where the body was cut off.

    ``headers`` are found in upper and lower case alike.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes
    url: str
    whole: bool


@contextmanager
def reaching(*, private: bool) -> Iterator[None]:
    """Let what is asked be in private networks while the block runs: for development and tests."""
    global _private
    import_module("core.outgoing.asking")  # now, so that no request waits for it
    before, _private = _private, private
    try:
        yield
    finally:
        _private = before


def may_ask(url: str) -> None:
    """Raise OutgoingRefused for a URL that is never asked, as far as it shows by itself."""
    from core.outgoing.urls import checked

    checked(url, private=_private)


async def fetch(
    method: str,
    url: str,
    *,
    content: bytes = b"",
    headers: Mapping[str, str] | None = None,
    timeout: float = 10.0,
    most: int = 1_000_000,
    redirects: int = 0,
    resolve: Resolve | None = None,
) -> Fetched:
    """Ask a server on the public internet for something.

    ``timeout``: seconds for everything together; ``most``: bytes of the body that are read;
    ``redirects``: how many are followed, each checked like the first address. Raises
    OutgoingRefused for what must not be asked, OutgoingError when there is no answer. Uses no
    proxy, no cookies and no credentials; the body comes as it was sent.
    """
    from core.outgoing.asking import asked

    return await asked(
        method,
        url,
        content=content,
        headers=headers,
        timeout=timeout,
        most=most,
        redirects=redirects,
        resolve=resolve,
        private=_private,
    )
