"""Somebody honest, in a process that does little else: ``python -m tests.campaign.visitor``.

Its arguments are the address to ask, a token and the seconds to go on. It asks on a new connection
each time, and prints how often each status came and the longest that an answer took.
"""

from __future__ import annotations

import http.client
import json
import sys
import time
from collections import Counter
from urllib.parse import urlsplit

FROM = "127.0.0.1"


def ask(url: str, token: str) -> int:
    """Return the status of one answer."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(
        parts.hostname or "", parts.port, timeout=30, source_address=(FROM, 0)
    )
    try:
        connection.request("GET", parts.path, headers={"authorization": f"Bearer {token}"})
        answer = connection.getresponse()
        answer.read()
        return answer.status
    finally:
        connection.close()


def main(url: str, token: str, seconds: str) -> None:
    """Ask for so many seconds, once at least."""
    statuses: Counter[int] = Counter()
    longest, end = 0.0, time.monotonic() + float(seconds)
    while not statuses or time.monotonic() < end:
        began = time.monotonic()
        statuses[ask(url, token)] += 1
        longest = max(longest, time.monotonic() - began)
        time.sleep(0.02)
    print(json.dumps({"statuses": statuses, "longest": longest}))


if __name__ == "__main__":
    main(*sys.argv[1:])
