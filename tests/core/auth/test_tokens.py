"""Access tokens that somebody made up or bent (RFC 8725)."""

from __future__ import annotations

import base64
import json
import time
from typing import Any

import jwt
import pytest

from core.auth.tokens import Tokens
from core.errors import Unauthorized

KEY = b"k" * 32
NOW = int(time.time())
CLAIMS = {
    "iss": "tenfold",
    "aud": "tenfold",
    "sub": "7",
    "sid": 3,
    "roles": ["user"],
    "iat": NOW,
    "nbf": NOW,
    "exp": NOW + 900,
    "jti": "a1",
}


@pytest.fixture
def tokens() -> Tokens:
    made = Tokens(KEY, 15)
    made.hold({"user": frozenset({"todo.read"})})
    return made


def signed(
    key: Any = KEY, algorithm: str = "HS256", typ: str | None = "at+jwt", **claims: Any
) -> str:
    body = {name: value for name, value in (CLAIMS | claims).items() if value is not ...}
    return jwt.encode(body, key, algorithm=algorithm, headers={"typ": typ})


def raw(header: Any, claims: Any, signature: bytes = b"") -> str:
    parts = [json.dumps(header).encode(), json.dumps(claims).encode(), signature]
    return ".".join(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts)


def test_a_good_token_tells_who_and_what(tokens: Tokens) -> None:
    expires, user = tokens.read(tokens.make(7, 3, ["user", "unknown"]))
    assert (user.id, user.session) == (7, 3)
    assert user.permissions == {"todo.read"}
    assert abs(expires - time.time() - 900) < 2


FORGED = {
    "another key": signed(key=b"x" * 32),
    "no algorithm": raw({"alg": "none", "typ": "at+jwt"}, CLAIMS),
    "none in capitals": raw({"alg": "NONE", "typ": "at+jwt"}, CLAIMS),
    "another algorithm": signed(key=b"k" * 64, algorithm="HS512"),
    "a refresh token's type": signed(typ="rt+jwt"),
    "a plain JWT": signed(typ="JWT"),
    "no type": signed(typ=None),
    "another issuer": signed(iss="elsewhere"),
    "no issuer": signed(iss=...),
    "another audience": signed(aud="elsewhere"),
    "no audience": signed(aud=...),
    "expired": signed(iat=NOW - 2000, nbf=NOW - 2000, exp=NOW - 1000),
    "never expires": signed(exp=...),
    "expires in the far future": signed(exp=10**18),
    "lives too long": signed(exp=NOW + 100_000),
    "not valid yet": signed(nbf=NOW + 600),
    "issued in the future": signed(iat=NOW + 600, exp=NOW + 1200),
    "no subject": signed(sub=...),
    "a subject that is no number": signed(sub="admin"),
    "no session": signed(sid=...),
    "a session that is a text": signed(sid="x"),
    "roles that are no list": signed(roles=5),
    "no roles": signed(roles=...),
    "no id": signed(jti=...),
    "expires as a text": raw({"alg": "HS256", "typ": "at+jwt"}, CLAIMS | {"exp": "soon"}),
    "too long": signed(padding="x" * 5000),
    "empty": "",
    "one part": "abc",
    "two parts": "abc.def",
    "nonsense": "a.b.c",
    "four parts": signed() + ".x",
    "cut": signed()[:-3],
    "a claim was changed": signed().replace(".", ".e", 1),
}


@pytest.mark.parametrize("kind", FORGED)
def test_a_forged_token_is_refused(tokens: Tokens, kind: str) -> None:
    with pytest.raises(Unauthorized):
        tokens.read(FORGED[kind])


@pytest.mark.parametrize(
    "header", ["", "Bearer", "Basic YTpi", "bearer x", f"Token {signed()}", "Bearer é"]
)
async def test_a_bad_header_is_401_on_every_route(client: Any, header: str) -> None:
    headers = [(b"authorization", header.encode())]
    for path in ("/api/v1/auth/me", "/api/v1/todo/tasks"):
        answer = await client.get(path, headers=headers)
        assert answer.status_code == 401, answer.text
        assert "bearer" in answer.headers["www-authenticate"].lower()


async def test_a_permission_that_is_not_held_is_403(server: Any, client: Any, ada: Any) -> None:
    session = server.app.ctx.realm.tokens.make(ada.id, 2**30, ["stranger"])
    answer = await client.get("/api/v1/todo/tasks", headers={"authorization": f"Bearer {session}"})
    assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")
    assert "todo.read" in answer.json()["detail"]
