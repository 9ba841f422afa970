"""What Prometheus is told, who may read it, and that it counts for all workers."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from core.metrics import sharing
from core.metrics.exposition import Figures, written
from core.metrics.registry import Registry, counter, gauge, registry
from core.metrics.requests import Requests, template
from core.metrics.sharing import Board, began
from core.testing import serving
from tests.core.web.conftest import problem_of

COUNT = "tenfold_request_duration_seconds_count"


def figures_of(text: str) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    """Read what Prometheus would read."""
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def count_of(text: str, route: str, method: str = "GET", status: str = "2xx") -> float:
    labels = frozenset({("route", route), ("method", method), ("status", status)})
    return figures_of(text).get((COUNT, labels), 0.0)


async def scrape(client: httpx.AsyncClient) -> str:
    answer = await client.get("/metrics")
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    return answer.text


async def test_requests_are_counted_by_route_never_by_path(
    client: httpx.AsyncClient, ada: httpx.AsyncClient
) -> None:
    before = await scrape(client)
    for number in range(5):
        await ada.get(f"/api/v1/auth/sessions/{number}")
        await ada.get(f"/nowhere/{number}")
        await ada.request("BREW", f"/nowhere/{number}")
    await ada.get("/api/v1/auth/me")
    after = await scrape(client)

    def grown(*of: str) -> float:
        return count_of(after, *of) - count_of(before, *of)

    assert grown("/api/v1/auth/me") == 1
    assert grown("none", "GET", "4xx") + grown("none", "other", "4xx") >= 5
    assert "/nowhere" not in after
    assert "BREW" not in after


async def test_times_are_a_histogram(client: httpx.AsyncClient) -> None:
    await client.get("/health/live")
    text = await scrape(client)
    of_live = [
        (dict(labels)["le"], value)
        for (name, labels), value in figures_of(text).items()
        if name.endswith("_bucket")
        and {("route", "/health/live"), ("method", "GET"), ("status", "2xx")} <= set(labels)
    ]
    values = [value for _, value in sorted(of_live, key=lambda each: float(each[0]))]
    assert values == sorted(values), "buckets add up"
    assert values[-1] == count_of(text, "/health/live") > 0


async def test_the_state_of_the_process_is_told(
    tmp_path: Path, tenfold_environment: dict[str, str]
) -> None:
    database = {"TENFOLD_CORE__DATABASE": f"sqlite:///{tmp_path}/metrics.db"}
    async with (
        serving(tenfold_environment | database) as server,  # the gauges are those of the newest
        httpx.AsyncClient(timeout=60, base_url=server.url) as client,
    ):
        text = await scrape(client)
    figures = {name: value for (name, _), value in figures_of(text).items()}
    assert figures["tenfold_connections"] >= 1
    assert figures["tenfold_requests_in_flight"] >= 1
    assert figures["tenfold_resident_memory_bytes"] > 10_000_000
    assert figures["tenfold_event_loop_lag_seconds"] >= 0
    assert figures["tenfold_workers"] >= 1
    assert "tenfold_database_waiting" in figures
    assert figures["tenfold_tasks_dead"] == 0
    assert "tenfold_tasks_due" in figures
    assert "tenfold_database_refused_total" in figures
    assert figures["tenfold_redis_away"] == 0
    assert figures["tenfold_log_lines_lost"] == 0


@pytest.fixture
def own_registry(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Forget what the test registers."""
    before = Registry(dict(registry.counters), dict(registry.gauges))
    yield
    registry.counters, registry.gauges = before.counters, before.gauges


async def test_a_plugin_adds_figures_of_its_own(
    client: httpx.AsyncClient, own_registry: None
) -> None:
    async def waiting() -> float:
        await asyncio.sleep(0)
        return 7

    def broken() -> float:
        raise RuntimeError("cannot be read")

    letters = counter("letters", "Letters sent.")
    assert counter("letters", "Letters sent.") is letters
    letters.add(2, kind="news")
    letters.add(kind="news")
    gauge("letters_waiting", "Letters that wait.", waiting)
    gauge("letters_broken", "Never to be read.", broken)
    text = await scrape(client)
    assert 'tenfold_letters_total{kind="news"} 3.0' in text
    assert "tenfold_letters_waiting 7.0" in text
    assert "# HELP tenfold_letters_waiting Letters that wait." in text
    assert "\ntenfold_letters_broken" not in text


def test_a_counter_with_too_many_labels_stays_small(own_registry: None) -> None:
    wild = counter("wild", "Labelled by what clients send.")
    for number in range(1000):
        wild.add(path=f"/{number}")
    assert len(wild.values) == 200


@pytest.mark.parametrize("name", ["", "Has Space", "ünicode", "1st", 'x"} 1'])
def test_a_name_that_prometheus_cannot_read_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="no name of a metric"):
        counter(name, "Nothing.")


