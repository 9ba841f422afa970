"""A stranger who has nothing but the wheel writes a plugin, runs it and takes it out again."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import sysconfig
import time
import urllib.request
import zipfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.ports import free_port

pytestmark = pytest.mark.timeout(900)
ROOT = Path(__file__).parent.parent
PATIENCE = 300.0
"""Seconds for one command: some run tests of their own, beside others."""
SOURCES = ("core", "plugins", "pyproject.toml", "README.md")
PERSON = {"email": "ada@example.org", "username": "ada", "password": "correct horse battery"}


def run(*command: Any, cwd: Path, **environment: str) -> str:
    """Run a command and return what it printed; it must succeed."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("TENFOLD_C")}
    done = subprocess.run(
        [str(each) for each in command],
        cwd=cwd,
        env={**kept, **environment},
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=PATIENCE,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


def pip(*arguments: Any, cwd: Path) -> str:
    return run(sys.executable, "-m", "pip", "-q", "--no-cache-dir", *arguments, cwd=cwd)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the wheel of this source."""
    folder = tmp_path_factory.mktemp("wheel")
    for name in SOURCES:
        source, ignored = ROOT / name, shutil.ignore_patterns("__pycache__")
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=ignored)
        else:
            shutil.copy(source, folder / name)
    pip("wheel", "--no-deps", "--no-build-isolation", "-w", "dist", ".", cwd=folder)
    return next((folder / "dist").glob("*.whl"))


@pytest.fixture(scope="module")
def fresh(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of programs of an environment that has the wheel, and what it needs."""
    folder = tmp_path_factory.mktemp("fresh")
    environment = folder / "environment"
    run(sys.executable, "-m", "venv", "--without-pip", environment, cwd=folder)
    python = environment / "bin" / "python"
    pip("--python", python, "install", "--no-deps", "--no-index", wheel, cwd=folder)
    packages = Path(run(python, "-c", SITE, cwd=folder).strip())
    (packages / "needs.pth").write_text(sysconfig.get_path("purelib"))
    return environment / "bin"


SITE = "import sysconfig; print(sysconfig.get_path('purelib'))"


def test_the_wheel_holds_core_and_plugins_and_nothing_else(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    tops = {name.partition("/")[0] for name in names if ".dist-info/" not in name}
    assert tops == {"core", "plugins"}
    assert "core/template/plugin/plugin.py.template" in names


@contextmanager
def serving(tenfold: Path, folder: Path) -> Iterator[str]:
    """Serve what is in ``folder``."""
    port = free_port()
    command = [str(tenfold), "serve", "--port", str(port), "--workers", "1"]
    with subprocess.Popen(command, cwd=folder, start_new_session=True) as server:
        try:
            yield answering(f"http://127.0.0.1:{port}", server)
        finally:
            server.send_signal(signal.SIGTERM)
            server.wait(60)


def answering(url: str, server: subprocess.Popen[bytes]) -> str:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        assert server.poll() is None, "the server ended"
        try:
            ask(f"{url}/health/ready")
            return url
        except OSError:
            time.sleep(0.05)
    raise AssertionError("the server does not answer")


def ask(url: str, body: Any = None, token: str = "") -> Any:
    headers = {"content-type": "application/json"}
    if token:
        headers["authorization"] = f"Bearer {token}"
    data = None if body is None else json.dumps(body).encode()
    with urllib.request.urlopen(urllib.request.Request(url, data, headers), timeout=60) as answer:
        return json.load(answer)


def checked(fresh: Path, folder: Path) -> str:
    """Run the tests in ``folder``; one kind of database is enough to see that they are found."""
    return run(fresh / "python", "-m", "pytest", "-q", "-k", "not postgres", cwd=folder)


def test_a_plugin_is_written_tested_enabled_called_disabled_and_removed(
    fresh: Path, tmp_path: Path
) -> None:
    folder, tenfold = tmp_path / "work", fresh / "tenfold"
    folder.mkdir()
    said = run(tenfold, "plugins", "new", "recipes", cwd=folder, PATH=f"{fresh}:/usr/bin:/bin")
    assert " passed" in said
    assert said.splitlines()[-3:] == [
        "   tenfold plugins enable recipes",
        "   tenfold check",
        "   tenfold serve",
    ]
    run(tenfold, "plugins", "enable", "recipes", cwd=folder)
    assert "recipes" in run(tenfold, "check", cwd=folder)
    with serving(tenfold, folder) as url:
        token = ask(f"{url}/api/v1/auth/register", PERSON)["access_token"]
        made = ask(f"{url}/api/v1/recipes/items", {"title": "Pancakes"}, token)
        assert ask(f"{url}/api/v1/recipes/items/{made['id']}", None, token)["title"] == "Pancakes"
    assert "recipes.item_added" in run(tenfold, "plugins", "info", "recipes", cwd=folder)
    run(tenfold, "plugins", "disable", "recipes", cwd=folder)
    said = run(tenfold, "plugins", "remove", "recipes", "--yes", cwd=folder)
    assert "recipes_item: 1 rows" in said
    assert "recipes keeps nothing" in run(tenfold, "plugins", "remove", "recipes", cwd=folder)
    run(tenfold, "plugins", "enable", "recipes", cwd=folder)
    assert "Migrated recipes" in run(tenfold, "migrate", cwd=folder)


def test_a_package_is_written_installed_and_found_by_its_entry_point(
    fresh: Path, tmp_path: Path
) -> None:
    folder, tenfold = tmp_path / "work", fresh / "tenfold"
    folder.mkdir()
    said = run(tenfold, "plugins", "new", "acme", "--package", "--no-tests", cwd=folder)
    assert "tenfold-acme/.github/workflows/test.yml" in said
    options = ("install", "--no-deps", "--no-index", "--no-build-isolation")
    pip("--python", fresh / "python", *options, "./tenfold-acme", cwd=folder)
    with ThreadPoolExecutor() as meanwhile:
        tested = meanwhile.submit(checked, fresh, folder / "tenfold-acme")
        assert "acme" in run(tenfold, "plugins", "list", cwd=folder)
        run(tenfold, "plugins", "enable", "acme", cwd=folder)
        assert "acme" in run(tenfold, "check", cwd=folder)
    assert " passed" in tested.result()


def test_the_example_is_found_by_its_entry_point(fresh: Path, tmp_path: Path) -> None:
    folder = tmp_path / "todo-backend"
    ignored = shutil.ignore_patterns("__pycache__", ".pytest_cache")
    shutil.copytree(ROOT / "docs" / "examples" / "todo-backend", folder, ignore=ignored)
    options = ("install", "--no-deps", "--no-index", "--no-build-isolation")
    pip("--python", fresh / "python", *options, ".", cwd=folder)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    with ThreadPoolExecutor() as meanwhile:
        tested = meanwhile.submit(checked, fresh, folder)
        run(fresh / "tenfold", "plugins", "enable", "todo_backend", cwd=elsewhere)
        with serving(fresh / "tenfold", elsewhere) as url:
            todo = ask(f"{url}/compat/todos", {"title": "walk the dog"})
            assert ask(todo["url"]) == todo
    assert " passed" in tested.result()
