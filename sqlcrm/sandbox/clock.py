"""Time as the sandboxes see it, replaceable so that no test waits."""

from __future__ import annotations

import time
from datetime import UTC, datetime


class Clock:
    """The machine's own time. Subclass it to stand still or to jump."""

    def monotonic(self) -> float:
        """Seconds that only go up; for limits."""
        return time.monotonic()

    def now(self) -> datetime:
        """The time of day, with UTC as its zone."""
        return datetime.now(UTC)
