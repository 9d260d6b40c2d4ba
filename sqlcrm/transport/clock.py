"""Time, and the only way this room sleeps."""

from __future__ import annotations

import threading
import time

from sqlcrm.errors import Cancelled

SLICE = 0.1  # seconds until a cancel is noticed by who waits for another thread


class Clock:
    """The machine's clock. While `testing()` runs, a fake one answers in its place."""

    fake: FakeClock | None = None
    """Set by `testing()` for all clocks of the process."""

    def monotonic(self) -> float:
        """Seconds from an arbitrary start; never goes back."""
        return time.monotonic() if Clock.fake is None else Clock.fake.monotonic()

    def time(self) -> float:
        """Unix time, in seconds."""
        return time.time() if Clock.fake is None else Clock.fake.time()

    def wait(self, seconds: float, cancel: threading.Event) -> None:
        """Sleep.

        Raises: Cancelled as soon as `cancel` is set, also when nothing is left to wait.
        """
        if Clock.fake is not None:
            Clock.fake.wait(seconds, cancel)
        elif cancel.wait(max(0.0, seconds)):
            raise Cancelled("cancelled while waiting")

    def until(
        self, event: threading.Event, cancel: threading.Event, end: float = float("inf")
    ) -> None:
        """Wait for what another thread will do, on a fake clock too.

        Raises: Cancelled within a slice of `cancel` being set, or of the time `end`.
        """
        while not event.wait(SLICE):
            if cancel.is_set() or self.monotonic() > end:
                raise Cancelled("cancelled while waiting")


class FakeClock(Clock):
    """A clock that nobody waits for: `wait` moves it on at once and notes it in `waits`."""

    def __init__(self) -> None:
        self.now = 0.0
        self.waits: list[float] = []
        self._began = time.time()
        self._start = time.monotonic()
        self._lock = threading.Lock()

    def monotonic(self) -> float:
        """Seconds, the fake ones added."""
        return self._start + self.now

    def time(self) -> float:
        """Unix time, the fake seconds added."""
        return self._began + self.now

    def wait(self, seconds: float, cancel: threading.Event) -> None:
        """Move on by `seconds`; raises Cancelled when `cancel` is set."""
        if cancel.is_set():
            raise Cancelled("cancelled while waiting")
        self.advance(seconds)
        with self._lock:
            self.waits.append(seconds)

    def advance(self, seconds: float) -> None:
        """Let time pass without anybody waiting for it."""
        with self._lock:
            self.now += max(0.0, seconds)


REAL = Clock()
