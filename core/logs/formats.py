"""How a line of the log looks: for people, or as one JSON object."""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

import msgspec
from sanic import Request

from core.logs.masking import mask
from core.logs.writing import PORTION

LONGEST_TRACE = PORTION - 1200
LONGEST_MESSAGE = 1000

encode = msgspec.json.Encoder().encode


def timestamp(seconds: float) -> str:
    """Return a time as RFC 3339 in UTC, to the millisecond."""
    whole = int(seconds)
    return f"{_second(whole)}.{int((seconds - whole) * 1000):03d}Z"


@lru_cache(maxsize=64)
def _second(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat()[:-6]


def request_id() -> str | None:
    """Return the id of the request that this code works for, None if it works for none."""
    request = Request._current.get(None)
    return None if request is None else str(request.id)


class Plain(logging.Formatter):
    """Time, level, message and the id of the request, for people to read."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line, or the lines where there is a trace."""
        identity = request_id()
        about = f" [{identity}]" if identity else ""
        line = f"{timestamp(record.created)} {record.levelname} {record.name}: {_text(record)}"
        trace = self.trace(record)
        return mask(f"{line}{about}\n{trace}" if trace else f"{line}{about}")

    def trace(self, record: logging.LogRecord) -> str:
        """Return the trace of what was raised, and where, if anything was."""
        text = self.formatException(record.exc_info) if record.exc_info else ""
        if record.stack_info:
            text += self.formatStack(record.stack_info)
        return text


class Json(Plain):
    """One JSON object on a line, for machines."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        facts: dict[str, Any] = {
            "time": timestamp(record.created),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": _shortened(mask(_text(record)), LONGEST_MESSAGE),
        }
        if identity := request_id():
            facts["request_id"] = identity
        if plugin := _plugin(record):
            facts["plugin"] = plugin
        if trace := self.trace(record):
            facts["trace"] = _shortened(mask(trace), LONGEST_TRACE)
        return encode(facts).decode()


def _text(record: logging.LogRecord) -> str:
    try:
        return record.getMessage()
    except Exception as error:
        return f"{record.msg!r} cannot be written ({type(error).__name__})"


def _plugin(record: logging.LogRecord) -> str | None:
    """Return which plugin speaks: ``tenfold.todo`` and ``plugins.todo.service`` are todo's."""
    given = getattr(record, "plugin", None)
    root, _, rest = record.name.partition(".")
    return given or (rest.partition(".")[0] or None if root in ("tenfold", "plugins") else None)


def _shortened(text: str, most: int) -> str:
    """Leave out the middle of what is too long for a line that is written whole."""
    half = most // 2
    return text if len(text) <= most else f"{text[:half]} … {text[-half:]}"
