"""Why nothing was fetched."""

from __future__ import annotations


class OutgoingError(Exception):
    """Another server could not be asked, or did not answer."""


class OutgoingRefused(OutgoingError):
    """We do not ask that: the address is not one of the public internet, or the URL is odd."""
