"""``tenfold tasks``."""

from __future__ import annotations

import click

from core.commands.role import run
from core.plugins import Plugins


@click.group()
def tasks() -> None:
    """See what waits and what was given up; try it again or delete it."""


@tasks.command("list")
@click.option("--state", type=click.Choice(["waiting", "running", "dead"]), help="Only these.")
@click.option("--limit", default=50, type=click.IntRange(1, 100), show_default=True)
def list_(state: str | None, limit: int) -> None:
    """List tasks, the newest first."""
    from core.tasks import service
    from core.tasks.schemas import QueuedTaskQuery

    async def work(plugins: Plugins) -> None:
        query = QueuedTaskQuery(state=state, limit=limit)  # type: ignore[arg-type]
        for each in (await service.some(query)).items:
            when = f"{each.run_at:%Y-%m-%d %H:%M:%S}"
            line = f"{each.id:8} {each.state:8} {when} {each.name:30} {each.attempts:3}"
            click.echo(f"{line} {each.last_error[:100]}".rstrip())

    run(work)


@tasks.command()
@click.argument("id", type=click.IntRange(1, 2**31 - 1))
def retry(id: int) -> None:
    """Have a task tried now, with all its attempts."""
    from core.tasks import service

    task = run(lambda _: service.retry(id))
    click.echo(f"{task.name} is tried again.")


@tasks.command()
@click.argument("id", type=click.IntRange(1, 2**31 - 1))
def delete(id: int) -> None:
    """Delete a task: it will not be done."""
    from core.tasks import service

    run(lambda _: service.delete(id))
    click.echo(f"Deleted the task {id}.")
