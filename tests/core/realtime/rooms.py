"""A plugin with rooms: whoever is not banned may follow one, and who is signed in may talk."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Annotated, Any

from msgspec import Meta
from sanic import Blueprint

from core import (
    Body,
    CurrentUser,
    Permission,
    Plugin,
    endpoint,
    hookimpl,
    publish,
    transaction,
)

PLUGIN = Plugin(name="rooms", title="Rooms", description="Rooms to be followed.")

BANNED: set[tuple[int, str]] = set()
rooms = Blueprint("rooms")


class Talk(Body, frozen=True):
    """What to say, one message each, from a number on."""

    first: Annotated[int, Meta(ge=0, le=10_000_000)]
    count: Annotated[int, Meta(ge=1, le=1000)] = 1
    text: Annotated[str, Meta(max_length=300_000)] = ""


@rooms.post("/<name:str>")
@endpoint("rooms.talk", replay=False)
async def talk(user: CurrentUser, name: str, body: Talk) -> None:
    """Say something in a room."""
    async with transaction():
        for number in range(body.first, body.first + body.count):
            await publish(f"rooms.room:{name}", {"n": number, "text": body.text})


async def may_follow(user: CurrentUser, rest: str) -> bool:
    if rest == "broken":
        raise RuntimeError("broken")
    if rest.startswith("of-"):
        return rest == f"of-{user.id}"
    return (user.id, rest) not in BANNED and "rooms.talk" in user.permissions


@hookimpl
def register_permissions() -> Sequence[Permission]:
    return [Permission("rooms.talk", "Talk in rooms")]


@hookimpl
def register_routes() -> Blueprint:
    return rooms


@hookimpl
def register_channels() -> Mapping[str, Callable[[Any, str], Awaitable[bool]]]:
    return {"rooms.room": may_follow}
