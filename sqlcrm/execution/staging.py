"""Brings the remote tables of a plan into DuckDB, each by the access with the fewest calls."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlcrm.errors import DatabaseError
from sqlcrm.execution.engine import Engine, named_binds, quote
from sqlcrm.execution.loading import Loading
from sqlcrm.execution.pages import Door
from sqlcrm.planner.access import Access, accesses
from sqlcrm.planner.build import CALL
from sqlcrm.planner.plan import KeySource, Predicate, ReadPlan, Scan
from sqlcrm.sdk import Column, Type

_COLLATED = " OR ".join(
    f"coalesce(bool_or(CASE WHEN true THEN '{one}' ELSE k END = '{other}'), false)"
    for one, other in (("A", "a"), ("é", "e"))
)
"""Whether values k are compared by other rules than their bytes: nothing else tells a collation."""

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
    """The stages of one statement.

    binds: values by name. bind_marks: the names of `?`, by mark. given: tables by mark that lie
    in DuckDB already.
    """

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
        self._respelled: dict[str, str] = {}
        self._given = dict(given or {})

    def prepare(self, plan: ReadPlan) -> None:
        """Make the stages of a plan, empty as yet, and let DuckDB check its text against them.

        Raises: SqlError for what DuckDB finds wrong, before any call was made.
        """
        self._respelled[plan.asked] = plan.text
        for scan in plan.scans:
            self._empty[scan.relation.mark] = (scan, self._table(scan))
        if plan.scans:
            text = self.text(plan.text)
            self.engine.bind(text, named_binds(text, self._binds))

    def stage(self, plan: ReadPlan) -> None:
        """Stage every scan of a plan."""
        waiting = list(plan.scans)
        while waiting:
            scan = min(waiting, key=lambda s: (self._rank(s), plan.scans.index(s)))
            waiting.remove(scan)
            self.read(scan, self._keys(scan))

    def text(self, marked: str) -> str:
        """Return a marked text as DuckDB shall run it."""
        marked = self._respelled.get(marked, marked)
        for mark, (scan, name) in self._empty.items():
            if scan.lateral:
                name = f"(SELECT * FROM {name} AS {CALL} WHERE {self._bound(scan.lateral)})"
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
        return self.engine.query(text, named_binds(text, self._binds))

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
                if not column.nocase and self.run(source.query(_COLLATED))[0][0]:
                    return None  # the join finds more than equal values
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
        return self.engine.stage(scan.relation.name, _columns(scan))

    def _read(self, scan: Scan, keys: Mapping[str, Sequence[Any]]) -> Staged:
        relation = scan.relation
        known = self._empty.get(relation.mark)
        target = known[1] if known is not None and known[0] is scan else self._table(scan)
        loading = Loading(self.engine, self.run, scan, _columns(scan), target)
        if scan.limit is not None and scan.limit.rows == 0:
            return Staged(scan, target, Access(relation.table.reads[0]), 0, 0)
        connection = self._connect(relation.connection)
        access = loading.load(accesses(scan, keys), connection.door, connection.zone)
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
