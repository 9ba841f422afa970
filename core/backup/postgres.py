"""Copying a PostgreSQL database with its own tools, and putting a copy in its place."""

from __future__ import annotations

import asyncio
import os
import secrets
import shutil
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from time import monotonic
from urllib.parse import unquote, urlsplit, urlunsplit

import asyncpg

from core.backup.archive import BackupError

CONNECT = 10
PATIENT = {"statement_timeout": "0", "idle_in_transaction_session_timeout": "0"}
"""Whatever the server's own are: dumping and restoring take as long as they take."""
PARTING = 3.0
"""Seconds that PostgreSQL has to notice that somebody has just left."""

USERS = (
    "SELECT count(*) FROM pg_stat_activity WHERE datname = $1 AND backend_type = 'client backend'"
)
TABLES = (
    "SELECT format('%I', tablename) AS quoted, tablename FROM pg_tables "
    "WHERE schemaname = 'public' ORDER BY 2"
)


class Server:
    """The database that ``url`` names, and the server it is on."""

    def __init__(self, url: str) -> None:
        self.url, self._parts = url, urlsplit(url)
        self.name = unquote(self._parts.path.removeprefix("/"))

    def other(self, name: str) -> str:
        """Return the URL of another database on the same server."""
        return urlunsplit(self._parts._replace(path=f"/{name}"))

    @asynccontextmanager
    async def connected(self, name: str = "") -> AsyncIterator[asyncpg.Connection]:
        """Connect to the database, or another one; a connection may do nothing for long.

        Raises BackupError when that cannot be, and for what the server refuses.
        """
        try:
            opened = await asyncpg.connect(
                self.other(name or self.name), timeout=CONNECT, server_settings=PATIENT
            )
        except TimeoutError:
            raise BackupError(f"The database does not answer within {CONNECT} s.") from None
        except (OSError, asyncpg.PostgresError) as error:
            raise BackupError(f"The database does not answer: {error}") from error
        try:
            yield opened
        except asyncpg.InternalClientError as error:  # half of a farewell from the server was read
            raise BackupError("The database refuses: the connection was closed.") from error
        except (asyncpg.PostgresError, asyncpg.InterfaceError, ConnectionError) as error:
            raise BackupError(f"The database refuses: {error}") from error
        finally:
            await opened.close(timeout=CONNECT)

    def run(self, tool: str, *arguments: str, name: str = "") -> None:
        """Run one of PostgreSQL's tools. Raises BackupError when it is not there, or fails."""
        found = shutil.which(tool)
        if found is None:
            raise BackupError(f"{tool} is not installed; it comes with PostgreSQL's client tools.")
        parts = urlsplit(self.other(name or self.name))
        bare = parts.netloc.rpartition("@")
        user = bare[0].partition(":")[0]
        netloc = f"{user}@{bare[2]}" if user else bare[2]
        url = urlunsplit(parts._replace(scheme="postgresql", netloc=netloc))
        # The password goes by the environment: the command line of a process is for all to see.
        password = {"PGPASSWORD": unquote(parts.password)} if parts.password else {}
        done = subprocess.run(  # noqa: S603
            [found, f"--dbname={url}", *arguments],
            env=os.environ | password,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise BackupError(f"{tool} failed: {done.stderr.strip()[-500:]}")


async def copy(server: Server, target: Path) -> tuple[dict[str, int], dict[str, list[str]]]:
    """Dump the database as it is at one moment; return its rows by table, and its migrations."""
    how = ("--format=custom", "--no-owner", "--no-privileges", f"--file={target}")
    async with (
        server.connected() as here,
        here.transaction(isolation="repeatable_read", readonly=True),
    ):
        moment = await here.fetchval("SELECT pg_export_snapshot()")
        server.run("pg_dump", *how, f"--snapshot={moment}")
        return await counts(here), await migrations(here)


async def counts(here: asyncpg.Connection) -> dict[str, int]:
    """Return how many rows each table has."""
    return {
        row["tablename"]: await here.fetchval(f"SELECT count(*) FROM {row['quoted']}")  # noqa: S608
        for row in await here.fetch(TABLES)
    }


async def migrations(here: asyncpg.Connection) -> dict[str, list[str]]:
    """Return the migrations that have run, by plugin."""
    if await here.fetchval("SELECT to_regclass('migration')") is None:
        return {}
    found: dict[str, list[str]] = {}
    for row in await here.fetch("SELECT app_name, name FROM migration ORDER BY name"):
        found.setdefault(row["app_name"], []).append(row["name"])
    return found


@asynccontextmanager
async def restored(server: Server, dump: Path, expected: dict[str, int]) -> AsyncIterator[str]:
    """Restore into a new database beside the real one; yield its name. It is gone afterwards.

    Foreign keys are checked while it is restored. Raises BackupError when it is not whole.
    """
    name = f"{server.name[:40]}_restoring_{secrets.token_hex(4)}"
    async with server.connected("postgres") as admin:
        try:
            await admin.execute(f"CREATE DATABASE {_quoted(name)} TEMPLATE template0")
        except asyncpg.InsufficientPrivilegeError as error:
            raise BackupError(
                "The user of the database may not make one: grant CREATEDB."
            ) from error
        try:
            server.run("pg_restore", "--exit-on-error", "--no-owner", str(dump), name=name)
            async with server.connected(name) as here:
                if await counts(here) != expected:
                    raise BackupError(
                        "The tables in the backup do not have the rows that the manifest says."
                    )
            yield name
        finally:
            await admin.execute(f"DROP DATABASE IF EXISTS {_quoted(name)} WITH (FORCE)")


async def is_empty(server: Server) -> bool:
    """Tell whether there is nothing that would be lost."""
    async with server.connected() as here:
        return not await here.fetch(TABLES)


async def refuse_used(server: Server) -> None:
    """Raise BackupError when somebody is connected to the database, and stays so."""
    async with server.connected("postgres") as admin:
        end = monotonic() + PARTING
        while await admin.fetchval(USERS, server.name):
            if monotonic() > end:
                raise BackupError(f"A server, or somebody else, uses {server.name}. Stop it first.")
            await asyncio.sleep(0.1)


async def swap(server: Server, new: str, old: str) -> None:
    """Put the database ``new`` in the place of the real one, which is called ``old`` then."""
    here = _quoted(server.name)
    async with server.connected("postgres") as admin:
        try:
            async with admin.transaction():
                await admin.execute(f"ALTER DATABASE {here} RENAME TO {_quoted(old)}")
                await admin.execute(f"ALTER DATABASE {_quoted(new)} RENAME TO {here}")
        except asyncpg.PostgresError as error:
            raise BackupError(f"The databases could not change places: {error}") from error


async def drop(server: Server, name: str) -> None:
    """Delete a database."""
    async with server.connected("postgres") as admin:
        await admin.execute(f"DROP DATABASE IF EXISTS {_quoted(name)}")


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
