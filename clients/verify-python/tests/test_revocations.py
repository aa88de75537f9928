"""What voids tokens, without a server."""

from dataclasses import replace
from datetime import UTC, datetime
from math import floor
from typing import Any

import pytest

from marbelle_verify import Claims
from marbelle_verify.clock import Moment, delay_after
from marbelle_verify.revocations import Page, Revocation, Revocations, Voiding

AT = datetime(2026, 11, 28, 9, 0, 0, 500_000, UTC).timestamp()
LIFETIME = 600.0
# By the monotonic clock.
NOW = 5.0


def entry(session_id: str | None, below: int | None = None, at: float = AT, reason: str = "logout") -> Revocation:
    return Revocation(session_id, at, reason, below)


def token(session_id: str, version: int = 0, issued_at: float = AT - 60) -> Claims:
    return Claims("ann", session_id, version, floor(issued_at), floor(issued_at) + 600)


def code(known: Revocations, claims: Claims) -> str | None:
    voiding = known.voiding(claims)
    return voiding.code if voiding else None


def test_an_entry_voids_a_session_or_its_tokens_below_a_version() -> None:
    known = Revocations(LIFETIME, 10)
    known.add([entry("ended"), entry("renewed", 2, AT, "password_changed")], NOW)
    assert known.voiding(token("ended", 7)) == Voiding("session_ended", "logout")
    assert known.voiding(token("renewed", 1)) == Voiding("renewed", "password_changed")
    assert known.voiding(token("renewed", 2)) is None
    assert known.voiding(token("other")) is None


def test_entries_may_repeat_and_come_in_any_order() -> None:
    known = Revocations(LIFETIME, 10)
    known.add([entry("a"), entry("a", 1), entry("b", 1), entry("b", 3), entry("b", 2)], NOW)
    assert code(known, token("a", 5)) == "session_ended"
    assert [code(known, token("b", 2)), code(known, token("b", 3))] == ["renewed", None]
    assert len(known) == 2


def test_an_entry_without_a_session_voids_what_was_issued_before_and_in_doubt_in_that_second() -> None:
    known = Revocations(LIFETIME, 10)
    known.add([entry(None, None, AT, "restored")], NOW)
    assert known.voiding(token("a", 0, floor(AT))) == Voiding("session_ended", "restored")
    assert known.voiding(token("a", 0, floor(AT) + 1)) is None
    known.add([entry(None, None, AT - 5, "restored")], NOW)
    assert code(known, token("a", 0, floor(AT))) == "session_ended"


def test_entries_are_forgotten_when_every_token_from_before_has_expired() -> None:
    known = Revocations(LIFETIME, 10)
    known.add([entry("a")], NOW)
    known.add([], NOW + LIFETIME + 14 * 60)
    assert len(known) == 1
    known.add([], NOW + LIFETIME + 16 * 60)
    assert len(known) == 0


def test_what_has_no_room_voids_every_token_from_before() -> None:
    known = Revocations(LIFETIME, 3)
    entries = [entry(f"s{n}", None, AT + n) for n in range(10)]
    known.add(entries, NOW)
    assert len(known) == 3
    for ended in entries:
        assert code(known, token(str(ended.session_id), 0, ended.at - 1)), ended
    assert known.voiding(token("other", 0, AT)) == Voiding("renewed", "forgotten")
    assert known.voiding(token("other", 0, AT + 7)) is None


def test_a_session_that_is_heard_of_again_counts_as_new() -> None:
    known = Revocations(LIFETIME, 2)
    known.add([entry("a", 1), entry("b"), replace(entry("a"), at=AT + 5), entry("c", None, AT + 6)], NOW)
    assert [code(known, token(session, 9, AT + 4)) for session in "abc"] == ["session_ended", None, "session_ended"]
    assert code(known, token("b", 9, AT)) == "renewed"


def test_a_page_is_read_as_documented_or_not_at_all() -> None:
    ended: dict[str, Any] = {
        "session_id": "a",
        "user_id": "u",
        "at": "2026-11-28T09:00:00.500Z",
        "reason": "logout",
        "below": None,
    }
    page = {"revocations": [ended, ended | {"session_id": None}], "cursor": "c"}
    assert Page.read(page) == Page([entry("a"), entry(None)], "c")
    entries: list[Any] = [{}, ended | {"at": "soon"}, ended | {"at": "2026-11-28T09:00:00"}, ended | {"below": True}]
    pages: list[Any] = [None, "x", {}, {"revocations": []}, *(page | {"revocations": [wrong]} for wrong in entries)]
    for bad in pages:
        with pytest.raises(ValueError, match="not as documented"):
            Page.read(bad)


def test_an_age_is_that_of_the_clock_that_says_more() -> None:
    moment = Moment(monotonic=100, wall=1_000)
    assert moment.age(Moment(monotonic=150, wall=9_000)) == 8_000
    assert moment.age(Moment(monotonic=150, wall=500)) == 50


def test_delays_grow_have_a_bound_and_differ() -> None:
    assert [delay_after(failures, 1) for failures in (1, 2, 3, 50)] == [0.25, 0.5, 1, 15]
    assert delay_after(2, 0) == 0.25
    assert len({delay_after(2) for _ in range(9)}) > 1
