"""If-Match and If-None-Match: what a client says it knows already (RFC 9110, 13.1)."""

from __future__ import annotations

import re

from sanic import Request

from core.errors import BadRequest, PreconditionFailed
from core.web.request import IfMatch

ENTITY_TAG = r'(?:W/)?"[!#-~]*"'
ENTITY_TAGS = re.compile(rf"\s*{ENTITY_TAG}(?:\s*,\s*{ENTITY_TAG})*\s*")
VERSIONS = re.compile(r'(W/)?"(?:([0-9]{1,9})|[!#-~]*)"')


def read_if_match(request: Request) -> IfMatch:
    """Return what ``If-Match`` allows (RFC 9110, 13.1.1). Raises BadRequest, PreconditionFailed."""
    header = request.headers.get("if-match")
    if header is None or header.strip() == "*":
        return IfMatch()
    if ENTITY_TAGS.fullmatch(header) is None:
        raise BadRequest('If-Match must be an ETag, as in "3", or several, or *.')
    versions = [int(tag[2]) for tag in VERSIONS.finditer(header) if tag[2] and not tag[1]]
    if not versions:
        raise PreconditionFailed('If-Match names no version of this. Send its ETag, as in "3".')
    return IfMatch(versions[:10])


def matches(header: str, etag: str) -> bool:
    """Tell whether ``If-None-Match`` names ``etag`` (RFC 9110, 13.1.2: weak comparison)."""
    return header.strip() == "*" or etag in [
        part.strip().removeprefix("W/") for part in header.split(",")
    ]
