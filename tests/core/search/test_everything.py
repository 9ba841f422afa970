"""``GET /api/v1/search`` asks every plugin and merges what they find."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from core.testing import serving, sign_up

SEARCH = "/api/v1/search"
PLUGIN = """
import asyncio
from datetime import datetime, UTC
from core import Hit, Plugin, hookimpl

PLUGIN = Plugin(name="{name}", title="{name}")

@hookimpl
async def search(user, query, limit):
    {work}
    return [
        Hit(kind="thing", id=n, title=query, snippet="<mark>x</mark>", url=f"/{name}/{{n}}",
            rank=1.0 / n, updated_at=datetime(20{year}, 1, n, tzinfo=UTC))
        for n in range(1, 4)
    ][:limit]
"""


@pytest.fixture
async def library(
    tmp_path: Path, tenfold_environment: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[httpx.AsyncClient]:
    """Return somebody signed in to a server with plugins that find, fail and take long."""
    works = {"old": "pass", "young": "pass", "broken": "1 / 0", "slow": "await asyncio.sleep(60)"}
    works |= {"odd": "return ['milk']", "empty": "return None"}
    folder = tmp_path / "library"
    folder.mkdir()
    for year, (name, work) in zip((10, 20, 30, 40, 50, 60), works.items(), strict=True):
        source = PLUGIN.format(name=name, work=work, year=year)
        (folder / f"{name}.py").write_text(source)
    monkeypatch.syspath_prepend(str(tmp_path))
    environ = tenfold_environment | {
        "TENFOLD_ENABLED": ",".join(f"library.{name}" for name in works),
        "TENFOLD_CORE__DATABASE": f"sqlite:///{tmp_path}/search.db",
        "TENFOLD_SEARCH__SECONDS": "2",
    }
    async with serving(environ) as server:
        _, token = await sign_up(server, "ada")
        headers = {"authorization": f"Bearer {token}"}
        async with httpx.AsyncClient(base_url=server.url, headers=headers, timeout=60) as client:
            yield client


async def test_plugins_that_fail_or_take_long_are_named_and_the_others_answer(
    library: httpx.AsyncClient, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR, "tenfold.search"):
        answer = (await library.get(SEARCH, params={"q": "milk", "limit": 4})).json()
    assert answer["incomplete"] == ["broken", "slow", "odd", "empty"]
    assert "search() must return a list of core.Hit, not of str" in caplog.text
    assert "'broken'" in caplog.text
    assert "ZeroDivisionError" in caplog.text
    found = [(hit["plugin"], hit["id"]) for hit in answer["items"]]
    assert found == [("young", 1), ("old", 1), ("young", 2), ("old", 2)]


async def test_only_the_plugins_asked_for_are_asked(library: httpx.AsyncClient) -> None:
    answer = (await library.get(SEARCH, params={"q": "milk", "plugins": "old"})).json()
    assert {hit["plugin"] for hit in answer["items"]} == {"old"}
    assert answer["incomplete"] == []
    refused = await library.get(SEARCH, params={"q": "milk", "plugins": "old,ancient"})
    assert (refused.status_code, refused.json()["code"]) == (422, "no_such_plugin")


async def test_a_stranger_finds_nothing(client: Any) -> None:
    assert (await client.get(SEARCH, params={"q": "milk"})).status_code == 401


@pytest.mark.parametrize("query", ["", "q=", "q=%00", "q=a&limit=0", "q=a&limit=101", "x=1&q=a"])
async def test_a_bad_question_is_refused(ada: Any, query: str) -> None:
    assert (await ada.get(f"{SEARCH}?{query}")).status_code == 422
