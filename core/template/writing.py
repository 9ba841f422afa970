"""Write a new plugin from the templates beside this file."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib import import_module, invalidate_caches
from pathlib import Path
from string import Template

HERE = Path(__file__).parent
SUFFIX = ".template"
ID, FILE = "%Y-%m-%dT%H:%M:%S:%f", "%Y_%m_%dt%H_%M_%S_%f"
PYTEST = ("pytest.ini", "pyproject.toml", "tox.ini", "setup.cfg")


@dataclass(frozen=True)
class Places:
    """Where a new plugin is written, and what it is imported as."""

    root: Path
    plugin: Path
    tests: Path
    package: str
    enabled: str
    distribution: bool


def places(name: str, folder: Path, *, distribution: bool) -> Places:
    """Return where a plugin called ``name`` is written below ``folder``."""
    if distribution:
        root, package = folder / f"tenfold-{name.replace('_', '-')}", f"tenfold_{name}"
        return Places(root, root / package, root / "tests", package, f"{package}.plugin", True)
    tests = folder / "tests" / "plugins" / name
    return Places(folder, folder / "plugins" / name, tests, f"plugins.{name}", name, False)


def write(name: str, where: Places) -> list[Path]:
    """Write the plugin with its first migrations and tests; return the files.

    Raises FileExistsError, and writes nothing, where a file of it is there already.
    """
    wanted = {target: source for source, target in _files(where).items()}
    if there := [str(target) for target in wanted if target.exists()]:
        raise FileExistsError(", ".join(there))
    words = _words(name, where)
    for target, source in wanted.items():
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(Template(source.read_text()).substitute(words))
    first = _first_migration(where)
    indexes = where.plugin / "piccolo_migrations" / f"{first.stem[: len(name)]}_{_later(FILE)}.py"
    source = HERE / "plugin" / "migrations" / f"indexes.py{SUFFIX}"
    indexes.write_text(Template(source.read_text()).substitute(words, second_id=_later(ID)))
    (where.plugin / "__init__.py").touch()
    return [*wanted, first, indexes]


def _files(where: Places) -> dict[Path, Path]:
    """Return each template with the file that is made of it."""
    found = {
        source: where.plugin / source.name.removesuffix(SUFFIX)
        for source in sorted((HERE / "plugin").glob(f"*{SUFFIX}"))
    }
    package, tests = HERE / "package", HERE / "tests"
    for file in ("test_contract.py", "test_items.py"):
        found[tests / f"{file}{SUFFIX}"] = where.tests / file
    if where.distribution:
        workflow = where.root / ".github" / "workflows" / "test.yml"
        found[tests / f"conftest.py{SUFFIX}"] = where.tests / "conftest.py"
        found[package / f"pyproject.toml{SUFFIX}"] = where.root / "pyproject.toml"
        found[package / f"README.md{SUFFIX}"] = where.root / "README.md"
        found[package / f"workflow.yml{SUFFIX}"] = workflow
        found[package / f"gitignore{SUFFIX}"] = where.root / ".gitignore"
    elif not any((where.root / file).exists() for file in PYTEST):
        found[package / f"pytest.ini{SUFFIX}"] = where.root / "pytest.ini"
    return found


def _words(name: str, where: Places) -> Mapping[str, str]:
    from piccolo import __VERSION__

    return {
        "name": name,
        "title": name.replace("_", " ").capitalize(),
        "class_name": "".join(part.capitalize() for part in name.split("_")),
        "dashed": name.replace("_", "-"),
        "package": where.package,
        "enabled": where.enabled,
        "piccolo": __VERSION__,
    }


def _first_migration(where: Places) -> Path:
    """Let Piccolo write the migration that makes the tables."""
    from core.db.unwritten import write as write_migration
    from core.loading import built_in

    (where.plugin / "__init__.py").touch()
    if where.distribution:
        sys.path.insert(0, str(where.root))
    built_in()  # plugins/ beside plugins.toml can be imported from now on
    invalidate_caches()
    app = import_module(f"{where.package}.piccolo_app").APP_CONFIG
    file = asyncio.run(write_migration(app, "first"))
    if file is None:
        raise RuntimeError(f"{where.package}: its tables need no migration, which cannot be.")
    return file


def _later(form: str) -> str:
    """Return a moment after the first migration, which must have been written."""
    return (datetime.now() + timedelta(seconds=1)).strftime(form)
