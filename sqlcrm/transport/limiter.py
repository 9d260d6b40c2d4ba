"""How many calls an account takes: everybody who uses it takes turns.

A limit gives out slots, points in time at which one call may leave. Each process reserves one slot
ahead for its next call, so that processes take turns as they come. Within a process the callers
take turns by group, so that the many calls of a scan do not hold up a single one of another kind.
"""

from __future__ import annotations

import hashlib
import heapq
import itertools
import threading
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from sqlcrm.errors import Cancelled
from sqlcrm.sdk import RateLimit
from sqlcrm.transport.allowance import LONGEST_PAUSE, Account, Memory, Meter, meters
from sqlcrm.transport.clock import Clock

HAIR = 1e-6  # seconds that rounding may cost
SOON = 0.001  # seconds after its turn that a call is out, where all goes well
NEVER = float("inf")


class Turn(NamedTuple):
    """Leave to make one call: how long it was waited for, and when it came."""

    waited: float
    at: float
    meters: tuple[Meter, ...]


@dataclass(slots=True)
class _Lane:
    """The callers that the same limits bind. `slot` is reserved for whoever is next of them."""

    meters: tuple[Meter, ...]
    slot: float | None = None
    queue: list[tuple[int, int, threading.Event]] = field(default_factory=list)
    first: threading.Event | None = None
    turn: int = 0  # of whoever came to the front last
    turns: dict[Hashable, int] = field(default_factory=dict)
    number: itertools.count[int] = field(default_factory=itertools.count)

    def join(self, group: Hashable) -> threading.Event:
        """Queue up: a group's calls in order, each behind one of every other group."""
        mine = threading.Event()
        self.turns[group] = turn = max(self.turn, self.turns.get(group, 0)) + 1
        heapq.heappush(self.queue, (turn, next(self.number), mine))
        if self.first is None:
            self.call()
        return mine

    def call(self) -> None:
        """Let the next caller come to the front, if there is one."""
        self.first = None
        if self.queue:
            self.turn, _, self.first = heapq.heappop(self.queue)
            self.first.set()
        else:
            self.turn = 0
            self.turns.clear()

    def leave(self, mine: threading.Event) -> None:
        """Step out of the queue, or away from its front."""
        if self.first is mine:
            self.call()
        else:
            self.queue = [entry for entry in self.queue if entry[2] is not mine]
            heapq.heapify(self.queue)


