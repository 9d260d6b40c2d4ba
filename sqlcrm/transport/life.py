"""Whether a client may go on: open, cancelled, closed."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sqlcrm.errors import InterfaceError


class Life:
    """The life of one client. Its sockets are closed once no thread uses them any more.

    `cancel` is what waits look at. One that was given belongs to whoever gave it, and is never set
    here; reads look at `stopped` and notice a close as well.
    """

    def __init__(
        self, connection: str, cancel: threading.Event | None, shut: Callable[[], None]
    ) -> None:
        self.cancel = cancel or threading.Event()
        self._own = cancel is None
        self._connection = connection
        self._shut = shut
        self._lock = threading.Lock()
        self._active = 0
        self._closed = False

    def stopped(self) -> bool:
        """Whether to give up."""
        return self._closed or self.cancel.is_set()

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
