"""Which channels there are, and who may follow them: each plugin says so for its own."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING

from core.auth.authorization.identity import CurrentUser
from core.errors import Problem
from core.realtime.bus import CHANNEL, LONGEST_CHANNEL

if TYPE_CHECKING:
    from core.plugins import Plugins

log = logging.getLogger("tenfold.realtime")

Authorize = Callable[[CurrentUser, str], Awaitable[bool]]


class Channels:
    """The channels that plugins have registered."""

    def __init__(self, known: Mapping[str, Authorize]) -> None:
        self._known = known

    async def admits(self, user: CurrentUser, channel: str) -> bool:
        """Tell whether there is such a channel and ``user`` may follow it."""
        name, _, rest = channel.partition(":")
        authorize = self._known.get(name)
        if authorize is None or len(channel) > LONGEST_CHANNEL or not CHANNEL.fullmatch(channel):
            return False
        try:
            return await authorize(user, rest) is True
        except Problem:
            return False
        except Exception:
            log.exception("Whether user %d may follow %s could not be told.", user.id, channel)
            return False


def registered(plugins: Plugins) -> Channels:
    """Return the channels of all enabled plugins. Raises PluginError for a foreign name."""
    from core.plugins import PluginError

    known: dict[str, Authorize] = {}
    for plugin, channels in plugins.call("register_channels"):
        for name, authorize in channels.items():
            if not name.startswith(f"{plugin}.") or ":" in name or not CHANNEL.fullmatch(name):
                raise PluginError(
                    [f"{plugin}: the channel {name!r} must be called {plugin}.something"]
                )
            known[name] = authorize
    return Channels(known)
