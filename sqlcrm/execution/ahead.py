"""Does several calls at once and hands on their results in order."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from typing import Generic, TypeVar

T = TypeVar("T")
K = TypeVar("K")

WIDTH = 16
"""Calls under way at once, at most. The limiter decides how many start in a second; this only has
to be enough that waiting for answers leaves none of the allowance unused (50 calls/s at 0.2 s)."""


def in_order(tasks: Iterable[Callable[[], T]], width: int = WIDTH) -> Iterator[T]:
    """Yield the results of tasks in their order, up to `width` of them under way.

    A task is started only when fewer than `width` are unfinished or not handed on, so that
    results do not pile up. An error is raised in its turn; what has not started is dropped then,
    and when the caller stops early, and what is under way is waited for: no thread is left.
    """
    waiting: deque[Future[T]] = deque()
    upcoming = iter(tasks)
    pool = ThreadPoolExecutor(width, thread_name_prefix="sqlcrm-read")
    try:
        while True:
            while len(waiting) < width:
                task = next(upcoming, None)
                if task is None:
                    break
                waiting.append(pool.submit(task))
            if not waiting:
                return
            yield waiting.popleft().result()
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


class Ahead(Generic[K, T]):
    """Answers that are asked for before they are needed; `ask` is called from other threads.

    A context manager: on its way out it waits for what is under way and drops the rest.
    """

    def __init__(self, ask: Callable[[K], T], *, width: int = WIDTH) -> None:
        self._ask = ask
        self._width = width
        self._pool: ThreadPoolExecutor | None = None
        self._coming: dict[str, Future[T]] = {}

    def expect(self, questions: Iterable[K]) -> None:
        """Ask the first `width` of these now, unless they were asked already."""
        for question in islice(questions, self._width):
            if repr(question) not in self._coming:
                if self._pool is None:
                    self._pool = ThreadPoolExecutor(self._width, thread_name_prefix="sqlcrm-read")
                self._coming[repr(question)] = self._pool.submit(self._ask, question)

    def get(self, question: K) -> T:
        """Return the answer to a question; what `ask` raised is raised here."""
        coming = self._coming.pop(repr(question), None)
        return self._ask(question) if coming is None else coming.result()

    def __enter__(self) -> Ahead[K, T]:
        return self

    def __exit__(self, *_: object) -> None:
        if self._pool is not None:
            self._pool.shutdown(wait=True, cancel_futures=True)
