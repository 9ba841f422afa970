"""The OpenAPI 3.1 document, built from the contracts of the enabled plugins' endpoints."""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib.metadata import version
from typing import Any

import msgspec
from sanic import Sanic

from core.endpoint import Contract
from core.errors import ProblemOut
from core.plugins import Plugins
from core.web.request import LARGEST_ID, Nothing

METHODS = ("get", "post", "put", "patch", "delete")
REFERENCE = "#/components/schemas/{name}"
TITLES = {
    400: "The request cannot be read",
    401: "Not signed in",
    403: "Not permitted",
    404: "There is no such thing",
    405: "The method is not answered here",
    409: "It contradicts what is there",
    412: "It has changed meanwhile",
    413: "The body is too large",
    415: "The body is not JSON",
    422: "What was sent cannot be accepted",
    429: "Too many requests",
    503: "The server is busy; try again",
}
REQUEST_ID = {
    "description": "The id of this request, also in the log.",
    "schema": {"type": "string"},
}


def document(app: Sanic[Any, Any], plugins: Plugins) -> dict[str, Any]:
    """Return the document for what ``app`` serves."""
    operations = list(_operations(app))
    schemas, components = _schemas(operations)
    paths: dict[str, Any] = {}
    for name, path, method, contract in operations:
        operation = _operation(name, method, contract, schemas)
        paths.setdefault(path, {})[method] = operation
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Tenfold",
            "version": version("tenfold"),
            "description": "Errors are `application/problem+json` (RFC 9457).",
        },
        "tags": [{"name": each.name, "description": each.description} for each in plugins],
        "paths": dict(sorted(paths.items())),
        "components": {
            "schemas": components,
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}
            },
        },
    }


Operation = tuple[str, str, str, Contract]


def _operations(app: Sanic[Any, Any]) -> Iterator[Operation]:
    """Yield ``(plugin, path, method, contract)`` of every route that is an endpoint."""
    for route in app.router.routes:
        contract = getattr(route.handler, "contract", None)
        if contract is None:
            continue
        path = "/" + re.sub(r"<([^:>]+)[^>]*>", r"{\1}", route.path).strip("/")
        plugin = path.split("/")[3]
        for method in METHODS:
            if method.upper() in route.methods:
                yield plugin, path, method, contract


def _schemas(operations: list[Operation]) -> tuple[dict[Any, Any], dict[str, Any]]:
    """Return the schema of each type on the wire, and the components they refer to."""
    kinds: list[Any] = [ProblemOut]
    for *_, contract in operations:
        kinds += [kind for kind in (contract.body, contract.query) if kind and kind is not Nothing]
        if contract.status != 204:
            kinds.append(contract.result)
        kinds += contract.path.values()
    unique = list(dict.fromkeys(kinds))
    schemas, components = msgspec.json.schema_components(unique, ref_template=REFERENCE)
    return dict(zip(unique, schemas, strict=True)), components


def _operation(
    plugin: str, method: str, contract: Contract, schemas: dict[Any, Any]
) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": contract.name,
        "tags": [plugin],
        "summary": contract.summary,
        "description": _description(contract),
        "parameters": [*_path(contract), *_query(contract), *_headers(method, contract)],
        "responses": {
            str(contract.status): _success(contract, schemas),
            **{str(status): _problem(status) for status in _failures(method, contract)},
        },
    }
    if method == "get" and _versioned(contract):
        operation["responses"]["304"] = {"description": "It has not changed."}
    if contract.body:
        content = {"application/json": {"schema": schemas[contract.body]}}
        operation["requestBody"] = {"required": True, "content": content}
    if contract.permission:
        operation["security"] = [{"bearer": []}]
        operation["x-permission"] = contract.permission
    return operation


def _description(contract: Contract) -> str:
    permission = f"Permission: `{contract.permission}`." if contract.permission else "For anyone."
    return f"{contract.description}\n\n{permission}".strip()


def _path(contract: Contract) -> Iterator[dict[str, Any]]:
    for name, kind in contract.path.items():
        number = {"type": "integer", "minimum": 1, "maximum": LARGEST_ID}
        schema = number if kind is int else {"type": "string", "minLength": 1}
        yield {"name": name, "in": "path", "required": True, "schema": schema}


def _query(contract: Contract) -> Iterator[dict[str, Any]]:
    for field in msgspec.inspect.type_info(contract.query).fields:  # type: ignore[union-attr]
        schema = msgspec.json.schema(_hint(contract.query, field.name))
        if field.default is not msgspec.NODEFAULT and field.default is not None:
            schema["default"] = field.default
        yield {
            "name": field.encode_name,
            "in": "query",
            "required": field.required,
            "description": schema.pop("description", ""),
            "schema": schema,
        }


def _hint(kind: Any, field: str) -> Any:
    """Return a field's type without ``| None``, which a query string cannot say."""
    hint = next(each.type for each in msgspec.structs.fields(kind) if each.name == field)
    parts = [part for part in getattr(hint, "__args__", ()) if part is not type(None)]
    optional = type(None) in getattr(hint, "__args__", ())
    return parts[0] if optional and len(parts) == 1 else hint


def _headers(method: str, contract: Contract) -> Iterator[dict[str, Any]]:
    text = {"type": "string"}
    if contract.conditional:
        yield {
            "name": "If-Match",
            "in": "header",
            "description": 'The ETag of the version to change, as in `"3"`; otherwise any.',
            "schema": {"type": "string", "pattern": r'^(\*|"[0-9]{1,9}")$'},
        }
    if method == "post" and contract.replay:
        yield {
            "name": "Idempotency-Key",
            "in": "header",
            "description": "Sent again with the same key, the request acts once.",
            "schema": {"type": "string", "pattern": "^[!-~]{1,255}$"},
        }
    if method == "get" and _versioned(contract):
        yield {"name": "If-None-Match", "in": "header", "description": "An ETag.", "schema": text}


def _versioned(contract: Contract) -> bool:
    return "version" in getattr(contract.result, "__struct_fields__", ())


def _success(contract: Contract, schemas: dict[Any, Any]) -> dict[str, Any]:
    headers: dict[str, Any] = {"X-Request-ID": REQUEST_ID}
    if contract.status == 201:
        headers["Location"] = {"description": "Where it is.", "schema": {"type": "string"}}
    if _versioned(contract):
        headers["ETag"] = {"description": "Its version, quoted.", "schema": {"type": "string"}}
    answer: dict[str, Any] = {"description": contract.summary, "headers": headers}
    if contract.status != 204:
        answer["content"] = {"application/json": {"schema": schemas[contract.result]}}
    return answer


def _failures(method: str, contract: Contract) -> list[int]:
    statuses = {400, 422, 429, 503}
    if contract.permission:
        statuses |= {401, 403}
    else:
        statuses |= {401, 403} if contract.body else set()
    if contract.path or contract.body:
        statuses |= {404, 409}
    if contract.body:
        statuses |= {413, 415}
    if contract.conditional:
        statuses.add(412)
    return sorted(statuses)


def _problem(status: int) -> dict[str, Any]:
    schema = {"$ref": REFERENCE.format(name="ProblemOut")}
    return {
        "description": TITLES[status],
        "content": {"application/problem+json": {"schema": schema}},
    }
