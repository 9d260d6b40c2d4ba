"""ON CONFLICT … DO UPDATE: the new values of rows that exist already."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from sqlcrm.errors import NotSupportedError, ProgrammingError
from sqlcrm.execution.columns import stage_columns
from sqlcrm.execution.engine import quote
from sqlcrm.planner.dml import writable
from sqlcrm.sdk import Column, Table
from sqlcrm.writing.rows import Row, checked

if TYPE_CHECKING:
    from sqlcrm.dialect import Statement
    from sqlcrm.planner.plan import Relation
    from sqlcrm.session.prepared import Prepared
    from sqlcrm.session.state import Session

Existing = Mapping[tuple[Any, ...], Mapping[str, Any]]


class Inserting(Protocol):
    """An INSERT that is being planned, and what it can look up."""

    session: Session
    prepared: Prepared
    statement: Statement
    relation: Relation

    @property
    def table(self) -> Table:
        """The table that is written."""

    def existing(self, rows: Sequence[Row], names: Sequence[str]) -> Existing:
        """Return the target's rows that have the natural key of one of these, by that key."""


def conflicting(
    planning: Inserting, rows: Sequence[Row], given: Sequence[str], existing: Existing
) -> dict[int, dict[str, Any]]:
    """Return the values that rows which exist are to get, by number; {} without DO UPDATE.

    Raises: ProgrammingError where the statement names another key than the table has.
    """
    conflict = planning.statement.conflict
    if conflict is None:
        return {}
    table = planning.table
    named = {c.name if (c := table.column(name)) else name for name in conflict.key}
    if named and named != set(table.natural_key):
        key = ", ".join(table.natural_key)
        raise ProgrammingError(f"rows of {table.name} conflict on ({key}): ON CONFLICT ({key})")
    if not conflict.update:
        return {}
    there = [row for row in rows if row.mark in existing]
    if not conflict.assignments:
        names = [name for name in given if name not in table.natural_key]
        writable(planning.statement, planning.relation, names, "update")
        return {row.number: {name: row.values.get(name) for name in names} for row in there}
    return _evaluated(planning, there, given, existing)


def _evaluated(
    planning: Inserting, rows: Sequence[Row], given: Sequence[str], existing: Existing
) -> dict[int, dict[str, Any]]:
    """Let DuckDB work out the SET: `excluded` is the row that came, other names the target's."""
    assert planning.statement.conflict is not None  # noqa: S101 - the caller has looked
    assignments = planning.statement.conflict.assignments
    statement, table, engine = planning.statement, planning.table, planning.session.engine
    columns = writable(statement, planning.relation, [a.column for a in assignments], "update")
    if any(mark in a.expression for a in assignments for mark in planning.prepared.relations):
        raise NotSupportedError(
            "ON CONFLICT DO UPDATE SET cannot read a remote table: MERGE INTO … USING can"
        )
    named = {c.name for c in table.columns if any(c.name in a.expression for a in assignments)}
    known = {name for row in rows for name in existing[row.mark]}
    known |= named | {column.name for column in columns}  # what is changed is known before
    target = [column for column in table.columns if column.name in known]
    before = {r.number: existing[r.mark] for r in rows}
    if any(column.name not in one for one in before.values() for column in target):
        before = _completed(planning, rows, [column.name for column in target])
    for row in rows:
        row.before = dict(before[row.number])
    came = _staged(
        planning,
        "excluded",
        [c for c in table.columns if c.name in {*given, *named}],
        {r.number: r.values for r in rows},
    )
    there = _staged(planning, "target", target, before)
    ref = statement.target
    name = quote(statement.target_alias or (ref.name if ref else table.name))
    parts = ", ".join(f"({a.expression})" for a in assignments)
    # As a struct, `excluded` leaves the bare names to the target, as PostgreSQL has it.
    text = (
        f'SELECT "row number", {parts} FROM (SELECT t.*, e AS excluded FROM {there} AS t '
        f'JOIN {came} AS e ON t."row number" = e."row number") AS {name}'
    )
    found = {}
    zone = engine.zone()
    by_number = {row.number: row for row in rows}
    for number, *values in planning.prepared.staging.run(text):
        row = checked(number, columns, values, insert=False, table=table, zone=zone)
        by_number[number].problem = by_number[number].problem or row.problem
        found[number] = row.values
    return found


def _completed(
    planning: Inserting, rows: Sequence[Row], names: Sequence[str]
) -> dict[int, Mapping[str, Any]]:
    """Return the rows that exist with all of these columns."""
    found = planning.existing(rows, names)
    return {row.number: found[row.mark] for row in rows if row.mark in found}


def _staged(
    planning: Inserting,
    name: str,
    columns: Sequence[Column],
    rows: Mapping[int, Mapping[str, Any]],
) -> str:
    """Put rows into a table of DuckDB and return its quoted name."""
    names = ["row number", *(column.name for column in columns)]
    held: list[tuple[str, list[Any]]] = [("BIGINT", list(rows))]
    held += [(str(c.type), [row.get(c.name) for row in rows.values()]) for c in columns]
    return stage_columns(planning.session.engine, name, names, held)
