"""A machine that slept, and a process that got no time."""

import time

import pytest
from following import Following, FollowingTask, eventually, refusal
from shop import Shop
from wire import WebServer, Wire

from marbelle_verify import VerifierUnavailable

MINUTE = 60.0


def machine_sleeps(seconds: float, monkeypatch: pytest.MonkeyPatch) -> None:
    """The wall clock shows that time has passed; the monotonic one and the timers do not."""
    wall = time.time
    monkeypatch.setattr(time, "time", lambda: wall() + seconds)


def lacking(verifier: Following, token: str) -> str:
    with pytest.raises(VerifierUnavailable) as error:
        verifier.verify(token)
    return error.value.code


def until_ready(verifier: Following) -> float:
    """How long it takes until tokens can be verified again."""
    begun = time.monotonic()
    verifier.ready()
    return time.monotonic() - begun


def test_after_a_sleep_keys_and_revocations_are_fetched_at_once_and_nothing_is_let_through_before(
    shop: Shop, email: str, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Wire(shop.url) as wire:
        verifier = shop.verifier(kind, service_url=wire.url)
        verifier.ready()
        ended, alive = shop.sign_in(email), shop.sign_in(email)
        void, good = ended.token_for("orders"), alive.token_for("orders")
        verifier.verify(void)
        wire.strand()
        ended.logout()
        machine_sleeps(61 * MINUTE, monkeypatch)
        assert lacking(verifier, void) == "no_keys"
        # The next poll of the dead connection would be seconds away, its timeout more.
        assert until_ready(verifier) < 1
        assert refusal(verifier, void) == ("session_ended", "logout")
        assert verifier.verify(good).session_id == alive.id
        verifier.close()


def test_after_a_shorter_sleep_the_revocations_are_fetched_at_once_over_a_new_connection(
    shop: Shop, email: str, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Wire(shop.url) as wire:
        verifier = shop.verifier(kind, service_url=wire.url)
        verifier.ready()
        token = shop.sign_in(email).token_for("orders")
        wire.strand()
        machine_sleeps(MINUTE, monkeypatch)
        assert lacking(verifier, token) == "feed_stale"
        assert until_ready(verifier) < 1
        verifier.verify(token)
        verifier.close()


def test_an_account_server_that_is_down_after_a_sleep_is_asked_at_the_usual_pace(
    shop: Shop, email: str, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = shop.sign_in(email).token_for("orders")
    with WebServer() as web:
        # As a feed, it refuses every handshake.
        verifier = shop.verifier(kind, service_url=web.url)
        eventually(lambda: _is(len(verifier.health().errors) == 1))
        asked = web.asked
        machine_sleeps(61 * MINUTE, monkeypatch)
        end = time.monotonic() + 2
        while time.monotonic() < end:
            lacking(verifier, token)
            time.sleep(0.002)
        # At once, then after pauses of at least 125, 250, 500 and 1,000 ms.
        assert 1 < web.asked - asked <= 5
        verifier.close()


def test_a_process_that_got_no_time_connects_anew(shop: Shop) -> None:
    with Wire(shop.url) as wire:
        verifier = FollowingTask(shop.options(service_url=wire.url, max_feed_age=3))
        verifier.ready()
        wire.strand()
        verifier.block(3.5)
        assert not verifier.health().ok
        # Another question over the dead connection would be given up after a second.
        assert until_ready(verifier) < 0.9
        verifier.close()


def _is(condition: bool) -> None:
    assert condition
