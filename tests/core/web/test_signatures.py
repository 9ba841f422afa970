"""A function that does not say enough to be served is refused when it is written."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from core import CurrentUser, endpoint


def not_awaited(user: CurrentUser) -> str:
    """Say something."""
    return "something"


async def undescribed(user: CurrentUser) -> str:
    return "something"


async def without_a_result(user: CurrentUser):  # type: ignore[no-untyped-def]
    """Say something."""


async def without_a_type(user) -> str:  # type: ignore[no-untyped-def]
    """Say something."""
    return "something"


async def without_a_part(user: CurrentUser, id) -> str:  # type: ignore[no-untyped-def]
    """Say something."""
    return "something"


async def whole(user: CurrentUser, id: int) -> str:
    """Say something."""
    return "something"


async def anybodys(user: CurrentUser | None) -> str:
    """Say something."""
    return "something"


@pytest.mark.parametrize(
    ("function", "words"),
    [
        (not_awaited, "not_awaited: write async def"),
        (undescribed, "undescribed: say in a docstring what this endpoint does"),
        (without_a_result, "without_a_result: say what it returns"),
        (without_a_type, "without_a_type: say what user is, as in user: CurrentUser"),
        (without_a_part, "without_a_part: say what id is, as in id: int"),
    ],
)
def test_what_is_missing_is_named(function: Callable[..., Any], words: str) -> None:
    with pytest.raises(TypeError, match=words):
        endpoint("acme.read")(function)


def test_who_lets_anyone_ask_expects_nobody() -> None:
    with pytest.raises(TypeError, match=r"whole: anyone may ask.*write user: CurrentUser \| None"):
        endpoint(None)(whole)
    endpoint(None)(anybodys)
    endpoint("acme.read")(whole)


def test_the_permission_cannot_be_forgotten() -> None:
    with pytest.raises(TypeError, match=r"write @endpoint\(permission\)"):
        endpoint(whole)  # type: ignore[arg-type]
