"""Migrations that are not written yet: what a plugin's tables say that its migrations do not."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout
from io import StringIO
from itertools import chain
from pathlib import Path
from string import Template

from piccolo import __VERSION__
from piccolo.apps.migrations.auto import schema_differ
from piccolo.apps.migrations.commands import new
from piccolo.conf.apps import AppConfig

BY_HAND = Path(__file__).parent.parent / "template" / "migration.py.template"


async def unwritten(app: AppConfig) -> list[str]:
    """Return what the next migration would do; nothing when the migrations tell all."""
    with redirect_stdout(StringIO()):  # Piccolo counts aloud
        differences = await new.AutoMigrationManager(auto_input="n").get_alter_statements(app)
    return list(chain.from_iterable(each.statements for each in differences))


async def write(
    app: AppConfig, description: str = "", answer: Callable[[str], bool] | None = None
) -> Path | None:
    """Write the next migration of a plugin and return its file; None if there is nothing to do.

    ``answer`` is asked whether what is new is what was there, renamed; without it, nothing is.
    """
    new._create_migrations_folder(app.resolved_migrations_folder_path)
    try:
        with redirect_stdout(StringIO()), _answering(answer or (lambda _: False)):
            made = await new._create_new_migration(app, auto=True, description=description)
    except new.NoChanges:
        return None
    return Path(made.migration_path)


@contextmanager
def _answering(answer: Callable[[str], bool]) -> Iterator[None]:
    """Let ``answer`` say what Piccolo would ask whoever sits at the terminal."""

    def asked(question: str) -> str:
        return "y" if answer(question.removesuffix("(y/N)").strip()) else "n"

    schema_differ.input = asked  # type: ignore[attr-defined]
    try:
        yield
    finally:
        del schema_differ.input  # type: ignore[attr-defined]


def write_by_hand(name: str, app: AppConfig, description: str) -> Path:
    """Write a migration whose work its author fills in, and return its file."""
    new._create_migrations_folder(app.resolved_migrations_folder_path)
    made = new._generate_migration_meta(app)
    text = Template(BY_HAND.read_text()).substitute(
        name=name, id=made.migration_id, piccolo=__VERSION__, description=json.dumps(description)
    )
    file = Path(made.migration_path)
    file.write_text(text)
    return file
