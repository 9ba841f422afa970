"""The process that works at tasks: a worker that serves no requests."""

from __future__ import annotations

import asyncio
import logging
import signal
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, nullcontext
from pathlib import Path

from core.plugins import Plugins
from core.tasks.settings import TasksSettings
from core.tasks.task import known
from core.tasks.working import Runner

Beating = Callable[[], AbstractAsyncContextManager[None]]


def main(path: str, beating: Beating = nullcontext) -> None:
    """Work at the tasks of a plugins.toml until SIGTERM or SIGINT.

    ``beating`` tells somebody, while its block runs, that this event loop is not stuck.
    """
    import uvloop

    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    logging.getLogger("piccolo").setLevel(logging.WARNING)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as loop:
        loop.run(_main(Path(path), beating))


async def _main(path: Path, beating: Beating) -> None:
    from core.app import alive, create_app
    from core.configuration import read

    plugins = read(path)
    async with beating(), alive(create_app(plugins, "tenfold_runner")):
        await work(plugins)


async def work(plugins: Plugins) -> None:
    """Work in this event loop until the process is told to stop."""
    runner = Runner(known(), plugins.settings_of(TasksSettings))
    loop = asyncio.get_running_loop()
    for each in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(each, runner.stop)
    await runner.work()
