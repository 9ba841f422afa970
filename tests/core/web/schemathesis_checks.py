"""What schemathesis is told about this server."""

from __future__ import annotations

from typing import Any

import schemathesis


@schemathesis.hook
def map_body(context: Any, body: Any) -> Any:
    """Send 3 where 3.0 was meant: to a schema the two are one number, here only one is whole."""
    return _whole(body)


def _whole(value: Any) -> Any:
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, dict):
        return {key: _whole(each) for key, each in value.items()}
    return [_whole(each) for each in value] if isinstance(value, list) else value


@schemathesis.check
def every_answer_is_well_formed(ctx: Any, response: Any, case: Any) -> None:
    """What holds for each answer, whatever was asked."""
    headers = {name.lower(): values[0] for name, values in response.headers.items()}
    assert headers.get("x-request-id")
    assert headers.get("cache-control")
    assert headers.get("x-content-type-options") == "nosniff"
    assert "server" not in headers
    if response.status_code >= 400 and case.method.upper() != "HEAD":
        problem = response.json()
        assert problem["status"] == response.status_code
        assert problem["type"] == f"/problems/{problem['code']}"
        assert problem["request_id"] == headers["x-request-id"]
        assert "Traceback" not in response.text


@schemathesis.check
def what_fits_the_schema_is_not_refused_for_its_form(ctx: Any, response: Any, case: Any) -> None:
    """A field is only named in a refusal when its schema says no."""
    positive = case.meta is not None and case.meta.generation.mode.is_positive
    refused = response.status_code in (400, 422) and response.json()["code"] == "invalid"
    if positive and refused:
        named = [each["path"] for each in response.json().get("errors", [])]
        assert all(path == "$" for path in named), response.text
