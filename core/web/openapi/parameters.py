"""What a request may say in its path, its query and its headers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from core.endpoint import Contract
from core.web.conditions import ENTITY_TAG
from core.web.openapi.schemas import Schemas, versioned
from core.web.request import LARGEST_ID

SORT = "The order of the items; `-` in front means descending."
IF_MATCH = {
    "name": "If-Match",
    "in": "header",
    "description": "The ETag of the version to change; without it, any version is changed.",
    "schema": {
        "type": "string",
        "pattern": rf"^(\*|{ENTITY_TAG}(, {ENTITY_TAG})*)$",
        "examples": ['"3"'],
    },
}
IF_NONE_MATCH = {
    "name": "If-None-Match",
    "in": "header",
    "description": "The ETag of the version that is known already.",
    "schema": {"type": "string", "examples": ['"3"']},
}
IDEMPOTENCY_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "description": "Sent again with the same key, the request acts once and is answered the same.",
    "schema": {
        "type": "string",
        "pattern": "^[!-~]{1,255}$",
        "examples": ["8e03978e-40d5-43dd-bc93-6894a57f9324"],
    },
}


def parameters(method: str, contract: Contract, schemas: Schemas) -> Iterator[dict[str, Any]]:
    """Yield the Parameter Objects of an operation."""
    yield from _path(contract)
    yield from _query(contract, schemas)
    if contract.conditional:
        yield IF_MATCH
    if method == "post" and contract.replay:
        yield IDEMPOTENCY_KEY
    if method == "get" and versioned(contract.result):
        yield IF_NONE_MATCH


def _path(contract: Contract) -> Iterator[dict[str, Any]]:
    number = {"type": "integer", "minimum": 1, "maximum": LARGEST_ID}
    for name, kind in contract.path.items():
        schema = number if kind is int else {"type": "string", "minLength": 1}
        yield {"name": name, "in": "path", "required": True, "schema": schema}


def _query(contract: Contract, schemas: Schemas) -> Iterator[dict[str, Any]]:
    for field in msgspec.structs.fields(contract.query):
        schema = dict(schemas[_said(field.type)])
        if field.default is not msgspec.NODEFAULT and field.default is not None:
            schema["default"] = field.default
        description = schema.pop("description", SORT if field.name == "sort" else "")
        yield {
            "name": field.encode_name,
            "in": "query",
            "required": field.required,
            **({"description": description} if description else {}),
            "schema": schema,
        }


def queried(contract: Contract) -> list[Any]:
    """Return the types of what may stand behind the question mark."""
    return [_said(field.type) for field in msgspec.structs.fields(contract.query)]


def _said(hint: Any) -> Any:
    """Return a type without ``| None``, which a query string cannot say."""
    parts = getattr(hint, "__args__", ())
    kept = [part for part in parts if part is not type(None)]
    return kept[0] if len(kept) == 1 and len(parts) == 2 else hint
