"""Brings the remote tables of a plan into DuckDB, each by the access with the fewest calls."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlcrm.errors import DatabaseError
from sqlcrm.execution.engine import Engine, named_binds, quote
from sqlcrm.execution.pages import Door, Page, fetch
from sqlcrm.planner.access import Access, accesses, best, better
from sqlcrm.planner.plan import KeySource, Predicate, ReadPlan, Scan
from sqlcrm.sdk import Column, IdCursor, Single, Type, dig

ENOUGH = 2_000
"""Rows to gather before they are handed to DuckDB; smaller batches cost it more than they hold."""

_INTEGERS = {"TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER"}


@dataclass(frozen=True, slots=True)
class Staged:
    """A remote table that now lies in DuckDB: its quoted name, how it was read, rows and calls."""

    scan: Scan
    table: str
    access: Access
    rows: int
    pages: int


@dataclass(frozen=True, slots=True)
class Connection:
    """What staging needs of a connection: its door and the zone of its times."""

    door: Door
    zone: str


class Staging:
    """The stages of one statement. `given`: tables by mark that lie in DuckDB already."""

    def __init__(
        self,
        engine: Engine,
        connect: Callable[[str], Connection],
        binds: Mapping[str, Any],
        bind_marks: Mapping[str, str],
        given: Mapping[str, str] | None = None,
    ) -> None:
        self.engine = engine
        self.done: dict[str, Staged] = {}
        self._empty: dict[str, tuple[Scan, str]] = {}
        self._connect = connect
        self._binds = binds
        self._marks = bind_marks
        self._given = dict(given or {})

    def prepare(self, plan: ReadPlan) -> None:
        """Make the stages of a plan, empty as yet, and let DuckDB check its text against them.

        Raises: SqlError for what DuckDB finds wrong, before any call was made.
        """
        for scan in plan.scans:
            self._empty[scan.relation.mark] = (scan, self._table(scan))
        if plan.scans:
            text = self.text(plan.text)
            self.engine.bind(text, named_binds(text, self._named()))

    def stage(self, plan: ReadPlan) -> None:
        """Stage every scan of a plan."""
        waiting = list(plan.scans)
        while waiting:
            scan = min(waiting, key=lambda s: (self._rank(s), plan.scans.index(s)))
            waiting.remove(scan)
            self.read(scan, self._keys(scan))

    def text(self, marked: str) -> str:
        """Return a marked text as DuckDB shall run it."""
        for mark, (scan, name) in self._empty.items():
            if scan.lateral:
                name = f"(SELECT * FROM {name} WHERE {self._bound(scan.lateral)})"
                name += "" if scan.aliased else f" AS {quote(scan.relation.name)}"
            marked = marked.replace(f'"{mark}"', name)
        for mark, table in self._given.items():
            marked = marked.replace(f'"{mark}"', table)
        return self._bound(marked)

    def _bound(self, marked: str) -> str:
        """Return a text with `$name` in place of the marks of binds."""
        for mark, name in self._marks.items():
            marked = marked.replace(mark, f"${name}")
        return marked

    def run(self, marked: str) -> list[tuple[Any, ...]]:
        """Run a marked query over what is staged."""
        text = self.text(marked)
        return self.engine.query(text, named_binds(text, self._named()))

    def _named(self) -> dict[str, Any]:
        return {self._marks.get(name, name): value for name, value in self._binds.items()}

    def _ready(self, source: KeySource) -> bool:
        return all(mark in self.done or mark in self._given for mark in source.needs)

    def _rank(self, scan: Scan) -> int:
        """Return how soon to read a scan: first those that a key narrows to few rows.

        A scan that waits for keys of another one comes late, unless these would not help it.
        """
        table = scan.relation.table
        looked_up = {read.by for read in table.reads if read.by}
        constants = {p.column for p in (*scan.predicates, *scan.fixed) if p.op in {"=", "in"}}
        useful = [source for source in scan.keys if source.column in looked_up]
        unique = {names[0] for names in (table.key, table.natural_key) if len(names) == 1}
        if constants & looked_up & unique:
            return 0
        filtered = {f.column for read in table.reads for f in read.filters}
        narrowed = constants & looked_up or any(p.column in filtered for p in scan.predicates)
        if any(not self._ready(source) for source in useful):
            return 2 if narrowed else 4
        if useful:
            return 0
        return 1 if narrowed else 3

    def _keys(self, scan: Scan) -> dict[str, list[Any]]:
        """Return the values that joins leave possible, the smallest set for each column."""
        table = scan.relation.table
        looked_up = {read.by for read in table.reads if read.by}
        found: dict[str, list[Any]] = {}
        for source in scan.keys:
            column = table.column(source.column)
            if source.column not in looked_up or column is None or not self._ready(source):
                continue
            values = self._distinct(source, column)
            before = found.get(source.column)
            if values is not None and (before is None or len(values) < len(before)):
                found[source.column] = values
        return found

    def _distinct(self, source: KeySource, column: Column) -> list[Any] | None:
        """Return the distinct values of a key source; None where they cannot serve as keys."""
        try:
            described = self.run(f"DESCRIBE {source.query('k')}")
            kind = str(described[0][1]).upper()
            if column.type is Type.INTEGER and kind in _INTEGERS | {"VARCHAR"}:
                rows = self.run(source.query("DISTINCT TRY_CAST(k AS BIGINT)"))
            elif column.type is Type.TEXT and kind == "VARCHAR":
                rows = self.run(
                    source.query("DISTINCT lower(k)" if column.nocase else "DISTINCT k")
                )
            else:
                return None
        except DatabaseError:
            return None  # the keys only save calls; the query itself will tell what is wrong
        return sorted(row[0] for row in rows if row[0] is not None)

    def read(self, scan: Scan, keys: Mapping[str, Sequence[Any]]) -> Staged:
        """Stage one scan, given the values that suffice for some of its columns."""
        staged = self.done[scan.relation.mark] = self._read(scan, keys)
        return staged

    def _table(self, scan: Scan) -> str:
        """Create the empty stage of a scan."""
        return self.engine.stage(scan.relation.name, _columns(scan), scan.spelled)

    def _read(self, scan: Scan, keys: Mapping[str, Sequence[Any]]) -> Staged:
        relation = scan.relation
        known = self._empty.get(relation.mark)
        target = known[1] if known is not None and known[0] is scan else self._table(scan)
        loading = _Loading(self, scan, _columns(scan), target)
        if scan.limit is not None and scan.limit.rows == 0:
            return Staged(scan, target, Access(relation.table.reads[0]), 0, 0)
        access = loading.load(accesses(scan, keys), self._connect(relation.connection))
        for predicate in scan.fixed:
            self._keep(target, predicate)
        return Staged(scan, target, access, loading.rows, loading.pages)

    def _keep(self, table: str, predicate: Predicate) -> None:
        """Drop staged rows that a table call's own argument excludes."""
        condition = f"{quote(predicate.column)} IS NOT DISTINCT FROM $value"
        self.engine.run(
            f"DELETE FROM {table} WHERE NOT ({condition})", {"value": predicate.values[0]}
        )


