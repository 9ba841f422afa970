"""The whole document."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.metadata import version
from typing import Any

from sanic import Sanic

from core.errors import ProblemOut
from core.plugins import Plugins
from core.web.openapi.operations import Operation, described, operations
from core.web.openapi.parameters import queried
from core.web.openapi.responses import HEADERS, problems
from core.web.openapi.schemas import Schemas, is_file

DESCRIPTION = """\
Sign in with `POST /api/v1/auth/login` and send `Authorization: Bearer <access token>`.

Errors are `application/problem+json` (RFC 9457); [all of them](/problems). Unknown fields and
parameters are refused. Times are RFC 3339 in UTC. Lists come in pages: `next` of a page is the
`cursor` of the one behind it.
"""
BEARER = {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}


def document(app: Sanic[Any, Any], plugins: Plugins) -> dict[str, Any]:
    """Return the document for what ``app`` serves."""
    served = sorted(operations(app), key=lambda each: each.path)
    schemas = Schemas(_kinds(served))
    paths: dict[str, Any] = {}
    for each in served:
        paths.setdefault(each.path, {})[each.method] = described(each, schemas)
    tags = {each.plugin for each in served}
    return {
        "openapi": "3.1.0",
        "info": {"title": "Tenfold", "version": version("tenfold"), "description": DESCRIPTION},
        "tags": [
            {"name": each.name, "description": f"{each.title}. {each.description}"}
            for each in plugins
            if each.name in tags
        ],
        "paths": paths,
        "components": {
            "schemas": dict(sorted(schemas.components.items())),
            "responses": problems(),
            "headers": HEADERS,
            "securitySchemes": {"bearer": BEARER},
        },
    }


def _kinds(served: list[Operation]) -> Iterator[Any]:
    """Yield every type on the wire."""
    yield ProblemOut
    for each in served:
        contract = each.contract
        if contract.body:
            yield contract.body
        if contract.status != 204 and not is_file(contract.result):
            yield contract.result
        yield from contract.others.values()
        yield from queried(contract)
