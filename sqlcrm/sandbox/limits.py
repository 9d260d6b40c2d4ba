"""A rate limit as an API keeps it: so many calls in any window of so many seconds."""

from __future__ import annotations

from collections import deque

from sqlcrm.sandbox.clock import Clock


class Limiter:
    """A sliding window. A refused call does not count against the limit."""

    def __init__(self, calls: int, per: float, clock: Clock) -> None:
        self.calls = calls
        self._per = per
        self._clock = clock
        self._taken: deque[float] = deque()

    def take(self) -> bool:
        """Count one call, or say False when the window is full."""
        now = self._clock.monotonic()
        while self._taken and now - self._taken[0] >= self._per:
            self._taken.popleft()
        if len(self._taken) >= self.calls:
            return False
        self._taken.append(now)
        return True

    @property
    def left(self) -> int:
        """Calls that still fit, as of the last call."""
        return self.calls - len(self._taken)
