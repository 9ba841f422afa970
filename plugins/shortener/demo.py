"""Believable links and visits for trying things out."""

from __future__ import annotations

import time
from collections.abc import Sequence
from random import Random

from .links import service
from .schemas import NewLink, Utm
from .visits.writing import Row, write

LINKS = (
    ("Spring catalogue", "https://example.com/catalogue/spring", ["print", "spring"]),
    ("Newsletter sign-up", "https://example.org/newsletter", ["mail"]),
    ("Map to the fair", "https://www.openstreetmap.org/#map=15/38.7223/-9.1393", ["fair"]),
    ("Survey", "https://example.net/survey?lang=en", ["mail", "spring"]),
)
REFERRERS = ("", "", "news.example.com", "social.example", "search.example")
DEVICES = (("iphone", "safari"), ("android", "chrome"), ("windows", "edge"), ("macos", "firefox"))
DAYS = 30
CHANCE = Random(1)  # noqa: S311


async def fill(users: Sequence[int]) -> None:
    """Give each user some links, with visits over the last month."""
    for user in users:
        for title, target, tags in LINKS:
            utm = Utm(source="demo") if "mail" in tags else None
            link = await service.create(
                user, NewLink(target=target, title=title, tags=tags, utm=utm)
            )
            await write([_visit(link.id) for _ in range(CHANCE.randint(40, 160))])


def _visit(link: int) -> Row:
    device, browser = CHANCE.choice(DEVICES)
    ago = int(CHANCE.random() ** 2 * DAYS * 86_400)
    kind = CHANCE.choices((0, 1, 2), (90, 8, 2))[0]
    country = CHANCE.choice(("PT", "DE", "FR", "GB", "BR"))
    return (
        link,
        int(time.time()) - ago,
        kind,
        CHANCE.getrandbits(62),
        CHANCE.choice(REFERRERS),
        country,
        device,
        browser,
    )
