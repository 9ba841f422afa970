"""Secrets are masked in whatever is written down or told: tokens, keys, passwords, cookies.

Nobody should put a secret into a log line; an exception's text, or a library, may do it all the
same. What looks like a secret is masked by its shape, what is called one by its name, and the
secrets among the settings wherever they stand.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

STARS = "****"
SHORTEST = 8

API_KEY = r"(tf_[a-z0-9]{8})_[A-Za-z0-9]{20,}"
JWT = r"\beyJ[A-Za-z0-9_-]{5,4096}\.[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]*)?"
RANDOM = (
    r"(?<![A-Za-z0-9_.-])(?=[A-Za-z0-9_-]*[a-z])(?=[A-Za-z0-9_-]*[A-Z])(?=[A-Za-z0-9_-]*[0-9])"
    r"[A-Za-z0-9_-]{22,}(?![A-Za-z0-9_-])"
)
BASE32 = r"\b(?=[A-Z2-7]*[2-7])(?=[A-Z2-7]*[A-Z])[A-Z2-7]{26,}\b"
SHAPES = re.compile(rf"{API_KEY}|{JWT}|{RANDOM}|{BASE32}")
URL = re.compile(r"(://[^\s:/@]{0,200}):[^\s/@]{1,200}@")

CALLED = (
    r"(?:password\w{0,20}|passwd|passphrase|secret\w{0,20}|token|api[_-]?key|private[_-]?key"
    r"|\botp|\bticket|recovery\w{0,20}|session_?id|authorization|cookie)"
)
QUOTED = r"\"(?:[^\"\\]|\\.){0,500}\"|'(?:[^'\\]|\\.){0,500}'"
NAMED = re.compile(
    rf"""({CALLED}["']?\]?\s?(?:=>|[=:]|',|",)\s?(?:b(?=["']))?(?:(?:bearer|basic)\s)?)"""
    rf"""(?!<|(?:bearer|basic)\b)(?:{QUOTED}|[^\s&,;"')}}\]]+)""",
    re.IGNORECASE,
)
COOKIES = re.compile(r"(cookie[\"']?\s?:\s?)[^\r\n\"']+", re.IGNORECASE)
BEARER = re.compile(r"(\b(?:bearer|basic)\s)(?!<)[A-Za-z0-9+/=._~-]{8,}", re.IGNORECASE)
CODE = re.compile(r"""(\bcode["']?\s*[=:]\s*["']?)\d{6,8}\b|([?&](?:code|key)=)[^\s&"']+""")
HINT = re.compile(
    r"eyJ|tf_|://|[A-Za-z0-9_-]{22}|passw|secret|token|key|otp|ticket|recovery|session|phrase"
    r"|authorization|cookie|bearer|basic|code",
    re.IGNORECASE,
)

_known: re.Pattern[str] | None = None


def know(secrets: Iterable[str]) -> None:
    """Mask these wherever they stand, from now on; shorter ones than 8 characters are left."""
    global _known
    words = sorted({each for each in secrets if len(each) >= SHORTEST}, key=len, reverse=True)
    _known = re.compile("|".join(map(re.escape, words))) if words else None


def mask(text: str) -> str:
    """Return ``text`` with stars for the secrets in it."""
    if _known is not None:
        text = _known.sub(STARS, text)
    if HINT.search(text) is None:
        return text
    text = COOKIES.sub(rf"\1{STARS}", text)
    text = BEARER.sub(rf"\1{STARS}", text)
    text = NAMED.sub(rf"\1{STARS}", text)
    text = CODE.sub(lambda found: f"{found[1] or found[2]}{STARS}", text)
    text = URL.sub(rf"\1:{STARS}@", text)
    return mask_shapes(text)


def mask_shapes(text: str) -> str:
    """Return ``text`` with stars for what has the shape of a token or a key."""
    return SHAPES.sub(lambda found: f"{found[1]}_{STARS}" if found[1] else STARS, text)
