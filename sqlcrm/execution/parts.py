"""Reads one chain of pages in several parts at once, where one call after the other is too slow."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sqlcrm.errors import ShapeChanged
from sqlcrm.execution.ahead import chains, width
from sqlcrm.sdk import Divisible, Request, Response

PAGES_A_PART = 25
"""Pages for which one more part may be made while a list is read, besides those of the start."""

WORTH_DIVIDING = 4
"""Pages that a part must have to be worth it."""


class Strayed(ShapeChanged):
    """The API did not keep to the part of a list that it was asked for."""


class Parts:
    """The parts of one list.

    At first the list's other end is asked for, since only it tells what to divide. Later, whoever
    has much left shares it when others have nothing to do.

    chains: in how many parts, at most, so many pages are read soonest.
    extra: calls that the parts have cost so far, at the most: the last page of each but one may
    not be full.
    """

    def __init__(self, pages: Divisible, chains: Callable[[int, int], int], where: str) -> None:
        self.extra = 0
        self._pages = pages
        self._chains = chains
        self._where = where
        self._granted: int | None = None  # calls that parts may cost, in all
        self._left: dict[int, int] = {}  # rows that are left behind a request, by its identity

    def check(self, sent: Request, got: Response) -> None:
        """Refuse a reply to a request of a part that holds anything else.

        Raises: Strayed.
        """
        promised = self._left.get(id(sent))
        if promised is None:
            return
        told = self._pages.total(got)
        if not self._pages.inside(sent, got) or (told is not None and told > promised):
            raise Strayed(f"{self._where}: the API sent rows that were not asked for")

    def after(
        self, sent: Request, got: Response, following: Request | None, free: int, expected: int
    ) -> Sequence[Request]:
        """Return the requests of what is left after a reply, `following` where that is one.

        free: how many could be asked at once. expected: pages of the whole list.
        """
        part = self._left.pop(id(sent), None) is not None
        if following is None:
            return ()
        rows = max(0, (self._pages.total(got) or 0) - self._pages.size)
        worth = min(free, rows // self._pages.size // WORTH_DIVIDING)
        if not part:
            end = self._end(sent, got, rows, worth)
            if end is None:
                return [following]
            found: Sequence[Request] = [end]
        else:
            count = self._count(rows, worth, expected)
            parts = self._pages.parts(sent, got, count) if count > 1 else ()
            found = parts or [following]
            self.extra += len(found) - 1
        self._left |= {id(one): rows for one in found}
        return found

    def _end(self, sent: Request, got: Response, rows: int, worth: int) -> Request | None:
        """Return the request for the list's end, if it shall be read in parts."""
        if self._chains(rows // self._pages.size, worth) < 2:
            return None
        return self._pages.last(sent, got)

    def _count(self, rows: int, worth: int, expected: int) -> int:
        """Return in how many parts to read what is left."""
        if self._granted is None:
            count = self._chains(rows // self._pages.size, worth)
            self._granted = count - 1 + expected // PAGES_A_PART
            return count
        if 2 * rows < max(self._left.values(), default=0):
            return 1  # somebody else has more to share
        return min(worth, self._granted - self.extra + 1)


def most_extra(pages: int, rate: float | None, latency: float) -> int:
    """Return how many calls reading so many pages in parts may cost more, at the most.

    rate: allowed calls a second, None without a limit. latency: seconds of an answer.
    """
    count = chains(pages, rate, latency, min(width(rate, latency), pages // WORTH_DIVIDING))
    return 0 if count < 2 else count - 1 + pages // PAGES_A_PART
