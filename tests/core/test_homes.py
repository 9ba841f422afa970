"""Plugins that are called otherwise than their package, and those that are one module."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.check import complaints
from core.configuration import read
from core.loading import load
from core.plugins import PluginError
from tests.core.commands import command_line
from tests.core.packages import GOOD, package, write

__all__ = ["package"]

EVENTS = """
from core import Event

class InvoicePaid(Event, frozen=True):
    invoice_id: int
"""
ALONE = '''
"""Says hello."""

from sanic import Blueprint

from core import Event, Plugin, endpoint, hookimpl

PLUGIN = Plugin(name="tiny", title="Tiny")
hello = Blueprint("tiny")


class Said(Event, frozen=True):
    words: str


@hello.get("/")
@endpoint(None)
async def say() -> str:
    """Say hello."""
    return "hello"


@hookimpl
def register_routes():
    return hello
'''


def entry(folder: Path, name: str, module: str) -> None:
    """Let a module be found as if a distribution had been installed."""
    metadata = folder / f"{module}-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text(f"Name: {module}\nVersion: 1.0\n")
    (metadata / "entry_points.txt").write_text(f"[tenfold.plugins]\n{name} = {module}\n")


def test_an_event_carries_the_name_of_its_plugin_whatever_the_package_is_called(
    package: Path,
) -> None:
    write(package, "acme_plugin", plugin=GOOD.format(name="acme"), events=EVENTS)
    write(package / "acme_plugin", "billing", __init__="", events=EVENTS)
    from acme_plugin.billing.events import InvoicePaid as Deep  # type: ignore[import-not-found]
    from acme_plugin.events import InvoicePaid  # type: ignore[import-not-found]

    assert InvoicePaid.name() == "acme_plugin.invoice_paid"
    load("acme_plugin.plugin")
    assert InvoicePaid.name() == Deep.name() == "acme.invoice_paid"


def test_a_plugin_of_one_module_is_checked_without_its_neighbours(
    package: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (package / "tenfold_tiny.py").write_text(ALONE)
    (package / "neighbour.py").write_text("import pickle\n")
    entry(package, "tiny", "tenfold_tiny")
    plugins = read(tmp_path / "none.toml", {"TENFOLD_ENABLED": "tiny"})
    assert complaints(plugins) == []
    with command_line(tmp_path, monkeypatch) as tenfold:
        assert "\nEvents\n   tiny.said\n" in tenfold("plugins", "info", "tiny").output


def test_what_is_wrong_with_a_plugin_of_one_module_is_told_with_its_line(
    package: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(package)
    entry(package, "tiny", "tenfold_tiny")
    (package / "tenfold_tiny.py").write_text(GOOD.format(name="tiny"))
    plugins = read(tmp_path / "none.toml", {"TENFOLD_ENABLED": "tiny"})
    said = ["tiny: has no docstring in its module; say what it is for"]
    assert complaints(plugins) == said
    (package / "tenfold_broken.py").write_text("\n1 / 0\n")
    entry(package, "broken", "tenfold_broken")
    with pytest.raises(PluginError, match=r"division by zero\), at tenfold_broken.py:2"):
        load("broken")


def test_several_plugins_of_one_module_each_may_share_a_package(package: Path) -> None:
    texts = {name: GOOD.format(name=name) + EVENTS for name in ("one", "two")}
    write(package, "shared", **texts)
    events = [load(f"shared.{name}")[1].InvoicePaid.name() for name in ("one", "two")]
    assert events == ["one.invoice_paid", "two.invoice_paid"]
