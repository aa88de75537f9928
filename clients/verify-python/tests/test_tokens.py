"""What a token must be, and who must have made it."""

import base64
import json
import time
import urllib.request
from collections.abc import Iterator
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from following import Following, eventually
from shop import ISSUER, Shop
from wire import WebServer

from marbelle_verify import TokenRefused, VerifierOptions, VerifierUnavailable, keys
from marbelle_verify.keys import read_keys


@pytest.fixture(scope="module")
def verifier(shop: Shop) -> Iterator[Following]:
    verifier = shop.verifier()
    verifier.ready()
    yield verifier
    verifier.close()


def encoded(value: bytes | dict[str, Any]) -> str:
    data = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def refused(verifier: Following, token: str) -> str:
    with pytest.raises(TokenRefused) as error:
        verifier.verify(token)
    return error.value.code


def test_a_token_is_good_for_its_audience_and_says_who_calls(shop: Shop, email: str, kind: str) -> None:
    verifier = shop.verifier(kind)
    verifier.ready()
    session = shop.sign_in(email)
    token = session.token_for("orders")
    claims = verifier.verify(token)
    assert (claims.user_id, claims.session_id, claims.version) == (session.user_id, session.id, 0)
    assert claims.expires_at - claims.issued_at == 600
    for other in (session.access_token, session.token_for("search")):
        assert refused(verifier, other) == "invalid"
    stranger = shop.verifier(kind, issuer="https://elsewhere.example")
    stranger.ready()
    assert refused(stranger, token) == "invalid"


def test_a_token_is_good_as_the_server_has_signed_it(shop: Shop, email: str, verifier: Following) -> None:
    token = shop.sign_in(email).token_for("orders")
    header, payload, signature = token.split(".")
    claims = jwt.decode(token, options={"verify_signature": False})
    kid = jwt.get_unverified_header(token)["kid"]
    with urllib.request.urlopen(f"{shop.url}/.well-known/jwks.json") as response:
        jwk = json.load(response)["keys"][0]
    public = base64.urlsafe_b64decode(jwk["x"] + "==")
    headers = {"typ": "at+jwt", "kid": kid}
    foreign = Ed25519PrivateKey.generate()
    rsa = generate_private_key(65_537, 2_048)
    forged = {
        "an HMAC by the public key": jwt.encode(claims, public, "HS256", headers),
        "another Ed25519 key": jwt.encode(claims, foreign, "EdDSA", headers),
        "an RSA key": jwt.encode(claims, rsa, "RS256", headers),
        "a key of its own": jwt.encode(claims, foreign, "EdDSA", headers | {"jwk": jwk, "jku": "http://127.0.0.1"}),
        "no signature": f"{encoded({'alg': 'none', **headers})}.{payload}.",
        "an empty signature": f"{header}.{payload}.",
        "other claims": f"{header}.{encoded({**claims, 'sub': 'somebody-else'})}.{signature}",
        "a detached payload": f"{encoded({'alg': 'EdDSA', 'b64': False, 'crit': ['b64'], **headers})}..{signature}",
        "an unknown extension": f"{encoded({'alg': 'EdDSA', 'crit': ['exp'], **headers})}.{payload}.{signature}",
        "no key": f"{encoded({'alg': 'EdDSA', 'typ': 'at+jwt'})}.{payload}.{signature}",
        "several keys": f"{encoded({'alg': 'EdDSA', 'typ': 'at+jwt', 'kid': [kid]})}.{payload}.{signature}",
        "a deep header": f"{encoded(b'[' * 1_400)}.{payload}.{signature}",
        "a header that is no object": f"{encoded(b'7')}.{payload}.{signature}",
        "more at the end": f"{token}x",
        "too much": token + "x" * 3_000,
        "half a token": "eyJ",
        "no ASCII": f"{token[:-1]}\N{LATIN SMALL LETTER E WITH ACUTE}",
        "no text": f"{token[:-1]}\ud800",
    }
    assert {what: refused(verifier, forgery) for what, forgery in forged.items()} == dict.fromkeys(forged, "invalid")
    for unknown in (f"{kid} ", "../../etc/passwd", "' OR 1=1", ""):
        forgery = f"{encoded({'alg': 'EdDSA', 'typ': 'at+jwt', 'kid': unknown})}.{payload}.{signature}"
        assert refused(verifier, forgery) == "unknown_key"
    for place in range(len(token)):
        changed = f"{token[:place]}{'A' if token[place] != 'A' else 'B'}{token[place + 1 :]}"
        assert refused(verifier, changed) in ("invalid", "unknown_key"), changed
    assert refused(verifier, "") == "missing"
    verifier.verify(token)


