"""Reads rows of a written table by keys, and what of other tables must go with a write."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlcrm.catalog.tables import find_table
from sqlcrm.errors import ProgrammingError
from sqlcrm.execution.staging import Staging
from sqlcrm.planner.access import accesses
from sqlcrm.planner.plan import Relation, Scan
from sqlcrm.sdk import Column, Connector, Need, Table, Write
from sqlcrm.session.state import Session
from sqlcrm.state.values import Operation
from sqlcrm.writing.carriers import Means, carried, known
from sqlcrm.writing.checks import comparable
from sqlcrm.writing.decide import columns_of, mark
from sqlcrm.writing.plan import WritePlan

Values = Sequence[Mapping[str, Any]]


class Lookups:
    """Reads that a write needs of its target, and of the tables beside it."""

    def __init__(self, session: Session, staging: Staging, relation: Relation) -> None:
        self._session = session
        self._staging = staging
        self._relation = relation
        self._taken: dict[frozenset[str], int] = {}  # calls of the last look for these columns

    def forget(self) -> None:
        """Read anew what is read from now on: the tables are about to change."""
        self._staging.forget()

    def find(
        self, key: Sequence[Column], values: Values, names: Sequence[str]
    ) -> dict[tuple[Any, ...], dict[str, Any]]:
        """Return the target's rows that have one of these keys, by their key."""
        table = self._relation.table
        wanted = {*names, *table.key, *(column.name for column in key)}
        if table.consent is not None:
            wanted.add(table.consent.column)
        columns = tuple(c.name for c in table.columns if c.name in wanted)
        before = len(self._session.connections.calls)
        rows = self.read(self._relation, columns, _keys(key, values))
        made = len(self._session.connections.calls) - before
        self._taken[frozenset(column.name for column in key)] = made
        return {mark(key, one): one for one in rows}

    def read(
        self, relation: Relation, columns: Sequence[str], keys: Mapping[str, Sequence[Any]]
    ) -> list[dict[str, Any]]:
        """Return the rows of a table for these keys; perhaps more, where one call brings more."""
        if not keys or not any(keys.values()):
            return []
        staged = self._staging.read(Scan(relation, tuple(columns)), keys)
        names = ", ".join(f'"{name}"' for name in columns)
        rows = self._session.engine.query(f"SELECT {names} FROM {staged.table}")
        return [dict(zip(columns, row, strict=True)) for row in rows]

    def calls(self, names: Sequence[str], operations: Sequence[Operation]) -> int | None:
        """Return how many calls finding operations by these columns takes, at the most.

        Where they were looked for before, that tells: what is new since is some pages more.
        """
        columns = columns_of(self._relation.table, names)
        keys = _keys(columns, [known(operation) for operation in operations])
        scan = Scan(self._relation, tuple(self._relation.table.key))
        try:
            found = accesses(scan, keys)
        except ProgrammingError:
            return None
        costs = [access.least for access in found if access.exact]
        taken = self._taken.get(frozenset(names))
        size = max((access.read.pages.size for access in found), default=0)
        if taken is not None and size:
            costs.append(taken - (-len(operations) // size))
        return min(costs, default=None)

    def carried(self, plan: WritePlan, *, bulk: bool = True) -> WritePlan:
        """Return a plan with what carries it. bulk: whether many rows may go in one call."""
        client = self._session.connections.get(self._relation.connection).client
        allowed = bulk and self._session.settings.bulk
        made = carried(plan, Means(self.needed, self.calls, allowed, client.rate))
        reads = made.forecast.reads + self._opt_out_reads(plan)
        return replace(made, forecast=replace(made.forecast, reads=reads))

    def _opt_out_reads(self, plan: WritePlan) -> int:
        """Return how many calls it takes to see who opted out, before persons are deleted."""
        if not plan.deletes:
            return 0
        opened = self._session.connections.get(self._relation.connection)
        found = 0
        for table, by in parts_of(opened.connector, self._relation.table):
            batch = max((read.batch for read in table.reads if read.by == by), default=1)
            found += -(-plan.deletes // batch)
        return found

    def beside(self, name: str) -> Relation:
        """Return another table of the target's connection, under a mark of its own."""
        alias = self._relation.connection
        opened = self._session.connections.get(alias)
        table = find_table(opened.connector, name, alias).table
        return Relation(f"beside {alias} {name}", name, alias, table)

    def values_of(
        self, need: Need, keys: Sequence[Any], beside: Sequence[str] = ()
    ) -> dict[Any, Any]:
        """Return what a need names of another table's rows, by their key.

        beside: further columns that are wanted of the same rows, so that one read brings all.
        """
        relation = self.beside(need.table)
        column = relation.table.key[0]
        wanted = {column, need.value, *beside}
        names = [c.name for c in relation.table.columns if c.name in wanted]
        rows = self.read(relation, names, {column: list(dict.fromkeys(keys))})
        return {row[column]: row[need.value] for row in rows if row[need.value] is not None}

    def needed(self, write: Write, operations: Sequence[Operation]) -> dict[int, Mapping[str, Any]]:
        """Return what goes with operations, by number; one that lacks some of it is left out."""
        found: dict[int, dict[str, Any]] = {o.number: {} for o in operations}
        for need in write.needs:
            own = {o.number: known(o).get(need.by) for o in operations if o.number in found}
            beside = [n.value for n in write.needs if (n.by, n.table) == (need.by, need.table)]
            keys = [value for value in own.values() if value is not None]
            values = self.values_of(need, keys, beside)
            for number, key in own.items():
                if key in values:
                    found[number][need.name] = values[key]
                else:
                    del found[number]
        return dict(found)


def parts_of(connector: Connector, table: Table) -> Iterator[tuple[Table, str]]:
    """Yield the tables that say who of a table's persons opted out, and their column with its key.

    Their rows go when the person is deleted.
    """
    for other in connector.tables:
        person = other.consent.person if other.consent is not None else ""
        if isinstance(person, Need) and person.table == table.name:
            yield other, person.by
        elif other.name in table.parts:
            yield other, table.parts[other.name]


def _keys(columns: Sequence[Column], values: Values) -> dict[str, list[Any]]:
    """Return the distinct values of each key column; one with a NULL among them narrows nothing."""
    found: dict[str, list[Any]] = {}
    for column in columns:
        given = [one.get(column.name) for one in values]
        if None in given:
            continue
        distinct = {comparable(column, value): value for value in given}
        found[column.name] = sorted(distinct.values(), key=str)
    return found
