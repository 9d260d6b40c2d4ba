"""What was asked of a sandbox: counters, and the last calls one by one."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable
from dataclasses import asdict, dataclass

from sqlcrm.sandbox.clock import Clock

KEPT = 100_000  # calls remembered one by one; the counters count them all
Line = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Seen:
    """One call and its status; status 0 where the connection was cut without an answer."""

    method: str
    path: str
    query: str
    status: int
    ms: float


class CallLog:
    """Counts calls and shows each as one line, where somebody wants to see them."""

    def __init__(self, show: Line | None, clock: Clock) -> None:
        self._show = show
        self._clock = clock
        self.clear()

    def clear(self) -> None:
        """Forget everything."""
        self._seen: deque[Seen] = deque(maxlen=KEPT)
        self._methods: Counter[str] = Counter()
        self._statuses: Counter[str] = Counter()

    def add(self, seen: Seen) -> None:
        """Count one call and show it."""
        self._seen.append(seen)
        self._methods[seen.method] += 1
        self._statuses[str(seen.status)] += 1
        if self._show is not None:
            time = self._clock.now().astimezone().strftime("%H:%M:%S")
            target = f"{seen.path}?{seen.query}" if seen.query else seen.path
            self._show(f"{time} {seen.method} {target} {seen.status or 'cut'} {seen.ms:.0f} ms")

    def counters(self) -> dict[str, object]:
        """How many calls came, in all, by method and by status."""
        return {
            "calls": self._methods.total(),
            "by_method": dict(self._methods),
            "by_status": dict(self._statuses),
        }

    def calls(self) -> list[dict[str, object]]:
        """The last calls, oldest first."""
        return [asdict(seen) for seen in self._seen]
