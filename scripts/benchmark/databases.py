"""Databases for a run: a file in the scratch folder, or one on PostgreSQL that is dropped after."""

import asyncio
import os
from pathlib import Path

import asyncpg

from benchmark.problems import UnavailableError

POSTGRES = os.environ.get("BENCH_POSTGRES", "postgres://postgres@127.0.0.1:5432")


class Database:
    """One server's database."""

    def __init__(self, kind: str, server: str, folder: Path) -> None:
        self.kind = kind
        self.name = f"bench_{server.replace('-', '_')}_{os.getpid()}"
        self.url = f"sqlite:///{folder}/bench.db" if kind == "sqlite" else f"{POSTGRES}/{self.name}"

    def create(self) -> None:
        """Make it, empty; SQLite makes its file by itself."""
        if self.kind == "postgres":
            asyncio.run(run_sql(f"CREATE DATABASE {self.name}"))

    def drop(self) -> None:
        """Take it away; the scratch folder takes SQLite's file along."""
        if self.kind == "postgres":
            asyncio.run(run_sql(f"DROP DATABASE IF EXISTS {self.name} WITH (FORCE)"))


async def run_sql(statement: str) -> str:
    """Run one statement on the server's own database and give its status or value."""
    try:
        connection = await asyncpg.connect(f"{POSTGRES}/postgres", timeout=5)
    except (OSError, asyncpg.PostgresError, TimeoutError) as error:
        raise UnavailableError(f"PostgreSQL cannot be reached ({POSTGRES}): {error}") from error
    try:
        if statement.startswith("SHOW"):
            return str(await connection.fetchval(statement))
        return str(await connection.execute(statement))
    finally:
        await connection.close()


def postgres_version() -> str:
    """The version of the PostgreSQL server."""
    return asyncio.run(run_sql("SHOW server_version"))
