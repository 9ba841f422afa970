"""As much of HTTP/1.1 as the load generator has to understand."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Reply:
    """A whole answer: its status, its ETag, and whether the connection ends with it."""

    status: int
    etag: bytes
    closes: bool


def read_reply(data: bytes) -> Reply | None:
    """Give the answer once all of it is there."""
    end = data.find(b"\r\n\r\n")
    if end < 0:
        return None
    head = data[:end].lower()
    length = header(head, b"content-length")
    if length:
        whole = len(data) - end - 4 >= int(length)
    else:
        whole = b"chunked" not in head or data.endswith(b"0\r\n\r\n")
    if not whole:
        return None
    return Reply(int(data[9:12]), header(head, b"etag"), b"\r\nconnection: close" in head)


def header(head: bytes, name: bytes) -> bytes:
    """The value of a header in a head that is in small letters; empty if absent."""
    start = head.find(b"\r\n" + name + b":")
    if start < 0:
        return b""
    start += len(name) + 3
    end = head.find(b"\r\n", start)
    return head[start : end if end >= 0 else len(head)].strip()
