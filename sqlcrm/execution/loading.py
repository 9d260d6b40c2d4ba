"""Reads one remote table into its stage, by the cheapest of its accesses."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

from sqlcrm.errors import GuardRefused
from sqlcrm.execution.carried import Carried, Companion, asking
from sqlcrm.execution.drift import notice
from sqlcrm.execution.engine import Engine
from sqlcrm.execution.listing import Page
from sqlcrm.execution.pages import Door, Pages, fetch
from sqlcrm.execution.parts import Strayed
from sqlcrm.execution.stopping import Stop
from sqlcrm.execution.unseen import Unseen
from sqlcrm.planner.access import Access
from sqlcrm.planner.choice import best, better
from sqlcrm.planner.plan import Scan
from sqlcrm.sdk import Column, Divisible, Read, Single, Table
from sqlcrm.sdk.paths import plain

if TYPE_CHECKING:
    from sqlcrm.execution.decode import Decoder
    from sqlcrm.transport.csv import Rows

FEW = 10
"""Pages of a list that is read a second time when rows of it are missing."""

ENOUGH = 2_000
"""Rows to gather before they are handed to DuckDB; smaller batches cost it more than they hold."""


Tell = Callable[[str, int, int, int | None], None]
"""Is told the table, its rows and pages so far, and how many pages there will be, if known."""


def untold(_table: str, _rows: int, _pages: int, _of: int | None) -> None:
    """Tell nobody."""


class Loading:
    """The reading of one scan into its stage. `run` runs a marked query over what is staged.

    notices: what the user must know of how complete the rows are. extra: calls that reading the
    list in parts may have cost, at the most.
    """

    def __init__(
        self,
        engine: Engine,
        run: Callable[[str], list[tuple[Any, ...]]],
        scan: Scan,
        columns: Sequence[Column],
        target: str,
        companions: Callable[[Read], Sequence[Companion]] = lambda _: (),
        tell: Tell = untold,
    ) -> None:
        self.rows = 0
        self.pages = 0
        self.stopped = False
        self.total: int | None = None
        self._engine = engine
        self._run = run
        self._scan = scan
        self._columns = columns
        self._target = target
        self._companions = companions
        self._tell = tell
        self._expected: int | None = None
        self.carried: list[Carried] = []
        self.notices: list[str] = []
        self.extra = 0
        table = scan.relation.table
        self._where = f"{table.name}@{scan.relation.connection}"
        self._unseen = Unseen([c for c in table.columns if c.name in table.key])

    def load(self, found: Sequence[Access], door: Door, zone: str) -> Access:
        """Read by the cheapest access; return the one that was used.

        zone: of times that come without one.
        """
        steps = self.steps(found, door, zone)
        while True:
            try:
                next(steps)
            except StopIteration as end:
                return cast("Access", end.value)

    def steps(
        self, found: Sequence[Access], door: Door, zone: str, *, parts: bool = True
    ) -> Generator[None, None, Access]:
        """Do the same, and yield each time that rows have come into the stage.

        parts: whether a list may be read in parts, which may have to begin anew.
        """
        options = best(found, few=self._scan.relation.table.few)
        while True:
            access, *later = options
            self._allow(access.least, door, known=access.exact)
            stop = Stop(self._engine, self._run, self._scan, access, self._target)
            alone = bool(later) or getattr(door, "left", None) is not None
            companions = self._companions(access.read)
            access = asking(access, companions)
            pages = self._fetch(access, door, ahead=not stop.possible, alone=alone, parts=parts)
            first = self._next(pages)
            rest = _rest(first, access) if first is not None else 0
            options = better(rest, later) if first is not None else []
            if options and rest is None and parts and not (companions or stop.possible):
                # Nobody knows how long the list is: it is read as far as the lookups would go.
                most = min(one.least for one in options)
                if (yield from self._tried(access, first, capped(pages, most), stop, door, zone)):
                    return access
                continue
            if not options:
                self._expected = None if rest is None else self.pages + rest
                self.total = first.left if first is not None and not access.keys else None
                if not stop.possible:
                    self._allow(rest or 0, door)
                table = self._scan.relation.table
                self.carried = [Carried(self._engine, one, table, zone) for one in companions]
                yield from self._read(access, first, pages, stop, door, zone)
                return access

    def _tried(
        self,
        access: Access,
        first: Page | None,
        pages: Pages,
        stop: Stop,
        door: Door,
        zone: str,
    ) -> Generator[None, None, bool]:
        """Read a list unless it outgrows its pages; then nothing of it is left in the stage."""
        self.carried, self._expected, self.total = [], None, None
        try:
            yield from self._read(access, first, pages, stop, door, zone)
        except Outgrown:
            self._engine.run(f"DELETE FROM {self._target}")
            self.rows = 0
            self._unseen.forget()
            return False
        return True

    def _allow(self, calls: int, door: Door, *, known: bool = True) -> None:
        """Refuse what the calls that are left to the connection cannot bring to its end.

        known: whether it takes just so many calls, and no more.
        Raises: GuardRefused with the forecast.
        """
        left = getattr(door, "left", None)
        if left is not None and calls > left:
            most = "" if known else "at least "
            raise GuardRefused(
                f"{self._where}: reading it takes {most}{calls:,} more calls, and max_requests, "
                f"which counts all calls of the session, leaves {left:,}: raise it, or narrow the "
                "statement (EXPLAIN shows what reaches the API)"
            )

    def _asked(self, access: Access) -> list[Column]:
        """Return the wanted columns, and the key's to check by."""
        table = self._scan.relation.table
        by = table.column(access.read.by) if access.read.by else None
        if table.each is not None:  # the rows are not what the reply has, and DuckDB checks them
            return [column for column in self._columns if column != by]
        return [*self._columns, *([by] if by is not None and by not in self._columns else [])]

    def _fetch(
        self,
        access: Access,
        door: Door,
        *,
        ahead: bool = True,
        alone: bool = False,
        parts: bool = True,
    ) -> Pages:
        asked = self._asked(access)
        return fetch(access, asked, door, self._where, ahead=ahead, alone=alone, split=parts)

    def _read(
        self,
        access: Access,
        first: Page | None,
        pages: Pages,
        stop: Stop,
        door: Door,
        zone: str,
    ) -> Iterator[None]:
        """Stage an access, once more where that helps, and note what may be missing."""
        from sqlcrm.execution.decode import Decoder

        decoder = Decoder(self._columns, self._where, zone)
        keyed = isinstance(access.read.pages, Divisible | Single)
        try:
            last = yield from self._gather(access, first, pages, stop, decoder)
        except Strayed:
            self._engine.run(f"DELETE FROM {self._target}")
            decoder, self.rows = Decoder(self._columns, self._where, zone), 0
            self._unseen.forget()
            for one in self.carried:
                one.forget()
            pages = self._fetch(access, door, parts=False)
            last = yield from self._gather(access, None, pages, stop, decoder)
        if last is None or access.read.by or self.stopped:
            return
        if not keyed and self.pages <= FEW and self._short(last):
            again = self._fetch(access, door)
            last = (yield from self._gather(access, None, again, stop, decoder)) or last
        doubled = last.counted is None and self._unseen.doubled > 0
        moved = last.moved or doubled or (not keyed and self._short(last))
        note = notice(self._where, self.rows, last.counted, moved=moved)
        self.notices += [note] if note else []

    def _short(self, last: Page) -> bool:
        """Whether fewer rows came than there were at any time."""
        return last.counted is not None and self.rows < last.counted[0]

    def _gather(
        self,
        access: Access,
        first: Page | None,
        pages: Pages,
        stop: Stop,
        decoder: Decoder,
    ) -> Generator[None, None, Page | None]:
        """Stage pages; return the last one."""
        once = bool(access.read.by) or not isinstance(access.read.pages, Single | Divisible)
        once = once and not access.read.csv  # a file stands still, and may have a million rows
        last = None
        with closing(pages):
            page = first or self._next(pages)
            while page is not None:
                rows = self._filled(page, access)
                rows = self._unseen.of(rows) if once else rows
                decoder.add(rows, page.body)
                for one in self.carried:
                    one.take(page.rows, page.body)
                self.rows += len(rows)
                self.extra = page.extra
                self._tell(self._where, self.rows, self.pages, self._expected)
                if stop.possible or len(decoder) >= ENOUGH:
                    self._hand_over(decoder)
                    yield
                    if stop.possible and stop.reached(self.rows, page):
                        self.stopped = True
                        return page
                last, page = page, self._next(pages)
        self._hand_over(decoder)
        yield
        return last

    def _next(self, pages: Pages) -> Page | None:
        page = next(pages, None)
        self.pages += page is not None
        return page if page is None else opened(page, self._scan.relation.table)

    def _filled(self, page: Page, access: Access) -> Sequence[Any]:
        """Put the key into rows that do not repeat their parent's id."""
        rows, read = page.rows, access.read
        if read.csv and read.by and rows:
            return cast("Rows", rows).having(read.by, str(page.keys[0]))
        if not read.by or len(page.keys) != 1 or not all(isinstance(row, dict) for row in rows):
            return rows
        column = self._scan.relation.table.column(read.by)
        path = column.path if column is not None else ""
        if not path or not plain(path) or any(path in row for row in rows):
            return rows
        return [{path: page.keys[0], **row} for row in rows]

    def _hand_over(self, decoder: Decoder) -> None:
        if len(decoder):
            names = [column.name for column in self._columns]
            self._engine.insert(self._target, decoder.take(), names)
        for one in self.carried:
            one.hand_over()


def opened(page: Page, table: Table) -> Page:
    """Return a page with the rows that its objects hold; no total counts those."""
    if table.each is None:
        return page
    return replace(page, rows=table.within(page.rows), counted=None)


class Outgrown(Exception):
    """A list has more pages than reading it is worth."""


def capped(pages: Pages, most: int) -> Pages:
    """Yield pages of which one came before, `most` in all; not one more is asked for.

    Raises: Outgrown where there are more.
    """
    with closing(pages):
        for _ in range(most - 1):
            page = next(pages, None)
            if page is None:
                return
            yield page
            if page.last:
                return
        raise Outgrown


def _rest(first: Page, access: Access) -> int | None:
    """Return how many calls the rest of an access takes, by the total on its first page."""
    if first.last:
        return 0
    if first.left is None and first.more is not None and not access.exact:
        return first.more + max(access.least - 1, 0)
    if first.left is None:
        return access.least - 1 if access.exact else None
    size = max(access.read.pages.size, 1)
    return -(-first.left // size) - 1 + max(access.least - 1, 0)
