"""Whether a client may go on: open, cancelled, closed, out of time, out of calls."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sqlcrm.errors import Cancelled, GuardRefused, InterfaceError
from sqlcrm.transport.clock import Clock


class Life:
    """The life of one client. Its sockets are closed once no thread uses them any more.

    `cancel` is what waits look at. One that was given belongs to whoever gave it, and is never set
    here; reads look at `stopped` and notice a close as well. `until` is when time is up.
    """

    def __init__(
        self,
        connection: str,
        cancel: threading.Event | None,
        shut: Callable[[], None],
        clock: Clock,
    ) -> None:
        self.cancel = cancel or threading.Event()
        self.until = float("inf")
        self._own = cancel is None
        self._connection = connection
        self._shut = shut
        self._clock = clock
        self._lock = threading.Lock()
        self._active = 0
        self._closed = False

    def deadline(self, seconds: float | None) -> None:
        """Let everything end so many seconds from now; None for no end."""
        self.until = float("inf") if seconds is None else self._clock.monotonic() + seconds

    def stopped(self) -> bool:
        """Whether to give up."""
        return self._closed or self.cancel.is_set() or self._clock.monotonic() >= self.until

    @property
    def out_of_time(self) -> bool:
        """Whether nothing but the deadline can have ended what was cancelled."""
        return not self._closed and not self.cancel.is_set() and self.until != float("inf")

    def wait(self, seconds: float) -> None:
        """Sleep; raises Cancelled, at once where the time would be up before."""
        if self._clock.monotonic() + seconds > self.until:
            raise Cancelled("the wait would take too long")
        self._clock.wait(seconds, self.cancel)

    def close(self) -> None:
        """Stop everything; the last thread that is busy shuts the sockets."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
            idle = self._active == 0
        if self._own:
            self.cancel.set()
        if idle:
            self._shut()

    @contextmanager
    def using(self) -> Iterator[None]:
        """Keep the sockets open while the block runs."""
        with self._lock:
            if self._closed:
                raise InterfaceError(f"the client of connection {self._connection!r} is closed")
            self._active += 1
        try:
            yield
        finally:
            with self._lock:
                self._active -= 1
                last = self._closed and self._active == 0
            if last:
                self._shut()


class Quota:
    """The attempts of one client, and how many it may make; `most` is None for any number."""

    def __init__(self, connection: str, most: int | None, life: Life) -> None:
        self.calls = 0
        self._connection = connection
        self._most = most
        self._life = life
        self._lock = threading.Lock()

    def allow(self, most: int | None) -> None:
        """Change how many attempts may be made in all."""
        self._most = most

    @property
    def left(self) -> int | None:
        """How many more may be made, None for any number."""
        return None if self._most is None else max(0, self._most - self.calls)

    def check(self) -> None:
        """Refuse to go on when cancelled, closed, out of time or out of calls."""
        if self._life.stopped():
            raise Cancelled(f"connection {self._connection!r}: cancelled")
        if self.left == 0:
            raise GuardRefused(
                f"connection {self._connection!r}: max_requests = {self._most} is used "
                "up, and the next request was not sent; raise it, or narrow the statement"
            )

    def take(self) -> None:
        """Count one attempt that is about to be made."""
        with self._lock:
            self.check()
            self.calls += 1
