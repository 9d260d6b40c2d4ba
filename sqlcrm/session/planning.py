"""From a DML statement to its plan: rows, what exists, what each becomes, what carries it."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections import Counter
from collections.abc import Sequence
from typing import Any

from sqlcrm.errors import GuardRefused, ProgrammingError, SqlError
from sqlcrm.planner.dml import RowQuery, check_verb, row_query, target_columns
from sqlcrm.planner.plan import ReadPlan, Relation
from sqlcrm.sdk import Column, Table
from sqlcrm.session.conflicts import conflicting
from sqlcrm.session.lookups import Lookups
from sqlcrm.session.optouts import OptOuts
from sqlcrm.session.prepared import Prepared
from sqlcrm.session.relations import complete, remote
from sqlcrm.session.returning import names_more, shown_columns
from sqlcrm.session.state import Session
from sqlcrm.session.telling import unclear, unmatched
from sqlcrm.state.values import Operation
from sqlcrm.writing.carriers import side_effects, unsubscribes
from sqlcrm.writing.decide import (
    Policy,
    as_sent,
    carrier,
    columns_of,
    deleted,
    inserted,
    updated,
)
from sqlcrm.writing.memory import earlier_runs, kept_forms
from sqlcrm.writing.plan import WritePlan
from sqlcrm.writing.report import Unmatched
from sqlcrm.writing.rows import Row, checked, settle_repeats


class Planning:
    """Plans one statement whose target is remote. Reads, and writes nothing."""

    def __init__(self, session: Session, prepared: Prepared) -> None:
        self.session = session
        self._since = len(session.connections.calls)
        self.prepared = prepared
        self.statement = prepared.statement
        self.relation = self._target()
        self.opened = session.connections.get(self.relation.connection)
        if self.opened.config.read_only:
            raise GuardRefused(f"@{self.relation.connection} is read_only: nothing was written")
        self.account = session.account(self.relation.connection)
        self.lookups = Lookups(session, prepared.staging, self.relation)
        self.optouts = OptOuts(session, self.lookups, self.relation)
        self.unmatched: list[Unmatched] = []
        self.notices: list[str] = []
        self.names: list[str] = []  # of the columns of the rows read last

    def _target(self) -> Relation:
        """Return the relation that is written, with custom columns if a name asks for them."""
        ref = self.statement.target
        assert ref is not None  # noqa: S101 - run() sends only such statements here
        session = self.session
        relation = remote(ref, session.connections, self.statement.text)
        check_verb(self.statement, relation)
        try:
            target_columns(self.statement, relation)
        except SqlError:
            if relation.complete:
                raise
            relation = complete(relation, session.connections)
            target_columns(self.statement, relation)
        whole = self.statement.verb in {"delete", "merge", "synchronize"}  # of these, all columns
        if whole or names_more(self.statement, relation.table):
            relation = complete(relation, session.connections)
        self.prepared.relations[ref.mark] = relation
        return relation

    @property
    def table(self) -> Table:
        """The table that is written."""
        return self.relation.table

    @property
    def policy(self) -> Policy:
        """What decisions rest on beside the rows."""
        kept = kept_forms(self.session.journal, self.account, self.table)
        return Policy(self.table, self.opened.config.allow_resubscribe, kept)

    def plan(self) -> WritePlan:
        """Return the plan of an INSERT, UPDATE or DELETE, with what carries it."""
        made = getattr(self, f"_{self.statement.verb}")
        return self.finished(made())

    def finished(self, plan: WritePlan) -> WritePlan:
        """Return a plan with its batches and all that is to be said of it."""
        self.session.pending.refuse_rows(plan)
        plan = self.lookups.carried(plan)
        notices = (*self.notices, *plan.notices, *_kept(plan))
        made = len(self.session.connections.calls) - self._since
        return dataclasses.replace(
            plan,
            notices=notices,
            unmatched=tuple(self.unmatched),
            forecast=dataclasses.replace(plan.forecast, made=made),
        )

    def of(self, operations: Sequence[Operation], **more: Any) -> WritePlan:
        """Return these operations as a plan of this statement."""
        return WritePlan(
            self.statement.verb,
            self.relation,
            self.statement.text,
            tuple(operations),
            zone=self.opened.connector.zone,
            **more,
        )

    def _update(self) -> WritePlan:
        sets = [column.name for column in target_columns(self.statement, self.relation)]
        sets += shown_columns(self.statement, self.table)
        query = row_query(self.statement, self.relation, before_columns(self.table, sets))
        rows = self._changes(query)
        policy = self.policy
        found = [
            updated(policy, row, {name: row.values.get(name) for name in query.sets})
            for row in rows
        ]
        return self.of(found, total=self.whole_table())

    def _delete(self) -> WritePlan:
        names = tuple(column.name for column in self.table.columns)
        query = row_query(self.statement, self.relation, names)
        rows = self._changes(query)
        policy = self.policy
        return self.of([deleted(policy, row) for row in rows], total=self.whole_table())

    def _changes(self, query: RowQuery) -> list[Row]:
        """Return the rows of an UPDATE or DELETE, each once."""
        zone = self.session.engine.zone()
        found = [
            _changed(i, row, query, self.table, zone)
            for i, row in enumerate(self.rows(query.text), 1)
        ]
        settle_repeats(found, columns_of(self.table, self.table.key), self.table)
        if self.statement.opt_in == "":
            for row in found:
                row.opt_in = True
        self.optouts.recall_for(found, {})
        return found

    def whole_table(self) -> int | None:
        """Return how many rows the target has, where all of them were read."""
        staged = self.prepared.staging.done.get(self.relation.mark)
        if staged is None or staged.access.keys or staged.access.query or staged.scan.params:
            return None
        return staged.rows if not staged.access.read.by else None

    def _insert(self) -> WritePlan:
        table = self.table
        values = self.rows(self._source_text())
        columns = self._named_columns(self._source_names())
        zone = self.session.engine.zone()
        found = []
        for i, row in enumerate(values, 1):
            one = checked(i, columns, row[: len(columns)], insert=True, table=table, zone=zone)
            one.opt_in = self.statement.opt_in == "" or (len(row) > len(columns) and bool(row[-1]))
            found.append(one)
        given = [column.name for column in columns]
        return self.of(self.decided(found, given))

    def _source_text(self) -> str:
        """Return the query for the source rows, the condition of an opt-in behind them."""
        if not self.statement.opt_in:
            return self.statement.query
        return (
            f'SELECT *, ({self.statement.opt_in}) AS "with opt in" '
            f"FROM ({self.statement.query}) AS source"
        )

    def _source_names(self) -> list[str]:
        return self.names[:-1] if self.statement.opt_in else self.names

    def decided(
        self, rows: Sequence[Row], given: Sequence[str], *, absent: bool = False
    ) -> list[Operation]:
        """Decide about rows to insert, which may exist unless they were just found `absent`."""
        table, policy = self.table, self.policy
        write = carrier(table, "insert")
        conflict = self.statement.conflict
        if write.append or not table.natural_key:
            if conflict is not None:
                raise ProgrammingError(f"{table.name} has no key on which rows could conflict")
            self.optouts.recall([row for row in rows if not row.problem])
            earlier = {}
            if not self.statement.repeat:
                sent = [as_sent(policy, row) for row in rows]
                earlier = earlier_runs(self.session.journal, self.account, table, sent)
            return [inserted(policy, r, given, None, earlier.get(r.number)) for r in rows]
        settle_repeats(rows, policy.natural, table)
        wanted = [row for row in rows if not row.problem and row.same_as is None]
        existing = {} if absent else self.existing(wanted, given)
        self.optouts.recall_for(wanted, existing)
        changes = conflicting(self, wanted, given, existing)
        ignore = conflict is not None and not conflict.update
        found = []
        for row in rows:
            before = None if row.problem else existing.get(row.mark)
            if row.number in changes and before is not None:
                row.before = row.before or before
                found.append(updated(policy, row, changes[row.number], exact=False))
            else:
                found.append(inserted(policy, row, given, before, ignore=ignore))
        self._say_status(given, found)
        return found

    def existing(
        self, rows: Sequence[Row], names: Sequence[str]
    ) -> dict[tuple[Any, ...], dict[str, Any]]:
        """Return the target's rows that have the natural key of one of these, by that key."""
        whole = [name for write in self.table.writes for name in write.along]
        whole += shown_columns(self.statement, self.table)
        values = [row.values for row in rows]
        self._settle()
        return self.lookups.find(self.policy.natural, values, [*names, *whole])

    def _settle(self) -> None:
        """Wait until rows that were sent lately can be found."""
        settles = max((write.settles for write in self.table.writes), default=0.0)
        if not settles:
            return
        mine = {self.table.name, *(self.table.touches or ())}
        tables = [
            table.name
            for table in self.opened.connector.tables
            if table.writes and mine & {table.name, *(table.touches or ())}
        ]
        last = self.session.journal.last_sent(self.account, tables)
        if last is not None:
            age = (dt.datetime.now(dt.UTC) - dt.datetime.fromisoformat(last)).total_seconds()
            self.session.pause(max(0.0, min(settles, settles - age)))

    def _say_status(self, given: Sequence[str], operations: Sequence[Operation]) -> None:
        """Say what new rows without a subscription status are recorded as."""
        consent = self.table.consent
        number = sum(one.state == "planned" and one.before is None for one in operations)
        if consent is not None and consent.column not in given and number:
            self.notices.append(
                f"{number:,} new rows of {self.table.name} give no {consent.column}: they are "
                f"recorded with {consent.column} {consent.safe}, which subscribes nobody; only "
                "WITH OPT IN changes that later"
            )

    def _named_columns(self, names: Sequence[str]) -> list[Column]:
        """Pair the source's columns with the target's: by position, or BY NAME."""
        if self.statement.by_name:
            statement = dataclasses.replace(self.statement, columns=tuple(names))
            return target_columns(statement, self.relation)
        columns = target_columns(self.statement, self.relation)
        if len(columns) != len(names):
            raise ProgrammingError(
                f"INSERT names {len(columns)} columns, and its source has {len(names)}"
            )
        return columns

    def rows(self, marked: str, *, joins: bool = True) -> list[tuple[Any, ...]]:
        """Run a marked query; where its `joins` are a user's, note which keys met nothing."""
        plan = self._with_needs(self.prepared.plan(marked))
        self.notices += plan.notices
        self.prepared.stage(plan)
        if joins:
            self.unmatched += unmatched(self.prepared, plan)
            self.notices += unclear(self.prepared, plan)
        self.optouts.note_reads(self.prepared)
        engine = self.session.engine
        with engine.careful(marked):
            rows = self.prepared.staging.run(marked)
            self.names = [str(item[0]) for item in engine.connection.description or ()]
        return rows

    def _with_needs(self, plan: ReadPlan) -> ReadPlan:
        """Let scans bring what a bulk write will need of their tables: it costs no call there."""
        needs = [n for w in self.table.writes for n in w.needs if self.session.settings.bulk]
        found = []
        for scan in plan.scans:
            table = scan.relation.table
            more = {n.value for n in needs if n.table == table.name} if not scan.counted else set()
            if more and scan.relation.connection == self.relation.connection:
                more |= {table.key[0], *scan.columns}
                columns = tuple(c.name for c in table.columns if c.name in more)
                scan = dataclasses.replace(scan, columns=columns)
            found.append(scan)
        return dataclasses.replace(plan, scans=tuple(found))


