"""Ctrl-C and SIGTERM stop what runs and let it end in order; the second one ends the process."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import FrameType
from typing import Any

_AGAIN = 0.1
"""Seconds between one cancelling and the next."""

STOPS = (signal.SIGINT, signal.SIGTERM)


@dataclass(slots=True)
class Interruption:
    """Whether somebody asked to stop."""

    asked: bool = False
    over: threading.Event = field(default_factory=threading.Event)
    threads: list[threading.Thread] = field(default_factory=list)

    def insist(self, cancel: Callable[[], None]) -> None:
        """Cancel until the block is over: what begins a moment later must stop, too."""
        cancel()
        while not self.over.wait(_AGAIN):
            cancel()

    def settle(self) -> None:
        """Wait until the cancelling itself is through."""
        self.over.set()
        for thread in self.threads:
            thread.join()


@contextmanager
def stopping(cancel: Callable[[], None]) -> Iterator[Interruption]:
    """Call `cancel` when SIGINT or SIGTERM comes while the block runs.

    It runs in a thread of its own: a handler may interrupt code that holds the very lock that
    cancelling needs.
    """
    found = Interruption()

    def stop(number: int, _frame: FrameType | None) -> None:
        found.asked = True
        signal.signal(number, signal.SIG_DFL)
        thread = threading.Thread(target=found.insist, args=(cancel,), daemon=True)
        found.threads.append(thread)
        thread.start()

    before: dict[signal.Signals, Any] = {one: signal.signal(one, stop) for one in STOPS}
    try:
        yield found
    finally:
        for one, handler in before.items():
            signal.signal(one, handler)
        found.settle()


@contextmanager
def plain_interrupt() -> Iterator[None]:
    """Let Ctrl-C raise KeyboardInterrupt again, for as long as a person is asked something."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