def test_a_verification_takes_less_than_a_call(
    shop: Shop, email: str, verifier: Following, capsys: pytest.CaptureFixture[str]
) -> None:
    token = shop.sign_in(email).token_for("orders")
    times = []
    for _ in range(500):
        begun = time.perf_counter()
        verifier.verify(token)
        times.append(time.perf_counter() - begun)
    median = sorted(times)[250]
    with capsys.disabled():
        print(f"\none verification: median {median * 1e6:.0f} µs")
    assert median < 0.002


class Signer:
    """A key of the account server."""

    def __init__(self, kid: str) -> None:
        self.kid = kid
        self._private = Ed25519PrivateKey.generate()

    @property
    def jwk(self) -> dict[str, str]:
        return {
            "kty": "OKP",
            "crv": "Ed25519",
            "kid": self.kid,
            "x": encoded(self._private.public_key().public_bytes_raw()),
        }

    def sign(self, header: dict[str, Any] | None = None, **claims: Any) -> str:
        """An access token with these claims; without those that are ``None``."""
        now = int(time.time())
        whole = {
            "iss": ISSUER,
            "aud": "orders",
            "sub": "user",
            "sid": "session",
            "ver": 0,
            "iat": now,
            "exp": now + 600,
        }
        kept = {name: value for name, value in (whole | claims).items() if value is not None}
        return jwt.encode(kept, self._private, "EdDSA", {"typ": "at+jwt", "kid": self.kid} | (header or {}))


def test_a_token_has_the_claims_of_an_access_token(shop: Shop) -> None:
    signer, now = Signer("first"), int(time.time())
    with WebServer() as web:
        web.document = {"keys": [signer.jwk]}
        verifier = shop.verifier(url=web.url, service_url=f"{shop.url}/service/rpc")
        verifier.ready()
        verifier.verify(signer.sign())
        # A clock that is a little behind.
        verifier.verify(signer.sign(iat=now + 30))
        for claims in [dict[str, Any]({name: None}) for name in ("iss", "aud", "sub", "sid", "ver", "iat", "exp")]:
            assert refused(verifier, signer.sign(**claims)) == "invalid", claims
        wrong: list[dict[str, Any]] = [{"ver": "1"}, {"ver": True}, {"ver": 0.5}, {"sid": 7}, {"aud": []}]
        for claims in [*wrong, {"exp": now + 7_200}]:
            assert refused(verifier, signer.sign(**claims)) == "invalid", claims
        assert refused(verifier, signer.sign({"typ": "JWT"})) == "invalid"
        assert refused(verifier, signer.sign(iat=now - 601, exp=now - 1)) == "expired"
        tolerant = shop.verifier(url=web.url, service_url=f"{shop.url}/service/rpc", clock_tolerance=60)
        tolerant.ready()
        tolerant.verify(signer.sign(iat=now - 601, exp=now - 1))


