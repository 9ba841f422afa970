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
                yield Operation(path.split("/")[3], path, method, contract)


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
        "security": [{"bearer": []}] if contract.permission else [],
    }
    if contract.body:
        content = {"application/json": {"schema": schemas[contract.body]}}
        operation["requestBody"] = {"required": True, "content": content}
    if contract.permission:
        operation["x-permission"] = contract.permission
    return operation


def _description(contract: Contract) -> str:
    permission = f"Permission: `{contract.permission}`." if contract.permission else "For anyone."
    return f"{contract.description}\n\n{permission}".strip()
