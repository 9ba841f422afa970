"""Sanic and the stdlib's sqlite3, written by hand: what everything else is measured against."""

import asyncio
import os
import sqlite3
from datetime import UTC, datetime
from typing import Any

import bcrypt
from sanic import HTTPResponse, Request, Sanic, json
from sanic.exceptions import BadRequest, NotFound, SanicException, Unauthorized

import cursors
import tokens

SCHEMA = """
PRAGMA journal_mode = WAL;
CREATE TABLE IF NOT EXISTS users (
    id INTEGER PRIMARY KEY, email TEXT NOT NULL UNIQUE, username TEXT NOT NULL UNIQUE,
    password TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS tasks (
    id INTEGER PRIMARY KEY, owner INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    project INTEGER, title TEXT NOT NULL, description TEXT NOT NULL, done INTEGER NOT NULL,
    completed_at TEXT, priority INTEGER NOT NULL, created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL, version INTEGER NOT NULL);
CREATE INDEX IF NOT EXISTS tasks_owner ON tasks (owner, created_at, id);
"""
NAMES = (
    *("id", "project", "title", "description", "done", "completed_at"),
    *("priority", "created_at", "updated_at", "version"),
)
COLUMNS = ", ".join(NAMES)
LIST = f"SELECT {COLUMNS} FROM tasks WHERE owner = ? ORDER BY created_at DESC, id DESC LIMIT ?"
LIST_ON = (
    f"SELECT {COLUMNS} FROM tasks WHERE owner = ? AND (created_at, id) < (?, ?)"
    " ORDER BY created_at DESC, id DESC LIMIT ?"
)
ONE = f"SELECT {COLUMNS} FROM tasks WHERE id = ? AND owner = ?"
CREATE = (
    "INSERT INTO tasks (owner, title, description, done, priority, created_at, updated_at, version)"
    f" VALUES (?, ?, ?, 0, ?, ?, ?, 1) RETURNING {COLUMNS}"
)
UPDATE = (
    "UPDATE tasks SET title = ?, updated_at = ?, version = version + 1"
    f" WHERE id = ? AND owner = ? AND version = ? RETURNING {COLUMNS}"
)

app = Sanic("bare")
app.config.ACCESS_LOG = False


def connect() -> sqlite3.Connection:
    """Open the database as each worker holds it."""
    path = os.environ["BENCH_DATABASE"].removeprefix("sqlite:///")
    database = sqlite3.connect(path, isolation_level=None, timeout=5)
    database.execute("PRAGMA synchronous = NORMAL")
    database.execute("PRAGMA foreign_keys = ON")
    return database


def create_tables() -> None:
    """Make the tables, once, before the server starts."""
    connect().executescript(SCHEMA)


@app.before_server_start
async def open_database(app: Sanic[Any, Any]) -> None:
    app.ctx.database = connect()


def caller(request: Request) -> int:
    """Give the id of the user who asks."""
    user = tokens.read_header(request.headers.get("authorization"))
    if user is None:
        raise Unauthorized("This needs a valid access token.", scheme="Bearer")
    return user


def as_task(row: tuple[Any, ...]) -> dict[str, Any]:
    task = dict(zip(NAMES, row, strict=True))
    task["done"] = bool(task["done"])
    return task


def now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def title_of(body: dict[str, Any]) -> str:
    title = body.get("title")
    if not isinstance(title, str) or not title:
        raise BadRequest("A task needs a title.")
    return title


def task_answer(row: tuple[Any, ...], status: int = 200) -> HTTPResponse:
    task = as_task(row)
    return json(task, status, {"ETag": f'"{task["version"]}"'})


@app.get("/health/live")
async def live(request: Request) -> HTTPResponse:
    return json({"status": "ok"})


@app.post("/api/v1/auth/register")
async def register(request: Request) -> HTTPResponse:
    body = request.json
    password = body["password"].encode()
    hashed = await asyncio.to_thread(bcrypt.hashpw, password, bcrypt.gensalt(12))
    row = app.ctx.database.execute(
        "INSERT INTO users (email, username, password) VALUES (?, ?, ?) RETURNING id",
        (body["email"], body["username"], hashed.decode()),
    ).fetchone()
    return json({"access_token": tokens.issue(row[0]), "token_type": "Bearer"}, 201)


@app.post("/api/v1/auth/login")
async def login(request: Request) -> HTTPResponse:
    body = request.json
    row = app.ctx.database.execute(
        "SELECT id, password FROM users WHERE email = ?1 OR username = ?1", (body["login"],)
    ).fetchone()
    if row is None or not await asyncio.to_thread(
        bcrypt.checkpw, body["password"].encode(), row[1].encode()
    ):
        raise Unauthorized("The login or the password is wrong.", scheme="Bearer")
    return json({"access_token": tokens.issue(row[0]), "token_type": "Bearer"})


@app.get("/api/v1/todo/tasks")
async def list_tasks(request: Request) -> HTTPResponse:
    user, limit = caller(request), int(request.args.get("limit", 20))
    if cursor := request.args.get("cursor"):
        rows = app.ctx.database.execute(
            LIST_ON, (user, *cursors.read(cursor), limit + 1)
        ).fetchall()
    else:
        rows = app.ctx.database.execute(LIST, (user, limit + 1)).fetchall()
    items = [as_task(row) for row in rows[:limit]]
    more = len(rows) > limit
    last = cursors.write(items[-1]["created_at"], items[-1]["id"]) if more else None
    return json({"items": items, "next": last})


@app.get("/api/v1/todo/tasks/<task:int>")
async def get_task(request: Request, task: int) -> HTTPResponse:
    row = app.ctx.database.execute(ONE, (task, caller(request))).fetchone()
    if row is None:
        raise NotFound("There is no such task.")
    return task_answer(row)


@app.post("/api/v1/todo/tasks")
async def create_task(request: Request) -> HTTPResponse:
    user, body, moment = caller(request), request.json, now()
    priority = body.get("priority", 0)
    if not isinstance(priority, int) or not 0 <= priority <= 4:
        raise BadRequest("A priority is a number from 0 to 4.")
    values = (user, title_of(body), str(body.get("description", "")), priority, moment, moment)
    return task_answer(app.ctx.database.execute(CREATE, values).fetchone(), 201)


@app.patch("/api/v1/todo/tasks/<task:int>")
async def update_task(request: Request, task: int) -> HTTPResponse:
    user, version = caller(request), int(request.headers["if-match"].strip('"'))
    values = (title_of(request.json), now(), task, user, version)
    row = app.ctx.database.execute(UPDATE, values).fetchone()
    if row is not None:
        return task_answer(row)
    if app.ctx.database.execute(ONE, (task, user)).fetchone() is None:
        raise NotFound("There is no such task.")
    raise SanicException("The task was changed meanwhile.", status_code=412)


if __name__ == "__main__":
    app.run("127.0.0.1", int(os.environ["BENCH_PORT"]), workers=2, access_log=False)
