"""The life of a DML statement on a remote table: rows, plan, guards, journal, calls, report."""

from __future__ import annotations

import dataclasses
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from sqlcrm.errors import Cancelled, GuardRefused, OutcomeUnknown, ProgrammingError, SqlError
from sqlcrm.planner.dml import RowQuery, check_verb, row_query, target_columns
from sqlcrm.planner.plan import Relation, Scan
from sqlcrm.sdk import Column, Table
from sqlcrm.session.prepared import Prepared
from sqlcrm.session.progress import Progress
from sqlcrm.session.relations import complete, remote
from sqlcrm.session.result import Result
from sqlcrm.session.state import Session
from sqlcrm.session.telling import first_rows, unclear, unmatched
from sqlcrm.writing import decide, guards
from sqlcrm.writing.apply import Run, apply
from sqlcrm.writing.memory import earlier_runs
from sqlcrm.writing.plan import WritePlan
from sqlcrm.writing.report import Report, Unmatched
from sqlcrm.writing.rows import Row, checked, settle_repeats
from sqlcrm.writing.verify import look_up


def write(session: Session, prepared: Prepared) -> Result:
    """Plan, guard, journal and apply one statement; return its report.

    Raises: GuardRefused before the first call; what stopped it, after the journal knows.
    """
    return _Writing(session, prepared).run()


