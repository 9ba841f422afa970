"""The keys that sign access tokens, and their change."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import jwt
import pytest

from core.auth.realm import open_realm
from core.auth.settings import AuthSettings
from core.auth.tables import AuditEntry, SigningKey
from core.auth.tokens import keyring
from core.auth.tokens.access import Tokens
from core.auth.tokens.keyring import Keyring
from core.auth.tokens.revocation import NOBODY, revoke
from core.auth.tokens.signing import Algorithm
from core.auth.tokens.vault import Vault
from core.errors import Unauthorized
from core.testing import PASSWORD, Server, serving

from .test_accounts import ADA, AUTH

JWKS = "/.well-known/jwks.json"
SECONDS = 900
VAULT = Vault(b"v" * 32)


@pytest.fixture
async def empty(client: Any) -> AsyncIterator[None]:
    """Let a test make keys of an algorithm that the server under test does not use."""
    yield
    await SigningKey.delete().where(SigningKey.algorithm != "HS256")


def worker(algorithm: Algorithm = "EdDSA", vault: Vault = VAULT) -> Keyring:
    return Keyring(algorithm, vault, SECONDS)


async def test_of_workers_that_start_at_once_one_makes_the_key(empty: None) -> None:
    workers = [worker() for _ in range(6)]
    await asyncio.gather(*(each.open() for each in workers))
    assert await SigningKey.count().where(SigningKey.algorithm == "EdDSA") == 1
    assert len({each.current().kid for each in workers}) == 1


@pytest.mark.parametrize("algorithm", ["HS256", "EdDSA", "RS256"])
async def test_the_private_part_is_kept_encrypted(empty: None, algorithm: Algorithm) -> None:
    ring = worker(algorithm)
    kid = await ring.add()
    row = await SigningKey.select().where(SigningKey.kid == kid).first()
    await SigningKey.delete().where(SigningKey.kid == kid)
    assert row is not None
    assert "PRIVATE" not in row["private"]
    assert VAULT.unlock(row["private"])
    assert '"d"' not in row["public"]
    assert (row["public"] == "") == (algorithm == "HS256")


async def test_a_rotated_key_is_told_to_every_worker_and_the_old_tokens_stay_good(
    empty: None, monkeypatch: Any
) -> None:
    monkeypatch.setattr(keyring, "DELAY", 600)
    here, there = Tokens(worker(), 15), Tokens(worker(), 15)
    for each in (here, there):
        await each.keys.open()
        await each.follow()
    before = here.make(7, 3, ["user"])
    kid = await here.keys.rotate()
    revision = there.revision
    await there.follow()
    assert there.revision > revision
    for each in (here, there):
        await each.keys.read()
    assert there.keys.current().kid != kid  # for some seconds yet
    assert here.read(there.make(7, 3, ["user"]))[1].id == 7
    monkeypatch.setattr(keyring, "DELAY", 0)
    assert there.keys.current().kid == kid
    after = there.make(7, 3, ["user"])
    assert jwt.get_unverified_header(after)["kid"] == kid
    for token in (before, after):
        assert here.read(token)[1].id == 7


async def test_a_worker_signs_with_a_new_key_only_when_all_know_it(
    empty: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert keyring.DELAY >= 2
    monkeypatch.setattr(keyring, "DELAY", 600)
    ring = worker()
    await ring.open()
    first = ring.current().kid
    await ring.rotate()
    await ring.read()
    assert ring.current().kid == first


async def test_an_old_key_is_forgotten_when_its_tokens_have_expired(
    empty: None, monkeypatch: Any
) -> None:
    ring = worker()
    await ring.open()
    head = ring.current().head
    await ring.rotate()
    await ring.read()
    assert ring.find(head) is not None
    assert len(ring.published()) == 2
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + SECONDS + keyring.HANDOVER + 1)
    assert ring.find(head) is None
    assert len(ring.published()) == 1


async def test_many_rotations_at_once_leave_one_key_that_is_not_retired(empty: None) -> None:
    ring = worker()
    await ring.open()
    await asyncio.gather(*(worker().rotate() for _ in range(4)))
    alive = SigningKey.retired_at.is_null() & (SigningKey.algorithm == "EdDSA")
    assert await SigningKey.count().where(alive) == 1
    assert await SigningKey.count().where(SigningKey.algorithm == "EdDSA") == 5


async def test_keys_of_another_secret_are_left_alone(empty: None) -> None:
    await worker().open()
    other = worker(vault=Vault(b"w" * 32))
    await other.open()
    assert len(other.published()) == 1


async def test_a_rotation_is_written_down(empty: None) -> None:
    ring = worker()
    await ring.open()
    kid = await ring.rotate()
    (row,) = await AuditEntry.select().where(AuditEntry.event == "key_rotated")
    assert row["detail"] == f"EdDSA {kid}"


async def test_no_secret_is_published(client: Any) -> None:
    answer = await client.get(JWKS)
    assert (answer.status_code, answer.json()) == (200, {"keys": []})
    assert answer.headers["content-type"] == "application/jwk-set+json"
    etag = answer.headers["etag"]
    again = await client.get(JWKS, headers={"if-none-match": etag})
    assert again.status_code == 304


@pytest.mark.parametrize("algorithm", ["EdDSA", "RS256"])
async def test_others_may_check_our_tokens(algorithm: str, tmp_path: Path) -> None:
    environment = {
        "TENFOLD_ENABLED": "todo",
        "TENFOLD_CONFIG": "/nowhere/plugins.toml",
        "TENFOLD_CORE__DATA": str(tmp_path),
        "TENFOLD_AUTH__BCRYPT_ROUNDS": "4",
        "TENFOLD_AUTH__ALGORITHM": algorithm,
    }
    async with (
        serving(environment) as server,
        httpx.AsyncClient(timeout=60, base_url=server.url) as client,
    ):
        token = await registered(client)
        keys = (await client.get(JWKS)).json()
        assert {"d", "p", "q", "k"}.isdisjoint(keys["keys"][0])
        key = jwt.PyJWKSet.from_dict(keys)[jwt.get_unverified_header(token)["kid"]]
        claims = jwt.decode(token, key, algorithms=[algorithm], audience="tenfold")
        assert claims["sub"] == "1"
        await rotated_elsewhere(server)
        assert await published(client, 2)
        me = await client.get(f"{AUTH}/me", headers={"authorization": f"Bearer {token}"})
        assert me.status_code == 200


async def registered(client: httpx.AsyncClient) -> str:
    answer = await client.post(f"{AUTH}/register", json=ADA | {"password": PASSWORD})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["access_token"])


async def rotated_elsewhere(server: Server) -> None:
    """Change the key as the command does, with keys and settings read anew."""
    core = server.plugins["core"].settings
    await open_realm(core, server.plugins.settings_of(AuthSettings)).tokens.keys.rotate()  # type: ignore[arg-type]


async def published(client: httpx.AsyncClient, count: int) -> bool:
    """Wait until so many keys are published, two seconds at most."""
    for _ in range(40):
        if len((await client.get(JWKS)).json()["keys"]) == count:
            return True
        await asyncio.sleep(0.05)
    return False


async def test_a_token_of_another_algorithm_is_refused_after_a_change_of_settings(
    empty: None,
) -> None:
    old, new = Tokens(worker("EdDSA"), 15), Tokens(worker("RS256"), 15)
    for each in (old, new):
        await each.keys.open()
    token = old.make(7, 3, ["user"])
    with pytest.raises(Unauthorized):
        new.read(token)


async def test_a_change_is_not_lost_when_a_request_hears_of_it_first(server: Any) -> None:
    """Signing out reads what is revoked; the worker must still take over new keys and roles."""
    tokens = server.app.ctx.realm.tokens
    before = tokens._permissions
    await revoke(NOBODY)
    await tokens.follow()
    for _ in range(200):
        if tokens._permissions is not before:
            break
        await asyncio.sleep(0.05)
    assert tokens._permissions is not before
