"""What a plugin may register with its hook register_channels."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest

from core.auth.authorization.identity import CurrentUser
from core.plugins import PluginError, Plugins
from core.realtime.channels import registered

ADA = CurrentUser(1, 1, frozenset(), frozenset())


async def only_one(user: CurrentUser, rest: str) -> bool:
    return rest == "1"


def plugins(channels: dict[str, Any]) -> Plugins:
    """Return as much of the plugins as tells what ``register_channels`` of one returns."""
    fake = SimpleNamespace(call=lambda hook: [("rooms", channels)] * (hook == "register_channels"))
    return cast(Plugins, fake)


async def test_the_plugin_decides_by_what_follows_the_colon() -> None:
    channels = registered(plugins({"rooms.room": only_one}))
    assert await channels.admits(ADA, "rooms.room:1")
    assert not await channels.admits(ADA, "rooms.room:2")
    assert not await channels.admits(ADA, "rooms.other:1")


@pytest.mark.parametrize("name", ["room", "todo.room", "rooms.room:1", "rooms.", "rooms.a b"])
def test_a_channel_begins_with_the_name_of_its_plugin(name: str) -> None:
    with pytest.raises(PluginError, match="rooms: the channel"):
        registered(plugins({name: only_one}))
