"""Verifies the access tokens of Marbelle Accounts in another backend of the shop."""

from .errors import RefusalCode, TokenRefused, UnavailableCode, VerifierUnavailable
from .options import VerifierOptions
from .tokens import Claims
from .verifier import AsyncVerifier, Health, Verifier

__all__ = [
    "AsyncVerifier",
    "Claims",
    "Health",
    "RefusalCode",
    "TokenRefused",
    "UnavailableCode",
    "Verifier",
    "VerifierOptions",
    "VerifierUnavailable",
]
