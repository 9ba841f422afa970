"""Tokens that are forged, in every way that was thought of."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from typing import Any

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from core.auth.tokens.signing import Algorithm, Key, new_key

SECONDS = 900
NOW = int(time.time())
KEYS: dict[Algorithm, Key] = {name: new_key(name) for name in ("HS256", "EdDSA", "RS256")}
CLAIMS = {
    "iss": "tenfold",
    "aud": "tenfold",
    "sub": "7",
    "sid": 3,
    "roles": ["user"],
    "auth_time": NOW,
    "iat": NOW,
    "nbf": NOW,
    "exp": NOW + SECONDS,
    "jti": "a1",
}
NOTHING = object()


def part(value: Any) -> str:
    raw = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def mac(text: str, key: bytes | None = None, kind: str = "sha256") -> str:
    return part(hmac.new(key or KEYS["HS256"].private, text.encode(), kind).digest())


def signed(**claims: Any) -> str:
    """Sign claims with the right key."""
    body = {name: value for name, value in (CLAIMS | claims).items() if value is not NOTHING}
    return written(json.dumps(body))


def headed(**header: Any) -> str:
    """Sign good claims with the right key, under another header."""
    given = {"alg": "HS256", "kid": "first", "typ": "at+jwt"} | header
    kept = {name: value for name, value in given.items() if value is not NOTHING}
    return bodied(kept, CLAIMS)


def bodied(header: Any, body: Any, key: bytes | None = None) -> str:
    text = f"{part(header)}.{part(body)}"
    return f"{text}.{mac(text, key)}"


def written(claims: str) -> str:
    """Sign a body, letter for letter, with the right key and the right header."""
    text = f"{KEYS['HS256'].head}.{part(claims.encode())}"
    return f"{text}.{mac(text)}"


def with_more(text: str) -> str:
    """Sign good claims and ``text`` behind them."""
    return written(json.dumps(CLAIMS)[:-1] + text + "}")


def public_pem() -> bytes:
    pem: bytes = KEYS["RS256"].public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return pem


def confused() -> str:
    """Take the public RSA key for the secret of an HMAC."""
    return bodied({"alg": "HS256", "kid": "first", "typ": "at+jwt"}, CLAIMS, public_pem())


FORGED = {
    "another key": bodied({"alg": "HS256", "kid": "first", "typ": "at+jwt"}, CLAIMS, b"x" * 32),
    "an empty key": bodied({"alg": "HS256", "kid": "first", "typ": "at+jwt"}, CLAIMS, b"\0"),
    "no algorithm": f"{part({'alg': 'none', 'kid': 'first', 'typ': 'at+jwt'})}.{part(CLAIMS)}.",
    "no algorithm and a signature": headed(alg="none"),
    "none in capitals": headed(alg="NONE"),
    "none in both": headed(alg="nOnE"),
    "the algorithm left out": headed(alg=NOTHING),
    "the algorithm in small letters": headed(alg="hs256"),
    "the algorithm as a list": headed(alg=["HS256"]),
    "another algorithm": headed(alg="HS512"),
    "an algorithm that is not configured": KEYS["EdDSA"].sign(CLAIMS),
    "another one that is not": KEYS["RS256"].sign(CLAIMS),
    "a public key taken for a secret": confused(),
    "the header says RS256": headed(alg="RS256"),
    "an unknown key id": headed(kid="second"),
    "no key id": headed(kid=NOTHING),
    "a key id that is a path": headed(kid="../../../../dev/null"),
    "a key id that is SQL": headed(kid="' OR 1=1 --"),
    "a key id that is a number": headed(kid=1),
    "a key id that is a list": headed(kid=["first"]),
    "a key id twice": bodied(b'{"alg":"HS256","kid":"x","kid":"first","typ":"at+jwt"}', CLAIMS),
    "a key of its own": headed(jwk={"kty": "oct", "k": part(b"x" * 32)}),
    "the address of a key": headed(jku="https://evil.example/jwks.json"),
    "the address of a certificate": headed(x5u="https://evil.example/cert.pem"),
    "a certificate": headed(x5c=["MIIB"]),
    "something critical": headed(crit=["exp"]),
    "something critical and unknown": headed(crit=["b64"], b64=False),
    "nothing critical": headed(crit=[]),
    "compressed": headed(zip="DEF"),
    "nested": headed(cty="JWT"),
    "a refresh token's type": headed(typ="rt+jwt"),
    "a plain JWT": headed(typ="JWT"),
    "the type in capitals": headed(typ="AT+JWT"),
    "no type": headed(typ=NOTHING),
    "the type with its prefix": headed(typ="application/at+jwt"),
    "a header with spaces": bodied(b'{"alg": "HS256", "kid": "first", "typ": "at+jwt"}', CLAIMS),
    "a header in another order": bodied(b'{"typ":"at+jwt","kid":"first","alg":"HS256"}', CLAIMS),
    "a header that is a list": bodied([], CLAIMS),
    "a header that is no JSON": bodied(b"alg", CLAIMS),
    "another issuer": signed(iss="elsewhere"),
    "no issuer": signed(iss=NOTHING),
    "a list of issuers": signed(iss=["tenfold"]),
    "another audience": signed(aud="elsewhere"),
    "no audience": signed(aud=NOTHING),
    "several audiences": signed(aud=["tenfold", "elsewhere"]),
    "expired": signed(iat=NOW - 2000, nbf=NOW - 2000, auth_time=NOW - 2000, exp=NOW - 1000),
    "never expires": signed(exp=NOTHING),
    "expires in the far future": signed(exp=10**18),
    "expires at infinity": signed(exp=float("inf")),
    "lives too long": signed(exp=NOW + 100_000),
    "expires before it was issued": signed(iat=NOW + 4, exp=NOW + 3),
    "expires as a text": signed(exp=str(NOW + 900)),
    "expires at a fraction": signed(exp=NOW + 600.5),
    "expires as nothing": signed(exp=None),
    "not valid yet": signed(nbf=NOW + 600),
    "no beginning": signed(nbf=NOTHING),
    "issued in the future": signed(iat=NOW + 600, exp=NOW + 1200),
    "issued never": signed(iat=NOTHING),
    "issued at infinity": signed(iat=float("inf")),
    "issued at no number": signed(iat=float("nan")),
    "issued at yes": signed(iat=True),
    "no subject": signed(sub=NOTHING),
    "a subject that is no number": signed(sub="admin"),
    "a subject that is a number of JSON": signed(sub=7),
    "a subject with a sign": signed(sub="+7"),
    "a subject with a space": signed(sub=" 7"),
    "a subject in other digits": signed(sub="\u0667"),
    "a subject with zeros": signed(sub="007"),
    "the subject nobody": signed(sub="0"),
    "an endless subject": signed(sub="7" * 1000),
    "no session": signed(sid=NOTHING),
    "a session that is a text": signed(sid="3"),
    "a session below zero": signed(sid=-1),
    "the session of no device": signed(sid=0),
    "a session that is true": signed(sid=True),
    "roles that are no list": signed(roles=5),
    "roles that are a text": signed(roles="user"),
    "roles that are names of names": signed(roles=[["user"]]),
    "roles by name": signed(roles={"user": 1}),
    "no roles": signed(roles=NOTHING),
    "no id": signed(jti=NOTHING),
    "an id that is a number": signed(jti=1),
    "a password proven in the future": signed(auth_time=NOW + 10_000),
    "a password proven never": signed(auth_time=NOTHING),
    "a password proven at a text": signed(auth_time="now"),
    "a subject twice": with_more(', "sub": "8"'),
    "roles twice": with_more(', "roles": ["admin"]'),
    "a claim inside a claim twice": with_more(', "more": {"a": 1, "a": 2}'),
    "claims that are a list": written(json.dumps([CLAIMS])),
    "claims that are a text": written('"sub"'),
    "claims nested deeply": written("[" * 1000 + "]" * 1000),
    "claims that are no JSON": written("sub=7"),
    "claims with a byte order mark": written("\ufeff" + json.dumps(CLAIMS)),
    "no claims": written("{}"),
    "too long": signed(padding="x" * 5000),
    "a megabyte": signed(padding="x" * 1_000_000),
    "empty": "",
    "dots": "..",
    "one part": "abc",
    "two parts": "abc.def",
    "nonsense": "a.b.c",
    "four parts": signed() + ".x",
    "five parts": "a.b.c.d.e",
    "cut": signed()[:-3],
    "without a signature": signed().rpartition(".")[0] + ".",
    "the signature of another": f"{signed(sub='8').rpartition('.')[0]}.{signed().split('.')[2]}",
    "a claim was changed": signed().replace(".", ".e", 1),
    "padded": signed() + "=",
    "padded twice": signed() + "==",
    "padded in the middle": signed().replace(".", "=.", 1),
    "a space behind": signed() + " ",
    "a line behind": signed() + "\n",
    "a line within": signed()[:50] + "\n" + signed()[50:],
    "a signature in the other alphabet": next(
        token.replace("-", "+").replace("_", "/")
        for token in (signed(jti=str(number)) for number in range(100))
        if {"-", "_"} & set(token.rpartition(".")[2])
    ),
    "a NUL": signed() + "\0",
    "letters that look the same": signed().replace("e", "\u0435", 1),
    "a JSON serialization": json.dumps(
        dict(zip(("protected", "payload", "signature"), signed().split("."), strict=True))
    ),
    "a hash of the whole": f"{signed().rpartition('.')[0]}.{part(hashlib.sha256(b'').digest())}",
}
