"""Both verifiers by the same methods, so that every test is of both."""

import asyncio
import threading
import time
from collections.abc import Callable
from typing import TypeVar

from marbelle_verify import AsyncVerifier, Claims, Health, TokenRefused, Verifier, VerifierOptions, VerifierUnavailable

T = TypeVar("T")
PATIENCE = 10.0


def eventually(look: Callable[[], T]) -> T:
    """Looks until nothing is raised."""
    end = time.monotonic() + PATIENCE
    while True:
        try:
            return look()
        except (AssertionError, TokenRefused, VerifierUnavailable):
            if time.monotonic() > end:
                raise
        time.sleep(0.005)


class FollowingThread:
    """The verifier for programs with threads."""

    def __init__(self, options: VerifierOptions) -> None:
        self._verifier = Verifier(options).start()

    def ready(self, timeout: float = PATIENCE) -> None:
        self._verifier.ready(timeout)

    def verify(self, token: str) -> Claims:
        return self._verifier.verify(token)

    def health(self) -> Health:
        return self._verifier.health()

    def close(self) -> None:
        self._verifier.close()


class FollowingTask:
    """The verifier for asyncio, in an event loop that another thread runs; it is asked in that loop."""

    def __init__(self, options: VerifierOptions) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._thread.start()
        self._verifier = AsyncVerifier(options)
        self._in_loop(lambda verifier: verifier.start())

    def _in_loop(self, ask: Callable[[AsyncVerifier], T]) -> T:
        if self._loop.is_closed():
            return ask(self._verifier)

        async def asked() -> T:
            return ask(self._verifier)

        return asyncio.run_coroutine_threadsafe(asked(), self._loop).result(PATIENCE)

    def ready(self, timeout: float = PATIENCE) -> None:
        asyncio.run_coroutine_threadsafe(self._verifier.ready(timeout), self._loop).result(PATIENCE + timeout)

    def verify(self, token: str) -> Claims:
        return self._in_loop(lambda verifier: verifier.verify(token))

    def health(self) -> Health:
        return self._in_loop(lambda verifier: verifier.health())

    def block(self, seconds: float) -> None:
        """Gives the loop no time."""
        self._in_loop(lambda _: time.sleep(seconds))

    def close(self) -> None:
        if self._loop.is_closed():
            return
        asyncio.run_coroutine_threadsafe(self._verifier.close(), self._loop).result(PATIENCE)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


Following = FollowingThread | FollowingTask
KINDS: dict[str, Callable[[VerifierOptions], Following]] = {"threads": FollowingThread, "asyncio": FollowingTask}


def following(kind: str, options: VerifierOptions) -> Following:
    return KINDS[kind](options)


def refusal(of: Following, token: str) -> tuple[str, str | None]:
    """Tries until the token is refused, and tells why."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        try:
            of.verify(token)
        except TokenRefused as error:
            return error.code, error.reason
        except VerifierUnavailable as error:
            return error.code, None
        time.sleep(0.001)
    raise AssertionError("the token stays good")
