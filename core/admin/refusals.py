"""Rules and databases that say no to the admin: an answer of 4xx instead of an error 500."""

from __future__ import annotations

import logging
import sqlite3
from typing import TYPE_CHECKING, Any

import asyncpg
from pydantic import ValidationError
from starlette.responses import JSONResponse

from core.admin.sentences import sentence
from core.db.errors import DatabaseBusy, is_passing
from core.errors import Problem

if TYPE_CHECKING:
    from fastapi import FastAPI
    from starlette.requests import Request
    from starlette.responses import Response

log = logging.getLogger("tenfold.admin")

REFUSED = (
    ValueError,
    OverflowError,
    sqlite3.IntegrityError,
    sqlite3.DataError,
    asyncpg.IntegrityConstraintViolationError,
    asyncpg.DataError,
)
AWAY = (
    sqlite3.OperationalError,
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    DatabaseBusy,
    OSError,
)
LOGS = ("piccolo_api.crud.exceptions", "piccolo_admin.endpoints")
"""They log a trace of every refused form, and real errors several times."""


def answer_refusals(app: FastAPI) -> None:
    """Let ``app`` answer what rules of plugins, columns and the database refuse."""
    for name in LOGS:
        logging.getLogger(name).disabled = True
    app.add_exception_handler(Problem, _problem)
    for kind in REFUSED:
        app.add_exception_handler(kind, _value)
    for kind in AWAY:
        app.add_exception_handler(kind, _database)


async def _problem(request: Request, error: Any) -> Response:
    return JSONResponse({"detail": error.detail}, error.status, error.headers)


async def _value(request: Request, error: Exception) -> Response:
    """Answer a value that no column or no query can take."""
    text = sentence(str(error))
    if isinstance(error, UnicodeError):
        text = "A text holds a character that cannot be stored."
    elif isinstance(error, ValidationError):
        first = error.errors()[0]
        text = f"{'.'.join(str(part) for part in first['loc'])}: {first['msg']}"
    log.info("%s %s: %s", request.method, request.url.path, text)
    return JSONResponse({"detail": text}, 422)


async def _database(request: Request, error: Exception) -> Response:
    """Answer while the database is busy or away; what else it says is a mistake of ours."""
    if isinstance(error, REFUSED):
        return await _value(request, error)
    if not is_passing(error):
        raise error
    log.warning("%s %s: %r", request.method, request.url.path, error)
    return JSONResponse({"detail": "The database is busy or away. Try again."}, 503)
