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
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from functools import reduce, wraps
from operator import or_
from types import UnionType
from typing import Any

import msgspec
from sanic import HTTPResponse
from sanic import Request as SanicRequest

from core.auth.freshness import require_fresh
from core.auth.identity import CurrentUser
from core.errors import Forbidden, Invalid, Unauthorized
from core.settings import Settings
from core.web.bounds import unbounded
from core.web.conditions import read_if_match
from core.web.idempotency import once
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


def endpoint(
    permission: str | None, *, status: int = 200, replay: bool = True, fresh: int | None = None
) -> Callable[[Function], Handler]:
    """Serve a function to those who hold ``permission``; ``None`` says aloud: to anyone.

    ``status`` is that of a success. ``replay=False`` is for answers that carry credentials: they
    are never kept, so an Idempotency-Key does not bring them back. ``fresh`` is for what is
    dangerous: a password must have been proven within so many minutes.
    """
    if fresh is not None and permission is None:
        raise TypeError("fresh= needs a permission: nobody is asked who they are without one.")

    def decorate(function: Function) -> Handler:
        return _handler(function, _contract(function, permission, status, replay, fresh))

    return decorate


def _handler(function: Function, contract: Contract) -> Handler:
    """Return what Sanic calls for a request."""
    permission, status, fresh = contract.permission, contract.status, contract.fresh
    readers = list(_readers(function))
    bodiless = not {"body", "request"} & set(inspect.signature(function).parameters)

    @wraps(function)
    async def handler(request: SanicRequest, **arguments: Any) -> HTTPResponse:
        user = request.app.ctx.authenticate(request)
        if user is not None and type(user) is not CurrentUser:
            user = await user
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
            given = getattr(result, "http_status", status)
            return result if type(result) is HTTPResponse else respond(request, result, given)

        if contract.replay and request.method == "POST" and "idempotency-key" in request.headers:
            return await once(request, user, answer)
        return await answer()

    handler.contract = contract  # type: ignore[attr-defined]
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
    text = inspect.getdoc(function)
    if not text:
        raise TypeError(f"{function.__qualname__}: say in a docstring what this endpoint does.")
    if "return" not in hints:
        raise TypeError(f"{function.__qualname__}: say what it returns.")
    summary, _, description = text.partition("\n")
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
    for kind in (contract.body, contract.query):
        if problem := kind and unbounded(kind):
            raise TypeError(f"{function.__qualname__}: {problem}")
    return contract


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
