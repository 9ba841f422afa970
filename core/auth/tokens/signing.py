"""One key that signs access tokens (RFC 7517, 7518, 8037)."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Any, Literal

import jwt
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

Algorithm = Literal["HS256", "EdDSA", "RS256"]
TYPE = "at+jwt"


@dataclass(frozen=True)
class Key:
    """A key that signs, or did. ``head`` is how each of its tokens begins."""

    kid: str
    algorithm: str
    private: Any
    public: Any
    created: float
    retired: float | None = None

    @property
    def head(self) -> str:
        """Return the encoded header of a token that this key signs."""
        return self.sign({}).partition(".")[0]

    def sign(self, claims: dict[str, Any]) -> str:
        """Return a token with these claims."""
        headers = {"typ": TYPE, "kid": self.kid}
        return jwt.encode(claims, self.private, algorithm=self.algorithm, headers=headers)

    def published(self) -> dict[str, Any] | None:
        """Return the public part as a JSON Web Key; None where there is none."""
        if self.algorithm == "HS256":
            return None
        written = jwt.get_algorithm_by_name(self.algorithm).to_jwk(self.public, as_dict=True)
        kept = {name: written[name] for name in ("kty", "crv", "x", "n", "e") if name in written}
        return {"kid": self.kid, "alg": self.algorithm, "use": "sig"} | kept


def new_secret(algorithm: str) -> str:
    """Return the private part of a new key as text."""
    if algorithm == "HS256":
        return secrets.token_hex(32)
    made: Any = (
        ed25519.Ed25519PrivateKey.generate()
        if algorithm == "EdDSA"
        else rsa.generate_private_key(public_exponent=65537, key_size=2048)
    )
    return str(made.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode())


def key_of(kid: str, algorithm: str, secret: str, created: float, retired: float | None) -> Key:
    """Return the key whose private part is ``secret``, as ``new_secret`` writes it."""
    if algorithm == "HS256":
        shared = bytes.fromhex(secret)
        return Key(kid, algorithm, shared, shared, created, retired)
    private: Any = load_pem_private_key(secret.encode(), None)
    return Key(kid, algorithm, private, private.public_key(), created, retired)


def new_key(algorithm: str, kid: str = "first") -> Key:
    """Return a key that is kept nowhere, for tests."""
    return key_of(kid, algorithm, new_secret(algorithm), 0.0, None)