async def serve_with(
    environment: dict[str, str], folder: Path, **settings: str
) -> AsyncIterator[httpx.AsyncClient]:
    given = {f"TENFOLD_CORE__{name.upper()}": value for name, value in settings.items()}
    given["TENFOLD_CORE__DATABASE"] = f"sqlite:///{folder / 'metrics.db'}"
    given |= {"TENFOLD_CORE__DATA": str(folder), "TENFOLD_ENABLED": ""}
    whole = {**environment, **given}
    async with (
        serving(whole) as server,
        httpx.AsyncClient(timeout=60, base_url=server.url) as client,
    ):
        yield client


@pytest.mark.parametrize(
    ("settings", "headers", "status"),
    [
        ({}, {}, 200),
        ({}, {"x-forwarded-for": "203.0.113.9"}, 403),
        ({}, {"forwarded": "for=203.0.113.9"}, 403),
        ({"trusted_proxies": '["127.0.0.1"]'}, {"x-forwarded-for": "203.0.113.9"}, 403),
        ({"metrics": "off"}, {}, 404),
        ({"metrics": "public"}, {"x-forwarded-for": "203.0.113.9"}, 200),
        ({"metrics_token": "long enough"}, {}, 401),
        ({"metrics": "public", "metrics_token": "long enough"}, {}, 401),
        ({"metrics_token": "long enough"}, {"authorization": "Bearer wrong"}, 401),
        ({"metrics_token": "long enough"}, {"authorization": "Bearer long enough"}, 200),
    ],
)
async def test_who_may_read_the_metrics(
    tenfold_environment: dict[str, str],
    tmp_path: Path,
    settings: dict[str, str],
    headers: dict[str, str],
    status: int,
) -> None:
    async for client in serve_with(tenfold_environment, tmp_path, **settings):
        answer = await client.get("/metrics", headers=headers)
        assert answer.status_code == status
        if status != 200:
            problem_of(answer, status)


def test_workers_are_added_up_and_the_dead_are_remembered(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from core.metrics.sharing import Board\n"
        "board = Board(Path(sys.argv[1])); board.mine.gauges = {'open': 5.0}\n"
        "board.mine.requests = [('/x', 'GET', '2xx', [3.0, 0.5] + [0.0] * 14)]\n"
        "board.write(); print('written', flush=True); sys.stdin.read()"
    )
    other = subprocess.Popen(
        [sys.executable, "-c", code, tmp_path],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=Path(__file__).parents[2],
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
    )
    assert other.stdout is not None
    assert other.stdout.readline()
    mine = Board(tmp_path)
    mine._folder = next(each for each in tmp_path.iterdir() if list(each.glob("*.json")))
    mine.mine.requests = [("/x", "GET", "2xx", [1.0, 0.25] + [0.0] * 14)]
    mine.mine.gauges = {"open": 2.0}
    both = Figures(mine.read())
    assert both.requests["/x", "GET", "2xx"][:2] == [4.0, 0.75]
    assert sorted(both.gauges["open"]) == [2.0, 5.0]
    other.kill()
    other.wait(10)
    after = Figures(mine.read())
    assert after.requests["/x", "GET", "2xx"][:2] == [4.0, 0.75], "what was counted stays"
    assert after.gauges["open"] == [2.0], "what it had open is closed"


def test_what_an_ended_server_left_is_removed(tmp_path: Path) -> None:
    old = tmp_path / "999999999-1"
    old.mkdir()
    (old / "1-x.json").write_text("rubbish")
    Board(tmp_path)
    assert old.exists(), "it may be that of a server in another container"
    os.utime(old, (0, 0))
    board = Board(tmp_path)
    assert not old.exists()
    (board._folder / "1-torn.json").write_text('{"process": 1')
    assert len(list(board.read())) == 1, "a torn file is left out"


def test_a_process_id_that_is_used_again_is_another_process() -> None:
    assert began(os.getpid()) == began(os.getpid()) != ""
    assert began(999_999_999) == ""
    assert sharing.Snapshot(os.getpid(), "1").began != began(os.getpid())


def test_what_a_route_is_called() -> None:
    assert template("api/v1/todo/tasks/<id:int>") == "/api/v1/todo/tasks/{id}"
    assert template("") == "/"
    assert template(None) == "none"


def test_names_and_words_are_escaped() -> None:
    requests = Requests()
    route: Any = type("Route", (), {"path": 'a"b\\c\n'})
    request: Any = type("Request", (), {"route": route, "method": "GET"})
    requests.note(request, 200, 0.1)
    board: Any = [(sharing.Snapshot(1, "", [(*k, v) for k, v in requests.cells.items()]), True)]
    assert figures_of(written(Figures(board), {}).decode())
