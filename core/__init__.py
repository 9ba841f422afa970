"""What a plugin may import. Anything that is not named here may change without notice."""

from core.auth.identity import CurrentUser
from core.auth.tables import User
from core.db.compiled import columns, compiled, compiled_new, compiled_one, limited
from core.db.engine import locked, savepoint, transaction
from core.db.errors import is_duplicate, is_null
from core.db.pagination import Page, PageQuery, Position, in_order, page
from core.endpoint import endpoint
from core.errors import (
    Conflict,
    Forbidden,
    Invalid,
    NotFound,
    PreconditionFailed,
    Problem,
    Unauthorized,
    stale,
)
from core.events import Event, emit
from core.plugins import Permission, Plugin, hookimpl
from core.settings import Secret, Settings
from core.web.request import Body, IfMatch, Query

__all__ = [
    "Body",
    "Conflict",
    "CurrentUser",
    "Event",
    "Forbidden",
    "IfMatch",
    "Invalid",
    "NotFound",
    "Page",
    "PageQuery",
    "Permission",
    "Plugin",
    "Position",
    "PreconditionFailed",
    "Problem",
    "Query",
    "Secret",
    "Settings",
    "Unauthorized",
    "User",
    "columns",
    "compiled",
    "compiled_new",
    "compiled_one",
    "emit",
    "endpoint",
    "hookimpl",
    "in_order",
    "is_duplicate",
    "is_null",
    "limited",
    "locked",
    "page",
    "savepoint",
    "stale",
    "transaction",
]
