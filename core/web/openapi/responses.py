"""What an operation may answer: its success, and its problems."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from core import errors
from core.db.pagination import Page
from core.endpoint import Contract
from core.errors import Problem
from core.web.openapi.schemas import REFERENCE, Schemas, is_file, versioned

TEXT = {"type": "string"}
HEADERS: dict[str, Any] = {
    "RequestId": {"description": "The id of this request, also in the log.", "schema": TEXT},
    "Location": {"description": "Where it is.", "schema": TEXT, "required": True},
    "ETag": {
        "description": "Its version, quoted.",
        "schema": {"type": "string", "examples": ['"3"']},
        "required": True,
    },
    "Link": {"description": 'Where the next page is, as `rel="next"`.', "schema": TEXT},
    "RetryAfter": {"description": "Seconds to wait.", "schema": {"type": "integer"}},
    "Challenge": {"description": "How to sign in.", "schema": TEXT, "required": True},
}
EXAMPLES: dict[type[Problem], str] = {
    errors.BadRequest: "The body is not valid JSON: Input data was truncated",
    errors.Unauthorized: "Sign in: send the header Authorization: Bearer <access token>.",
    errors.Forbidden: "This needs a permission that you do not hold.",
    errors.NotFound: "There is no such thing.",
    errors.Conflict: "The first request with this Idempotency-Key is still running.",
    errors.PreconditionFailed: "This is at version 4 now. Read it again and repeat the change.",
    errors.TooLarge: "A body may have 1,048,576 bytes here.",
    errors.UnsupportedMediaType: "Send JSON, with the header Content-Type: application/json.",
    errors.Invalid: "Object contains unknown field `titel` (body, at $).",
    errors.HeadTooLarge: "Send a shorter address and fewer headers.",
    errors.TooManyRequests: "Too many people sign in at this moment. Try again in a few seconds.",
    errors.Unavailable: "The database is busy or away. Try again.",
}
EXTRA = {401: {"WWW-Authenticate": "Challenge"}, 429: {"Retry-After": "RetryAfter"}}
EXTRA[503] = EXTRA[429]


def responses(method: str, contract: Contract, schemas: Schemas) -> dict[str, Any]:
    """Return the Responses Object of an operation."""
    answers = {str(contract.status): _success(contract, schemas)}
    for status, result in contract.others.items():
        content = {"application/json": {"schema": schemas[result]}}
        headers = _headers({"X-Request-ID": "RequestId"})
        answers[str(status)] = {
            "description": _phrase(status),
            "headers": headers,
            "content": content,
        }
    if method == "get" and versioned(contract.result):
        answers["304"] = {
            "description": "It has not changed.",
            "headers": _headers({"X-Request-ID": "RequestId", "ETag": "ETag"}),
        }
    for kind in EXAMPLES:
        if kind.status in _failures(method, contract):
            answers[str(kind.status)] = {"$ref": f"#/components/responses/{kind.__name__}"}
    return answers


def problems() -> dict[str, Any]:
    """Return the Response Objects that operations share."""
    return {kind.__name__: _problem(kind, detail) for kind, detail in EXAMPLES.items()}


def _success(contract: Contract, schemas: Schemas) -> dict[str, Any]:
    headers = {"X-Request-ID": "RequestId"}
    if contract.status == 201:
        headers["Location"] = "Location"
    if versioned(contract.result):
        headers["ETag"] = "ETag"
    if getattr(contract.result, "__origin__", None) is Page:
        headers["Link"] = "Link"
    answer = {"description": _phrase(contract.status), "headers": _headers(headers)}
    if is_file(contract.result):
        file = {"type": "string", "contentEncoding": "binary"}
        answer["content"] = {contract.result.media_type: {"schema": file}}
    elif contract.status != 204:
        answer["content"] = {"application/json": {"schema": schemas[contract.result]}}
    return answer


def _phrase(status: int) -> str:
    return HTTPStatus(status).phrase


def _headers(names: dict[str, str]) -> dict[str, Any]:
    return {
        header: {"$ref": f"#/components/headers/{component}"} for header, component in names.items()
    }


def _failures(method: str, contract: Contract) -> set[int]:
    """Return the statuses that an operation may fail with, as far as its contract tells."""
    statuses = {400, 401, 422, 429, 431, 503}
    if contract.permission or contract.body or contract.path:
        statuses.add(403)
    if contract.path or contract.body or not contract.permission:
        statuses.add(404)
    if method != "get":
        statuses.add(409)
    if contract.body or method not in ("get", "delete"):
        statuses.add(413)
    if contract.body:
        statuses.add(415)
    if contract.conditional:
        statuses.add(412)
    return statuses


def _problem(kind: type[Problem], detail: str) -> dict[str, Any]:
    headers = {"X-Request-ID": "RequestId", **EXTRA.get(kind.status, {})}
    example = kind(detail).out("5f0c9b2f64e5d8a1c3b7e604")
    content = {"schema": {"$ref": f"{REFERENCE}Problem"}, "example": example}
    return {
        "description": kind.title,
        "headers": _headers(headers),
        "content": {"application/problem+json": content},
    }
