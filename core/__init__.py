"""What a plugin may import. Anything that is not named here may change without notice."""

from core.accounts import register, sign_in, sign_out, signed_in
from core.auth.authenticators.passwords import checked as check_password
from core.auth.authenticators.passwords import hashed as hash_password
from core.auth.authorization.identity import CurrentUser
from core.auth.authorization.roles import find as find_user
from core.auth.tables import User
from core.cache import Cache
from core.commands.plugin_groups import in_database, save_file, served_at
from core.db.compiled import columns, compiled, compiled_new, compiled_one, limited
from core.db.engine import locked, savepoint, transaction
from core.db.errors import is_duplicate, is_null
from core.db.pagination import Page, PageQuery, Position, in_order, page, page_with_nulls
from core.db.widening import widen_ids
from core.endpoint import endpoint
from core.errors import (
    Conflict,
    FieldError,
    Forbidden,
    Invalid,
    NotFound,
    PreconditionFailed,
    Problem,
    ProblemOut,
    TooManyRequests,
    Unauthorized,
    stale,
)
from core.events import Event, emit, unit
from core.mail import send_mail
from core.metrics.registry import counter, gauge
from core.moments import in_utc
from core.outgoing.client import Fetched, fetch, may_ask
from core.outgoing.refusals import OutgoingError, OutgoingRefused
from core.plugins import Permission, Plugin, hookimpl
from core.public import PublicBlueprint
from core.realtime.bus import publish, recheck
from core.realtime.inside import Missed, subscribe
from core.repeating import repeating
from core.search.index import Match, SearchIndex
from core.search.migrating import create_search_index, drop_search_index
from core.search.schemas import Hit
from core.settings import Secret, Settings
from core.tasks.queue import cancel, enqueue
from core.tasks.task import GivenUp, Task
from core.web.address import address_of, origin_of, public_url_of, through_proxy
from core.web.answer import Answer, Prepared, prepare
from core.web.limits.named import limit, network_of
from core.web.request import Body, IfMatch, Query
from core.web.response import Download, WithHeaders, headers_of, problem

__all__ = [
    "Answer",
    "Body",
    "Cache",
    "Conflict",
    "CurrentUser",
    "Download",
    "Event",
    "Fetched",
    "FieldError",
    "Forbidden",
    "GivenUp",
    "Hit",
    "IfMatch",
    "Invalid",
    "Match",
    "Missed",
    "NotFound",
    "OutgoingError",
    "OutgoingRefused",
    "Page",
    "PageQuery",
    "Permission",
    "Plugin",
    "Position",
    "PreconditionFailed",
    "Prepared",
    "Problem",
    "ProblemOut",
    "PublicBlueprint",
    "Query",
    "SearchIndex",
    "Secret",
    "Settings",
    "Task",
    "TooManyRequests",
    "Unauthorized",
    "User",
    "WithHeaders",
    "address_of",
    "cancel",
    "check_password",
    "columns",
    "compiled",
    "compiled_new",
    "compiled_one",
    "counter",
    "create_search_index",
    "drop_search_index",
    "emit",
    "endpoint",
    "enqueue",
    "fetch",
    "find_user",
    "gauge",
    "hash_password",
    "headers_of",
    "hookimpl",
    "in_database",
    "in_order",
    "in_utc",
    "is_duplicate",
    "is_null",
    "limit",
    "limited",
    "locked",
    "may_ask",
    "network_of",
    "origin_of",
    "page",
    "page_with_nulls",
    "prepare",
    "problem",
    "public_url_of",
    "publish",
    "recheck",
    "register",
    "repeating",
    "save_file",
    "savepoint",
    "send_mail",
    "served_at",
    "sign_in",
    "sign_out",
    "signed_in",
    "stale",
    "subscribe",
    "through_proxy",
    "transaction",
    "unit",
    "widen_ids",
]
