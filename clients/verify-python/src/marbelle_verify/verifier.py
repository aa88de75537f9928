"""The verifiers: one for programs with threads, one for asyncio."""

import asyncio
import threading
import time
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from .errors import TokenRefused, VerifierUnavailable
from .feed import Feed
from .keys import Keys
from .options import VerifierOptions
from .revocations import Revocations
from .tokens import Claims, read_token

# The interval at which `ready` checks, in seconds.
_LOOK = 0.02


@dataclass(frozen=True)
class Health:
    """The state for a health check."""

    #: Whether tokens can be verified.
    ok: bool
    #: The age of the revocations in seconds; ``None`` before they were first complete.
    feed_age: float | None
    is_connected: bool
    keys: int
    revocations: int
    #: The present errors of the keys and of the feed.
    errors: tuple[str, ...]


class _Verification:
    """The common part of both verifiers: everything but the caller of :meth:`_follow`."""

    def __init__(self, options: VerifierOptions) -> None:
        self._options = options
        self._keys = Keys(options.keys_url, options.keys_pause)
        self._revocations = Revocations(options.token_lifetime + options.clock_tolerance, options.max_revocations)
        self._feed = Feed(options, self._revocations)

    def verify(self, token: str) -> Claims:
        """The caller with this token. Makes no request and does not wait; may be called from any thread.

        Raises :class:`TokenRefused` if the token is invalid, and :class:`VerifierUnavailable` if it cannot be verified
        because keys or revocations could not be followed.
        """
        if not token:
            raise TokenRefused("missing", "there is no token")
        if lacking := self._lacking():
            raise lacking
        claims = read_token(token, self._keys, self._options)
        if voiding := self._revocations.voiding(claims):
            message = "the token was replaced" if voiding.code == "renewed" else "the session has ended"
            raise TokenRefused(voiding.code, message, voiding.reason)
        return claims

    def health(self) -> Health:
        return Health(
            ok=self._lacking() is None,
            feed_age=self._feed.age,
            is_connected=self._feed.is_connected,
            keys=len(self._keys),
            revocations=len(self._revocations),
            errors=tuple(error for error in (self._keys.error, self._feed.error) if error),
        )

    def _lacking(self) -> VerifierUnavailable | None:
        """Why nothing can be verified, if so. After a sleep, outdated data is fetched at once in the background."""
        if not self._keys.are_known():
            return VerifierUnavailable("no_keys", self._keys.error or "the keys were not fetched yet")
        age = self._feed.age
        if age is None or age > self._options.max_feed_age:
            self._feed.wake()
            since = "were never complete" if age is None else f"are {age:.1f} s old"
            return VerifierUnavailable("feed_stale", self._feed.error or f"the revocations {since}")
        return None

    async def _follow(self) -> None:
        """Follows keys and revocations until it is cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._keys.follow())
            tasks.create_task(self._feed.follow())


class Verifier(_Verification):
    """Verifies access tokens by keys and revocations that a thread follows: ``with Verifier(options) as verifier``.

    A process that is forked has no thread of its parent's: make a verifier of its own after the fork.
    """

    def __init__(self, options: VerifierOptions) -> None:
        super().__init__(options)
        self._runner = asyncio.Runner(loop_factory=asyncio.new_event_loop)
        self._stop = asyncio.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> Self:
        """Starts to follow keys and revocations."""
        if self._thread is None:
            # Before the thread: `close` may follow at once.
            self._runner.get_loop()
            self._thread = threading.Thread(target=self._run, name="marbelle-verify", daemon=True)
            self._thread.start()
        return self

    def ready(self, timeout: float = 10.0) -> None:
        """Waits until tokens can be verified; raises :class:`VerifierUnavailable` after ``timeout`` seconds."""
        end = time.monotonic() + timeout
        while lacking := self._lacking():
            if time.monotonic() > end:
                raise lacking
            time.sleep(_LOOK)

    def close(self) -> None:
        """Ends the thread; once the revocations are too old, nothing is verified any more."""
        if self._thread is not None and self._thread.is_alive():
            self._runner.get_loop().call_soon_threadsafe(self._stop.set)
            self._thread.join()

    def _run(self) -> None:
        with self._runner:
            self._runner.run(self._follow_until_stopped())

    async def _follow_until_stopped(self) -> None:
        following = asyncio.create_task(self._follow())
        await self._stop.wait()
        await _cancelled(following)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class AsyncVerifier(_Verification):
    """Verifies access tokens by keys and revocations that a task of the event loop follows:
    ``async with AsyncVerifier(options) as verifier``.
    """

    def __init__(self, options: VerifierOptions) -> None:
        super().__init__(options)
        self._task: asyncio.Task[None] | None = None

    def start(self) -> Self:
        """Starts to follow keys and revocations, in the running event loop."""
        if self._task is None:
            self._task = asyncio.create_task(self._follow())
        return self

    async def ready(self, timeout: float = 10.0) -> None:  # noqa: ASYNC109
        """Waits until tokens can be verified; raises :class:`VerifierUnavailable` after ``timeout`` seconds."""
        end = time.monotonic() + timeout
        while lacking := self._lacking():
            if time.monotonic() > end:
                raise lacking
            await asyncio.sleep(_LOOK)

    async def close(self) -> None:
        """Ends the task; once the revocations are too old, nothing is verified any more."""
        if self._task is not None:
            await _cancelled(self._task)

    async def __aenter__(self) -> Self:
        return self.start()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()


async def _cancelled(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
