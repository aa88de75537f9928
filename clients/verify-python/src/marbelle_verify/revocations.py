"""Revocations of tokens that are valid by signature and time."""

from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from math import floor, inf
from typing import Any, Literal

from .tokens import Claims

# How much the clocks of nodes may differ: a token may be valid for that much longer than its lifetime.
_CLOCKS_DIFFER = 15 * 60.0
# The reason for tokens that are void because the entry of a session had to be dropped.
_FORGOTTEN = "forgotten"


@dataclass(frozen=True)
class Revocation:
    """An entry of the feed (``Revocation`` of ``service-spec.json``)."""

    #: ``None``: every token issued before ``at`` is void.
    session_id: str | None
    #: Unix time in seconds.
    at: float
    reason: str
    #: The session's tokens with a ``ver`` below this are void; all of them if it is ``None``.
    below: int | None


@dataclass(frozen=True)
class Page:
    """A page of ``revocations.list`` or a ``revocations.event``."""

    revocations: list[Revocation]
    cursor: str

    @classmethod
    def read(cls, value: Any) -> "Page":
        """Reads what the server sent; raises ``ValueError`` if it is not a page."""
        try:
            cursor, entries = value["cursor"], value["revocations"]
            if not isinstance(cursor, str) or not isinstance(entries, list):
                raise TypeError
            return cls([_entry(entry) for entry in entries], cursor)
        except (KeyError, TypeError, ValueError) as error:
            raise ValueError("a page of revocations is not as documented") from error


def _entry(value: Any) -> Revocation:
    session_id, reason, below = value["session_id"], value["reason"], value["below"]
    at = datetime.fromisoformat(value["at"])
    is_version = below is None or (isinstance(below, int) and not isinstance(below, bool))
    is_entry = (session_id is None or isinstance(session_id, str)) and isinstance(reason, str) and is_version
    if not is_entry or at.tzinfo is None:
        raise TypeError
    return Revocation(session_id, at.timestamp(), reason, below)


@dataclass(frozen=True)
class Voiding:
    """Why a token is void."""

    code: Literal["session_ended", "renewed"]
    reason: str


@dataclass(frozen=True)
class _Void:
    below: float
    at: float
    reason: str
    received: float


class Revocations:
    """The entries, for as long as an earlier token may be valid.

    One thread adds, any thread reads: each step keeps an entry in place until a wider one replaces it.
    """

    def __init__(self, token_lifetime: float, most: int) -> None:
        """Keeps entries for ``token_lifetime`` seconds and a margin for clocks, and at most ``most`` sessions."""
        self._keep = token_lifetime + _CLOCKS_DIFFER
        self._most = most
        # By session, in the order of receipt. A plain dictionary is slow to find its first entry after deletions.
        self._sessions: OrderedDict[str, _Void] = OrderedDict()
        # Tokens issued in this second (Unix time) or before are void, and why.
        self._issued_by: tuple[int, str] | None = None

    def __len__(self) -> int:
        return len(self._sessions)

    def add(self, entries: Iterable[Revocation], now: float) -> None:
        """``now``: seconds of the monotonic clock. A wall clock that is set back and forth drops entries too early."""
        for entry in entries:
            self._add(entry, now)
        # Every earlier token has expired.
        while self._sessions and self._oldest()[1].received + self._keep < now:
            del self._sessions[self._oldest()[0]]
        while len(self._sessions) > self._most:
            # The session is forgotten, so the entry counts for all: the callers of other sessions fetch a new token.
            session_id, void = self._oldest()
            self._void_issued_by(void.at, _FORGOTTEN)
            del self._sessions[session_id]

    def voiding(self, claims: Claims) -> Voiding | None:
        """The reason why the token is void, if it is."""
        # In this order, because an entry is dropped only once it counts for all.
        found = self._sessions.get(claims.session_id)
        issued_by = self._issued_by
        if found and claims.version < found.below:
            return Voiding("session_ended" if found.below == inf else "renewed", found.reason)
        if issued_by and claims.issued_at <= issued_by[0]:
            # If the entry was dropped, the session may be alive: then a newer token is valid.
            return Voiding("renewed" if issued_by[1] == _FORGOTTEN else "session_ended", issued_by[1])
        return None

    def _oldest(self) -> tuple[str, _Void]:
        return next(iter(self._sessions.items()))

    def _add(self, entry: Revocation, now: float) -> None:
        if entry.session_id is None:
            self._void_issued_by(entry.at, entry.reason)
            return
        below = inf if entry.below is None else entry.below
        known = self._sessions.get(entry.session_id)
        if known is None or known.below < below:
            self._sessions[entry.session_id] = _Void(below, entry.at, entry.reason, now)
            self._sessions.move_to_end(entry.session_id)

    def _void_issued_by(self, at: float, reason: str) -> None:
        # `iat` has whole seconds: a token of the same second may be earlier, and is treated as such.
        second = floor(at)
        if self._issued_by is None or second > self._issued_by[0]:
            self._issued_by = (second, reason)
