"""What ends a token before its time, and how that is heard of."""

import asyncio
import logging
import time

import pytest
from following import eventually, refusal
from shop import PASSWORD, Session, Shop
from wire import Wire

from marbelle_verify import AsyncVerifier, TokenRefused, Verifier, VerifierUnavailable


def test_a_token_is_refused_right_after_the_logout_of_its_session(
    shop: Shop, email: str, kind: str, capsys: pytest.CaptureFixture[str]
) -> None:
    verifier = shop.verifier(kind)
    verifier.ready()
    times = []
    for _ in range(11):
        session = shop.sign_in(email)
        token = session.token_for("orders")
        verifier.verify(token)
        session.logout()
        answered = time.perf_counter()
        assert refusal(verifier, token) == ("session_ended", "logout")
        times.append((time.perf_counter() - answered) * 1_000)
    median = sorted(times)[5]
    with capsys.disabled():
        print(f"\nfrom the answer to the logout to the refusal ({kind}): median {median:.1f} ms")
    assert median < 50


def test_a_token_from_before_a_change_of_the_password_is_void_and_the_session_has_new_ones(
    shop: Shop, kind: str
) -> None:
    verifier = shop.verifier(kind)
    verifier.ready()
    session = shop.sign_in(shop.register())
    before = session.token_for("orders")
    change = {"current_password": PASSWORD, "new_password": "another walk by the sea"}
    changed = shop.call("auth.change_password", change, session.access_token)
    assert refusal(verifier, before) == ("renewed", "password_changed")
    session.access_token = changed["tokens"]["access_token"]
    claims = verifier.verify(session.token_for("orders"))
    assert (claims.session_id, claims.version) == (session.id, 1)


def test_a_feed_that_was_cut_goes_on_without_a_gap(shop: Shop, email: str, kind: str) -> None:
    def ended(session: Session) -> str:
        token = session.token_for("orders")
        session.logout()
        return token

    with Wire(shop.url) as wire:
        verifier = shop.verifier(kind, service_url=wire.url)
        verifier.ready()
        assert refusal(verifier, ended(shop.sign_in(email))) == ("session_ended", "logout")
        for _ in range(3):
            wire.cut()
            eventually(lambda: _is(not verifier.health().is_connected))
            token = ended(shop.sign_in(email))
            # The feed is not stale yet, and it cannot know.
            verifier.verify(token)
            wire.mend()
            assert refusal(verifier, token) == ("session_ended", "logout")
        verifier.verify(shop.sign_in(email).token_for("orders"))
        verifier.close()


def test_a_silent_feed_is_soon_too_old_says_so_and_comes_back(shop: Shop, email: str, kind: str) -> None:
    with Wire(shop.url) as wire:
        verifier = shop.verifier(kind, service_url=wire.url, max_feed_age=1)
        verifier.ready()
        session = shop.sign_in(email)
        token = session.token_for("orders")
        verifier.verify(token)
        wire.silence()
        silent = time.monotonic()
        session.logout()
        assert refusal(verifier, token) == ("feed_stale", None)
        assert time.monotonic() - silent < 2
        health = verifier.health()
        assert (health.ok, len(health.errors)) == (False, 1)
        assert (health.feed_age or 0) > 1
        wire.mend()
        verifier.ready()
        assert refusal(verifier, token) == ("session_ended", "logout")
        eventually(lambda: _is(verifier.health().is_connected))
        health = verifier.health()
        assert (health.ok, health.errors) == (True, ())
        verifier.close()


def test_the_feed_needs_a_good_key_and_says_so(shop: Shop, email: str, kind: str) -> None:
    token = shop.sign_in(email).token_for("orders")
    for key, why in (("no-key", "the service key is refused"), (shop.key("users:read"), "refused by the server")):
        verifier = shop.verifier(kind, service_key=key)
        with pytest.raises(VerifierUnavailable, match=why):
            verifier.ready(1)
        with pytest.raises(VerifierUnavailable) as error:
            verifier.verify(token)
        assert error.value.code == "feed_stale"


def test_the_key_is_not_logged(shop: Shop, kind: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    key = shop.key()
    verifier = shop.verifier(kind, service_key=key)
    verifier.ready()
    verifier.close()
    logging.getLogger("tests").debug("this is")
    assert "this is" in caplog.text
    assert key not in caplog.text


def test_a_restore_voids_every_token_from_before(binary: None, kind: str) -> None:
    with Shop() as restored:
        email = restored.register()
        verifier = restored.verifier(kind)
        verifier.ready()
        token = restored.sign_in(email).token_for("orders")
        verifier.verify(token)
        restored.command("new-epoch")
        assert refusal(verifier, token) == ("session_ended", "restored")
        eventually(lambda: verifier.verify(restored.sign_in(email).token_for("orders")))


def test_nothing_is_good_after_the_verifier_was_closed(shop: Shop, email: str, kind: str) -> None:
    verifier = shop.verifier(kind, max_feed_age=1)
    verifier.ready()
    token = shop.sign_in(email).token_for("orders")
    verifier.verify(token)
    verifier.close()
    closed = time.monotonic()
    assert refusal(verifier, token) == ("feed_stale", None)
    assert time.monotonic() - closed < 2


def test_as_the_readme_has_it(shop: Shop, email: str) -> None:
    options = shop.options()
    session = shop.sign_in(email)
    token = session.token_for("orders")

    async def in_a_loop() -> str:
        async with AsyncVerifier(options) as verifier:
            await verifier.ready()
            return verifier.verify(token).user_id

    assert asyncio.run(in_a_loop()) == session.user_id
    with Verifier(options) as verifier:
        verifier.ready()
        assert verifier.verify(token).user_id == session.user_id
        session.logout()
        eventually(lambda: _is(_refused(verifier, token)))


def _refused(verifier: Verifier, token: str) -> bool:
    try:
        verifier.verify(token)
    except TokenRefused:
        return True
    return False


def _is(condition: bool) -> None:
    assert condition
