"""Access tokens that somebody made up or bent (RFC 8725)."""

from __future__ import annotations

import base64
import json
import random
import time
from collections.abc import Iterator
from datetime import datetime
from types import SimpleNamespace
from typing import Any

import pytest

from core.auth.tokens.access import Tokens
from core.auth.tokens.keyring import Keyring
from core.auth.tokens.signing import Algorithm, Key
from core.auth.tokens.vault import Vault
from core.errors import Unauthorized
from tests.core.auth.forging import (
    CLAIMS,
    FORGED,
    KEYS,
    NOW,
    SECONDS,
    bodied,
    confused,
    mac,
    part,
    public_pem,
    signed,
    written,
)


def ring(*keys: Key, algorithm: Algorithm = "HS256") -> Keyring:
    made = Keyring(algorithm, Vault(b"v" * 32), SECONDS)
    made.hold(keys)
    return made


def reader(algorithm: Algorithm = "HS256") -> Tokens:
    made = Tokens(ring(KEYS[algorithm], algorithm=algorithm), SECONDS // 60)
    made.hold({"user": frozenset({"todo.read"})})
    return made


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let it be as late as when the tokens of this file were made, however long the tests take."""
    late = time.time() - NOW

    class Then(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> Any:
            return datetime.fromtimestamp(time.time() - late, tz)

    clock = SimpleNamespace(time=lambda: time.time() - late)
    monkeypatch.setattr("core.auth.tokens.access.time", clock)
    monkeypatch.setattr("jwt.api_jwt.datetime", Then)


@pytest.fixture
def tokens() -> Tokens:
    return reader()


@pytest.mark.parametrize("algorithm", KEYS)
def test_a_good_token_tells_who_and_what(algorithm: Algorithm) -> None:
    tokens = reader(algorithm)
    expires, user = tokens.read(tokens.make(7, 3, ["user", "unknown"], NOW - 60))
    assert (user.id, user.session, user.auth_time, user.key) == (7, 3, NOW - 60, 0)
    assert user.permissions == {"todo.read"}
    assert abs(expires - NOW - SECONDS) < 2


def test_a_token_that_is_signed_here_by_hand_is_good(tokens: Tokens) -> None:
    for good in (signed(), written(json.dumps(CLAIMS))):
        assert tokens.read(good)[1].id == 7


def test_there_are_enough_kinds() -> None:
    assert len(FORGED) >= 58


@pytest.mark.parametrize("kind", FORGED)
def test_a_forged_token_is_refused(tokens: Tokens, kind: str) -> None:
    with pytest.raises(Unauthorized):
        tokens.read(FORGED[kind])


def test_a_public_key_is_not_taken_for_a_secret() -> None:
    tokens = reader("RS256")
    forged = [
        confused(),
        bodied({"alg": "RS256", "kid": "first", "typ": "at+jwt"}, CLAIMS, public_pem()),
    ]
    head = KEYS["RS256"].head
    forged.append(f"{head}.{part(CLAIMS)}.{mac(f'{head}.{part(CLAIMS)}', public_pem())}")
    for token in forged:
        with pytest.raises(Unauthorized):
            tokens.read(token)


def test_an_hmac_longer_than_it_is_needs_every_byte(tokens: Tokens) -> None:
    text, _, signature = signed().rpartition(".")
    raw = base64.urlsafe_b64decode(signature + "=")
    for bent in (raw[:-1], raw[:16], raw + b"\0", b"\0" + raw, raw * 2):
        with pytest.raises(Unauthorized):
            tokens.read(f"{text}.{part(bent)}")


ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.=+/ \n\0é"


def mutations(token: str, chance: random.Random) -> Iterator[str]:
    """Yield a token again and again, each time bent in one way."""
    while True:
        at, to = sorted(chance.sample(range(len(token)), 2))
        letter = chance.choice(ALPHABET)
        bent = chance.choice(
            [
                token[:at] + letter + token[at + 1 :],
                token[:at] + letter + token[at:],
                token[:at] + token[at + 1 :],
                token[:at] + token[to:],
                token[:to] + token[at:],
                token[:at] + token[at:to][::-1] + token[to:],
                token[:-1] + letter,
                token + letter,
                letter + token,
                token[:at] + token[at].swapcase() + token[at + 1 :],
            ]
        )
        if bent != token:
            yield bent


@pytest.mark.parametrize("algorithm", KEYS)
def test_of_two_thousand_bent_tokens_none_is_accepted(algorithm: Algorithm) -> None:
    tokens, chance = reader(algorithm), random.Random(20_26)
    bending = mutations(tokens.make(7, 3, ["user"], NOW), chance)
    accepted = []
    for _ in range(2000):
        bent = next(bending)
        try:
            tokens.read(bent)
        except Unauthorized:
            continue
        accepted.append(bent)
    assert accepted == []


def test_every_other_spelling_of_a_signature_is_refused(tokens: Tokens) -> None:
    token = tokens.make(7, 3, ["user"])
    for letter in ALPHABET:
        if letter != token[-1]:
            with pytest.raises(Unauthorized):
                tokens.read(token[:-1] + letter)


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
