"""Installs what the peers need, each in a folder of its own that the product never sees."""

import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmark.places import INSTALLED
from benchmark.problems import UnavailableError


@dataclass(frozen=True)
class PythonEnvironment:
    """A virtual environment with a few packages."""

    name: str
    packages: tuple[str, ...]

    @property
    def folder(self) -> Path:
        """Where it lies."""
        return INSTALLED / self.name

    def program(self, name: str) -> str:
        """Path of a program that came with a package."""
        return str(self.folder / "bin" / name)

    def install(self) -> None:
        """Make it, unless these very packages are there already."""
        if is_stamped(self.folder, self.packages):
            return
        call([sys.executable, "-m", "venv", "--clear", str(self.folder)])
        call([self.program("python"), "-m", "pip", "install", "--quiet", *self.packages])
        stamp(self.folder, self.packages)

    def versions(self) -> dict[str, str]:
        """The versions of the packages that were asked for."""
        return python_versions(self.program("python"), self.packages)


@dataclass(frozen=True)
class NodeEnvironment:
    """A folder with node_modules."""

    name: str
    packages: tuple[str, ...]

    @property
    def folder(self) -> Path:
        """Where it lies."""
        return INSTALLED / self.name

    def install(self) -> None:
        """Make it, unless these very packages are there already."""
        if is_stamped(self.folder, self.packages):
            return
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / "package.json").write_text('{"private": true}\n')
        quiet = ("--no-audit", "--no-fund", "--loglevel=error")
        call(["npm", "install", *quiet, "--prefix", str(self.folder), *self.packages])
        stamp(self.folder, self.packages)

    def versions(self) -> dict[str, str]:
        """The versions of node and of the packages that were asked for."""
        found = {"node": call(["node", "--version"]).strip().lstrip("v")}
        for package in self.packages:
            facts = self.folder / "node_modules" / package / "package.json"
            found[package] = json.loads(facts.read_text())["version"] if facts.exists() else "-"
        return found


Environment = PythonEnvironment | NodeEnvironment


def python_versions(python: str, packages: Sequence[str]) -> dict[str, str]:
    """Ask an interpreter for the versions of some of its packages."""
    code = "import sys, importlib.metadata as m; print(*map(m.version, sys.argv[1:]), sep='\\n')"
    names = [package.partition("[")[0] for package in packages]
    lines = call([python, "-c", code, *names]).split()
    return dict(zip(names, lines, strict=True))


def is_stamped(folder: Path, packages: Sequence[str]) -> bool:
    """Tell whether an earlier run installed the same packages here."""
    mark = folder / "installed.json"
    return mark.exists() and json.loads(mark.read_text()) == list(packages)


def stamp(folder: Path, packages: Sequence[str]) -> None:
    """Note down what was installed here."""
    (folder / "installed.json").write_text(json.dumps(list(packages)))


def call(command: Sequence[str]) -> str:
    """Run a command to its end; give its output, or say why it failed."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=900, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise UnavailableError(f"could not run {command[0]}: {error}") from error
    if done.returncode:
        lines = (done.stderr or done.stdout).strip().splitlines() or ["it said nothing"]
        raise UnavailableError(f"`{' '.join(command[:4])} …` failed: {lines[-1][:200]}")
    return done.stdout
