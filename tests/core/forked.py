"""The command line in a process of its own, which begins with everything loaded already."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
from collections.abc import Awaitable, Callable, Mapping
from multiprocessing.connection import Connection

from click.testing import CliRunner

from core.cli import main
from core.loading import built_in, load
from core.plugins import OWN

Tenfold = Callable[..., Awaitable[str]]

for name in (*OWN.values(), *built_in()):
    load(name)

_context = multiprocessing.get_context("forkserver")
_context.set_forkserver_preload([__name__])


def forked(settings: Mapping[str, str]) -> Tenfold:
    """Return a function that runs a command with these settings and returns what it says.

    ``await tenfold("role", "list")`` ends with the exit code in parentheses.
    """

    async def tenfold(*arguments: str, typed: str = "") -> str:
        return await asyncio.to_thread(_run, arguments, {**os.environ, **settings}, typed)

    return tenfold


def _run(arguments: tuple[str, ...], environment: dict[str, str], typed: str) -> str:
    here, there = _context.Pipe(duplex=False)
    process = _context.Process(target=_command, args=(there, arguments, environment, typed))
    process.start()
    there.close()
    said: str = here.recv()
    process.join()
    return said


def _command(
    there: Connection, arguments: tuple[str, ...], environment: dict[str, str], typed: str
) -> None:
    os.environ.update(environment)
    done = CliRunner().invoke(main, arguments, input=typed)
    there.send(f"{done.output}({done.exit_code})")
