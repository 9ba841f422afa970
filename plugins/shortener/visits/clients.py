"""Who follows a link: a person or a program, with which device and browser, in which language."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any, NamedTuple
from urllib.parse import urlsplit

PERSON, PROGRAM, AHEAD = 0, 1, 2

PROGRAMS = re.compile(
    r"bot|crawl|spider|slurp|preview|scan|monitor|uptime|pingdom|lighthouse|headless|phantom|"
    r"selenium|puppeteer|facebookexternalhit|facebookcatalog|whatsapp|telegram|slack|discord|skype|"
    r"snapchat|viber|pinterest|embedly|iframely|quora link|outbrain|vkshare|w3c_|validator|feed|"
    r"curl|wget|python|httpx|aiohttp|okhttp|java/|go-http|ruby|perl|php|libwww|node-fetch|axios|"
    r"undici|postman|insomnia|http_|httpie|guzzle|urllib|scrapy|google-|mediapartners|bingpreview|"
    r"safelinks|proofpoint|barracuda|mimecast|virustotal|archive|fetch",
    re.IGNORECASE,
)
DEVICES = (
    ("iphone", re.compile(r"iPhone|iPod")),
    ("ipad", re.compile(r"iPad")),
    ("android", re.compile(r"Android")),
    ("windows", re.compile(r"Windows")),
    ("macos", re.compile(r"Macintosh|Mac OS X")),
    ("linux", re.compile(r"Linux|X11|CrOS")),
)
BROWSERS = (
    ("edge", re.compile(r"Edg(e|A|iOS)?/")),
    ("opera", re.compile(r"OPR/|Opera")),
    ("samsung", re.compile(r"SamsungBrowser/")),
    ("firefox", re.compile(r"Firefox/|FxiOS/")),
    ("chrome", re.compile(r"Chrome/|CriOS/|Chromium/")),
    ("safari", re.compile(r"Safari/")),
)
AHEAD_HEADERS = ("sec-purpose", "purpose", "x-purpose", "x-moz")
HOST = re.compile(r"[a-z0-9.-]{1,100}")
TAG = re.compile(
    r"\s*([A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8})?)[A-Za-z0-9-]*\s*(?:;\s*q=([01](?:\.\d+)?))?\s*"
)


class Client(NamedTuple):
    """What a User-Agent tells."""

    program: bool
    device: str
    browser: str


@lru_cache(maxsize=4096)
def client_of(user_agent: str) -> Client:
    """Return what a User-Agent tells; without one it is a program."""
    text = user_agent[:500]
    return Client(
        not text or PROGRAMS.search(text) is not None,
        next((name for name, pattern in DEVICES if pattern.search(text)), "other"),
        next((name for name, pattern in BROWSERS if pattern.search(text)), "other"),
    )


def kind_of(method: str, headers: Any) -> int:
    """Return PERSON, PROGRAM (who asks for the head alone, too) or AHEAD."""
    program = client_of(headers.get("user-agent", "")).program
    return PROGRAM if program else asked_as(method, headers)


def asked_as(method: str, headers: Any) -> int:
    """Return what a request itself says of its kind: PERSON where it says nothing."""
    if method == "HEAD":
        return PROGRAM
    for name in AHEAD_HEADERS:
        if name in headers and re.search(r"prefetch|prerender|preview", headers[name]):
            return AHEAD
    return PERSON


@lru_cache(maxsize=4096)
def host_of(referrer: str) -> str:
    """Return the host that a Referer names, without what else it may tell."""
    try:
        host = (urlsplit(referrer).hostname or "").removeprefix("www.")
    except ValueError:
        return ""
    return host if HOST.fullmatch(host) else ""


@lru_cache(maxsize=1024)
def language_of(accepted: str) -> str:
    """Return the language that Accept-Language prefers most (RFC 9110, 12.5.4)."""
    best, weight = "", 0.0
    for part in accepted[:500].split(","):
        found = TAG.fullmatch(part)
        quality = float(found[2] or 1) if found else 0.0
        if found is not None and quality > weight:
            best, weight = found[1].lower(), quality
    return best
