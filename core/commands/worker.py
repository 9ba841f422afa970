"""``tenfold worker``."""

from __future__ import annotations

import os

import click

from core import configuration


@click.command()
@click.option("--concurrency", type=int, help="Tasks to work at, at the same time.")
def worker(concurrency: int | None) -> None:
    """Bring the database up to date and work at tasks; serve nobody.

    For a host beside those that serve.
    """
    from core.commands.serve import make_ready
    from core.tasks.runner import main

    if concurrency is not None:
        os.environ["TENFOLD_TASKS__CONCURRENCY"] = str(concurrency)
    make_ready(configuration.read())
    main(str(configuration.path().absolute()))
