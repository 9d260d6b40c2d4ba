"""MERGE INTO a remote table: one query pairs the rows and says which WHEN each falls under."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from sqlcrm.dialect import Case, Merge, Ref
from sqlcrm.errors import NotSupportedError, ProgrammingError
from sqlcrm.execution.engine import quote
from sqlcrm.planner.dml import writable
from sqlcrm.planner.sources import parse
from sqlcrm.sdk import Column
from sqlcrm.session.returning import shown_columns
from sqlcrm.session.sides import query_columns
from sqlcrm.state.values import Operation
from sqlcrm.writing.decide import columns_of, deleted, inserted, updated
from sqlcrm.writing.plan import WritePlan
from sqlcrm.writing.rows import Row, checked, settle_repeats

if TYPE_CHECKING:
    from sqlcrm.session.planning import Planning


def merge(planning: Planning) -> WritePlan:
    """Plan a MERGE.

    A row of the target that two rows of the source would change in different ways is rejected.
    Raises: ProgrammingError, NotSupportedError that say what to write instead.
    """
    return _Merging(planning).plan()


@dataclass(frozen=True, slots=True)
class _Action:
    """One WHEN: the columns that it writes, and the expressions of their values.

    first: where its values begin in a row of the query.
    """

    case: Case
    columns: tuple[Column, ...] = ()
    values: tuple[str, ...] = ()
    first: int = 0


@dataclass(slots=True)
class _Found:
    """The rows of the query, by what becomes of them; `idle` holds why nothing does."""

    changes: list[tuple[_Action, Row]] = field(default_factory=list)
    new: list[Row] = field(default_factory=list)
    idle: list[tuple[Row, str]] = field(default_factory=list)
    sources: int = 0


class _Merging:
    """One MERGE on its way to a plan."""

    def __init__(self, planning: Planning) -> None:
        statement = planning.statement
        assert statement.merge is not None  # noqa: S101 - its verb says so
        assert statement.target is not None  # noqa: S101 - the session calls this for remote ones
        self._planning = planning
        self._merge: Merge = statement.merge
        self._ref: Ref = statement.target
        self._table = planning.table
        self._target = quote(statement.target_alias or self._ref.name)
        self._source, self._source_name = self._named_source()
        self._check_scope()
        self._before = self._before_columns()
        self._actions = tuple(self._acting())

    def plan(self) -> WritePlan:
        """Return the plan of all rows."""
        planning = self._planning
        found = self._read()
        operations = {one.number: one for one in self._changed(found)}
        operations |= {one.number: one for one in self._created(found.new)}
        for row, why in found.idle:
            one = inserted(planning.policy, row, (), row.before, ignore=True)
            operations[row.number] = replace(one, verb="none", state="unchanged", reason=why)
        deletes = any(case.by_source and case.action == "delete" for case in self._merge.cases)
        return planning.of(
            [operations[number] for number in sorted(operations)],
            total=planning.whole_table(),
            source_rows=found.sources if deletes else None,
        )

    def _named_source(self) -> tuple[str, str]:
        """Return the source and the name that its columns are asked for by, "" for a join."""
        source, name = self._merge.source.strip(), self._merge.source_alias
        if name:
            return source, quote(name)
        tree = parse(f"SELECT * FROM {source}")
        if tree is None or tree.args.get("joins"):
            return source, ""
        return f'{source} AS "source"', '"source"'

    def _check_scope(self) -> None:
        """Refuse to empty a link table by mistake."""
        table = self._planning.relation
        for case in self._merge.cases:
            everything = case.by_source and case.action == "delete" and not case.condition
            if everything and self._table.link and not self._ref.arguments:
                key = self._table.natural_key[-1]
                raise ProgrammingError(
                    f"WHEN NOT MATCHED BY SOURCE THEN DELETE would take away every row of "
                    f"{table.name}@{table.connection} that the source lacks, whosever it is: say "
                    f"which rows are meant, as WHEN NOT MATCHED BY SOURCE AND {key} = … THEN DELETE"
                )

    def _before_columns(self) -> tuple[str, ...]:
        """Return which of the target's columns are read: all where some row may be deleted."""
        from sqlcrm.session.planning import before_columns

        cases = self._merge.cases
        if any(case.action == "delete" for case in cases):
            return tuple(column.name for column in self._table.columns)
        sets = shown_columns(self._planning.statement, self._table)
        sets += [one.column for case in cases for one in case.assignments]
        if any(case.action == "update" and not case.assignments for case in cases):
            sets += self._source_columns()
        known = [column.name for name in sets if (column := self._table.column(name)) is not None]
        return before_columns(self._table, known)

    def _acting(self) -> Iterator[_Action]:
        """Yield what each WHEN writes."""
        first = len(self._before) + 3
        for case in self._merge.cases:
            if case.action not in {"update", "insert"}:
                yield _Action(case)
                continue
            names, values = self._written(case)
            planning = self._planning
            columns = writable(planning.statement, planning.relation, names, case.action)
            yield _Action(case, tuple(columns), tuple(values), first)
            first += len(values)

    def _written(self, case: Case) -> tuple[Sequence[str], Sequence[str]]:
        """Return the names and values of an UPDATE or INSERT; all of the source's without any."""
        if case.assignments:
            return [a.column for a in case.assignments], [a.expression for a in case.assignments]
        if case.columns:
            return case.columns, case.values
        names = self._source_columns()
        return names, [f"{self._source_name}.{quote(name)}" for name in names]

    def _source_columns(self) -> list[str]:
        """Return the names of the source's columns."""
        if not self._source_name:
            raise NotSupportedError(
                "an UPDATE or INSERT without columns needs a source with a name: "
                "USING (SELECT … FROM …) AS s"
            )
        planning = self._planning
        query = f"{planning.statement.query} SELECT {self._source_name}.* FROM {self._source}"
        return query_columns(planning.session, planning.prepared, query)

    def _on(self) -> str:
        """Return the condition that pairs the rows."""
        if not self._merge.key:
            return self._merge.on
        if not self._source_name:
            raise NotSupportedError("USING (columns) needs a source with a name; write ON …")
        pairs = [(self._target, self._source_name, quote(name)) for name in self._merge.key]
        return " AND ".join(f"{target}.{name} = {source}.{name}" for target, source, name in pairs)

    def _read(self) -> _Found:
        """Run the query and sort its rows by what becomes of them."""
        planning = self._planning
        inserts = any(case.action == "insert" for case in self._merge.cases)
        rows = planning.rows(self._text(), joins=not inserts)
        rows.sort(
            key=lambda row: bool(row[len(self._before) + 1])
        )  # those of the target alone last
        found = _Found()
        for number, values in enumerate(rows, 1):
            self._sort(found, number, values)
        return found

    def _text(self) -> str:
        """Return the query: before-image, is it there, is it there alone, which WHEN, the values.

        The target's rows without a source are a part of their own, so that the other part can ask
        for the target by the keys of the source.
        """
        statement = self._planning.statement
        target = f"{self._ref.quoted} AS {self._target}"
        here = (
            f"{self._target}.{quote((*self._table.key, *self._table.natural_key)[0])} IS NOT NULL"
        )
        alone = [case for case in self._merge.cases if case.by_source and case.action != "nothing"]
        text = (
            f"{statement.query} SELECT {self._parts(here, alone=False)} FROM {self._source} "
            f"LEFT JOIN {target} ON {self._on()}"
        )
        if alone:
            text += (
                f" UNION ALL SELECT {self._parts(here, alone=True)} FROM {target} WHERE NOT EXISTS "
                f"(SELECT 1 FROM {self._source} WHERE {self._on()})"
            )
        return text.strip()

    def _parts(self, here: str, *, alone: bool) -> str:
        """Return the select list for the source's rows, or for those of the target `alone`."""
        conditions = [self._condition(one.case, here, alone=alone) for one in self._actions]
        whens = " ".join(
            f"WHEN {condition} THEN {i}" for i, condition in enumerate(conditions) if condition
        )
        parts = [f"{self._target}.{quote(name)}" for name in self._before]
        parts += [here, str(alone).lower(), f"CASE {whens} END" if whens else "NULL"]
        for one, condition in zip(self._actions, conditions, strict=True):
            parts += [
                f"CASE WHEN {condition} THEN ({value}) END" if condition else "NULL"
                for value in one.values
            ]
        if self._planning.statement.opt_in:
            parts.append("false" if alone else f"({self._planning.statement.opt_in})")
        return ", ".join(parts)

    def _condition(self, case: Case, here: str, *, alone: bool) -> str:
        """Return when a WHEN applies to a row of the query's part, "" for never."""
        if case.by_source != alone:
            return ""
        there = f"({here})" if case.matched or case.by_source else f"NOT ({here})"
        return f"({there} AND ({case.condition}))" if case.condition else there

    def _sort(self, found: _Found, number: int, values: Sequence[Any]) -> None:
        """Put one row of the query where it belongs."""
        width = len(self._before)
        here, alone, case = values[width : width + 3]
        found.sources += not alone
        action = self._actions[case] if case is not None else None
        if action is None and alone:
            return
        row = self._row(number, action, values)
        if here:
            row.before = dict(zip(self._before, values[:width], strict=True))
        if action is None:
            found.idle.append((row, "no WHEN applies to it"))
        elif action.case.action == "nothing":
            found.idle.append((row, "DO NOTHING"))
        elif action.case.action == "insert":
            found.new.append(row)
        else:
            found.changes.append((action, row))

    def _row(self, number: int, action: _Action | None, values: Sequence[Any]) -> Row:
        """Return the checked values of the WHEN that applies."""
        statement = self._planning.statement
        columns = action.columns if action is not None else ()
        first = action.first if action is not None else 0
        row = checked(
            number,
            columns,
            values[first : first + len(columns)],
            insert=action is not None and action.case.action == "insert",
            table=self._table,
            zone=self._planning.session.engine.zone(),
        )
        row.opt_in = statement.opt_in == "" or bool(statement.opt_in and values[-1])
        return row

    def _changed(self, found: _Found) -> Iterator[Operation]:
        """Decide about the rows to change or delete, each row of the target once."""
        rows = [row for _, row in found.changes]
        settle_repeats(rows, columns_of(self._table, self._table.key), self._table)
        _refuse_both(found.changes)
        self._planning.optouts.recall_for(rows, {})
        policy = self._planning.policy
        for action, row in found.changes:
            if action.case.action == "update":
                yield updated(policy, row, dict(row.values))
            elif row.problem:
                yield replace(deleted(policy, row), state="rejected", reason=row.problem)
            else:
                yield deleted(policy, row)

    def _created(self, rows: Sequence[Row]) -> list[Operation]:
        """Decide about the rows to insert, which may exist unpaired."""
        if not rows:
            return []
        names = [column.name for one in self._actions for column in one.columns
                 if one.case.action == "insert"]  # fmt: skip
        return self._planning.decided(rows, list(dict.fromkeys(names)))


def _refuse_both(changes: Sequence[tuple[_Action, Row]]) -> None:
    """Reject rows of the target that one row of the source would change and another delete."""
    groups: dict[tuple[Any, ...], list[tuple[_Action, Row]]] = {}
    for action, row in changes:
        if not row.problem:
            groups.setdefault(row.mark, []).append((action, row))
    for group in groups.values():
        if len({action.case.action for action, _ in group}) > 1:
            numbers = ", ".join(str(row.number) for _, row in group[:5])
            for _, row in group:
                row.problem = f"rows {numbers} have the same key and different values"
