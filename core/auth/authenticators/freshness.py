"""Dangerous things want a password that was proven a short time ago (RFC 9470)."""

from __future__ import annotations

import time

from core.auth.authorization.identity import CurrentUser
from core.errors import Unauthorized

FRESH_MINUTES = 10
"""How long a password counts as just proven for what core itself asks it."""


class FreshLoginRequired(Unauthorized):
    """The password was last proven too long ago for this: send it to POST /api/v1/auth/confirm."""

    code, title = "fresh_login_required", "Confirm your password"


def is_fresh(user: CurrentUser, minutes: int) -> bool:
    """Tell whether a password or a code was proven within the last ``minutes``."""
    return user.key == 0 and time.time() - user.auth_time <= minutes * 60


def require_fresh(user: CurrentUser, minutes: int) -> None:
    """Raise FreshLoginRequired unless ``user`` is fresh. An API key never is."""
    if is_fresh(user, minutes):
        return
    detail = f"This needs a password proven within {minutes} minutes. Confirm yours first."
    if user.key:
        detail = "This cannot be done with an API key. Sign in with your password."
    challenge = (
        'Bearer realm="tenfold", error="insufficient_user_authentication", '
        f'error_description="A more recent sign-in is required", max_age="{minutes * 60}"'
    )
    raise FreshLoginRequired(detail, headers={"www-authenticate": challenge})
