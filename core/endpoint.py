"""endpoint(): a handler's signature is its contract.

What a parameter is called or typed as decides what it gets::

    @tasks.patch("/<id:int>")
    @endpoint("todo.write")
    async def update(user: CurrentUser, id: int, body: TaskChange, if_match: IfMatch) -> TaskOut:

``user`` who is asking; ``body`` and ``query`` structs read from the request; ``if_match`` the
versions a change may start from; a Settings subclass the plugin's settings; ``request`` Sanic's
own; anything else a part of the path. The same facts make the OpenAPI document.
"""

from __future__ import annotations

import inspect
import typing
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass, field, replace
from functools import reduce, wraps
from operator import or_
from types import UnionType
from typing import Any

import msgspec
from sanic import HTTPResponse
from sanic import Request as SanicRequest

from core.auth.authenticators.freshness import require_fresh
from core.auth.authorization.identity import CurrentUser
from core.errors import Forbidden, Invalid, Unauthorized
from core.places import wrong_origins
from core.settings import Settings
from core.web.bounds import unbounded
from core.web.conditions import read_if_match
from core.web.idempotency import once
from core.web.limits.asking import Who, admitted
from core.web.limits.rules import Rule, rule_of
from core.web.request import (
    IfMatch,
    Nothing,
    Query,
    check_path,
    read_body,
    read_query,
    refuse_body,
)
from core.web.response import respond
from core.web.shapes import shapeless
from core.web.signatures import unclear

Function = Callable[..., Awaitable[Any]]
Handler = Callable[..., Awaitable[HTTPResponse]]
Reader = Callable[[SanicRequest, CurrentUser | None], Any]


@dataclass(frozen=True)
class Contract:
    """What an endpoint asks for and answers; the OpenAPI document is made from it.

    ``others``: results with a status of their own, which their type names as ``http_status``.
    """

    name: str
    permission: str | None
    status: int
    replay: bool
    summary: str
    description: str
    result: Any
    body: Any = None
    query: type[Query] = Nothing
    path: dict[str, Any] = field(default_factory=dict)
    conditional: bool = False
    fresh: int | None = None
    others: dict[int, Any] = field(default_factory=dict)
    limit: Rule | None = None
    cors: Collection[str] = ()
    who: Who | None = None


def endpoint(
    permission: str | None,
    *,
    status: int = 200,
    replay: bool = True,
    fresh: int | None = None,
    limit: str = "",
    cors: str | Collection[str] = (),
    who: Who | None = None,
) -> Callable[[Function], Handler]:
    """Serve a function to those who hold ``permission``; ``None`` says aloud: to anyone.

    ``status`` is that of a success. ``replay=False`` is for answers that carry credentials: they
    are never kept, so an Idempotency-Key does not bring them back. ``fresh`` is for what is
    dangerous: a password must have been proven within so many minutes. ``limit``, as in
    ``"10/minute"``: how often a user, else an address, may ask, beside the limits in the settings.
    ``cors``: an origin, or several, or ``"*"``, whose pages may ask this from a browser; without
    it ``core.cors_origins`` says. ``who``: an async function of the request that returns who asks,
    or None, in place of the header ``Authorization: Bearer``; it raises Unauthorized.
    """
    if callable(permission):
        raise TypeError("write @endpoint(permission), or @endpoint(None) for anyone.")
    if fresh is not None and permission is None:
        raise TypeError("fresh= needs a permission: nobody is asked who they are without one.")

    allowed = [cors] if isinstance(cors, str) else list(cors)
    if problem := wrong_origins(allowed):
        raise TypeError(f"cors= {problem}")

    def decorate(function: Function) -> Handler:
        contract = _contract(function, permission, status, replay, fresh)
        own = rule_of(f"{function.__module__}.{contract.name}", limit)
        return _handler(function, replace(contract, limit=own, cors=allowed, who=who))

    return decorate


