"""How often somebody may try to sign in."""

from __future__ import annotations

import pytest
from piccolo_api.rate_limiting.middleware import RateLimitError

from core.admin.attempts import REMEMBERED, LoginAttempts


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_too_many_attempts_are_refused_until_time_has_passed() -> None:
    clock = Clock()
    attempts = LoginAttempts(limit=3, seconds=60, clock=clock)
    for _ in range(3):
        attempts.increment("203.0.113.5")
    clock.now = 59
    with pytest.raises(RateLimitError):
        attempts.increment("203.0.113.5")
    attempts.increment("203.0.113.6")
    clock.now = 60
    attempts.increment("203.0.113.5")


def test_trying_on_while_refused_does_not_prolong_it() -> None:
    clock = Clock()
    attempts = LoginAttempts(limit=1, seconds=60, clock=clock)
    attempts.increment("203.0.113.5")
    for clock.now in (20, 40, 59):
        with pytest.raises(RateLimitError):
            attempts.increment("203.0.113.5")
    clock.now = 61
    attempts.increment("203.0.113.5")


def test_a_network_of_ipv6_counts_as_one_address() -> None:
    attempts = LoginAttempts(limit=1)
    attempts.increment("2001:db8::1")
    with pytest.raises(RateLimitError):
        attempts.increment("2001:db8::ffff:2")
    attempts.increment("2001:db8:0:1::1")
    attempts.increment("a socket in the file system")


def test_what_is_remembered_has_an_end() -> None:
    clock = Clock()
    attempts = LoginAttempts(limit=5, seconds=60, clock=clock)
    for number in range(REMEMBERED + 50):
        attempts.increment(f"client {number}")
    assert len(attempts._attempts) == REMEMBERED
    clock.now = 61
    attempts.increment("the next one")
    assert len(attempts._attempts) == 1
