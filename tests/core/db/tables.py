"""A table that only these tests know."""

from __future__ import annotations

from piccolo.columns import Boolean, Integer, Serial, Timestamptz, Varchar
from piccolo.table import Table


class Note(Table, tablename="db_note"):
    """Something written down."""

    id: Serial
    text = Varchar(length=200, unique=True)
    number = Integer(default=0)
    done = Boolean(default=False)
    at = Timestamptz()
    due = Varchar(length=10, null=True, default=None)
