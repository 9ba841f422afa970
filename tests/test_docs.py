"""The documentation is true: what is made from code is current, what is shown runs."""

from __future__ import annotations

import asyncio
import inspect
import json
import re
from pathlib import Path
from typing import Any

import httpx
import pytest

import core
from core.loading import built_in, load
from core.plugins import OWN
from core.reference import hooks, pages
from core.testing import Server, serving, sign_up

ROOT = Path(__file__).parent.parent


@pytest.mark.parametrize("page", pages())
def test_a_page_made_from_code_is_current(page: str) -> None:
    assert (ROOT / page).read_text() == pages()[page], "run scripts/docs"


def test_the_variables_of_a_plugin_are_called_the_same_on_its_own_page() -> None:
    made = pages()
    for name in built_in():
        rows = re.findall(r"^\| .*`TENFOLD_.*$", made[f"plugins/{name}/README.md"], re.MULTILINE)
        assert rows, name
        assert [row for row in rows if row not in made["docs/settings.md"].splitlines()] == []


@pytest.mark.parametrize("hook", [name for name, _ in hooks()])
def test_every_hook_is_used_by_something_built_in(hook: str) -> None:
    modules = [load(name)[1] for name in (*built_in(), *OWN.values())]
    assert any(hasattr(getattr(module, hook, None), "tenfold_impl") for module in modules)


@pytest.mark.parametrize("hook", [name for name, _ in hooks()])
def test_every_hook_is_described_with_its_arguments_and_has_a_test(hook: str) -> None:
    page = (ROOT / "docs" / "hooks.md").read_text()
    function = dict(hooks())[hook]
    for argument in inspect.signature(function).parameters:
        assert re.search(rf"def {hook}\([^)]*\b{argument}\b", page), f"{hook}: {argument}"
    tests = [file for file in (ROOT / "tests").rglob("test_*.py") if file != Path(__file__)]
    assert any(re.search(rf"\b{hook}\b", file.read_text()) for file in tests)


@pytest.mark.parametrize("plugin", built_in())
def test_every_plugin_built_in_keeps_the_contract(plugin: str) -> None:
    file = ROOT / "tests" / "plugins" / plugin / "test_contract.py"
    assert f'contract("{plugin}"' in file.read_text()


@pytest.mark.parametrize("name", core.__all__)
def test_all_that_core_promises_is_described(name: str) -> None:
    page = (ROOT / "docs" / "core.md").read_text()
    shape = rf"^### {name}\n```python\n[^`]+\n```\n(.*)$"
    (described,) = re.findall(shape, page, re.MULTILINE)
    assert described.strip() not in ("", "None")


@pytest.mark.parametrize(
    "method",
    ["Cache.remember", "Cache.delete", "Event.name", "SearchIndex.find", "Settings.mistakes"],
)
def test_what_is_called_on_what_core_promises_is_described(method: str) -> None:
    page = (ROOT / "docs" / "core.md").read_text()
    name, _, called = method.partition(".")
    (described,) = re.findall(rf"def {method}\([^`]+\n```\n(.*)$", page, re.MULTILINE)
    assert described == str(inspect.getdoc(getattr(getattr(core, name), called))).split("\n")[0]


def test_the_columns_of_a_person_are_described() -> None:
    page = (ROOT / "docs" / "core.md").read_text()
    (columns,) = re.findall(r"^Its columns: (.*)\.$", page, re.MULTILINE)
    assert {"`id`", "`username`", "`email`"} <= set(columns.split(", "))


SHOWN = re.compile(r"^`([\w./-]+)`\n```\w+\n(.*?)^```$", re.DOTALL | re.MULTILINE)


def test_the_tutorial_shows_the_example_as_it_is() -> None:
    page, example = ROOT / "docs" / "first-plugin.md", ROOT / "docs" / "examples" / "todo-backend"
    shown = dict(SHOWN.findall(page.read_text()))
    assert len(shown) >= 12
    for path, text in shown.items():
        assert (example / path).read_text() == text, f"first-plugin.md differs from {path}"
    parts = {file.name for file in (example / "todo_backend").glob("*.py") if file.stat().st_size}
    assert parts == {path.rpartition("/")[2] for path in shown if path.startswith("todo_b")}


LINK = re.compile(r"\]\((?!http)([^)#]+)[^)]*\)")


@pytest.mark.parametrize("page", [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))])
def test_links_lead_somewhere(page: Path) -> None:
    for target in LINK.findall(page.read_text()):
        assert (page.parent / target).exists(), f"{page.name} links to {target}"


def test_every_page_is_in_the_index() -> None:
    linked = set(LINK.findall((ROOT / "docs" / "index.md").read_text()))
    assert {page.name for page in (ROOT / "docs").glob("*.md")} - {"index.md"} <= linked


def test_every_script_is_described() -> None:
    described = (ROOT / "scripts" / "README.md").read_text()
    for script in (ROOT / "scripts").iterdir():
        if script.is_file() and script.suffix == "":
            assert f"`{script.name}`" in described


def blocks(page: Path, language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", page.read_text(), re.DOTALL)


def shape(value: Any) -> Any:
    """Return the keys of a JSON answer, without its values."""
    if isinstance(value, dict):
        return {key: shape(each) for key, each in value.items()}
    return [shape(value[0])] if isinstance(value, list) and value else type(value).__name__


async def test_the_readmes_transcript_is_true(server: Server, client: Any, tmp_path: Path) -> None:
    (transcript,) = blocks(ROOT / "README.md", "console")
    moved = transcript.replace("http://127.0.0.1:8000", server.url)
    moved = moved.replace("/tmp/ada.json", str(tmp_path / "ada.json"))
    lines = moved.splitlines()
    commands = [line.removeprefix("$ ") for line in lines if line.startswith("$ ")]
    shown = [json.loads(line) for line in lines if not line.startswith("$ ")]
    script = "set -euo pipefail\n" + "\necho\n".join(commands)
    running = await asyncio.create_subprocess_exec(
        "bash", "-c", script, stdout=asyncio.subprocess.PIPE
    )
    out, _ = await running.communicate()
    answers = [json.loads(line) for line in out.decode().splitlines() if line]
    assert running.returncode == 0
    assert [shape(answer) for answer in answers] == [shape(answer) for answer in shown]
    assert answers[1]["title"] == shown[1]["title"]


async def test_the_readmes_plugin_works(
    tmp_path: Path, tenfold_environment: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (source,) = blocks(ROOT / "README.md", "python")
    (tmp_path / "readme_hello").mkdir()
    (tmp_path / "readme_hello" / "plugin.py").write_text(source)
    monkeypatch.syspath_prepend(str(tmp_path))
    environ = tenfold_environment | {
        "TENFOLD_ENABLED": "readme_hello.plugin",
        "TENFOLD_CORE__DATABASE": f"sqlite:///{tmp_path}/hello.db",
    }
    async with (
        serving(environ) as server,
        httpx.AsyncClient(timeout=60, base_url=server.url) as client,
    ):
        _, token = await sign_up(server, "ada")
        headers = {"authorization": f"Bearer {token}"}
        path = "/api/v1/hello"
        answer = await client.post(path, json={"name": "Grace"}, headers=headers)
        assert answer.json() == {"text": "Hello Grace, says user 1."}
        assert (await client.post(path, json={"name": ""}, headers=headers)).status_code == 422
        assert (await client.post(path, json={"name": "Grace"})).status_code == 401
        assert path in (await client.get("/openapi.json")).json()["paths"]
