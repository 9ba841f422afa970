"""Cursors of the Python servers: where a list goes on, as opaque text."""

import base64
from datetime import datetime


def write(created_at: str | datetime, task: int) -> str:
    """Turn the last row of a page into a cursor."""
    moment = created_at if isinstance(created_at, str) else created_at.isoformat()
    return base64.urlsafe_b64encode(f"{moment}|{task}".encode()).decode()


def read(cursor: str) -> tuple[str, int]:
    """Turn a cursor into the sort value and the id it holds."""
    moment, _, task = base64.urlsafe_b64decode(cursor).decode().partition("|")
    return moment, int(task)
