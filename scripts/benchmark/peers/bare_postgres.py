"""Sanic and asyncpg, written by hand: the PostgreSQL twin of `bare`."""

import asyncio
import os
from datetime import UTC, datetime
from typing import Any

import asyncpg
import bcrypt
from sanic import HTTPResponse, Request, Sanic, json
from sanic.exceptions import BadRequest, NotFound, SanicException, Unauthorized

import cursors
import tokens

SCHEMA = """
CREATE TABLE IF NOT EXISTS users (
    id SERIAL PRIMARY KEY, email TEXT NOT NULL UNIQUE, username TEXT NOT NULL UNIQUE,
    password TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS tasks (
    id SERIAL PRIMARY KEY, owner INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    project INTEGER, title TEXT NOT NULL, description TEXT NOT NULL, done BOOLEAN NOT NULL,
    completed_at TIMESTAMPTZ, priority INTEGER NOT NULL, created_at TIMESTAMPTZ NOT NULL,
    updated_at TIMESTAMPTZ NOT NULL, version INTEGER NOT NULL);
CREATE INDEX IF NOT EXISTS tasks_owner ON tasks (owner, created_at, id);
"""
NAMES = (
    *("id", "project", "title", "description", "done", "completed_at"),
    *("priority", "created_at", "updated_at", "version"),
)
COLUMNS = ", ".join(NAMES)
LIST = f"SELECT {COLUMNS} FROM tasks WHERE owner = $1 ORDER BY created_at DESC, id DESC LIMIT $2"
LIST_ON = (
    f"SELECT {COLUMNS} FROM tasks WHERE owner = $1 AND (created_at, id) < ($3, $4)"
    " ORDER BY created_at DESC, id DESC LIMIT $2"
)
ONE = f"SELECT {COLUMNS} FROM tasks WHERE id = $1 AND owner = $2"
CREATE = (
    "INSERT INTO tasks (owner, title, description, done, priority, created_at, updated_at, version)"
    f" VALUES ($1, $2, $3, false, $4, $5, $5, 1) RETURNING {COLUMNS}"
)
UPDATE = (
    "UPDATE tasks SET title = $1, updated_at = $2, version = version + 1"
    f" WHERE id = $3 AND owner = $4 AND version = $5 RETURNING {COLUMNS}"
)

app = Sanic("bare_postgres")
app.config.ACCESS_LOG = False


def create_tables() -> None:
    """Make the tables, once, before the server starts."""

    async def create() -> None:
        database = await asyncpg.connect(os.environ["BENCH_DATABASE"])
        await database.execute(SCHEMA)
        await database.close()

    asyncio.run(create())


@app.before_server_start
async def open_pool(app: Sanic[Any, Any]) -> None:
    app.ctx.database = await asyncpg.create_pool(
        os.environ["BENCH_DATABASE"], min_size=10, max_size=10
    )


@app.after_server_stop
async def close_pool(app: Sanic[Any, Any]) -> None:
    await app.ctx.database.close()


def caller(request: Request) -> int:
    """Give the id of the user who asks."""
    user = tokens.read_header(request.headers.get("authorization"))
    if user is None:
        raise Unauthorized("This needs a valid access token.", scheme="Bearer")
    return user


def moment(value: datetime | None) -> str | None:
    return value.isoformat().replace("+00:00", "Z") if value else None


def as_task(row: asyncpg.Record) -> dict[str, Any]:
    task = dict(row)
    for name in ("completed_at", "created_at", "updated_at"):
        task[name] = moment(task[name])
    return task


def title_of(body: dict[str, Any]) -> str:
    title = body.get("title")
    if not isinstance(title, str) or not title:
        raise BadRequest("A task needs a title.")
    return title


def task_answer(row: asyncpg.Record, status: int = 200) -> HTTPResponse:
    return json(as_task(row), status, {"ETag": f'"{row["version"]}"'})


@app.get("/health/live")
async def live(request: Request) -> HTTPResponse:
    return json({"status": "ok"})


@app.post("/api/v1/auth/register")
async def register(request: Request) -> HTTPResponse:
    body = request.json
    password = body["password"].encode()
    hashed = await asyncio.to_thread(bcrypt.hashpw, password, bcrypt.gensalt(12))
    user = await app.ctx.database.fetchval(
        "INSERT INTO users (email, username, password) VALUES ($1, $2, $3) RETURNING id",
        *(body["email"], body["username"], hashed.decode()),
    )
    return json({"access_token": tokens.issue(user), "token_type": "Bearer"}, 201)


@app.post("/api/v1/auth/login")
async def login(request: Request) -> HTTPResponse:
    body = request.json
    row = await app.ctx.database.fetchrow(
        "SELECT id, password FROM users WHERE email = $1 OR username = $1", body["login"]
    )
    if row is None or not await asyncio.to_thread(
        bcrypt.checkpw, body["password"].encode(), row["password"].encode()
    ):
        raise Unauthorized("The login or the password is wrong.", scheme="Bearer")
    return json({"access_token": tokens.issue(row["id"]), "token_type": "Bearer"})


@app.get("/api/v1/todo/tasks")
async def list_tasks(request: Request) -> HTTPResponse:
    user, limit = caller(request), int(request.args.get("limit", 20))
    if cursor := request.args.get("cursor"):
        created_at, task = cursors.read(cursor)
        after = (datetime.fromisoformat(created_at), task)
        rows = await app.ctx.database.fetch(LIST_ON, user, limit + 1, *after)
    else:
        rows = await app.ctx.database.fetch(LIST, user, limit + 1)
    page, more = rows[:limit], len(rows) > limit
    last = cursors.write(page[-1]["created_at"], page[-1]["id"]) if more else None
    return json({"items": [as_task(row) for row in page], "next": last})


@app.get("/api/v1/todo/tasks/<task:int>")
async def get_task(request: Request, task: int) -> HTTPResponse:
    row = await app.ctx.database.fetchrow(ONE, task, caller(request))
    if row is None:
        raise NotFound("There is no such task.")
    return task_answer(row)


@app.post("/api/v1/todo/tasks")
async def create_task(request: Request) -> HTTPResponse:
    user, body = caller(request), request.json
    priority = body.get("priority", 0)
    if not isinstance(priority, int) or not 0 <= priority <= 4:
        raise BadRequest("A priority is a number from 0 to 4.")
    values = (user, title_of(body), str(body.get("description", "")), priority, datetime.now(UTC))
    return task_answer(await app.ctx.database.fetchrow(CREATE, *values), 201)


@app.patch("/api/v1/todo/tasks/<task:int>")
async def update_task(request: Request, task: int) -> HTTPResponse:
    user, version = caller(request), int(request.headers["if-match"].strip('"'))
    values = (title_of(request.json), datetime.now(UTC), task, user, version)
    row = await app.ctx.database.fetchrow(UPDATE, *values)
    if row is not None:
        return task_answer(row)
    if await app.ctx.database.fetchrow(ONE, task, user) is None:
        raise NotFound("There is no such task.")
    raise SanicException("The task was changed meanwhile.", status_code=412)


if __name__ == "__main__":
    app.run("127.0.0.1", int(os.environ["BENCH_PORT"]), workers=2, access_log=False)
