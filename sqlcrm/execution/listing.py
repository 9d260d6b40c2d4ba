"""One list while it is read: what each reply leads to, and whether the list ends."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

from sqlcrm.errors import ShapeChanged
from sqlcrm.execution.decode import check_expected
from sqlcrm.execution.drift import Drift
from sqlcrm.execution.parts import Parts
from sqlcrm.sdk import (
    Cursor,
    Divisible,
    NextLink,
    Read,
    Request,
    Response,
    dig,
)
from sqlcrm.sdk.flows import page_rows

MOST_EMPTY = 3
"""Empty pages in a row before a list that still promises more is taken for broken."""

GROWTH, SPARE = 1.05, 10
"""A list may take this many times the pages that its first reply promises, and a few more: one
that grows for ever must not be read for ever."""


@dataclass(frozen=True, slots=True)
class Page:
    """One page: the rows, the whole reply for what lies beside them, and the total if told.

    left: rows of this list from this page on, as the reply says; None where it does not. more:
    pages of it that follow, where the reply counts pages.
    last: whether the list ends here. keys: those that were asked for. size: bytes of the reply.
    counted: how many rows the whole list has: the least and the most that replies told so far,
    None where nothing counts them.
    moved: whether the list was seen to change in a way that may have hidden rows.
    extra: calls that reading in parts has cost so far, at the most.
    """

    rows: Sequence[Any]
    body: Any
    left: int | None
    last: bool
    keys: Sequence[Any] = ()
    size: int = 0
    counted: tuple[int, int] | None = None
    moved: bool = False
    extra: int = 0
    more: int | None = None


@dataclass(frozen=True, slots=True)
class Ask:
    """One request of a list.

    place: which page of the list it is, counted from 0; -1 where nobody can tell.
    known: the request that comes next anyway. alone: nothing may follow. again: the page was read
    before.
    """

    of: Listing
    request: Request
    place: int = -1
    known: Request | None = None
    alone: bool = False
    again: bool = False


class Listing:
    """One list: a read, for some keys. The engine, not the paging, makes sure that it ends.

    check: raises for a page that does not answer the question. ahead: whether pages may be asked
    for before they are needed. final: whether no other list comes after this one.
    chains: in how many parts, at most, so many pages are read soonest.
    """

    def __init__(
        self,
        read: Read,
        first: Request,
        check: Callable[[Page], None],
        where: str,
        *,
        keys: Sequence[Any] = (),
        final: bool = True,
        ahead: bool = True,
        chains: Callable[[int, int], int] = lambda _pages, _most: 1,
    ) -> None:
        self._read = read
        self._check = check
        self._where = where
        self._keys = keys
        self._final = final
        self._ahead = ahead
        self._first = first
        self._marks: set[int] = set()
        self._before: Sequence[Any] = ()
        self._empty = 0
        self._calls = 0
        self._open = 1  # requests that were not answered yet
        self._pages = 0
        self._most: float | None = None
        self._counted: tuple[int, int] | None = None
        self._keyset = isinstance(read.pages, Divisible)
        self._drift: Drift[Request] = Drift()
        self._parts: Parts | None = None
        if isinstance(read.pages, Divisible):
            self._parts = Parts(read.pages, chains, where)

    def begin(self) -> Ask:
        """Return the first request."""
        return Ask(self, self._read.pages.first(self._first), place=0)

    def settle(self, ask: Ask, got: Response, free: int) -> tuple[Page, Iterable[Ask]]:
        """Return the page that a reply is, and what to ask next.

        Raises: ShapeChanged where the reply does not prove that it answers the question.
        """
        pages = self._read.pages
        rows = self._rows(got)
        if self._parts is not None:
            self._parts.check(ask.request, got)
        following = None if ask.alone else pages.after(ask.request, got, rows)
        left = pages.total(got)
        self._calls += 1
        self._promise(got, left)
        more = self._more(ask, got, rows, following, free)
        self._open += len(more) - 1
        more = [*more, *self._mending(ask, left)]
        page = Page(
            rows,
            got.body,
            left,
            last=following is None and self._final,
            keys=self._keys,
            size=got.size,
            counted=self._counted,
            moved=self._drift.unsettled,
            extra=self._extra,
            more=self._following(got, following),
        )
        self._check(page)
        self._end(left, rows, following)
        return page, more

    def _following(self, got: Response, following: Request | None) -> int | None:
        """Return how many pages follow the first one, where its reply tells."""
        if following is None:
            return 0
        count = getattr(self._read.pages, "pages", None)
        pages = count(got) if count is not None and self._calls == 1 else None
        return None if pages is None else max(1, pages - 1)

    def missing(self) -> tuple[Page, Iterable[Ask]]:
        """Return what an answer means that there is nothing of this key."""
        return Page((), {}, 0, last=self._final, keys=self._keys), ()

    def _rows(self, got: Response) -> Sequence[Any]:
        read = self._read
        check_expected(got.body, read.expects, self._where)
        parents = paged_at(read)
        if parents != read.at and dig(got.body, read.at) is None and dig(got.body, parents) == []:
            return ()  # no parents, so nothing beside them
        return page_rows(got, read.at, read.pages, self._where)

    def _promise(self, got: Response, left: int | None) -> None:
        """Note how many rows, and so calls, the whole list is going to be."""
        first = self._calls == 1
        length = len(page_rows(got, paged_at(self._read), self._read.pages, self._where))
        if first and left is not None and length:
            self._pages = -(-left // length)
            self._most = GROWTH * self._pages + SPARE
        own = paged_at(self._read) == self._read.at and self._read.pages.size > 0
        if left is not None and own and (first or not self._keyset):
            least, most = self._counted or (left, left)
            self._counted = (min(least, left), max(most, left))

    def _mending(self, ask: Ask, left: int | None) -> Sequence[Ask]:
        """Return the pages to read again, once all have come and some told different totals."""
        if ask.again:
            self._drift.mended(left)
        elif left is not None and ask.place >= 0 and not self._keyset:
            self._drift.note(ask.place, left, ask.request)
        if self._open:
            return ()
        asks = [Ask(self, one, alone=True, again=True) for one in self._drift.affected()]
        self._open += len(asks)
        return asks

    def _more(
        self, ask: Ask, got: Response, rows: Sequence[Any], following: Request | None, free: int
    ) -> Sequence[Ask]:
        """Return what to ask after a reply, beyond what is known to come anyway."""
        if self._parts is not None and self._ahead:
            asks = self._parts.after(ask.request, got, following, free, self._pages)
            return [Ask(self, one) for one in asks]
        if following is None or following == ask.known:
            return ()
        if not self._ahead:
            return [Ask(self, following, self._next(ask))]
        if ask.known is not None:  # a page shorter than those before: only what it lacks
            return [Ask(self, following, alone=True)]
        if self._calls > 1:
            return [Ask(self, following, self._next(ask))]
        known = [following, *self._read.pages.ahead(ask.request, got, rows)]
        return [
            Ask(self, one, place, then)
            for place, (one, then) in enumerate(zip_longest(known, known[1:]), 1)
        ]

    def _next(self, ask: Ask) -> int:
        return ask.place + 1 if ask.place >= 0 else -1

    @property
    def _extra(self) -> int:
        """Calls that reading in parts may have cost so far."""
        return self._parts.extra if self._parts is not None else 0

    def _end(self, left: int | None, rows: Sequence[Any], following: Request | None) -> None:
        """Refuse a list that goes round in a circle, or on for ever."""
        if following is None:
            return
        mark = hash((following.path, following.query))
        self._empty = 0 if rows else self._empty + 1
        blind = left is None and not isinstance(self._read.pages, Cursor | NextLink)
        repeated = blind and rows and rows == self._before
        self._before = rows if blind else ()
        if mark in self._marks or self._empty >= MOST_EMPTY or repeated:
            raise ShapeChanged(
                f"{self._where}: the API's pages go round in a circle, so the list is unsure"
            )
        self._marks.add(mark)
        if self._most is not None and self._calls + 1 > self._most + self._extra:
            raise ShapeChanged(
                f"{self._where}: the list goes on after {self._calls} pages, though it began with "
                "the promise of less: it is unsure whether it ends"
            )


def paged_at(read: Read) -> str:
    """Return where the rows sit by which a list is paged; they may be parents of the rows."""
    if isinstance(read.pages, Cursor | NextLink):
        return read.at
    return str(getattr(read.pages, "at", read.at))
