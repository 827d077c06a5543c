"""When may the next request be sent, and when is something tried again?"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from email.utils import parsedate_to_datetime

_LONGEST_WAIT = 3600.0
_FIRST_PAUSE = 1.0
_LONGEST_PAUSE = 120.0


class Pace:
    """Keeps the requests of all threads below a rate, and away from a server that asks to be left alone."""

    def __init__(
        self,
        rate: float,
        *,
        now: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], object] = time.sleep,
    ) -> None:
        """Allow `rate` requests a second; `now` and `sleep` are the clock."""
        self._between = 1.0 / rate
        self._now = now
        self._sleep = sleep
        self._lock = threading.Lock()
        self._next = 0.0

    def wait(self) -> None:
        """Return when the next request may be sent."""
        with self._lock:
            at = max(self._next, self._now())
            self._next = at + self._between
        pause = at - self._now()
        if pause > 0:
            self._sleep(pause)

    def hold(self, seconds: float) -> None:
        """Send nothing for some seconds."""
        with self._lock:
            self._next = max(self._next, self._now() + min(seconds, _LONGEST_WAIT))

    def held(self) -> float:
        """Return for how many seconds nothing is sent yet."""
        with self._lock:
            return max(0.0, self._next - self._now())


def seconds_of(retry_after: str | None, now: float) -> float | None:
    """Return what a `Retry-After` header asks for, in seconds from `now` (time.time()): a number or a date.

    None where it says nothing that can be read (RFC 9110, section 10.2.3).
    """
    if not retry_after:
        return None
    text = retry_after.strip()
    if text.isdecimal():
        return min(float(text), _LONGEST_WAIT)
    try:
        at = parsedate_to_datetime(text).timestamp()
    except (ValueError, TypeError, OverflowError):
        return None
    return min(max(0.0, at - now), _LONGEST_WAIT)


def pause_after(tries: int) -> float:
    """Return how long to wait before something is tried again: longer each time, and never quite the same."""
    longest: float = min(_LONGEST_PAUSE, _FIRST_PAUSE * 2 ** max(0, tries - 1))
    return longest * (0.5 + random.random() / 2)  # noqa: S311 (this keeps machines apart, and nothing secret)
