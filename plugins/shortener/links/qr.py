"""QR codes of links."""

from __future__ import annotations

from io import BytesIO
from typing import ClassVar

import segno

from core import Download


class Svg(Download, frozen=True):
    """A picture in SVG."""

    media_type: ClassVar[str] = "image/svg+xml"


class Png(Download, frozen=True):
    """A picture in PNG."""

    media_type: ClassVar[str] = "image/png"


def svg(url: str, *, size: int = 8, border: int = 4, error: str = "m") -> bytes:
    """Return the QR code of ``url``; ``size`` in pixels a module."""
    return _drawn(url, "svg", size, border, error)


def png(url: str, *, size: int = 8, border: int = 4, error: str = "m") -> bytes:
    """Return the QR code of ``url``; ``size`` in pixels a module."""
    return _drawn(url, "png", size, border, error)


def _drawn(url: str, kind: str, size: int, border: int, error: str) -> bytes:
    file = BytesIO()
    code = segno.make_qr(url, error=error, boost_error=False)
    code.save(file, kind=kind, scale=size, border=border, light="#fff")
    return file.getvalue()