class Limiter:
    """The allowance of one account, for all threads, and with a shared `memory` all processes.

    Several limits may apply to a path. Who waits for a narrow limit does not hold up those whom
    only wider ones bind. Without any limits (`off`), only `pause` makes anybody wait.
    """

    def __init__(self, limits: Sequence[RateLimit], clock: Clock, memory: Memory | None = None):
        self._meters = meters(limits)
        self._clock = clock
        self._memory = memory or Memory()
        self._lanes: dict[tuple[Meter, ...], _Lane] = {}
        self._lock = threading.Lock()

    def acquire(
        self,
        path: str,
        cancel: threading.Event,
        group: Hashable = None,
        until: float = NEVER,
    ) -> Turn:
        """Wait for a turn to call `path`, relative to the base address.

        Raises: Cancelled as soon as `cancel` is set, or when the turn would come after `until`.
        """
        began = self._clock.monotonic()
        with self._lock:
            lane = self._lane(path)
            mine = lane.join(group)
        try:
            self._clock.until(mine, cancel, until)
            while (at := self._claim(lane)) > (now := self._clock.monotonic()) + HAIR:
                if at > until:
                    raise Cancelled("its turn would come too late")
                self._clock.wait(at - now, cancel)
        finally:
            with self._lock:
                lane.leave(mine)
                if lane.first is None and lane.slot is not None:
                    self._memory.change(lambda account: self._release(lane, account))
        return Turn(self._clock.monotonic() - began, at, lane.meters)

    def went(self, turn: Turn) -> None:
        """Note that the call of `turn` goes out now: a new connection may have taken its time."""
        now = self._clock.monotonic()
        if now - turn.at < SOON or not turn.meters:
            return

        def work(account: Account) -> None:
            for meter in turn.meters:
                meter.delay(meter.of(account, now), turn.at, now)

        self._memory.change(work)

    def rate(self, path: str) -> float | None:
        """Return how many calls of `path` a second the limits allow, None without a limit."""
        limits = (meter.limit for meter in self._applying(path))
        return min((limit.calls / limit.per for limit in limits), default=None)

    def pause(self, seconds: float) -> None:
        """Let nobody send before `seconds` have passed; at most 300 s, and never shortens."""
        seconds = min(max(0.0, seconds), LONGEST_PAUSE)

        def work(account: Account) -> None:
            account.paused = max(self._paused(account), self._clock.monotonic() + seconds)

        with self._lock:
            self._memory.change(work)

    def slow(self, path: str) -> None:
        """Lower the pace a little, after the API refused a call of `path`; it recovers by itself.

        Only the narrowest limits of that path are slowed: the others were not exceeded.
        """
        applying = self._applying(path)
        narrowest = max((len(meter.limit.paths) for meter in applying), default=0)

        def work(account: Account) -> None:
            now = self._clock.monotonic()
            for meter in applying:
                if len(meter.limit.paths) == narrowest:
                    meter.slow(meter.of(account, now), now)

        with self._lock:
            self._memory.change(work)

    def observe(self, headers: Mapping[str, str]) -> None:
        """Learn from an answer's headers, lower-cased names; they slow down, never speed up.

        Nothing left of the allowance means nothing when we used it up ourselves, since we are
        paced already. Otherwise other programs use the account, and we wait for its new window.
        """
        left = _number(headers, "ratelimit-remaining", "x-ratelimit-remaining")
        whole = [meter for meter in self._meters if not meter.limit.paths]
        if left is None or left > 0 or not whole:
            return
        reset = _number(headers, "ratelimit-reset", "x-ratelimit-reset") or 0.0
        if reset > 1e8:  # a point in Unix time, not a duration
            reset -= self._clock.time()

        def foreign(account: Account) -> bool:
            now = self._clock.monotonic()
            return whole[0].foreign(whole[0].of(account, now), now)

        with self._lock:
            others = self._memory.change(foreign)
        if others:
            self.pause(min(reset, max(meter.limit.per for meter in whole)))

    def _applying(self, path: str) -> tuple[Meter, ...]:
        return tuple(meter for meter in self._meters if path.startswith(meter.limit.paths))

    def _lane(self, path: str) -> _Lane:
        applying = self._applying(path)
        return self._lanes.setdefault(applying, _Lane(applying))

    def _paused(self, account: Account) -> float:
        """Return until when the account pauses; nobody alive can have asked for more than 300 s."""
        furthest = self._clock.monotonic() + LONGEST_PAUSE
        return account.paused if account.paused <= furthest + HAIR else 0.0

    def _claim(self, lane: _Lane) -> float:
        """Leave, which gives the present, or say when to look again.

        Who leaves reserves the next slot for the one behind him.
        """

        def work(account: Account) -> float:
            now = self._clock.monotonic()
            paused = self._paused(account)
            if lane.slot is not None and paused > max(lane.slot + HAIR, now):
                self._release(lane, account)
            again = None if lane.slot is not None else self._reserve(lane, account, now, paused)
            slot = lane.slot if again is None else again
            if slot is None or slot > now + HAIR:
                return slot or now
            for meter in lane.meters:
                meter.delay(meter.of(account, now), slot, now)
            lane.slot = None
            if lane.queue:
                self._reserve(lane, account, now, paused)
            return now

        with self._lock:
            return self._memory.change(work)

    def _reserve(self, lane: _Lane, account: Account, now: float, paused: float) -> float | None:
        """Reserve the next slot, which gives None; or say when to try again.

        A slot that a narrow limit puts far ahead is not reserved yet: the wider ones of the same
        call would stand still until then.
        """
        uses = [(meter, meter.of(account, now)) for meter in lane.meters]
        start = max(now, paused)
        free = {meter: max(start, meter.free(used, now)) for meter, used in uses}
        slot = max(free.values(), default=start)
        gaps = {meter: meter.gap(used, now) for meter, used in uses}
        tightest = max(gaps, key=lambda meter: free[meter], default=None)
        for meter, gap in gaps.items():
            if tightest and slot - free[meter] > gap + HAIR and gap < gaps[tightest]:
                return slot - gap
        for meter, used in uses:
            meter.take(used, slot, now)
        lane.slot = slot
        return None

    def _release(self, lane: _Lane, account: Account) -> None:
        """Give up the reserved slot."""
        now = self._clock.monotonic()
        for meter in lane.meters:
            meter.give_back(meter.of(account, now), lane.slot or 0.0, now)
        lane.slot = None


def _number(headers: Mapping[str, str], *names: str) -> float | None:
    """Read the first of these headers that holds a plain number."""
    for name in names:
        text = headers.get(name, "").strip()
        if text.replace(".", "", 1).isdecimal() and len(text) < 20:
            return float(text)
    return None


_limiters: dict[tuple[str, tuple[RateLimit, ...]], Limiter] = {}
_memories: dict[str, Memory] = {}
_registry = threading.Lock()


def limiter_for(
    account_key: str, limits: Sequence[RateLimit], clock: Clock, folder: Path | None = None
) -> Limiter:
    """Return the limiter of an account, the same one for all who ask with the same limits.

    `account_key` may hold secrets: only its hash is kept. In `folder` the allowance is shared with
    all processes that name it; a fake clock's is not, nor is what has no limits.
    """
    hashed = hashlib.sha256(account_key.encode(errors="surrogatepass")).hexdigest()
    real = type(clock) is Clock
    if not real or Clock.fake is not None or not limits:
        folder = None
    place = f"{hashed} {'' if real else id(clock)} {folder or ''}"
    with _registry:
        if place not in _memories:
            _memories[place] = _memory(hashed, folder)
        key = (place, tuple(limits))
        if key not in _limiters:
            _limiters[key] = Limiter(limits, clock, _memories[place])
        return _limiters[key]


def _memory(hashed: str, folder: Path | None) -> Memory:
    if folder is None:
        return Memory()
    from sqlcrm.state.shared import SharedFile, boot

    return Memory(SharedFile(folder / "limits" / f"{hashed[:32]}.json"), boot())


def forget_limiters() -> None:
    """Let every account start afresh; for `testing()`."""
    with _registry:
        _limiters.clear()
        _memories.clear()
