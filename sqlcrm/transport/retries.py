"""When to try again, and after how long."""

from __future__ import annotations

import random
import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime

from sqlcrm.errors import OutcomeUnknown, Unreachable

ATTEMPTS = 3  # answers that failed, per request; 429s are counted by the time they cost
BASE = 0.5
CEILING = 20.0
LONGEST = 300.0  # seconds that one request waits for an API that throttles
IMPATIENT = 5  # throttled answers after which a Retry-After of nothing is no longer believed
TOKENS = 30.0
REFUND = 0.07  # per good answer: steady noise of 5 % is retried in full, and costs at most 7 %
EPOCH = 1e8  # more than this is a point in Unix time, no number of seconds to wait
NUMBER = re.compile(r"\d{1,18}(\.\d{1,9})?")

_random = random.SystemRandom()


@dataclass(frozen=True, slots=True)
class Failure:
    """An attempt without a usable answer.

    words: what went wrong. sent: False only where no byte of the request can have arrived.
    status: of the answer, 0 where none came. again: another try may go better.
    after: what the API asks to wait first, None where it does not say.
    """

    words: str
    sent: bool = True
    status: int = 0
    again: bool = True
    after: float | None = None


class Budget:
    """The retries of one client, so that an outage is not made worse: 30, and 7 % of successes."""

    def __init__(self) -> None:
        self._tokens = TOKENS
        self._lock = threading.Lock()

    def take(self) -> bool:
        """Spend one retry if any is left."""
        with self._lock:
            if self._tokens < 1:
                return False
            self._tokens -= 1
            return True

    def refund(self) -> None:
        """Note an answer that was fine."""
        with self._lock:
            self._tokens = min(TOKENS, self._tokens + REFUND)


class Course:
    """What happened to one request so far.

    patience: seconds that all attempts without an answer may take together.
    """

    def __init__(self, *, may_repeat: bool, budget: Budget, patience: float) -> None:
        self.attempts = 0
        self.sent = False
        self.waited = 0.0
        self._failures = 0
        self._throttles = 0
        self._throttled = 0.0
        self.may_repeat = may_repeat
        self._budget = budget
        self._patience = patience
        self._spent = 0.0

    @property
    def left(self) -> float:
        """Seconds of patience."""
        return self._patience - self._spent

    def retry_in(self, failure: Failure, took: float) -> float | None:
        """Return how long to wait before the next attempt, None to give up."""
        self._failures += 1
        self._spent += took
        self.sent = self.sent or failure.sent
        if failure.sent and not self.may_repeat:
            return None
        wait = failure.after if failure.after is not None else backoff(self._failures)
        if not failure.again or self._failures >= ATTEMPTS or wait > LONGEST:
            return None
        if failure.after is None:
            self._spent += wait
        if self.left < 1 or not self._budget.take():
            return None
        return wait

    def throttled_for(self, asked: float | None) -> tuple[float, bool]:
        """Return how long to wait after a 429, and whether we are willing to wait that long."""
        self._throttles += 1
        wait = backoff(self._throttles) if asked is None else asked
        if self._throttles > IMPATIENT:
            wait = max(wait, backoff(self._throttles))
        self._throttled += wait
        return wait, self._throttled <= LONGEST


def given_up(failure: Failure, course: Course, what: str) -> Unreachable | OutcomeUnknown:
    """Return the error for a request whose last attempt ended in `failure`."""
    if failure.sent and not course.may_repeat:
        return OutcomeUnknown(
            f"{what} has no clear outcome: {failure.words}; it may or may not have happened, "
            "so look before sending it again"
        )
    times = "" if course.attempts == 1 else f" after {course.attempts} attempts"
    asked = f"; it asks to wait {failure.after:.0f} s" if failure.after else ""
    return Unreachable(f"{what} failed{times}: {failure.words}{asked}", sent=course.sent)


def backoff(times: int) -> float:
    """Return a wait after the n-th failure: full jitter under an exponential ceiling."""
    return _random.uniform(0, min(CEILING, BASE * 2.0 ** min(times - 1, 10)))


def retry_after(headers: Mapping[str, str], now: float) -> float | None:
    """Return the seconds that an answer asks to wait, None where it says nothing sensible.

    A date is compared with the answer's own Date, so that a clock that is wrong does no harm.
    """
    text = headers.get("retry-after", "").strip()
    if NUMBER.fullmatch(text):
        return float(text)
    until = unix_date(text)
    if until is None:
        return None
    return max(0.0, until - (unix_date(headers.get("date", "")) or now))


def window_ends(headers: Mapping[str, str], now: float) -> float | None:
    """Return the seconds until a refused call's window ends, None where it says nothing sensible.

    RateLimit-Reset has seconds, or a point in Unix time; nothing left to wait says nothing.
    """
    for name in ("ratelimit-reset", "x-ratelimit-reset"):
        text = headers.get(name, "").strip()
        if NUMBER.fullmatch(text):
            seconds = float(text) - (now if float(text) > EPOCH else 0.0)
            return seconds if seconds > 0 else None
    return None


def unix_date(text: str) -> float | None:
    """Read an HTTP date."""
    try:
        return parsedate_to_datetime(text).timestamp()
    except (ValueError, TypeError, OverflowError, IndexError):
        return None
