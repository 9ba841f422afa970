"""Messages as they go out: made once, however many get them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

from core.realtime.bus import encode
from core.realtime.store import Message
from core.realtime.websocket import text_frame


class Sealed:
    """Messages that follow each other on one channel."""

    def __init__(self, messages: Sequence[Message]) -> None:
        self.messages, self.channel = messages, messages[0].channel

    @cached_property
    def frames(self) -> bytes:
        """The frames for a WebSocket."""
        name = encode(self.channel)
        return b"".join(
            text_frame(
                b'{"type":"message","channel":%b,"id":"%d","data":%b}'
                % (name, each.id, each.body.encode())
            )
            for each in self.messages
        )

    @cached_property
    def events(self) -> bytes:
        """The part of a stream of events, as a chunk (RFC 9112, 7.1)."""
        name = encode(self.channel)
        return chunk(
            b"".join(
                b'id: %d\nevent: message\ndata: {"channel":%b,"id":"%d","data":%b}\n\n'
                % (each.id, name, each.id, each.body.encode())
                for each in self.messages
            )
        )


def chunk(data: bytes) -> bytes:
    """Return a part of an answer whose length is not known."""
    return b"%x\r\n%b\r\n" % (len(data), data)
