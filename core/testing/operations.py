"""What a plugin under test serves, and asking for it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from core.testing.servers import Server
from core.testing.things import Things

if TYPE_CHECKING:
    from core.web.openapi.operations import Operation


def operations_of(server: Server, name: str) -> list[Operation]:
    """Return the operations of a plugin."""
    from core.web.openapi.operations import operations

    return [each for each in operations(server.app) if each.plugin == name]


def held_by_all(server: Server) -> set[str]:
    """Return the permissions that every user holds at first."""
    found = [each for _, some in server.plugins.call("register_permissions") for each in some]
    return {each.name for each in found if "user" in each.roles}


async def ask(
    person: Any,
    operation: Operation,
    path: str,
    things: Things,
    headers: Mapping[str, str] | None = None,
) -> Any:
    """Send a request that would be answered with a success."""
    body = things.body(operation.method, operation.path)
    return await person.request(operation.method.upper(), path, json=body, headers=headers)


def lists_of(server: Server, name: str, things: Things) -> list[Operation]:
    """Return the lists of a plugin that go page by page and take a POST."""
    from core.web.openapi.operations import operations

    found = {(each.method, each.path) for each in operations(server.app)}
    return [
        each
        for each in operations_of(server, name)
        if each.method == "get"
        and "cursor" in each.contract.query.__struct_fields__
        and ("post", each.path) in found
        and each.contract.permission in held_by_all(server)
    ]
