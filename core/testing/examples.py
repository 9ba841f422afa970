"""Bodies that an operation accepts, made from its OpenAPI schema."""

from __future__ import annotations

from typing import Any

Schema = dict[str, Any]


def body_of(document: Schema, path: str, method: str) -> Any:
    """Return an example of the body of an operation, None if it takes none."""
    operation = document["paths"][path][method]
    if "requestBody" not in operation:
        return None
    schema = operation["requestBody"]["content"]["application/json"]["schema"]
    return example(schema, document, sparse=method == "patch")


def fields_of(document: Schema, path: str, method: str) -> list[str]:
    """Return the names of what the body of an operation may hold."""
    operation = document["paths"][path][method]
    if "requestBody" not in operation:
        return []
    schema = operation["requestBody"]["content"]["application/json"]["schema"]
    return list(_resolved(schema, document).get("properties", {}))


def example(schema: Schema, document: Schema, *, sparse: bool = False) -> Any:
    """Return a value of a schema: its own example if it has one, else what just fits.

    ``sparse``: where nothing is required, as in a change, give the first field.
    """
    schema = _resolved(schema, document)
    for word in ("examples", "enum"):
        if schema.get(word):
            return schema[word][0]
    if "anyOf" in schema:
        return example(schema["anyOf"][0], document)
    if schema.get("type") == "object":
        wanted = list(schema.get("required", ()))
        if sparse and not wanted:
            wanted = list(schema.get("properties", {}))[:1]
        return {name: example(schema["properties"][name], document) for name in wanted}
    if schema.get("type") == "array":
        return [example(schema["items"], document)] * schema.get("minItems", 0)
    if schema.get("type") == "string":
        if schema.get("format") == "date-time":
            return "2099-01-01T00:00:00Z"
        return "x" * max(schema.get("minLength", 1), 1)
    if schema.get("type") in ("integer", "number"):
        return schema.get("minimum", 1)
    return schema.get("type") == "boolean" or None


def _resolved(schema: Schema, document: Schema) -> Schema:
    while "$ref" in schema:
        found: Any = document
        for part in schema["$ref"].removeprefix("#/").split("/"):
            found = found[part]
        schema = found
    return schema
