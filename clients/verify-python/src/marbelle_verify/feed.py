"""Follows the revocations over a WebSocket.

Pushed entries arrive at once, and ``revocations.list`` is called every few seconds. Its answer is read from the
database, so it proves that nothing is missing up to the time of the request; an open connection alone would not.
"""

import asyncio
import contextlib
import json
import logging
import time
from collections.abc import Callable
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidStatus

from .clock import Deadline, Moment, delay_after
from .options import VerifierOptions
from .revocations import Page, Revocations

# A page of `revocations.list` with fewer entries is the last.
_FULL_PAGE = 2_000
# A full page has half a megabyte at most.
_LARGEST_MESSAGE = 4 * 1024 * 1024
_LONGEST_POLL = 3.0
_SUBSCRIBE = 0

# At level DEBUG, websockets logs the headers that it sends, including the service key.
_log = logging.getLogger(__name__)
_log.setLevel(logging.INFO)


class FeedFailed(Exception):
    """This connection can no longer be used."""


class Feed:
    """Keeps revocations up to date. :meth:`follow` runs in one event loop; the rest may be read by any thread."""

    def __init__(self, options: VerifierOptions, revocations: Revocations) -> None:
        self._url = options.feed_url
        self._headers = {"Authorization": f"Bearer {options.service_key}"}
        self._max_age = options.max_feed_age
        self._poll = min(_LONGEST_POLL, options.max_feed_age / 5)
        self._timeout = options.max_feed_age / 3
        self._revocations = revocations
        self._cursor: str | None = None
        self._complete: Moment | None = None
        self._last_id = _SUBSCRIBE
        self._failures = 0
        # When the present wait should be over.
        self._deadline = Deadline(self._timeout)
        self._reconnect: Callable[[], None] = lambda: None
        self.is_connected = False
        #: Why the revocations cannot be followed at present.
        self.error: str | None = None

    @property
    def age(self) -> float | None:
        """The number of seconds since nothing was missing; ``None`` before the first time."""
        return None if self._complete is None else self._complete.age()

    def wake(self) -> None:
        """Connects at once if the present wait should already be over.

        After a sleep of the machine its timer would be late, and an earlier connection is probably dead.
        """
        if self._deadline.is_over():
            self._deadline = Deadline(self._timeout)
            self._reconnect()

    async def follow(self) -> None:
        """Keeps connecting until it is cancelled."""
        loop, woken = asyncio.get_running_loop(), asyncio.Event()

        def reconnect() -> None:
            # The loop may be closed already.
            with contextlib.suppress(RuntimeError):
                loop.call_soon_threadsafe(woken.set)

        self._reconnect = reconnect
        while True:
            woken.clear()
            connecting = asyncio.create_task(self._keep_connected())
            try:
                await woken.wait()
            finally:
                connecting.cancel()
                await asyncio.gather(connecting, return_exceptions=True)

    async def _keep_connected(self) -> None:
        while True:
            try:
                await self._follow_one_connection()
                continue
            except Exception as error:
                # Any error: this continues for as long as the program runs.
                self.error = f"the revocations at {self._url} cannot be followed: {_explained(error)}"
            finally:
                self.is_connected = False
            self._failures += 1
            delay = delay_after(self._failures)
            self._deadline = Deadline(delay)
            await asyncio.sleep(delay)

    async def _follow_one_connection(self) -> None:
        """Returns when the process was suspended for so long that the connection may be dead."""
        self._deadline = Deadline(self._timeout)
        async with self._connect() as socket:
            try:
                await self._call(socket, _SUBSCRIBE, "revocations.subscribe")
                asked = Moment()
                while asked.age() <= self._max_age:
                    asked = await self._catch_up(socket)
                    await self._listen(socket)
            finally:
                # A server that may be gone is not notified, and waiting for its answer could be cancelled.
                socket.transport.abort()

    def _connect(self) -> connect:
        return _Connect(
            self._url,
            additional_headers=self._headers,
            compression=None,
            proxy=None,
            open_timeout=self._timeout,
            # A dead connection is detected by missing answers.
            ping_interval=None,
            max_size=_LARGEST_MESSAGE,
            logger=_log,
        )

    async def _catch_up(self, socket: ClientConnection) -> Moment:
        """Fetches missing entries, page by page. Returns the time at which nothing was missing."""
        while True:
            asked = Moment()
            self._last_id += 1
            await self._call(socket, self._last_id, "revocations.list")
            page = None
            self._deadline = Deadline(self._timeout)
            try:
                async with asyncio.timeout(self._timeout):
                    while page is None:
                        page = self._take(await socket.recv())
            except TimeoutError:
                raise FeedFailed(f"no answer within {self._timeout:g} s") from None
            if len(page.revocations) < _FULL_PAGE:
                break
        self._complete, self._failures, self.error = asked, 0, None
        return asked

    async def _listen(self, socket: ClientConnection) -> None:
        """Receives pushed entries until the next request is due."""
        self._deadline = Deadline(self._poll)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._poll):
                while True:
                    self._take(await socket.recv())

    async def _call(self, socket: ClientConnection, call_id: int, method: str) -> None:
        params = {} if self._cursor is None else {"since": self._cursor}
        await socket.send(json.dumps({"jsonrpc": "2.0", "id": call_id, "method": method, "params": params}))

    def _take(self, text: str | bytes) -> Page | None:
        """Applies a message; returns the page if it answers the last request."""
        message: Any = json.loads(text)
        if message.get("method") == "revocations.event":
            self._apply(Page.read(message["params"]["result"]))
            return None
        if "error" in message:
            raise FeedFailed(f"refused by the server: {message['error'].get('message')}")
        if message.get("id") == _SUBSCRIBE:
            self.is_connected = True
        if message.get("id") != self._last_id:
            return None
        page = Page.read(message["result"])
        self._apply(page)
        return page

    def _apply(self, page: Page) -> None:
        self._revocations.add(page.revocations, time.monotonic())
        self._cursor = page.cursor


class _Connect(connect):
    def process_redirect(self, exc: Exception) -> Exception | str:
        # Answers of another address are not the account server's.
        return exc


def _explained(error: Exception) -> str:
    if isinstance(error, InvalidStatus) and error.response.status_code == 401:
        return "the service key is refused (HTTP 401)"
    return str(error) or type(error).__name__
