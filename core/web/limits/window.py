"""The sliding window: how many requests count at this moment, from two counters.

Time is cut into windows. What was counted in the one before weighs as much as of it still lies
within one period, so that no boundary lets twice the amount through.
"""

from __future__ import annotations

import math


def wait_of(previous: int, current: int, passed: float, amount: int, period: float) -> float:
    """Return the seconds until one more is allowed; 0 when it is now.

    ``passed``: how much of the present window is over, 0 to 1.
    """
    if math.floor(previous * (1 - passed)) + current < amount:
        return 0.0
    room = amount - current
    if room > 0:  # what was counted before must weigh less
        return max(1 - room / previous - passed, 0.0) * period + 0.001
    return (1 - passed + max(1 - amount / current, 0.0)) * period + 0.001
