"""Every failure has one shape, and its type leads to a page about it."""

from __future__ import annotations

import logging
import re
from typing import Any

import pytest
from sanic import Sanic, text

from core.errors import Invalid, NotFound, Problem
from core.testing import running
from core.web import failures
from core.web.problems import by_code, kinds
from core.web.request import Request
from tests.core.web.conftest import problem_of


def test_a_code_has_one_title_and_one_status() -> None:
    known = by_code()
    for kind in kinds():
        assert (kind.title, kind.status) == (known[kind.code].title, known[kind.code].status), kind
        assert re.fullmatch(r"[a-z][a-z0-9_]+", kind.code)


def test_a_title_belongs_to_one_code() -> None:
    titles = [kind.title for kind in by_code().values()]
    assert sorted(titles) == sorted(set(titles))


def test_every_kind_of_problem_says_what_it_means() -> None:
    for kind in kinds():
        assert kind.__doc__, kind


def test_a_problem_is_written_as_rfc_9457_says() -> None:
    out = Invalid("Too long.").out("abc")
    assert (out.type, out.title, out.status) == ("/problems/invalid", "Invalid", 422)
    assert (out.detail, out.code, out.request_id) == ("Too long.", "invalid", "abc")


async def test_the_type_of_a_problem_leads_to_a_page(client: Any) -> None:
    listed = await client.get("/problems")
    for code, kind in by_code().items():
        assert f'href="/problems/{code}"' in listed.text
        page = await client.get(f"/problems/{code}")
        assert (page.status_code, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
        assert kind.title in page.text
        assert str(kind.status) in page.text
    problem_of(await client.get("/problems/no_such_code"), 404)


async def test_a_mistake_of_ours_is_told_without_its_trace_and_is_logged(
    caplog: pytest.LogCaptureFixture,
) -> None:
    import httpx

    app: Sanic[Any, Any] = Sanic("breaks", request_class=Request, configure_logging=False)
    failures.handle(app)

    @app.get("/breaks")
    async def breaks(request: Any) -> Any:
        raise RuntimeError("the word is swordfish")

    @app.get("/refuses")
    async def refuses(request: Any) -> Any:
        raise NotFound("Gone.", headers={"x-why": "because"})

    @app.get("/well")
    async def well(request: Any) -> Any:
        return text("well")

    with caplog.at_level(logging.ERROR, "tenfold"):
        async with running(app) as url, httpx.AsyncClient(timeout=60, base_url=url) as client:
            broken = await client.get("/breaks")
            refused = await client.get("/refuses")
            assert (await client.get("/well")).text == "well"
    problem = problem_of(broken, 500)
    assert problem["code"] == "internal_error"
    assert "swordfish" not in broken.text
    assert problem["request_id"] in caplog.text
    assert "the word is swordfish" in caplog.text
    assert problem_of(refused, 404)["detail"] == "Gone."
    assert refused.headers["x-why"] == "because"
    Sanic._app_registry.pop("breaks")


def test_a_problem_of_a_plugin_is_among_the_kinds() -> None:
    from plugins.todo.service.errors import NoSuchProject

    assert by_code()["no_such_project"] is NoSuchProject
    assert issubclass(NoSuchProject, Problem)
