"""Access tokens: their signature, audience and time."""

from dataclasses import dataclass
from typing import Any

import jwt

from .errors import TokenRefused
from .keys import Keys
from .options import VerifierOptions

# The account server issues no longer ones.
_LONGEST = 2048
_CLAIMS = {"sub": str, "sid": str, "ver": int, "iat": int, "exp": int}


@dataclass(frozen=True)
class Claims:
    """The caller, by a valid token."""

    #: The user's id (``sub``).
    user_id: str
    #: The session (``sid``).
    session_id: str
    #: The version of the session's credentials (``ver``).
    version: int
    #: Unix time in seconds (``iat``).
    issued_at: int
    #: Unix time in seconds (``exp``).
    expires_at: int


def read_token(token: str, keys: Keys, options: VerifierOptions) -> Claims:
    """The claims of a token that one of the keys has signed for this audience and that has not expired."""
    if len(token) > _LONGEST:
        raise TokenRefused("invalid", "the token is too long")
    key = keys.get(_key_id(token))
    if key is None:
        raise TokenRefused("unknown_key", "the token is signed by a key that is not known (yet)")
    try:
        read: dict[str, Any] = jwt.decode_complete(
            token,
            key,
            algorithms=["EdDSA"],
            issuer=options.issuer,
            audience=options.audience,
            leeway=options.clock_tolerance,
            # A clock that is a little behind must not refuse a token that was just issued.
            options={"require": ["iss", "aud", *_CLAIMS], "verify_iat": False},
        )
    except jwt.ExpiredSignatureError:
        raise TokenRefused("expired", "the token has expired") from None
    except (jwt.InvalidTokenError, ValueError, RecursionError) as error:
        raise TokenRefused("invalid", f"the token is invalid: {error}") from error
    claims = read["payload"]
    is_access_token = str(read["header"].get("typ")).lower() == "at+jwt"
    # Not isinstance: `True` is an int.
    if not is_access_token or any(type(claims[name]) is not kind for name, kind in _CLAIMS.items()):
        raise TokenRefused("invalid", "this is not an access token")
    # The revocation of a longer token could be dropped before the token expires.
    if (life := claims["exp"] - claims["iat"]) > options.token_lifetime:
        raise TokenRefused("invalid", f"the token is valid for {life} s, which is more than token_lifetime")
    return Claims(claims["sub"], claims["sid"], claims["ver"], claims["iat"], claims["exp"])


def _key_id(token: str) -> str:
    """The id of the key that the token names. Nothing else in its header is used before the signature is checked, and
    ``alg`` never.
    """
    try:
        kid = jwt.get_unverified_header(token).get("kid")
    except (jwt.InvalidTokenError, ValueError, RecursionError):
        kid = None
    if not isinstance(kid, str):
        raise TokenRefused("invalid", "this is not an access token")
    return kid
