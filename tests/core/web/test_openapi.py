"""The OpenAPI document is valid, and it is true."""

from __future__ import annotations

import json
import re
from typing import Any, Generic, Literal, TypeVar

import jsonschema_rs
import msgspec
import pytest
import schemathesis

from core.db.pagination import Page
from core.web.openapi.operations import operations
from core.web.openapi.schemas import Schemas
from core.web.request import LARGEST_ID


@pytest.fixture
async def document(client: Any) -> dict[str, Any]:
    """Return what is served at /openapi.json."""
    answer = await client.get("/openapi.json")
    assert answer.headers["content-type"] == "application/json"
    found: dict[str, Any] = answer.json()
    return found


def every(document: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    return [
        (path, method, operation)
        for path, item in document["paths"].items()
        for method, operation in item.items()
    ]


def test_the_document_is_valid(document: dict[str, Any]) -> None:
    assert document["openapi"].startswith("3.1")
    schemathesis.openapi.from_dict(document).validate()
    for schema in document["components"]["schemas"].values():
        jsonschema_rs.meta.validate({"$schema": DIALECT, **schema})


DIALECT = "https://json-schema.org/draft/2020-12/schema"


def test_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    for reference in re.findall(r'"\$ref": "#/([^"]+)"', json.dumps(document)):
        found: Any = document
        for part in reference.split("/"):
            found = found[part]
        assert found


def test_every_component_is_used(document: dict[str, Any]) -> None:
    text = json.dumps(document)
    for kind in ("schemas", "responses", "headers"):
        for name in document["components"][kind]:
            assert f'"#/components/{kind}/{name}"' in text, name


def test_every_operation_of_every_endpoint_is_there(document: dict[str, Any], server: Any) -> None:
    served = {(each.path, each.method) for each in operations(server.app)}
    assert served == {(path, method) for path, method, _ in every(document)}
    assert len(served) >= 15


def test_every_operation_says_all_that_a_client_needs(document: dict[str, Any]) -> None:
    tags = {tag["name"] for tag in document["tags"]}
    for path, method, operation in every(document):
        case = f"{method} {path}"
        assert operation["summary"], case
        assert set(operation["tags"]) <= tags, case
        assert "ermission: `" in operation["description"] or "anyone" in operation["description"]
        assert bool(operation["security"]) is ("x-permission" in operation), case
        assert {"400", "401", "422", "429", "503"} <= set(operation["responses"]), case
        assert any(status.startswith("2") for status in operation["responses"]), case
        named = set(re.findall(r"{(\w+)}", path))
        assert named == {each["name"] for each in operation["parameters"] if each["in"] == "path"}
        for each in operation["parameters"]:
            assert each["schema"], case


def test_what_anyone_may_ask_for_may_be_kept_from_them(document: dict[str, Any]) -> None:
    shared = document["paths"]["/api/v1/notes/shared/{token}"]
    for method in ("get", "post"):
        assert {"403", "404"} <= set(shared[method]["responses"])


def test_bodies_and_parameters_are_closed(document: dict[str, Any]) -> None:
    for path, method, operation in every(document):
        if "requestBody" in operation:
            schema = operation["requestBody"]["content"]["application/json"]["schema"]
            named = document["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]]
            assert named["additionalProperties"] is False, (path, method)


def test_names_read_well(document: dict[str, Any]) -> None:
    for name, schema in document["components"]["schemas"].items():
        assert re.fullmatch(r"[A-Z][A-Za-z0-9]+", name), name
        assert schema["title"] == name
        assert schema["description"], name
    assert {"Task", "TaskPage", "NewTask", "Problem"} <= set(document["components"]["schemas"])


def test_examples_fit_their_schemas(document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]
    for response in document["components"]["responses"].values():
        content = response["content"]["application/problem+json"]
        schema = {**content["schema"], "components": {"schemas": schemas}}
        jsonschema_rs.validate(schema, content["example"])
    for schema in schemas.values():
        for part in schema.get("properties", {}).values():
            for example in part.get("examples", ()):
                jsonschema_rs.validate(part, example)


def test_times_say_that_they_are_times(document: dict[str, Any]) -> None:
    task = document["components"]["schemas"]["Task"]["properties"]
    assert task["created_at"] == {"type": "string", "format": "date-time"}
    assert {"type": "string", "format": "date-time"} in task["completed_at"]["anyOf"]


def test_an_id_has_the_bounds_that_the_server_holds(document: dict[str, Any]) -> None:
    (id,) = [
        each
        for each in document["paths"]["/api/v1/todo/tasks/{id}"]["get"]["parameters"]
        if each["name"] == "id"
    ]
    assert id["schema"] == {"type": "integer", "minimum": 1, "maximum": LARGEST_ID}


T = TypeVar("T")


class Pair(msgspec.Struct, Generic[T]):
    """Two of a kind."""

    first: T
    second: T


def test_two_classes_of_one_name_are_told_apart() -> None:
    from core.auth.schemas.accounts import UserOut

    other = msgspec.defstruct("UserOut", [("name", str)], module="plugins.shop.schemas")
    schemas = Schemas([UserOut, other, Page[other], Pair[UserOut]])  # type: ignore[valid-type]
    names = {"AuthUserOut", "ShopUserOut", "UserPage", "UserPair"}
    assert set(schemas.components) == names
    assert schemas[other] == {"$ref": "#/components/schemas/ShopUserOut"}
    items = schemas.components["UserPage"]["properties"]["items"]["items"]
    assert items == {"$ref": "#/components/schemas/ShopUserOut"}


def named(name: str, module: str, **fields: Any) -> Any:
    return msgspec.defstruct(name, list(fields.items()), module=module)


def of(generic: Any, kind: Any) -> Any:
    return generic[kind]


def test_pages_of_two_plugins_classes_of_one_name_are_told_apart() -> None:
    ours, theirs = named("Link", "plugins.shop.schemas", a=int), named("Link", "far.wire", b=int)
    schemas = Schemas([of(Page, ours), of(Page, theirs)])
    assert set(schemas.components) == {"ShopLink", "FarLink", "ShopLinkPage", "FarLinkPage"}
    for kind, name in ((ours, "ShopLink"), (theirs, "FarLink")):
        page = schemas.components[schemas[of(Page, kind)]["$ref"].rpartition("/")[2]]
        assert page["properties"]["items"]["items"] == {"$ref": f"#/components/schemas/{name}"}


def test_any_names_are_told_apart_and_read_well() -> None:
    """Whatever an author calls a class and its module, each has a component of its own."""
    kinds: list[Any] = [
        named("Link", "shop", a=int),
        named("Link", "shop", b=int),
        named("Link2", "shop", c=int),
        named("ShopLink", "other", d=int),
        named("Link", "plugins.shop.a.b", e=int),
        named("Größe", "shop", f=int),
        named("_", "shop", g=int),
        named("Out", "shop", h=int),
        named("LinkPage", "shop", i=int),
    ]
    pages: list[Any] = [of(Page, each) for each in kinds]
    pairs: list[Any] = [
        of(Pair, pages[0]),
        of(Pair, pages[1]),
        Pair[list[int]],
        Pair[int | None],
        Pair[Literal["a", 1]],
    ]
    both = named("Both", "shop", first=pages[0], second=pages[1])
    everything = [*kinds, *pages, *pairs, both]
    schemas = Schemas(everything)
    assert len(schemas.components) == len({schemas[each]["$ref"] for each in everything})
    for each in kinds:
        component = schemas.components[schemas[each]["$ref"].rpartition("/")[2]]
        assert list(component["properties"]) == list(each.__struct_fields__)
    for name in schemas.components:
        assert re.fullmatch(r"[A-Z][A-Za-z0-9]*", name), name
