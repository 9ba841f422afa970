"""The conventions that every route of every enabled plugin keeps."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from core.auth.authorization.permissions import declared
from core.db.pagination import Page, PageQuery
from core.web.openapi.operations import Operation, operations
from core.web.request import Body
from tests.core.web.conftest import problem_of


@pytest.fixture
def every(server: Any) -> list[Operation]:
    """Return every operation of every endpoint."""
    return list(operations(server.app))


def address(each: Operation) -> str:
    """Return a path that leads to the operation, though maybe to nothing that is there."""
    path = each.path
    for name, kind in each.contract.path.items():
        path = path.replace(f"{{{name}}}", "1" if kind is int else "x")
    assert "{" not in path, path
    return path


def called(each: Operation) -> str:
    return f"{each.method.upper()} {each.path}"


def is_page(kind: Any) -> bool:
    return getattr(kind, "__origin__", None) is Page


def test_every_route_of_a_plugin_is_an_endpoint(server: Any) -> None:
    for route in server.app.router.routes:
        parts = route.path.strip("/").split("/")
        if parts[:2] == ["api", "v1"] and len(parts) > 2:
            assert parts[2] in server.plugins, route.path
            assert hasattr(route.handler, "contract"), route.path


def test_every_operation_has_a_summary_of_one_line(every: list[Operation]) -> None:
    for each in every:
        assert 5 < len(each.contract.summary) <= 80, called(each)
        assert each.contract.summary[-1] in ".?", called(each)


def test_an_operation_id_is_unique(every: list[Operation]) -> None:
    names = [each.contract.name for each in every]
    assert sorted(names) == sorted(set(names))


def test_a_permission_is_one_that_the_plugin_declares(every: list[Operation], server: Any) -> None:
    known = {permission.name for permission in declared(server.plugins)}
    for each in every:
        if each.contract.permission is not None:
            assert each.contract.permission in known, called(each)
            assert each.contract.permission.startswith(f"{each.plugin}."), called(each)


def test_unknown_fields_are_refused_everywhere(every: list[Operation]) -> None:
    for each in every:
        for kind in filter(None, (each.contract.body, each.contract.query)):
            for struct in _structs(msgspec.inspect.type_info(kind)):
                assert struct.__struct_config__.forbid_unknown_fields, (called(each), struct)


def _structs(info: Any) -> Iterator[Any]:
    from core.web.bounds import parts

    if isinstance(info, msgspec.inspect.StructType):
        yield info.cls
        for field in info.fields:
            yield from _structs(field.type)
    else:
        for part in parts(info):
            yield from _structs(part)


def test_a_list_comes_in_pages(every: list[Operation]) -> None:
    for each in every:
        contract = each.contract
        assert is_page(contract.result) is issubclass(contract.query, PageQuery), called(each)
        assert getattr(contract.result, "__origin__", None) not in (list, tuple), called(each)
        if is_page(contract.result):
            sort = next(f for f in msgspec.structs.fields(contract.query) if f.name == "sort")
            assert sort.default in sort.type.__args__, called(each)


def test_what_is_created_has_an_address(every: list[Operation]) -> None:
    for each in every:
        if each.contract.status == 201:
            named = each.contract.result.__struct_fields__
            assert "id" in named or hasattr(each.contract.result, "location"), called(each)


def test_a_change_says_only_what_changes(every: list[Operation]) -> None:
    for each in every:
        if each.method == "patch":
            assert issubclass(each.contract.body, Body), called(each)
            assert all(not f.required for f in msgspec.structs.fields(each.contract.body))


def test_what_has_a_version_is_changed_under_if_match(every: list[Operation]) -> None:
    for each in every:
        if each.method == "patch" and "version" in each.contract.result.__struct_fields__:
            assert each.contract.conditional, called(each)


async def test_a_stranger_is_told_to_sign_in(every: list[Operation], client: Any) -> None:
    for each in every:
        if each.contract.permission is not None:
            answer = await client.request(each.method, address(each), json={})
            problem_of(answer, 401, case=called(each))
            assert answer.headers["www-authenticate"].startswith("Bearer"), called(each)


async def test_a_bad_token_is_refused_by_every_operation(
    every: list[Operation], client: Any
) -> None:
    headers = {"authorization": "Bearer x.y.z"}
    for each in every:
        answer = await client.request(each.method, address(each), headers=headers, json={})
        problem_of(answer, 401, case=called(each))


async def test_who_may_nothing_is_told_what_is_missing(
    every: list[Operation], server: Any, ada: Any
) -> None:
    token = server.app.ctx.realm.tokens.make(ada.id, 1, [])
    headers = {"authorization": f"Bearer {token}"}
    for each in every:
        if each.contract.permission is not None:
            answer = await ada.request(each.method, address(each), headers=headers, json={})
            problem = problem_of(answer, 401, 403, case=called(each))
            if answer.status_code == 403:
                assert each.contract.permission in problem["detail"], called(each)


async def test_an_unknown_parameter_is_refused(every: list[Operation], admin: Any) -> None:
    for each in every:
        answer = await admin.request(each.method, f"{address(each)}?surely_unknown=1", json={})
        problem_of(answer, 422, case=called(each))


async def test_an_unknown_field_is_refused(every: list[Operation], admin: Any) -> None:
    for each in every:
        if each.contract.body is not None:
            body = {"surely_unknown": 1}
            answer = await admin.request(each.method, address(each), json=body)
            problem = problem_of(answer, 422, case=called(each))
            assert "surely_unknown" in problem["detail"], called(each)


async def test_a_body_must_say_that_it_is_json(every: list[Operation], admin: Any) -> None:
    for each in every:
        if each.contract.body is not None:
            headers = {"content-type": "text/plain"}
            answer = await admin.request(each.method, address(each), content=b"{}", headers=headers)
            problem_of(answer, 415, case=called(each))


async def test_a_body_must_be_json(every: list[Operation], admin: Any) -> None:
    for each in every:
        if each.contract.body is not None:
            headers = {"content-type": "application/json"}
            answer = await admin.request(each.method, address(each), content=b"{", headers=headers)
            problem_of(answer, 400, case=called(each))


async def test_an_unanswered_method_is_refused(every: list[Operation], admin: Any) -> None:
    for path in {address(each) for each in every}:
        answer = await admin.request("BREW", path)
        problem_of(answer, 405, case=path)
        assert answer.headers["allow"], path


async def test_head_is_answered_wherever_get_is(every: list[Operation], admin: Any) -> None:
    for each in every:
        if each.method == "get" and hasattr(each.contract.result, "__struct_fields__"):
            got = await admin.get(address(each))
            head = await admin.head(address(each))
            assert (head.status_code, head.content) == (got.status_code, b""), called(each)
            assert head.headers["content-type"] == got.headers["content-type"], called(each)


async def test_every_answer_has_the_headers_that_every_answer_has(
    every: list[Operation], admin: Any, client: Any
) -> None:
    for each in every:
        if each.method == "get" and hasattr(each.contract.result, "__struct_fields__"):
            for answer in (await admin.get(address(each)), await client.get(address(each))):
                _check_headers(answer, called(each))
    for path in ("/", "/nothing", "/health/live", "/health/ready", "/openapi.json", "/docs"):
        _check_headers(await client.get(path), path)


def _check_headers(answer: Any, case: str) -> None:
    assert answer.headers["x-request-id"], case
    assert answer.headers["cache-control"], case
    assert answer.headers["x-content-type-options"] == "nosniff", case
    assert answer.headers["referrer-policy"] == "no-referrer", case
    assert "frame-ancestors 'none'" in answer.headers["content-security-policy"], case
    assert "server" not in answer.headers, case


async def test_a_page_has_items_next_and_total_if_asked(every: list[Operation], admin: Any) -> None:
    for each in every:
        if is_page(each.contract.result) and not each.contract.path:
            page = (await admin.get(f"{address(each)}?limit=1")).json()
            assert set(page) == {"items", "next"}, called(each)
            page = (await admin.get(f"{address(each)}?limit=1&count=true")).json()
            assert set(page) == {"items", "next", "total"}, called(each)
            for query in ("limit=0", "limit=101", "cursor=x", "sort=surely_unknown"):
                problem_of(await admin.get(f"{address(each)}?{query}"), 422, case=called(each))


async def test_who_registers_is_told_where_they_are(client: Any) -> None:
    person = {"email": "ada@example.org", "username": "ada", "password": "correct horse"}
    answer = await client.post("/api/v1/auth/register", json=person)
    assert (answer.status_code, answer.headers["location"]) == (201, "/api/v1/auth/me")
    token = answer.json()["access_token"]
    me = await client.get(answer.headers["location"], headers={"authorization": f"Bearer {token}"})
    assert me.json() == answer.json()["user"]


def test_what_costs_much_or_is_open_to_everybody_has_a_limit(every: list[Operation]) -> None:
    """What auth offers to everybody counts its attempts itself, by account and by address."""
    costly = ("export", "export.csv", "import", "bulk", "search")
    for each in every:
        open_to_all = each.contract.permission is None and each.method == "post"
        theirs = not each.path.startswith(("/api/v1/auth/", "/api/v1/realtime/"))
        if (open_to_all and theirs) or each.path.rsplit("/", 1)[-1] in costly:
            assert each.contract.limit is not None, called(each)
