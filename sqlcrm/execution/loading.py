"""Reads one remote table into its stage, by the cheapest of its accesses."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from sqlcrm.errors import DatabaseError
from sqlcrm.execution.engine import Engine
from sqlcrm.execution.pages import Door, Page, fetch
from sqlcrm.planner.access import Access, best, better
from sqlcrm.planner.plan import Scan
from sqlcrm.sdk import Column, IdCursor, Single, dig

ENOUGH = 2_000
"""Rows to gather before they are handed to DuckDB; smaller batches cost it more than they hold."""


class Loading:
    """The reading of one scan into its stage. `run` runs a marked query over what is staged."""

    def __init__(
        self,
        engine: Engine,
        run: Callable[[str], list[tuple[Any, ...]]],
        scan: Scan,
        columns: Sequence[Column],
        target: str,
    ) -> None:
        self.rows = 0
        self.pages = 0
        self._engine = engine
        self._run = run
        self._scan = scan
        self._columns = columns
        self._target = target
        self._seen: set[tuple[str, ...]] = set()
        table = scan.relation.table
        self._where = f"{table.name}@{scan.relation.connection}"
        self._key = [c for c in table.columns if c.name in table.key]

    def load(self, found: Sequence[Access], door: Door, zone: str) -> Access:
        """Read by the cheapest access; return the one that was used.

        zone: of times that come without one.
        """
        options = best(found)
        ahead = self._scan.limit is None
        while True:
            access, *later = options
            asked = self._asked(access)
            pages = fetch(access, asked, door, self._where, ahead=ahead)
            first = next(pages, None)
            self.pages += first is not None
            options = better(_rest(first, access), later) if first is not None else []
            if not options:
                self._gather(access, first, pages, zone)
                return access

    def _asked(self, access: Access) -> list[Column]:
        """Return the wanted columns, and the key's to check by."""
        by = self._scan.relation.table.column(access.read.by) if access.read.by else None
        return [*self._columns, *([by] if by is not None and by not in self._columns else [])]

    def _gather(self, access: Access, first: Page | None, pages: Iterator[Page], zone: str) -> None:
        import pyarrow as pa

        from sqlcrm.execution.decode import Decoder

        decoder = Decoder(self._columns, self._where, zone)
        once = bool(access.read.by) or not isinstance(access.read.pages, Single | IdCursor)
        held: list[pa.RecordBatch] = []
        page = first
        while page is not None:
            rows = self._filled(page, access)
            rows = self._unseen(rows) if once else rows
            if rows:
                held.append(decoder.batch(rows, page.body))
            self.rows += len(rows)
            if self._scan.limit is not None or sum(map(len, held)) >= ENOUGH:
                self._hand_over(held)
                if self._enough():
                    return
            page = next(pages, None)
            self.pages += page is not None
        self._hand_over(held)

    def _filled(self, page: Page, access: Access) -> Sequence[Any]:
        """Put the key into rows that do not repeat their parent's id."""
        rows, read = page.rows, access.read
        if not read.by or len(page.keys) != 1 or not all(isinstance(row, dict) for row in rows):
            return rows
        column = self._scan.relation.table.column(read.by)
        path = column.path if column is not None else ""
        if not path or "." in path or any(path in row for row in rows):
            return rows
        return [{path: page.keys[0], **row} for row in rows]

    def _unseen(self, rows: Sequence[Any]) -> Sequence[Any]:
        """Leave out rows that came before: lists move while they are paged through."""
        fresh = []
        for row in rows:
            key = [dig(row, column.path) for column in self._key]
            mark = tuple(map(str, key))
            if not key or None in key or mark not in self._seen:  # without a key, none is the same
                self._seen.add(mark)
                fresh.append(row)
        return fresh

    def _hand_over(self, held: list[Any]) -> None:
        import pyarrow as pa

        if held:
            names = [column.name for column in self._columns]
            data = pa.Table.from_batches(held)
            self._engine.insert(self._target, data, names)
            held.clear()

    def _enough(self) -> bool:
        limit = self._scan.limit
        if limit is None:
            return False
        if not limit.where:
            return self.rows >= limit.rows
        query = f"SELECT count(*) FROM {limit.source} WHERE {limit.where}"
        try:
            return bool(self._run(query)[0][0] >= limit.rows)
        except DatabaseError:
            return False  # stopping only saves calls; the query itself will tell what is wrong


def _rest(first: Page, access: Access) -> int | None:
    """Return how many calls the rest of an access takes, by the total on its first page."""
    if first.last:
        return 0
    if first.left is None:
        return access.least - 1 if access.exact else None
    size = max(access.read.pages.size, 1)
    return -(-first.left // size) - 1 + max(access.least - 1, 0)
