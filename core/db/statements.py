"""What a statement does, told from its text."""

from __future__ import annotations

import re
from functools import lru_cache

READ, WRITE, OTHER = "read", "write", "other"

FIRST_WORD = re.compile(r"\s*(\w+)")
WRITES = re.compile(r"\b(INSERT|UPDATE|DELETE|REPLACE|MERGE)\b", re.IGNORECASE)


@lru_cache(maxsize=2000)
def kind(sql: str) -> str:
    """Return READ, WRITE (rows change) or OTHER (the schema, a setting)."""
    found = FIRST_WORD.match(sql)
    word = found[1].upper() if found else ""
    if word == "WITH":
        return WRITE if WRITES.search(sql) else READ
    if word in ("SELECT", "VALUES"):
        return READ
    return WRITE if word in ("INSERT", "UPDATE", "DELETE", "REPLACE", "MERGE") else OTHER
