"""The documentation is true: what is made from code is current, what is shown runs."""

from __future__ import annotations

import asyncio
import json
import re
from pathlib import Path
from typing import Any

import httpx
import pytest

from core.plugins import built_in, load
from core.reference import hooks, pages
from core.testing import Server, serving, sign_up

ROOT = Path(__file__).parent.parent


@pytest.mark.parametrize("page", pages())
def test_a_page_made_from_code_is_current(page: str) -> None:
    assert (ROOT / page).read_text() == pages()[page], "run scripts/docs"


@pytest.mark.parametrize("hook", [name for name, _ in hooks()])
def test_every_hook_is_used_by_something_built_in(hook: str) -> None:
    modules = [load(name)[1] for name in (*built_in(), "core.plugin", "core.auth.plugin")]
    assert any(hasattr(getattr(module, hook, None), "tenfold_impl") for module in modules)


LINK = re.compile(r"\]\((?!http)([^)#]+)[^)]*\)")


@pytest.mark.parametrize("page", [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))])
def test_links_lead_somewhere(page: Path) -> None:
    for target in LINK.findall(page.read_text()):
        assert (page.parent / target).exists(), f"{page.name} links to {target}"


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
    async with serving(environ) as server, httpx.AsyncClient(base_url=server.url) as client:
        _, token = await sign_up(server, "ada")
        headers = {"authorization": f"Bearer {token}"}
        path = "/api/v1/hello"
        answer = await client.post(path, json={"name": "Grace"}, headers=headers)
        assert answer.json() == {"text": "Hello Grace, says user 1."}
        assert (await client.post(path, json={"name": ""}, headers=headers)).status_code == 422
        assert (await client.post(path, json={"name": "Grace"})).status_code == 401
        assert path in (await client.get("/openapi.json")).json()["paths"]
