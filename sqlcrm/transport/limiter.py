"""How many calls an account takes: token buckets, first come, first served."""

from __future__ import annotations

import hashlib
import threading
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sqlcrm.sdk import RateLimit
from sqlcrm.transport.clock import Clock

LONGEST_PAUSE = 300.0
MARGIN = 1.01  # a call may travel faster than the one before it, and must not seem too early
HAIR = 1e-6  # seconds that rounding may cost
COUNTED = 1000  # departures remembered per limit, to tell our own calls from other programs'


@dataclass(slots=True)
class _Bucket:
    """One limit and what was taken of it.

    `due` is when it would be full again; it moves on by one gap a call. Whoever may burst could
    send a burst and the steady rate within one window, so then the `left` are counted as well.
    """

    limit: RateLimit
    due: float = float("-inf")
    left: deque[float] = field(default_factory=lambda: deque(maxlen=COUNTED))

    @property
    def gap(self) -> float:
        return MARGIN * self.limit.per / self.limit.calls

    @property
    def windowed(self) -> bool:
        return 1 < self.limit.burst <= self.limit.calls <= COUNTED

    def copy(self) -> _Bucket:
        """A bucket to try a schedule on."""
        left = self.left.copy() if self.windowed else deque[float](maxlen=1)
        return _Bucket(self.limit, self.due, left)

    def free(self) -> float:
        """When the next call may leave."""
        free = self.due - (max(1, self.limit.burst) - 1) * self.gap
        if self.windowed and len(self.left) >= self.limit.calls:
            free = max(free, self.left[-self.limit.calls] + MARGIN * self.limit.per)
        return free

    def take(self, at: float) -> None:
        """Let one call leave."""
        self.due = max(self.due, at) + self.gap
        self.left.append(at)

    def foreign(self, now: float) -> bool:
        """Whether an exhausted allowance cannot come from our own calls alone."""
        limit = self.limit
        own = sum(now - at < limit.per for at in self.left)
        return limit.calls <= COUNTED and own < 0.8 * limit.calls


@dataclass(slots=True, eq=False)
class _Ticket:
    """One caller in the queue; `at` is when it may leave, as things stand."""

    buckets: tuple[_Bucket, ...]
    at: float = 0.0


class Limiter:
    """The allowance of one account, for all threads of this process.

    Several limits may apply to a path. Who waits for a narrow limit does not hold up those whom
    only wider ones bind. Without any limits (`off`), only `pause` makes anybody wait.
    """

    def __init__(self, limits: Sequence[RateLimit], clock: Clock) -> None:
        self._buckets = tuple(_Bucket(limit) for limit in limits)
        self._clock = clock
        self._queue: list[_Ticket] = []
        self._paused = float("-inf")
        self._lock = threading.Lock()

    def acquire(self, path: str, cancel: threading.Event) -> float:
        """Wait for a turn to call `path`, relative to the base address; return seconds waited.

        Raises: Cancelled as soon as `cancel` is set.
        """
        began = self._clock.monotonic()
        ticket = _Ticket(tuple(b for b in self._buckets if path.startswith(b.limit.paths)))
        with self._lock:
            self._queue.append(ticket)
            self._schedule(began)
        try:
            while not self._leave(ticket):
                self._clock.wait(ticket.at - self._clock.monotonic(), cancel)
        finally:
            with self._lock:
                if ticket in self._queue:
                    self._queue.remove(ticket)
                    self._schedule(self._clock.monotonic())
        return self._clock.monotonic() - began

    def pause(self, seconds: float) -> None:
        """Let nobody send before `seconds` have passed; at most 300 s, and never shortens."""
        now = self._clock.monotonic()
        with self._lock:
            self._paused = max(self._paused, now + min(max(0.0, seconds), LONGEST_PAUSE))
            self._schedule(now)

    def observe(self, headers: Mapping[str, str]) -> None:
        """Learn from an answer's headers, lower-cased names; they slow down, never speed up.

        Nothing left of the allowance means nothing when we used it up ourselves, since we are
        paced already. Otherwise other programs use the account, and we wait for its new window.
        """
        left = _number(headers, "ratelimit-remaining", "x-ratelimit-remaining")
        if left is None or left > 0:
            return
        reset = _number(headers, "ratelimit-reset", "x-ratelimit-reset") or 0.0
        if reset > 1e8:  # a point in Unix time, not a duration
            reset -= self._clock.time()
        whole = [bucket for bucket in self._buckets if not bucket.limit.paths]
        with self._lock:
            now = self._clock.monotonic()
            narrowest = min(whole, key=lambda bucket: bucket.limit.per, default=None)
            foreign = narrowest is not None and narrowest.foreign(now)
        if foreign:
            self.pause(min(reset, max(bucket.limit.per for bucket in whole)))

    def _leave(self, ticket: _Ticket) -> bool:
        """Take the turn if it has come."""
        with self._lock:
            now = self._clock.monotonic()
            if ticket.at > now + HAIR:
                return False
            self._queue.remove(ticket)
            for bucket in ticket.buckets:
                bucket.take(now)
            self._schedule(now)
            return True

    def _schedule(self, now: float) -> None:
        """Set when each ticket may leave: always the one that can leave first, the elder of two."""
        start = max(now, self._paused)
        waiting = list(self._queue)
        trial = {id(bucket): bucket.copy() for bucket in self._buckets} if waiting else {}
        while waiting:
            times = [
                max((start, *(trial[id(bucket)].free() for bucket in ticket.buckets)))
                for ticket in waiting
            ]
            first = min(range(len(times)), key=times.__getitem__)
            ticket = waiting.pop(first)
            ticket.at = times[first]
            for bucket in ticket.buckets:
                trial[id(bucket)].take(ticket.at)


def _number(headers: Mapping[str, str], *names: str) -> float | None:
    """Read the first of these headers that holds a plain number."""
    for name in names:
        text = headers.get(name, "").strip()
        if text.replace(".", "", 1).isdecimal() and len(text) < 20:
            return float(text)
    return None


_limiters: dict[tuple[bytes, tuple[RateLimit, ...], int], Limiter] = {}
_registry = threading.Lock()


def limiter_for(account_key: str, limits: Sequence[RateLimit], clock: Clock) -> Limiter:
    """Return the limiter of an account, the same one for all who ask with the same limits.

    `account_key` may hold anything, secrets too: only its hash is kept.
    """
    hashed = hashlib.sha256(account_key.encode(errors="surrogatepass")).digest()
    key = (hashed, tuple(limits), 0 if type(clock) is Clock else id(clock))
    with _registry:
        if key not in _limiters:
            _limiters[key] = Limiter(limits, clock)
        return _limiters[key]


def forget_limiters() -> None:
    """Let every account start afresh; for `testing()`."""
    with _registry:
        _limiters.clear()
