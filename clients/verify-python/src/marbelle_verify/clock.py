"""Ages by clocks that survive sleep, and delays between attempts."""

import random
import time
from dataclasses import dataclass, field

_FIRST = 0.25
_LONGEST = 15.0


@dataclass(frozen=True)
class Moment:
    """A moment by two clocks: the monotonic one stands still while the machine sleeps, the other may be set back."""

    monotonic: float = field(default_factory=time.monotonic)
    wall: float = field(default_factory=lambda: time.time())

    def age(self, now: "Moment | None" = None) -> float:
        """The age in seconds, by the clock that shows more."""
        now = now or Moment()
        return max(now.monotonic - self.monotonic, now.wall - self.wall)


@dataclass(frozen=True)
class Deadline:
    """The end of a wait. A timer of asyncio stands still while the machine sleeps; this does not."""

    seconds: float
    started: Moment = field(default_factory=Moment)

    def is_over(self) -> bool:
        return self.started.age() >= self.seconds


def delay_after(failures: int, share: float | None = None) -> float:
    """The delay in seconds after this many failures.

    The delay doubles with each failure, up to a bound. It lies anywhere in its upper half (``share``, 0 to 1), so that
    clients that failed together do not come back together.
    """
    longest = min(_LONGEST, _FIRST * 2.0 ** min(failures - 1, 16))
    if share is None:
        share = random.random()  # noqa: S311
    return longest * (0.5 + share / 2)