class _Writing:
    """One statement on its way from rows to report."""

    def __init__(self, session: Session, prepared: Prepared) -> None:
        self.session = session
        self.prepared = prepared
        self.statement = prepared.statement
        self.started = time.monotonic()
        self.seen_calls = len(session.connections.calls)
        self.relation = self._target()
        self.unmatched: list[Unmatched] = []
        self.notices: list[str] = []
        self._names: list[str] = []  # of the columns of the rows read last

    def _target(self) -> Relation:
        """Return the relation that is written, with custom columns if a name asks for them."""
        ref = self.statement.target
        assert ref is not None  # noqa: S101 - run() sends only such statements here
        relation = remote(ref, self.session.connections, self.statement.text)
        check_verb(self.statement, relation)
        try:
            target_columns(self.statement, relation)
        except SqlError:
            if relation.complete:
                raise
            relation = complete(relation, self.session.connections)
            target_columns(self.statement, relation)
        if self.statement.verb == "delete":  # the before-image holds every column
            relation = complete(relation, self.session.connections)
        self.prepared.relations[ref.mark] = relation
        return relation

    def run(self) -> Result:
        opened = self.session.connections.get(self.relation.connection)
        if opened.config.read_only:
            raise GuardRefused(f"@{self.relation.connection} is read_only: nothing was written")
        account = self._account()
        with self.session.holding(account, self.relation.table.name):
            plan = self._plan(opened.config.allow_resubscribe)
            refusal = self._refusal(plan, read_only=opened.config.read_only)
            run, number = self._journal(plan, account)
            place = Run(self.session.journal, run, number, self.session.new_calls)
            if refusal is not None:
                place.skip(f"refused by a guard: {refusal}")
                self._end("skipped", run, number, str(refusal))
                raise refusal
            try:
                self._apply(plan, place)
            finally:
                touched = self.relation.table.touches
                tables = None if touched is None else {self.relation.table.name, *touched}
                self.session.cache.forget(opened.account_key, tables)
        self._end("done", run, number)
        return Result(report=self._report(plan, run, number))

    def _apply(self, plan: WritePlan, place: Run) -> None:
        """Send the plan, and look up what is unclear then.

        Raises: what stopped it; its exit code says if rows are of unknown outcome.
        """
        client = self.session.connections.get(self.relation.connection).client
        self.prepared.staging.forget()
        applied = apply(plan, client, place, self._progress)
        stop = applied.stop
        if applied.unknown and not isinstance(stop, Cancelled):
            look_up(plan, applied.unknown, self._existing, place)
        if stop is None:
            return
        counts = self.session.journal.counts(place.run, place.statement)
        if counts.get("unknown") and not isinstance(stop, Cancelled):
            stop.exit_code = OutcomeUnknown.exit_code
        self._end("failed", place.run, place.statement, str(stop))
        stop.args = (f"{stop}\n{self._so_far(counts, place.run)}",)
        raise stop

    def _so_far(self, counts: Mapping[str, int], run: int) -> str:
        """Say what was done when a statement stopped, and what to do about the rest."""
        told = ", ".join(f"{number:,} {state}" for state, number in sorted(counts.items()))
        target = f"{self.relation.name}@{self.relation.connection}"
        return (
            f"{self.statement.verb.upper()} {target} stopped at: {told} (run {run}). Run it again: "
            "what is done is found and not done twice."
        )

    def _plan(self, allow: bool | None) -> WritePlan:
        verb = self.statement.verb
        if verb == "insert":
            return self._insert_plan()
        before = _before_columns(self.relation.table, self.statement.verb, self._sets())
        query = row_query(self.statement, self.relation, before)
        rows = self._rows(query.text)
        zone = self.session.engine.zone()
        table = self.relation.table
        found = [_changed(i, row, query, table, zone) for i, row in enumerate(rows, 1)]
        settle_repeats(found, self._columns(self.relation.table.key), self.relation.table)
        if verb == "delete":
            return decide.delete_plan(self.relation, found)
        if self.statement.opt_in == "":
            for row in found:
                row.opt_in = True
        total = self._whole_table()
        return decide.update_plan(self.relation, found, query.sets, allow, total)

    def _whole_table(self) -> int | None:
        """Return how many rows the target has, where all of them were read."""
        staged = self.prepared.staging.done.get(self.relation.mark)
        if staged is None or staged.access.keys or staged.access.query or staged.scan.params:
            return None
        return staged.rows if not staged.access.read.by else None

    def _sets(self) -> list[str]:
        if self.statement.verb != "update":
            return []
        return [column.name for column in target_columns(self.statement, self.relation)]

    def _insert_plan(self) -> WritePlan:
        table = self.relation.table
        rows, names = self._source()
        columns = self._named_columns(names)
        zone = self.session.engine.zone()
        found = [
            checked(i, columns, row, insert=True, table=table, zone=zone)
            for i, row in enumerate(rows, 1)
        ]
        given = [column.name for column in columns]
        write = decide.carrier(table, "insert")
        if write.append or not table.natural_key:
            earlier = {}
            if not self.statement.repeat:
                earlier = earlier_runs(self.session.journal, self._account(), table, found)
            return decide.insert_plan(self.relation, found, given, {}, earlier)
        settle_repeats(found, self._columns(table.natural_key), table)
        wanted = [row for row in found if not row.problem and row.same_as is None]
        existing = self._existing([row.values for row in wanted], given)
        return decide.insert_plan(self.relation, found, given, existing)

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

    def _source(self) -> tuple[list[tuple[Any, ...]], list[str]]:
        rows = self._rows(self.statement.query)
        return rows, self._names

    def _rows(self, marked: str) -> list[tuple[Any, ...]]:
        """Run the source query; note which of its keys met nothing."""
        plan = self.prepared.plan(marked)
        self.notices += plan.notices
        self.prepared.stage(plan)
        self.unmatched += unmatched(self.prepared, plan)
        self.notices += unclear(self.prepared, plan)
        engine = self.session.engine
        with engine.careful(marked):
            rows = self.prepared.staging.run(marked)
            self._names = [str(item[0]) for item in engine.connection.description or ()]
        return rows

    def _existing(
        self, values: Sequence[Mapping[str, Any]], given: Sequence[str] = ()
    ) -> dict[tuple[Any, ...], dict[str, Any]]:
        """Return the target's rows that have one of these natural keys, by that key."""
        table = self.relation.table
        if not values:
            return {}
        names = {*table.natural_key, *table.key, *given}
        if table.consent is not None:
            names.add(table.consent.column)
        columns = tuple(c.name for c in table.columns if c.name in names)
        keys = {
            name: sorted({row[name] for row in values if row.get(name) is not None}, key=str)
            for name in table.natural_key
        }
        staging = self.prepared.staging
        staged = staging.read(Scan(self.relation, columns), keys)
        rows = self.session.engine.query(f"SELECT * FROM {staged.table}")
        natural = self._columns(table.natural_key)
        found = [dict(zip(columns, row, strict=True)) for row in rows]
        return {decide.mark(natural, one): one for one in found}

    def _columns(self, names: Sequence[str]) -> list[Column]:
        return [c for name in names if (c := self.relation.table.column(name)) is not None]

    def _refusal(self, plan: WritePlan, *, read_only: bool) -> GuardRefused | None:
        try:
            guards.check(plan, self.session.limits, read_only=read_only)
        except GuardRefused as refusal:
            return refusal
        return None

    def _account(self) -> int:
        opened = self.session.connections.get(self.relation.connection)
        client, name = opened.client, opened.connector.name
        number = self.session.journal.account(name, client.origin, opened.identity.account)
        self.session.accounts[self.relation.connection] = number
        return number

    def _journal(self, plan: WritePlan, account: int) -> tuple[int, int]:
        """Freeze the plan, durably, before anything of it is sent."""
        session, table = self.session, self.relation.table
        session.wrote = True
        run, number = session.journaled(), session.statement
        session.journal.begin_statement(
            run,
            number,
            self.statement.text,
            plan.verb,
            account=account,
            alias=self.relation.connection,
            connector=session.connections.get(self.relation.connection).connector.name,
            table=table.name,
        )
        session.journal.freeze(run, number, account, plan.operations, len(plan.operations))
        session.journal.note_unmatched(
            run,
            number,
            [
                (u.source, u.table, u.column, value, n)
                for u in self.unmatched
                for value, n in u.values
            ],
        )
        return run, number

    def _progress(self, done: int, every: int) -> None:
        table = f"{self.relation.table.name}@{self.relation.connection}"
        self.session.progress(Progress(table, done, done, every, writing=True))

    def _end(self, state: str, run: int, number: int, error: str = "") -> None:
        journal = self.session.journal
        journal.log_requests(run, number, self.session.new_calls())
        calls = len(self.session.connections.calls) - self.seen_calls
        journal.end_statement(run, number, state, calls=calls, error=error)

    def _report(self, plan: WritePlan, run: int, number: int) -> Report:
        calls = self.session.connections.calls[self.seen_calls :]
        relation = self.relation
        counts = self.session.journal.counts(run, number)
        states = [state for state in ("rejected", "unknown") if counts.get(state)]
        bad = first_rows(self.session.journal, run, number, states) if states else {}
        return Report(
            verb=plan.verb,
            target=f"{relation.name}@{relation.connection}",
            run=run,
            statement=number,
            counts=counts,
            calls=dict(Counter(call.method for call in calls)),
            seconds=time.monotonic() - self.started,
            rejected=bad.get("rejected", ()),
            unknown=bad.get("unknown", ()),
            unmatched=tuple(self.unmatched),
            notices=(*self.notices, *plan.notices),
        )


def _before_columns(table: Table, verb: str, sets: Sequence[str]) -> tuple[str, ...]:
    """Return the columns to read before a change: all for a DELETE, what matters for an UPDATE."""
    if verb == "delete":
        return tuple(column.name for column in table.columns)
    names = {*table.key, *table.natural_key, *sets}
    if table.consent is not None:
        names.add(table.consent.column)
    for one in table.writes:
        names |= set(one.whole)
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
