"""The endpoints that an application serves, and how each is described."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sanic import Sanic

from core.endpoint import Contract
from core.web.openapi.parameters import parameters
from core.web.openapi.responses import responses
from core.web.openapi.schemas import Schemas

METHODS = ("get", "post", "put", "patch", "delete")


@dataclass(frozen=True)
class Operation:
    """One method at one path."""

    plugin: str
    path: str
    method: str
    contract: Contract


def operations(app: Sanic[Any, Any]) -> Iterator[Operation]:
    """Yield every operation of every endpoint."""
    for route in app.router.routes:
        contract = getattr(route.handler, "contract", None)
        if contract is None:
            continue
        path = "/" + re.sub(r"<([^:>]+)[^>]*>", r"{\1}", route.path).strip("/")
        for method in METHODS:
            if method.upper() in route.methods:
                yield Operation(_owner(app, route.name, path), path, method, contract)


def _owner(app: Sanic[Any, Any], name: str, path: str) -> str:
    """Return the plugin that serves a route: the one whose blueprint it is in."""
    for part in name.split("."):
        if part in app.ctx.owners:
            return str(app.ctx.owners[part])
    return path.split("/")[3] if path.startswith("/api/v1/") else "core"


def described(each: Operation, schemas: Schemas) -> dict[str, Any]:
    """Return the Operation Object (OpenAPI 3.1, 4.8.10)."""
    contract = each.contract
    operation: dict[str, Any] = {
        "operationId": f"{each.plugin}_{contract.name}",
        "tags": [each.plugin],
        "summary": contract.summary,
        "description": _description(contract),
        "parameters": list(parameters(each.method, contract, schemas)),
        "responses": responses(each.method, contract, schemas),
        "security": [{"bearer": []}] if contract.permission and not contract.who else [],
    }
    if contract.body:
        content = {"application/json": {"schema": schemas[contract.body]}}
        operation["requestBody"] = {"required": True, "content": content}
    if contract.permission:
        operation["x-permission"] = contract.permission
    return operation


def _description(contract: Contract) -> str:
    permission = f"Permission: `{contract.permission}`." if contract.permission else "For anyone."
    limit = f" At most {contract.limit}." if contract.limit else ""
    return f"{contract.description}\n\n{permission}{limit}".strip()