def _columns(scan: Scan) -> list[Column]:
    return [c for c in scan.relation.table.columns if c.name in scan.columns]


class _Loading:
    """The reading of one scan into its stage."""

    def __init__(
        self, staging: Staging, scan: Scan, columns: Sequence[Column], target: str
    ) -> None:
        self.rows = 0
        self.pages = 0
        self._staging = staging
        self._scan = scan
        self._columns = columns
        self._target = target
        self._seen: set[tuple[str, ...]] = set()
        table = scan.relation.table
        self._where = f"{table.name}@{scan.relation.connection}"
        self._key = [c for c in table.columns if c.name in table.key]

    def load(self, found: Sequence[Access], connection: Connection) -> Access:
        """Read by the cheapest access; return the one that was used."""
        options = best(found)
        ahead = self._scan.limit is None
        while True:
            access, *later = options
            asked = self._asked(access)
            pages = fetch(access, asked, connection.door, self._where, ahead=ahead)
            first = next(pages, None)
            self.pages += first is not None
            options = better(_rest(first, access), later) if first is not None else []
            if not options:
                self._gather(access, first, pages, connection.zone)
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
            spelled = [name for _, name in self._scan.spelled]
            data = pa.Table.from_batches(held)
            self._staging.engine.insert(self._target, data, names, spelled)
            held.clear()

    def _enough(self) -> bool:
        limit = self._scan.limit
        if limit is None:
            return False
        if not limit.where:
            return self.rows >= limit.rows
        query = f"SELECT count(*) FROM {limit.source} WHERE {limit.where}"
        return bool(self._staging.run(query)[0][0] >= limit.rows)


def _rest(first: Page, access: Access) -> int | None:
    """Return how many calls the rest of an access takes, by the total on its first page."""
    if first.last:
        return 0
    if first.left is None:
        return access.least - 1 if access.exact else None
    size = max(access.read.pages.size, 1)
    return -(-first.left // size) - 1 + max(access.least - 1, 0)
