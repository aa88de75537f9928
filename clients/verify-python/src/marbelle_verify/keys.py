"""The account server's public keys."""

import asyncio
import base64
import contextlib
import json
import urllib.request
from collections.abc import Callable
from typing import IO, Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from .clock import Moment, delay_after

# How often the keys are fetched, so that a new one is known before it signs, and an old one is dropped.
_PERIOD = 300.0
# Keys that could not be fetched again for so long are no longer trusted.
_OLDEST = 3600.0
_TIMEOUT = 5.0
_LARGEST_SET = 64 * 1024
_MOST_KEYS = 32

KeySet = dict[str, Ed25519PublicKey]


class Keys:
    """The keys by their id. :meth:`follow` runs in one event loop; the rest may be called from any thread."""

    def __init__(self, url: str, pause: float) -> None:
        self._url = url
        self._pause = pause
        self._keys: KeySet = {}
        self._fetched: Moment | None = None
        self._want: Callable[[], None] = lambda: None
        #: What went wrong with the last fetch.
        self.error: str | None = None

    def __len__(self) -> int:
        return len(self._keys)

    def are_known(self) -> bool:
        """Whether there are keys that can be trusted. If they have become too old, they are soon fetched again."""
        if self._fetched is None:
            return False
        is_fresh = self._fetched.age() <= _OLDEST
        if not is_fresh:
            # The machine may have slept, and the next fetch be minutes away.
            self._want()
        return is_fresh

    def get(self, kid: str) -> Ed25519PublicKey | None:
        """The key with this id. If there is none, the keys are soon fetched again."""
        key = self._keys.get(kid)
        if key is None:
            self._want()
        return key

    async def follow(self) -> None:
        """Fetches the keys now and then, until it is cancelled."""
        loop, wanted = asyncio.get_running_loop(), asyncio.Event()

        def want() -> None:
            if not wanted.is_set():
                # The loop may be closed by now.
                with contextlib.suppress(RuntimeError):
                    loop.call_soon_threadsafe(wanted.set)

        self._want = want
        failures = 0
        while True:
            tried = Moment()
            try:
                self._keys = await asyncio.to_thread(fetch_keys, self._url)
                self._fetched, self.error, failures = tried, None, 0
            except Exception as error:
                # Whatever it was: this goes on as long as the program runs.
                self.error = f"the keys at {self._url} could not be fetched: {error}"
                failures += 1
            wanted.clear()
            delay = delay_after(failures) if failures else _PERIOD
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(wanted.wait(), delay)
                # Anybody can make a token that names an unknown key.
                await asyncio.sleep(min(delay, self._pause) - tried.age())


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, req: Any, fp: IO[bytes], code: int, msg: str, headers: Any, newurl: str) -> None:
        return None


def fetch_keys(url: str) -> KeySet:
    """Fetches a set of keys, from this URL itself: neither redirects are followed nor are proxies asked."""
    opener = urllib.request.build_opener(_NoRedirects, urllib.request.ProxyHandler({}))
    with opener.open(url, timeout=_TIMEOUT) as response:
        body = response.read(_LARGEST_SET + 1)
    if len(body) > _LARGEST_SET:
        raise ValueError("the set of keys is too large")
    return read_keys(json.loads(body))


def read_keys(document: Any) -> KeySet:
    """The Ed25519 keys of a JWK set; others are passed over. Raises ``ValueError`` where there is none."""
    entries = document.get("keys") if isinstance(document, dict) else None
    if not isinstance(entries, list) or len(entries) > _MOST_KEYS:
        raise ValueError("this is no set of keys")
    keys: KeySet = {}
    for entry in entries:
        is_ours = isinstance(entry, dict) and entry.get("kty") == "OKP" and entry.get("crv") == "Ed25519"
        if not is_ours or entry.get("use", "sig") != "sig":
            continue
        kid, x = entry.get("kid"), entry.get("x")
        if isinstance(kid, str) and isinstance(x, str):
            keys[kid] = Ed25519PublicKey.from_public_bytes(base64.urlsafe_b64decode(x + "=" * (-len(x) % 4)))
    if not keys:
        raise ValueError("the set has no Ed25519 key")
    return keys