def _handler(function: Function, contract: Contract) -> Handler:
    """Return what Sanic calls for a request."""
    permission, status, fresh = contract.permission, contract.status, contract.fresh
    own = contract.limit
    readers = list(_readers(function))
    bodiless = not {"body", "request"} & set(inspect.signature(function).parameters)

    @wraps(function)
    async def handler(request: SanicRequest, **arguments: Any) -> HTTPResponse:
        user = await admitted(request, own, contract.who)
        if permission is not None:
            _require(permission, user, fresh)
        if contract.path:
            check_path(contract.path, arguments)
        if bodiless and (request.body or request.stream.request_body):  # type: ignore[union-attr]
            await refuse_body(request)
        if request.query_string and contract.query is Nothing:
            raise Invalid("This takes no parameters behind the question mark.")
        for name, read in readers:
            arguments[name] = read(request, user)

        async def answer() -> HTTPResponse:
            result = await function(**arguments)
            return result if isinstance(result, HTTPResponse) else respond(request, result, status)

        if contract.replay and request.method == "POST" and "idempotency-key" in request.headers:
            return await once(request, user, answer)
        return await answer()

    handler.contract = contract  # type: ignore[attr-defined]
    handler.__signature__ = inspect.signature(handler, follow_wrapped=False)  # type: ignore[attr-defined]
    return handler


def _require(permission: str, user: CurrentUser | None, fresh: int | None) -> None:
    if user is None:
        raise Unauthorized("Sign in: send the header Authorization: Bearer <access token>.")
    if permission not in user.permissions:
        raise Forbidden(f"This needs the permission {permission}.")
    if fresh is not None:
        require_fresh(user, fresh)


def _contract(
    function: Function, permission: str | None, status: int, replay: bool, fresh: int | None
) -> Contract:
    hints = typing.get_type_hints(function)
    if missing := unclear(function, permission, hints):
        raise TypeError(f"{function.__qualname__}: {missing}.")
    summary, _, description = str(inspect.getdoc(function)).partition("\n")
    result, others = _results(hints.pop("return"), status)
    contract = Contract(
        function.__name__,
        permission,
        204 if result is type(None) else status,
        replay,
        summary,
        _described(description, fresh),
        result,
        body=hints.get("body"),
        query=hints.get("query", Nothing),
        path={name: kind for name, kind in hints.items() if _reader_of(name, kind) is None},
        conditional=IfMatch in hints.values(),
        fresh=fresh,
        others=others,
    )
    if problem := _unfit(contract):
        raise TypeError(f"{function.__qualname__}: {problem}")
    return contract


def _unfit(contract: Contract) -> str | None:
    """Return what is wrong with the types of a body, a query and the answers, None if nothing."""
    results = [contract.result, *contract.others.values()]
    if problem := shapeless(contract.body, contract.query, results):
        return problem
    kinds = [kind for kind in (contract.body, contract.query) if kind]
    return next(filter(None, map(unbounded, kinds)), None)


def _results(result: Any, status: int) -> tuple[Any, dict[int, Any]]:
    """Take from ``A | B`` what is answered with another status than the usual one."""
    kinds = typing.get_args(result) if isinstance(result, UnionType) else (result,)
    others = {getattr(kind, "http_status", status): kind for kind in kinds}
    others.pop(status, None)
    usual = [kind for kind in kinds if kind not in others.values()]
    return reduce(or_, usual), others


def _described(description: str, fresh: int | None) -> str:
    if fresh is None:
        return description.strip()
    needed = f"Needs a password proven within {fresh} minutes: see `POST /api/v1/auth/confirm`."
    return f"{description.strip()}\n\n{needed}".strip()


def _readers(function: Function) -> typing.Iterator[tuple[str, Reader]]:
    for name, kind in typing.get_type_hints(function).items():
        read = _reader_of(name, kind) if name != "return" else None
        if read is not None:
            yield name, read


def _reader_of(name: str, kind: Any) -> Reader | None:
    if name == "body":
        decoder = msgspec.json.Decoder(kind)
        return lambda request, _: read_body(request, decoder)
    if name == "query":
        return lambda request, _: read_query(kind, request.query_string)
    if kind is CurrentUser or name == "user":
        return lambda _, user: user
    if kind is IfMatch:
        return lambda request, _: read_if_match(request)
    if isinstance(kind, type) and issubclass(kind, Settings):
        return lambda request, _: request.app.ctx.plugins.settings_of(kind)
    if kind is SanicRequest:
        return lambda request, _: request
    return None
