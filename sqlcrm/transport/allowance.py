"""What an account has used of its allowance, in a form that processes can share."""

from __future__ import annotations

import threading
from bisect import insort
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

import msgspec

from sqlcrm.sdk import RateLimit

if TYPE_CHECKING:
    from sqlcrm.state.shared import SharedFile

T = TypeVar("T")

LONGEST_PAUSE = 300.0
MARGIN = 1.015  # a call may travel faster than the one before it, and must not seem too early
WINDOW = 1.01  # the same, where calls of a whole window are counted
LATE = 0.5  # of a gap: who leaves late by so much uses up none of the next one's time,
LATE_SECONDS = 0.05  # nor who is late by this: a busy machine wakes nobody on time
COUNTED = 1000  # departures remembered per limit
CUT = 0.97  # of the pace that is left after the API refused a call
CROWDED = 10.0  # seconds at most in which refusals count as one
SLOWEST = 0.25  # of the declared pace, however often it refuses
RECOVERY = 0.001  # of the declared pace, won back each second
CROWD = 64  # processes that may have their next turn reserved


class Used(msgspec.Struct):
    """What was taken of one limit; all times are of the monotonic clock.

    due: when it would be full again; it moves on by one gap a call. left: when calls left, or
    will. share: of the declared pace, as of `at`; it grows back by itself.
    """

    due: float = 0.0
    left: list[float] = msgspec.field(default_factory=list)
    share: float = 1.0
    at: float = 0.0


class Account(msgspec.Struct):
    """What was taken of an account's limits, in this run of the machine (`boot`)."""

    boot: str = ""
    paused: float = 0.0
    used: dict[str, Used] = msgspec.field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Meter:
    """One limit. `key` names it among those of the account, also where others declare it faster.

    Calls leave one gap apart, but one that leaves late does not delay all that follow; so those
    that left within a window are counted as well.
    """

    limit: RateLimit
    key: str

    def of(self, account: Account, now: float) -> Used:
        """Return what was used of it; what no living process can have written counts as nothing."""
        used = account.used.setdefault(self.key, Used())
        furthest = now + (max(1, self.limit.burst) + CROWD) * self.gap(used, now) + LONGEST_PAUSE
        if used.at > now or max([used.due, *used.left[-1:]]) > furthest:
            used = account.used[self.key] = Used()
        return used

    def share(self, used: Used, now: float) -> float:
        """Return which part of the declared pace may be used now."""
        return min(1.0, used.share + RECOVERY * max(0.0, now - used.at))

    def gap(self, used: Used, now: float) -> float:
        """Seconds between two calls."""
        return MARGIN * self.limit.per / self.limit.calls / self.share(used, now)

    def late(self, gap: float) -> float:
        """Seconds by which a call may leave late at the cost of none that follows.

        Several may then leave close together, never more in a window than the limit allows.
        """
        return max(LATE * gap, LATE_SECONDS if self.counted else 0.0)

    @property
    def counted(self) -> bool:
        """Whether the calls of a window are counted, and not only spaced."""
        return max(1, self.limit.burst) <= self.limit.calls <= COUNTED

    def free(self, used: Used, now: float) -> float:
        """When the next call may leave."""
        free = used.due - (max(1, self.limit.burst) - 1) * self.gap(used, now)
        if self.counted and len(used.left) >= self.limit.calls:
            free = max(free, used.left[-self.limit.calls] + WINDOW * self.limit.per)
        return free

    def take(self, used: Used, at: float, now: float) -> None:
        """Let one call leave at `at`."""
        gap = self.gap(used, now)
        used.due = (used.due if 0 <= at - used.due <= self.late(gap) else max(used.due, at)) + gap
        if self.limit.calls <= COUNTED:
            insort(used.left, at)
            del used.left[: -self.limit.calls]

    def give_back(self, used: Used, at: float, now: float) -> None:
        """Take back that a call leaves at `at`, unless others already queue behind it."""
        gap = self.gap(used, now)
        if self.limit.burst <= 1 and used.due > at + gap + self.late(gap):
            return
        used.due -= gap
        if at in used.left:
            used.left.remove(at)

    def delay(self, used: Used, at: float, now: float) -> None:
        """Note that the call of `at` leaves only now."""
        if self.limit.burst <= 1:
            gap = self.gap(used, now)
            used.due = max(used.due, now + gap - self.late(gap))
        if at in used.left:
            used.left.remove(at)
            insort(used.left, now)

    def slow(self, used: Used, now: float) -> None:
        """Lower the pace after a refusal; those of one crowd count once."""
        if now - used.at >= min(self.limit.per, CROWDED) or used.share == 1.0:
            used.share = max(SLOWEST, self.share(used, now) * CUT)
            used.at = now

    def foreign(self, used: Used, now: float) -> bool:
        """Whether an exhausted allowance cannot come from our own calls alone."""
        own = sum(now - at < self.limit.per for at in used.left)
        return self.limit.calls <= COUNTED and own < 0.8 * self.limit.calls


def meters(limits: Sequence[RateLimit]) -> tuple[Meter, ...]:
    """Return a meter for each limit: the n-th of a path has the same name for everybody."""
    seen: dict[str, int] = {}
    made = []
    for limit in sorted(limits, key=lambda limit: limit.per):
        seen[limit.paths] = number = seen.get(limit.paths, 0) + 1
        made.append(Meter(limit, f"{limit.paths}#{number}"))
    return tuple(made)


class Memory:
    """Where an account's use is kept: in this process, or in a file for all of the machine.

    A file that cannot be used is done without, call by call: as things stood when it last could.
    """

    def __init__(self, file: SharedFile | None = None, boot: str = "") -> None:
        self._file = file
        self._account = Account(boot)
        self._lock = threading.Lock()

    def change(self, act: Callable[[Account], T]) -> T:
        """Read and change the account's use; nobody else does meanwhile."""
        with self._lock:
            return self._change(act)

    def _change(self, act: Callable[[Account], T]) -> T:
        if self._file is None:
            return act(self._account)
        done: list[T] = []

        def work(line: bytes) -> bytes:
            self._account = self._read(line)
            done.append(act(self._account))
            return msgspec.json.encode(self._account)

        try:
            self._file.update(work)
        except OSError:
            if not done:
                return act(self._account)
        return done[0]

    def _read(self, line: bytes) -> Account:
        try:
            account = msgspec.json.decode(line, type=Account)
        except msgspec.DecodeError:
            return self._account
        return account if account.boot == self._account.boot else Account(self._account.boot)
