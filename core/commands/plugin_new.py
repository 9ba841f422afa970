"""``tenfold plugins new`` and ``migration``: for who writes a plugin."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from importlib.util import find_spec
from keyword import iskeyword
from pathlib import Path

import click

from core.commands.one_plugin import including
from core.loading import NAME, NAMED, known
from core.plugins import OWN, PluginError
from core.template.writing import Places, places, write


@click.command()
@click.argument("name")
@click.option("--package", is_flag=True, help="A distribution of its own, found by entry point.")
@click.option("--no-tests", is_flag=True, help="Write the tests, but do not run them.")
def new(name: str, package: bool, no_tests: bool) -> None:
    """Write a working plugin: a table, routes, permissions, an admin panel, tests."""
    refuse_bad_name(name)
    where = places(name, Path.cwd(), distribution=package)
    try:
        files = write(name, where)
    except FileExistsError as error:
        raise PluginError([f"{name}: is there already: {error}"]) from None
    for file in files:
        click.echo(f"   {file.relative_to(Path.cwd())}")
    if not no_tests:
        run_tests(where)
    click.echo("Next:")
    for command in next_commands(name, where):
        click.echo(f"   {command}")


def refuse_bad_name(name: str) -> None:
    """Raise PluginError for a name that cannot be a plugin's, or is one already."""
    if not NAME.fullmatch(name):
        raise PluginError([f"{name}: is no plugin name: {NAMED}"])
    if iskeyword(name):
        raise PluginError([f"{name}: is a word of Python's own; take another name"])
    if name in known() or name in OWN:
        raise PluginError([f"{name}: there is a plugin of that name already"])


def run_tests(where: Places) -> None:
    """Run the tests of a new plugin and show what they say."""
    if find_spec("pytest") is None:
        click.echo("Its tests were not run: pip install 'tenfold[test]', then: python -m pytest")
        return
    command = [sys.executable, "-m", "pytest", "-q", str(where.tests.relative_to(where.root))]
    if subprocess.run(command, cwd=where.root, check=False).returncode:  # noqa: S603
        raise click.ClickException("Its tests failed: see above.")


def next_commands(name: str, where: Places) -> list[str]:
    """Return what to type next."""
    if where.distribution:
        install = f"{Path(sys.executable).name} -m pip install -e {where.root.name}"
        return [install, f"tenfold plugins enable {name}", "tenfold serve"]
    return [f"tenfold plugins enable {name}", "tenfold check", "tenfold serve"]


@click.command()
@click.argument("name")
@click.option("--description", default="", help="What changed, in a few words.")
@click.option("--by-hand", is_flag=True, help="For an index, a search index, or what rows hold.")
def migration(name: str, description: str, by_hand: bool) -> None:
    """Write the next migration of a plugin from what changed in its tables.

    With --by-hand one that does nothing yet, to be filled in.
    """
    from core.calling import shown
    from core.db.migrations import apps
    from core.db.unwritten import write as write_migration
    from core.db.unwritten import write_by_hand

    plugins, own = including(name)
    app = dict(apps(plugins)).get(own)
    if app is None:
        raise PluginError([f"{own}: has no register_tables()"])
    if by_hand:
        click.echo(f"Wrote {shown(write_by_hand(own, app, description))}; say in it what to do.")
        return
    file = asyncio.run(write_migration(app, description, renamed))
    click.echo(f"Wrote {shown(file)}" if file else f"The migrations of {own} tell all already.")


def renamed(question: str) -> bool:
    """Ask whether something was renamed. Raises click.ClickException where nobody can answer."""
    try:
        return click.confirm(question, err=True)
    except click.Abort:
        told = "Run this in a terminal, or pipe an answer (y or n) for each question into it."
        raise click.ClickException(f"{question}\n{told}") from None