def _kept(plan: WritePlan) -> list[str]:
    """Say of how many rows the subscription is not raised, though the rest of them is written."""
    reasons = Counter(one.reason for one in plan.planned if one.reason)
    found = [f"{_rows(number)}: {reason}" for reason, number in reasons.items()]
    lost = sum(unsubscribes(plan.relation.table, one) for one in plan.planned)
    if lost:
        found.append(f"{_rows(lost)} unsubscribed: undo cannot subscribe anybody again")
    return [*found, *side_effects(plan.relation.table, plan.planned)]


def _rows(number: int) -> str:
    return f"{number:,} row{'' if number == 1 else 's'}"


def before_columns(table: Table, sets: Sequence[str]) -> tuple[str, ...]:
    """Return the columns to read before a change: the keys, and what matters for these."""
    names = {*table.key, *table.natural_key, *sets}
    if table.consent is not None:
        names |= {table.consent.column, str(table.consent.person)}
    for one in table.writes:
        names |= set(one.along)
    return tuple(column.name for column in table.columns if column.name in names)


def _changed(number: int, values: Sequence[Any], query: RowQuery, table: Table, zone: str) -> Row:
    """Return a row of an UPDATE or DELETE: its before-image and its checked new values."""
    width = len(query.before)
    before = dict(zip(query.before, values[:width], strict=True))
    columns = [c for name in query.sets if (c := table.column(name)) is not None]
    new = values[width : width + len(columns)]
    row = checked(number, columns, new, insert=False, table=table, zone=zone)
    row.before = before
    row.opt_in = bool(query.opt_in and values[-1])
    return row
