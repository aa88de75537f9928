"""The errors that :meth:`Verifier.verify` raises."""

from typing import Literal

RefusalCode = Literal["missing", "invalid", "unknown_key", "expired", "session_ended", "renewed"]
UnavailableCode = Literal["no_keys", "feed_stale"]


class TokenRefused(Exception):
    """The token is invalid: answer 401, after which the caller gets a newer one or signs in."""

    def __init__(self, code: RefusalCode, message: str, reason: str | None = None) -> None:
        super().__init__(message)
        self.code: RefusalCode = code
        #: Why the session ended or its credentials were renewed, as the account server reports it.
        self.reason = reason


class VerifierUnavailable(Exception):
    """The token cannot be verified at present: answer 503. The token may be accepted later."""

    def __init__(self, code: UnavailableCode, message: str) -> None:
        super().__init__(message)
        self.code: UnavailableCode = code
