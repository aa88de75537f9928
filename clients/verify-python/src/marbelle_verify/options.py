"""The options of a verifier."""

from dataclasses import dataclass, field
from urllib.parse import urljoin, urlsplit


@dataclass(frozen=True, kw_only=True)
class VerifierOptions:
    """How to reach the account server, and which tokens are accepted. All times are in seconds."""

    #: The URL of the account server, whose keys are at ``/.well-known/jwks.json`` below it.
    url: str
    #: A service key with the scope ``tokens:verify``.
    service_key: str = field(repr=False)
    #: ``MARBELLE_TOKEN_ISSUER`` of the account server.
    issuer: str
    #: This backend's name, one of ``MARBELLE_TOKEN_BACKENDS``.
    audience: str
    #: The URL for service keys (``MARBELLE_SERVICE_LISTEN``); ``/service/rpc`` of ``url`` by default.
    service_url: str | None = None
    #: The age of the revocations beyond which nothing is verified; at least one second.
    max_feed_age: float = 15.0
    #: The longest accepted lifetime of a token. That of the account server is 10 minutes by default.
    token_lifetime: float = 3600.0
    #: How far this machine's clock may be behind or ahead.
    clock_tolerance: float = 0.0
    #: The most ended sessions to keep; beyond that, every token from before the end of the oldest one is refused.
    max_revocations: int = 200_000
    #: The shortest interval at which unknown key ids cause the keys to be fetched.
    keys_pause: float = 10.0

    def __post_init__(self) -> None:
        for name in ("url", "service_key", "issuer", "audience"):
            if not getattr(self, name):
                raise ValueError(f"{name} is missing")
        for address in (self.url, self.service_url or self.url):
            if urlsplit(address).scheme not in ("http", "https"):
                raise ValueError(f"{address!r} does not begin with http:// or https://")
        if not self.max_feed_age >= 1:
            raise ValueError("max_feed_age is less than a second")

    @property
    def keys_url(self) -> str:
        return urljoin(self.url, "/.well-known/jwks.json")

    @property
    def feed_url(self) -> str:
        parts = urlsplit(self.service_url or urljoin(self.url, "/service/rpc"))
        return parts._replace(scheme="wss" if parts.scheme == "https" else "ws").geturl()
