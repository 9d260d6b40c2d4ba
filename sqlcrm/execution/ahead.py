"""Asks many questions at once. Answers may bring further questions; results pile up nowhere."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from heapq import heappop, heappush
from typing import Generic, Protocol, TypeAlias, TypeVar

MOST = 64
"""Calls under way at once, at most."""

UNEVEN = 1.25
"""How much longer than usual an answer may take without leaving some of the rate unused."""

UNLIMITED = 16
"""Calls under way where nothing but the wait for answers limits them."""

AT_ONCE = 0.02
"""Seconds in which an answer comes at once: from this machine, where waiting costs nothing. Then
one call at a time: Python does one thing at a time, and more of them cost twice the work."""

HELD = 32
"""Results that may wait to be taken before no further question is asked."""

HEAVY = 32 * 1024 * 1024
"""Bytes of results that may wait to be taken."""

USUAL = 0.2
"""Seconds of an answer, as long as none has come."""

Q = TypeVar("Q")
A = TypeVar("A")
R = TypeVar("R")


def width(rate: float | None, latency: float) -> int:
    """Return how many calls must be under way so that waiting for answers wastes no allowance.

    A little more than rate x latency, since answers do not come evenly, and two that wait for
    their turn. Where nothing limits the rate, the wait for an answer alone decides.
    """
    if rate is None:
        return 1 if latency < AT_ONCE else UNLIMITED
    return min(MOST, math.ceil(UNEVEN * rate * (latency or USUAL)) + 2)


class Weighed(Protocol):
    """A result that knows how much memory it stands for."""

    @property
    def size(self) -> int:
        """Bytes, roughly."""


W = TypeVar("W", bound=Weighed)


def chains(pages: int, rate: float | None, latency: float, most: int) -> int:
    """Return in how many parts, at most, so many pages are read soonest; the fewest of those.

    Within a part, one call follows the other. Each part may cost one call more than one chain,
    which weighs twice: calls are dearer than seconds.
    """

    def seconds(parts: int) -> float:
        pace = parts / (UNEVEN * latency)
        return (pages + 2 * (parts - 1)) / (pace if rate is None else min(rate, pace))

    return min(range(1, max(1, most) + 1), key=seconds) if latency else 1


Settle: TypeAlias = Callable[[Q, A, int], tuple[R, Iterable[Q]]]
"""From a question and its answer to a result and the questions that follow. It is called for one
answer at a time, whichever thread brought it, and told how many more could be asked at once than
there are."""


def one_by_one(
    questions: Iterable[Q], ask: Callable[[Q], A], settle: Settle[Q, A, R]
) -> Iterator[R]:
    """Yield the results of questions, each asked only when its result is wanted."""
    sources = [iter(questions)]
    while sources:
        question = next(sources[-1], None)
        if question is None:
            sources.pop()
            continue
        result, more = settle(question, ask(question), 0)
        sources.append(iter(more))
        yield result


def at_once(
    questions: Iterable[Q],
    ask: Callable[[Q], A],
    settle: Settle[Q, A, W],
    wide: Callable[[], int],
) -> Iterator[W]:
    """Yield the results of questions, up to `wide()` of which are under way.

    Results come in the order in which they were asked for, unless that would hold up others. The
    first error is raised at once. After an error, or when the caller stops early, nothing more
    is asked, what is under way is waited for, and no thread is left.
    """
    crew = _Crew(questions, ask, settle, wide)
    try:
        yield from crew.results()
    finally:
        crew.dismiss()


@dataclass(order=True, slots=True)
class _Done(Generic[R]):
    number: int
    result: R = field(compare=False)


class _Crew(Generic[Q, A, W]):
    """Threads that ask, and the queues between them and whoever takes the results."""

    def __init__(
        self,
        questions: Iterable[Q],
        ask: Callable[[Q], A],
        settle: Settle[Q, A, W],
        wide: Callable[[], int],
    ) -> None:
        self._ask = ask
        self._settle = settle
        self._wide = wide
        self._sources = [iter(questions)]
        self._upcoming: list[Q] = []  # at most one: whether there is more, only a look tells
        self._done: list[_Done[W]] = []
        self._heavy = 0  # bytes of what is done
        self._asked = self._due = 0  # numbers of the next question, and of the next result
        self._busy = 0
        self._error: BaseException | None = None
        self._dismissed = False
        self._threads: list[threading.Thread] = []
        lock = threading.Lock()
        self._work, self._news = threading.Condition(lock), threading.Condition(lock)

    def results(self) -> Iterator[W]:
        """Yield results until there are none to come."""
        with self._work:
            self._hire()
        while True:
            with self._news:
                while not self._deliverable():
                    if not self._busy and not self._more():
                        return
                    self._news.wait()
                if self._error is not None:
                    raise self._error
                done = heappop(self._done)
                self._due = max(self._due, done.number + 1)
                self._heavy -= done.result.size
                self._work.notify()
            yield done.result

    def dismiss(self) -> None:
        """Ask nothing more, and wait for what is under way."""
        with self._work:
            self._dismissed = True
            self._work.notify_all()
        for thread in self._threads:
            thread.join()

    def _deliverable(self) -> bool:
        """Whether a result can be handed on: it is its turn, or it would hold up others."""
        if self._error is not None:
            return True
        in_turn = bool(self._done) and self._done[0].number <= self._due
        return in_turn or (bool(self._done) and (len(self._done) >= HELD // 2 or not self._busy))

    def _hire(self) -> None:
        """Let another thread help, if there is something to ask and room for it."""
        if len(self._threads) < self._wide() and self._more() and not self._stopped():
            name = f"sqlcrm-read-{len(self._threads) + 1}"
            thread = threading.Thread(target=self._serve, name=name, daemon=True)
            self._threads.append(thread)
            thread.start()

    def _stopped(self) -> bool:
        return self._dismissed or self._error is not None

    def _more(self) -> bool:
        """Whether there is a question to ask."""
        while not self._upcoming and self._sources:
            question = next(self._sources[-1], None)
            if question is None:
                self._sources.pop()
            else:
                self._upcoming.append(question)
        return bool(self._upcoming)

    def _serve(self) -> None:
        """Ask, one question after the other; the life of a thread."""
        try:
            while (taken := self._take()) is not None:
                number, question = taken
                answer = self._ask(question)
                with self._work:
                    self._note(number, question, answer)
        except BaseException as error:  # noqa: BLE001 - raised again where results are taken
            with self._work:
                self._error = self._error or error
                self._work.notify_all()
                self._news.notify()

    def _take(self) -> tuple[int, Q] | None:
        """Wait for a question; None once there will be none."""
        with self._work:
            while not self._stopped():
                room = len(self._done) < HELD and self._heavy < HEAVY
                if room and self._busy < self._wide() and self._more():
                    self._busy += 1
                    self._asked += 1
                    question = self._upcoming.pop()
                    self._hire()
                    self._work.notify()  # there may be more
                    return self._asked - 1, question
                if not self._busy and not self._more():
                    break
                self._work.wait()
            self._work.notify_all()
            self._news.notify()
            return None

    def _note(self, number: int, question: Q, answer: A) -> None:
        """Put down what an answer brought."""
        waiting = 1 if self._more() else 0
        free = 0 if waiting else max(0, self._wide() - self._busy + 1)
        result, more = self._settle(question, answer, free)
        self._busy -= 1
        self._sources.append(iter(more))
        heappush(self._done, _Done(number, result))
        self._heavy += result.size
        self._work.notify()
        self._news.notify()