def test_keys_that_are_rotated_become_known_and_are_fetched_no_more_often_than_the_pause(shop: Shop, kind: str) -> None:
    first, second, pause = Signer("first"), Signer("second"), 0.5
    with WebServer() as web:
        web.document = {"keys": [first.jwk]}
        verifier = shop.verifier(kind, url=web.url, service_url=f"{shop.url}/service/rpc", keys_pause=pause)
        verifier.ready()
        verifier.verify(first.sign())

        web.document = {"keys": [second.jwk]}
        asked, begun = web.asked, time.monotonic()
        assert refused(verifier, second.sign()) == "unknown_key"
        eventually(lambda: verifier.verify(second.sign()))
        assert refused(verifier, first.sign()) == "unknown_key"
        for n in range(200):
            assert refused(verifier, first.sign({"kid": f"made-up-{n}"})) == "unknown_key"
            time.sleep(0.005)
        most = 1 + -((begun - time.monotonic()) // pause)
        assert 1 < web.asked - asked <= most
        verifier.close()
        assert refused(verifier, first.sign()) == "unknown_key"


def test_keys_that_are_too_old_are_not_trusted_and_fetched_again(
    shop: Shop, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keys, "_OLDEST", 0.3)
    signer = Signer("first")
    with WebServer() as web:
        web.document = {"keys": [signer.jwk]}
        verifier = shop.verifier(kind, url=web.url, service_url=f"{shop.url}/service/rpc", keys_pause=0.1)
        verifier.ready()
        asked = web.asked
        time.sleep(0.4)
        with pytest.raises(VerifierUnavailable) as error:
            verifier.verify(signer.sign())
        assert (error.value.code, web.asked) == ("no_keys", asked)
        eventually(lambda: verifier.verify(signer.sign()))
        verifier.close()


def test_keys_come_from_their_own_address_alone(shop: Shop, kind: str) -> None:
    signer = Signer("first")
    with WebServer() as web, WebServer() as other:
        other.document, web.elsewhere = {"keys": [signer.jwk]}, other.url
        verifier = shop.verifier(kind, url=web.url, service_url=f"{shop.url}/service/rpc")
        with pytest.raises(VerifierUnavailable, match="could not be fetched: HTTP Error 302") as error:
            verifier.ready(1)
        assert (error.value.code, other.asked) == ("no_keys", 0)
        assert not verifier.health().ok
        # And so do the revocations.
        follower = shop.verifier(kind, service_url=web.url)
        with pytest.raises(VerifierUnavailable, match=r"cannot be followed: .*302") as error:
            follower.ready(1)
        assert (error.value.code, other.asked) == ("feed_stale", 0)


def test_a_set_of_keys_is_read_as_documented() -> None:
    good = Signer("good").jwk
    others = [{"kty": "RSA", "kid": "r"}, good | {"crv": "Ed448"}, good | {"use": "enc"}, good | {"kid": 7}, "x"]
    assert set(read_keys({"keys": [*others, good]})) == {"good"}
    lists: list[Any] = [{}, others, [good] * 33, [good | {"x": "AA"}]]
    documents: list[Any] = [None, [], {}, *({"keys": keys} for keys in lists)]
    for bad in documents:
        with pytest.raises(ValueError, match=r"key|32 bytes"):
            read_keys(bad)


def test_options_that_cannot_be_are_refused() -> None:
    good: dict[str, Any] = {"url": "https://a.example", "service_key": "key", "issuer": ISSUER, "audience": "orders"}
    assert VerifierOptions(**good).feed_url == "wss://a.example/service/rpc"
    assert VerifierOptions(**good | {"service_url": "HTTP://b.example:1/rpc"}).feed_url == "ws://b.example:1/rpc"
    assert "'key'" not in repr(VerifierOptions(**good))
    wrong: list[dict[str, Any]] = [
        {"issuer": ""},
        {"url": "a.example"},
        {"service_url": "ws://a.example"},
        {"max_feed_age": 0.5},
    ]
    for fault in wrong:
        with pytest.raises(ValueError, match=r"missing|begin with|less than a second"):
            VerifierOptions(**good | fault)
