"""Brings the remote tables of a plan into DuckDB, each by the access with the fewest calls."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlcrm.errors import DatabaseError
from sqlcrm.execution.cache import Cache, Entry, entry, fill, holding
from sqlcrm.execution.carried import Carried, Companion
from sqlcrm.execution.engine import Engine, named_binds, quote
from sqlcrm.execution.keys import pointless, possible
from sqlcrm.execution.loading import Loading, Tell, untold
from sqlcrm.execution.staged import Connection, Staged
from sqlcrm.planner.access import Access, accesses
from sqlcrm.planner.build import CALL
from sqlcrm.planner.order import first
from sqlcrm.planner.plan import KeySource, Predicate, ReadPlan, Relation, Scan
from sqlcrm.sdk import Column, Include, Read


class Staging:
    """The stages of one statement.

    binds: values by name. bind_marks: the names of `?`, by mark. given: tables by mark that lie
    in DuckDB already. cache: what earlier statements read; None where only the API's own word
    counts. tell: is told how far a reading is. notices: what the user must know of how complete
    the rows are.
    """

    def __init__(
        self,
        engine: Engine,
        connect: Callable[[str], Connection],
        binds: Mapping[str, Any],
        bind_marks: Mapping[str, str],
        given: Mapping[str, str] | None = None,
        cache: Cache | None = None,
        tell: Tell = untold,
    ) -> None:
        self.engine = engine
        self.done: dict[str, Staged] = {}
        self._empty: dict[str, tuple[Scan, str]] = {}
        self._connect = connect
        self._binds = binds
        self._marks = bind_marks
        self._respelled: dict[str, str] = {}
        self._given = dict(given or {})
        self._cache = cache
        self._tell = tell
        self.notices: list[str] = []
        self._entries: list[Entry] = []  # what this statement has read

    def prepare(self, plan: ReadPlan, *, check: bool = True) -> None:
        """Make the stages of a plan, empty as yet, and let DuckDB check its text against them.

        check: false where columns are not known yet.
        Raises: SqlError for what DuckDB finds wrong, before any call was made.
        """
        self._respelled[plan.asked] = plan.text
        for scan in plan.scans:
            self._empty[scan.relation.mark] = (scan, self._table(scan))
        if plan.scans and check:
            text = self.text(plan.text)
            self.engine.bind(text, named_binds(text, self._binds))

    def stage(self, plan: ReadPlan) -> None:
        """Stage every scan of a plan."""
        waiting = list(plan.scans)
        while waiting:
            scan = first(waiting, self.ready, self.lookups)
            waiting.remove(scan)
            self.read(scan, self.keys(scan), waiting)

    def batches(self, plan: ReadPlan) -> Iterator[None]:
        """Fill the stage of a plan's one scan again and again, each time with other rows.

        The caller runs the plan's text each time that this yields.
        """
        (scan,) = plan.scans
        target, keys = self._target(scan), self.keys(scan)
        connection = self._connect(scan.relation.connection)
        loading = Loading(self.engine, self.run, scan, _columns(scan), target, tell=self._tell)
        found = accesses(scan, self._with_all(scan, keys, connection))
        for _ in loading.steps(found, connection.door, connection.zone, parts=False):
            for predicate in scan.fixed:
                self._keep(target, predicate)
            yield
            self.engine.run(f"DELETE FROM {target}")
        self.notices += loading.notices

    def forget(self) -> None:
        """Read anew what is read from now on: the tables are about to change."""
        self._entries.clear()

    def ready(self, source: KeySource) -> bool:
        """Whether all that a source of keys reads lies in DuckDB."""
        return all(mark in self.done or mark in self._given for mark in source.needs)

    def keys(self, scan: Scan) -> dict[str, list[Any]]:
        """Return the values that joins leave possible, as far as they are known already."""
        return possible(scan, [k for k in scan.keys if self.ready(k)], self.run)

    def cached(self, scan: Scan) -> float | None:
        """Return how many seconds ago the cache read what a scan wants, None where it did not."""
        connection = self._connect(scan.relation.connection)
        if self._cache is None or not connection.ttl:
            return None
        found = self._cache.find(connection.account, scan, self.keys(scan), connection.ttl)
        return None if found is None else time.monotonic() - found.at

    def lookups(self, scan: Scan) -> int:
        """Return how many calls the keys that are known already take, at the least."""
        keys = self.keys(scan)
        costs = [-(-len(keys[r.by]) // r.batch) for r in scan.relation.table.reads if r.by in keys]
        return min(costs, default=0)

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

    def read(
        self, scan: Scan, keys: Mapping[str, Sequence[Any]], waiting: Sequence[Scan] = ()
    ) -> Staged:
        """Stage one scan, given the values that suffice for some of its columns.

        waiting: scans that come later; their rows are taken along where they lie beside.
        """
        staged = self.done[scan.relation.mark] = self._read(scan, keys, waiting)
        return staged

    def _table(self, scan: Scan) -> str:
        """Create the empty stage of a scan."""
        return self.engine.stage(scan.relation.name, _columns(scan))

    def _read(
        self, scan: Scan, keys: Mapping[str, Sequence[Any]], waiting: Sequence[Scan]
    ) -> Staged:
        relation = scan.relation
        target = self._target(scan)
        none = scan.limit is not None and scan.limit.rows == 0
        if none or pointless(scan, filter(self.ready, scan.keys), self.run):
            return Staged(scan, target, Access(relation.table.reads[0]), 0, 0)
        connection = self._connect(relation.connection)
        staged = self._held(scan, keys, connection, target)
        if staged is None:
            staged = self._loaded(scan, keys, connection, target, waiting)
        for predicate in scan.fixed:
            self._keep(target, predicate)
        return staged

    def _target(self, scan: Scan) -> str:
        known = self._empty.get(scan.relation.mark)
        return known[1] if known is not None and known[0] is scan else self._table(scan)

    def _held(
        self, scan: Scan, keys: Mapping[str, Sequence[Any]], connection: Connection, target: str
    ) -> Staged | None:
        """Stage a scan from what this statement, or an earlier one, has read."""
        account = connection.account
        found = holding(self._entries, account, scan, keys)
        age = None
        if found is None and self._cache is not None and connection.ttl:
            found = self._cache.find(account, scan, keys, connection.ttl)
            age = time.monotonic() - found.at if found is not None else None
        if found is None or found.place != target:  # what came beside another table, for nothing
            self.engine.run(f"DELETE FROM {target}")
            self._entries = [entry for entry in self._entries if entry.place != target]
        if found is None:
            return None
        try:
            rows = fill(self.engine, found, scan, target)
        except DatabaseError:
            if age is None:
                raise
            return None  # somebody dropped the cache's table
        return Staged(scan, target, found.access, rows, 0, cached=age, shared=age is None)

    def _loaded(
        self,
        scan: Scan,
        keys: Mapping[str, Sequence[Any]],
        connection: Connection,
        target: str,
        waiting: Sequence[Scan],
    ) -> Staged:
        """Stage a scan by calls."""

        def companions(read: Read) -> list[Companion]:
            return self.companions(scan, read, waiting)

        columns = _columns(scan)
        loading = Loading(self.engine, self.run, scan, columns, target, companions, self._tell)
        before = len(connection.calls)
        known = self._with_all(scan, keys, connection)
        access = loading.load(accesses(scan, known), connection.door, connection.zone)
        if not loading.stopped:
            whole = known.keys() - keys.keys()
            self._note(entry(connection.account, scan, access, target, whole), connection)
        for one in loading.carried:
            found = self._beside(one, access)
            self._note(entry(connection.account, one.companion.scan, *found), connection)
        self.notices += loading.notices
        return Staged(
            scan,
            target,
            access,
            loading.rows,
            loading.pages,
            tuple(connection.calls[before:]),
            stopped=loading.stopped,
            total=loading.total,
            extra=loading.extra,
        )

    def _with_all(
        self, scan: Scan, keys: Mapping[str, Sequence[Any]], connection: Connection
    ) -> Mapping[str, Sequence[Any]]:
        """Return the keys, with all there are of a column that a read goes over if none is given.

        They are read from the table that has them.
        """
        (access, *_) = accesses(scan, keys)
        if access.over is None:
            return keys
        name, column = access.over
        relation = scan.relation
        table = connection.tables[name]
        parents = Relation(f"over {relation.mark}", name, relation.connection, table)
        staged = self.read(Scan(parents, (column,)), {})
        rows = self.engine.query(f"SELECT DISTINCT {quote(column)} AS k FROM {staged.table}")
        found = [row[0] for row in rows if row[0] is not None]
        return {**keys, access.lacks: sorted(found)}

    def _beside(self, one: Carried, access: Access) -> tuple[Access, str]:
        """Return how the rows that came beside others were read, and where they are."""
        read = replace(access.read, by=one.companion.include.by)
        return Access(read, tuple(one.keys)), one.companion.target

    def _note(self, staged: Entry, connection: Connection) -> None:
        self._entries.append(staged)
        if self._cache is not None and connection.ttl:
            self._cache.keep(staged)

    def companions(self, scan: Scan, read: Read, waiting: Sequence[Scan]) -> list[Companion]:
        """Return the later scans whose rows a read carries beside its own.

        Their keys come from it: a row of theirs that is wanted belongs to one of its rows.
        """
        found: list[Companion] = []
        marks = {scan.relation.mark}
        for include in read.includes:
            for other in waiting:
                if self._carried(other, include, scan, marks):
                    found.append(Companion(other, include, self._target(other)))
                    marks.add(other.relation.mark)
                    break
        return found

    def _carried(self, other: Scan, include: Include, scan: Scan, marks: set[str]) -> bool:
        """Whether all that a later scan wants lies beside the rows of the marks."""
        same = other.relation.connection == scan.relation.connection
        if not same or other.relation.table.name != include.table or other.params:
            return False
        if other.limit is not None or other.relation.mark in marks:
            return False
        known = {*self.done, *self._given}
        return any(
            source.column == include.by and source.needs & marks and source.needs <= marks | known
            for source in other.keys
        )

    def _keep(self, table: str, predicate: Predicate) -> None:
        """Drop staged rows that a table call's own argument excludes."""
        condition = f"{quote(predicate.column)} IS NOT DISTINCT FROM $value"
        self.engine.run(
            f"DELETE FROM {table} WHERE NOT ({condition})", {"value": predicate.values[0]}
        )


def _columns(scan: Scan) -> list[Column]:
    return [c for c in scan.relation.table.columns if c.name in scan.columns]
