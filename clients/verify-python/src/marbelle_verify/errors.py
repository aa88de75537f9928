"""What :meth:`Verifier.verify` raises."""

from typing import Literal

RefusalCode = Literal["missing", "invalid", "unknown_key", "expired", "session_ended", "renewed"]
UnavailableCode = Literal["no_keys", "feed_stale"]


class TokenRefused(Exception):
    """The token is no good: answer 401, upon which the caller gets a newer one or signs in."""

    def __init__(self, code: RefusalCode, message: str, reason: str | None = None) -> None:
        super().__init__(message)
        self.code: RefusalCode = code
        #: Why the session ended or its credentials were renewed, as the account server says it.
        self.reason = reason


class VerifierUnavailable(Exception):
    """Whether the token is good cannot be told at this moment: answer 503. The token may be good later."""

    def __init__(self, code: UnavailableCode, message: str) -> None:
        super().__init__(message)
        self.code: UnavailableCode = code
