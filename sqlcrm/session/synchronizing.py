"""SYNCHRONIZE into a remote table: two sets of rows, paired by key, become operations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from sqlcrm.dialect import Step, Synchronize
from sqlcrm.errors import ProgrammingError, did_you_mean
from sqlcrm.execution.columns import stage_columns
from sqlcrm.execution.engine import quote
from sqlcrm.planner.dml import writable
from sqlcrm.sdk import Column
from sqlcrm.session.sides import limited, repeated, source_columns, unpaired
from sqlcrm.state.values import Operation
from sqlcrm.writing.decide import deleted, inserted, mark, updated
from sqlcrm.writing.plan import WritePlan
from sqlcrm.writing.rows import Row, completed, emptied, fitted_row

if TYPE_CHECKING:
    from sqlcrm.session.planning import Planning

Mark = tuple[Any, ...]


def synchronize(planning: Planning) -> WritePlan:
    """Plan a SYNCHRONIZE.

    Raises: ProgrammingError where a key occurs twice on a side, or a column is not on both;
    GuardRefused past ERROR AFTER.
    """
    return _Synchronizing(planning).plan()


@dataclass(slots=True)
class _Sides:
    """Which column of the source goes into which of the target; of the steps, which are written."""

    columns: list[Column] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    written: dict[str, list[str]] = field(default_factory=dict)


UNFIT = "the source has rows with a key that cannot be one, so who is missing cannot be told"


class _Synchronizing:
    """One SYNCHRONIZE on its way to a plan."""

    def __init__(self, planning: Planning) -> None:
        assert planning.statement.sync is not None  # noqa: S101 - its verb says so
        self._planning = planning
        self._sync: Synchronize = planning.statement.sync
        self._table = planning.table
        self._key = [self._target_column(name) for name in self._sync.key]
        self._rows: list[Row] = []
        self._unfit = 0  # rows of the source whose key cannot be one
        self._keyless = self._sync.ignore_nulls in {"all", "identified by"}
        self._values = self._sync.ignore_nulls in {"all", "values"}

    def plan(self) -> WritePlan:
        """Return the plan of all steps."""
        self._check_scope()
        planning = self._planning
        sides = self._sides(source_columns(planning.session, planning.prepared, self._sync))
        self._rows = self._source(sides)
        self._refuse_repeats("source", [row.mark for row in self._rows if not row.problem])
        targets = self._targets(sides)
        operations = self._decided(sides, targets)
        for step in self._sync.steps:
            operations = limited(step, operations, self._planning.notices)
        deletes = self._sync.step("delete") is not None
        return self._planning.of(
            operations,
            errors=self._sync.errors,
            source_rows=self._usable if deletes else None,
            total=len(targets) if deletes and not self._scoped else None,
        )

    @property
    def _usable(self) -> int:
        """The source's rows that name somebody."""
        keyless = sum(self._is_keyless(row.mark) for row in self._rows)
        return len(self._rows) - self._unfit - keyless

    @property
    def _scoped(self) -> bool:
        ref = self._planning.statement.target
        return bool(self._sync.where or (ref is not None and ref.arguments))

    def _check_scope(self) -> None:
        table = self._planning.relation
        if self._table.link and self._sync.step("delete") is not None and not self._scoped:
            raise ProgrammingError(
                f"WITH DELETE would take away every row of {table.name}@{table.connection} that "
                f"the source lacks, whosever it is: say which rows are meant, as {table.name}"
                f"({self._table.natural_key[-1]} => …)@{table.connection}, or with WHERE"
            )

    def _target_column(self, name: str) -> Column:
        column = self._table.column(name)
        if column is None:
            known = [c.name for c in self._table.columns]
            where = f"{self._table.name}@{self._planning.relation.connection}"
            raise ProgrammingError(f"{where} has no column {name!r}. {did_you_mean(name, known)}")
        return column

    def _sides(self, names: Sequence[str]) -> _Sides:
        """Pair the columns, and find out which of them each step writes."""
        sides = _Sides()
        for name in names:
            column = self._table.column(name)
            if column is not None and column not in sides.columns:
                sides.columns.append(column)
                sides.names.append(name)
        for column in self._key:
            if column not in sides.columns:
                raise ProgrammingError(
                    f"the source {self._sync.source_name} has no column {column.name}, which "
                    f"IDENTIFIED BY names. {did_you_mean(column.name, names)}"
                )
        for step in self._sync.steps:
            sides.written[step.verb] = self._written(step, sides)
        used = {name for written in sides.written.values() for name in written}
        used |= {column.name for column in self._key}
        keep = [i for i, column in enumerate(sides.columns) if column.name in used]
        alone = [n for n in names if self._table.column(n) is None]
        self._planning.notices += unpaired(alone, self._table.name, self._sync)
        sides.columns = [sides.columns[i] for i in keep]
        sides.names = [sides.names[i] for i in keep]
        return sides

    def _written(self, step: Step, sides: _Sides) -> list[str]:
        """Return the columns that a step writes."""
        if step.verb == "delete":
            return []
        for name in (*step.columns, *step.excluded):
            if self._target_column(name) not in sides.columns:
                raise ProgrammingError(f"the source {self._sync.source_name} has no column {name}")
        planning = self._planning
        if step.columns:
            chosen = [c.name for c in writable(
                planning.statement, planning.relation, step.columns, step.verb)]  # fmt: skip
        else:
            write = self._table.carrier(step.verb)
            can = set(write.columns) if write is not None else set()
            chosen = [
                c.name for c in sides.columns if not c.readonly and (not can or c.name in can)
            ]
        without = {self._target_column(name).name for name in step.excluded}
        chosen = [name for name in chosen if name not in without]
        if step.verb == "update":
            keys = {column.name for column in self._key}
            return [name for name in chosen if name not in keys]
        for column in self._key:
            if column.readonly:
                raise ProgrammingError(
                    f"{column.name} is set by the CRM, so rows IDENTIFIED BY it cannot be inserted"
                )
        return list(dict.fromkeys([*(column.name for column in self._key), *chosen]))

    def _source(self, sides: _Sides) -> list[Row]:
        """Return the source's rows in the forms of the target's columns."""
        planning = self._planning
        opt_in = planning.statement.opt_in
        parts = [f"source.{quote(name)}" for name in sides.names]
        parts += [f"({opt_in})"] if opt_in else []
        text = f"SELECT {', '.join(parts)} FROM {self._sync.source} AS source"
        zone = planning.session.engine.zone()
        found = []
        for number, values in enumerate(planning.rows(text), 1):
            own = values[: len(sides.columns)]
            row = fitted_row(number, sides.columns, own, table=self._table, zone=zone)
            row.mark = mark(self._key, row.values)
            self._unfit += row.problem != "" and self._key_problem(row, zone)
            row.opt_in = opt_in == "" or bool(opt_in and values[-1])
            found.append(row)
        return found

    def _key_problem(self, row: Row, zone: str) -> bool:
        """Whether it is the key of a row that is unfit: it names nobody then."""
        values = [row.values.get(column.name) for column in self._key]
        found = fitted_row(row.number, self._key, values, table=self._table, zone=zone)
        return found.problem != ""

    def _is_keyless(self, one: Mark) -> bool:
        """Whether a row without any key is ignored, as IGNORE NULLS asks for."""
        return self._keyless and not any(part is not None for part in one)

    def _refuse_repeats(self, side: str, marks: Sequence[Mark]) -> None:
        """Raise where a key occurs twice: nobody could say which row is meant."""
        seen: set[Mark] = set()
        twice: dict[Mark, None] = {}
        for one in marks:
            if self._is_keyless(one):
                continue
            if one in seen:
                twice[one] = None
            seen.add(one)
        repeated([column.name for column in self._key], side, len(twice), list(twice))

    def _targets(self, sides: _Sides) -> dict[Mark, dict[str, Any]]:
        """Return the target's rows within the scope, by key; without DELETE only those wanted."""
        from sqlcrm.session.planning import before_columns

        planning = self._planning
        ref = planning.statement.target
        assert ref is not None  # noqa: S101 - a local target is synchronized elsewhere
        whole = self._sync.step("delete") is not None
        names = [c.name for c in self._table.columns]
        if not whole:
            wanted = [*sides.written.get("update", ()), *(c.name for c in self._key)]
            names = list(before_columns(self._table, wanted))
        alias = quote(planning.statement.target_alias or ref.name)
        conditions = [f"({self._sync.where})"] if self._sync.where else []
        if not whole:
            conditions += self._narrowed(alias)
        where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
        parts = ", ".join(f"{alias}.{quote(name)}" for name in names)
        text = f"SELECT {parts} FROM {ref.quoted} AS {alias}{where}"
        rows = [dict(zip(names, row, strict=True)) for row in planning.rows(text, joins=False)]
        wanted_marks = {row.mark for row in self._rows}
        marks = [mark(self._key, row) for row in rows]
        self._refuse_repeats("target", [m for m in marks if whole or m in wanted_marks])
        return {m: row for m, row in zip(marks, rows, strict=True) if whole or m in wanted_marks}

    def _narrowed(self, alias: str) -> list[str]:
        """Return conditions that leave the rows whose key the source has."""
        conditions = []
        rows = [row for row in self._rows if not row.problem and not self._is_keyless(row.mark)]
        for column in self._key:
            values = [row.values.get(column.name) for row in rows]
            if None in values:
                continue
            distinct = list(dict.fromkeys(values))
            held = stage_columns(
                self._planning.session.engine, "keys", ["k"], [(str(column.type), distinct)]
            )
            conditions.append(f"{alias}.{quote(column.name)} IN (SELECT k FROM {held})")
        return conditions

    def _decided(self, sides: _Sides, targets: Mapping[Mark, Mapping[str, Any]]) -> list[Operation]:
        """Decide about every row of both sides."""
        insert, update = self._sync.step("insert"), self._sync.step("update")
        policy = self._planning.policy
        idle = " ".join(self._target_column(name).name for name in self._sync.ignore_changes)
        found: dict[int, Operation] = {}
        new: list[Row] = []
        self._planning.optouts.recall_for(
            [row for row in self._rows if row.mark in targets], targets
        )
        for row in self._rows:
            before = targets.get(row.mark)
            if self._is_keyless(row.mark):
                found[row.number] = self._idle(row, "it has no key: IGNORE NULLS")
            elif row.problem:
                found[row.number] = inserted(policy, row, (), None)
            elif before is None and insert is not None:
                new.append(row)
            elif before is None:
                found[row.number] = self._idle(row, "not there; WITH does not name INSERT")
            elif update is None:
                found[row.number] = self._idle(row, "exists; WITH does not name UPDATE", before)
            else:
                wanted = self._wanted(row, sides.written["update"])
                row.before = dict(before)
                row.problem = emptied(
                    {n: v for n, v in wanted.items() if v is None and before.get(n) is not None},
                    self._table,
                )
                found[row.number] = updated(policy, row, wanted, exact=False, idle=idle)
        for one in self._created(new, sides):
            found[one.number] = one
        gone = self._gone(targets) if self._sync.step("delete") is not None else []
        return [*(found[row.number] for row in self._rows), *gone]

    def _wanted(self, row: Row, names: Sequence[str]) -> dict[str, Any]:
        return {
            name: row.values.get(name)
            for name in names
            if not (self._values and row.values.get(name) is None)
        }

    def _idle(self, row: Row, why: str, before: Mapping[str, Any] | None = None) -> Operation:
        """Return the outcome of a row with which nothing is to be done."""
        known = {**row.values, **(before or {})}
        return Operation(
            number=row.number,
            table=self._table.name,
            verb="none",
            key={n: known[n] for n in self._table.key if known.get(n) is not None},
            natural_key={n: known.get(n) for n in self._table.natural_key},
            values={},
            before=dict(before) if before is not None else None,
            state="unchanged",
            reason=why,
        )

    def _created(self, rows: Sequence[Row], sides: _Sides) -> list[Operation]:
        """Decide about rows that the target does not have, at least not within the scope."""
        if not rows:
            return []
        given = sides.written["insert"]
        for row in rows:
            row.values = {name: row.values.get(name) for name in given}
            row.problem = completed(row, self._table)
        natural = set(self._table.natural_key)
        known = not self._scoped and natural == {column.name for column in self._key}
        return self._planning.decided(rows, given, absent=known)

    def _gone(self, targets: Mapping[Mark, Mapping[str, Any]]) -> list[Operation]:
        """Decide about the target's rows that the source does not have."""
        wanted = {row.mark for row in self._rows}
        rows: list[Row] = []
        for one, before in targets.items():
            if one not in wanted and not self._is_keyless(one):
                rows.append(Row(len(self._rows) + len(rows) + 1, {}, before=dict(before)))
        found = [deleted(self._planning.policy, row) for row in rows]
        if not self._unfit or not found:
            return found
        # Any of them may be who an unusable key means.
        self._planning.notices.append(f"{len(found):,} rows were not deleted: {UNFIT}")
        return [replace(one, state="skipped", reason=UNFIT) for one in found]
