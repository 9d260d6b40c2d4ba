"""Resume: the journaled operations of a run that a crash or an interrupt ended are finished."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from sqlcrm.dialect import statements
from sqlcrm.errors import Error, GuardRefused, ProgrammingError
from sqlcrm.session.applying import Application
from sqlcrm.session.lookups import Lookups
from sqlcrm.session.plans import note_undone
from sqlcrm.session.prepared import staging
from sqlcrm.session.restored import check_account, relation_of, typed, with_carriers
from sqlcrm.session.state import Session
from sqlcrm.state.values import Operation, Pending, Settled, Stored, Unfinished
from sqlcrm.writing.carriers import known
from sqlcrm.writing.consent import raises
from sqlcrm.writing.decide import columns_of, mark
from sqlcrm.writing.plan import WritePlan
from sqlcrm.writing.report import Report
from sqlcrm.writing.verify import look_up


@dataclass(slots=True)
class Resumed:
    """What became of a run that was resumed.

    never: how many statements of its script never ran. error: what stopped it again.
    """

    run: int
    script: str
    reports: list[Report] = field(default_factory=list)
    never: int = 0
    error: Error | None = None

    @property
    def exit_code(self) -> int:
        """The most serious code of its statements."""
        if self.error is not None:
            return self.error.exit_code
        codes = [report.exit_code for report in self.reports]
        return next((code for code in (5, 4) if code in codes), 0)

    def lines(self) -> list[str]:
        """Return what a person wants to know of it."""
        name = f" ({self.script})" if self.script else ""
        found = [f"run {self.run}{name}: resumed"]
        found += [line for report in self.reports for line in report.lines()]
        if self.never:
            were = "statement never ran" if self.never == 1 else "statements never ran"
            found.append(f"  {self.never} further {were}: run the script again")
        return found


def due(session: Session, run: int | None = None) -> list[Unfinished]:
    """Return the runs that can be resumed."""
    if not session.journal.path.exists():
        return []
    return session.journal.unfinished(run)


def resume(
    session: Session, run: int | None = None, tell: Callable[[Resumed], None] | None = None
) -> list[Resumed]:
    """Finish the runs, or that run, that ended before their work did.

    Raises: ProgrammingError where that run has nothing left to do; Busy where it is being worked
    on; WrongAccount where a connection leads to another account by now: nothing was sent then.
    """
    if session.journal.path.exists():
        session.journal.drop_uncommitted()
    found = due(session, run)
    if not found and run is not None:
        _end_if_crashed(session, run)
        raise ProgrammingError(f"run {run} has nothing to resume: `sqlcrm runs` lists the runs")
    for one in found:
        for statement in one.statements:
            _check(session, statement)
    resumed = []
    for one in found:
        result = _one(session, one)
        resumed.append(result)
        if tell is not None:
            tell(result)
        if result.error is not None:
            raise result.error
    return resumed


def give_up(session: Session, run: int) -> None:
    """Give up what is left of a run that was stopped.

    Raises: ProgrammingError where nothing is left; Busy where it is being worked on.
    """
    if not due(session, run):
        _end_if_crashed(session, run)
        raise ProgrammingError(f"run {run} has nothing to give up: `sqlcrm runs` lists the runs")
    session.journal.take_over(run)
    session.journal.give_up(run, "given up by hand")


def _end_if_crashed(session: Session, run: int) -> None:
    """Write down that a run ended which left nothing behind.

    Raises: Busy where it is being worked on.
    """
    columns, rows = session.journal.relation("runs", run=run)
    place = [name for name, _ in columns].index("state")
    if rows and rows[0][place] == "running":
        session.journal.take_over(run)
        session.journal.end_run(run, "crashed", 1)


def _check(session: Session, statement: Pending) -> None:
    if not statement.alias:
        return
    opened = session.connections.get(statement.alias)
    check_account(opened, statement.alias, statement.connector, statement.origin, statement.own_id)
    if opened.config.read_only:
        raise GuardRefused(f"@{statement.alias} is read_only: nothing was written")


def _one(session: Session, one: Unfinished) -> Resumed:
    """Finish one run."""
    journal = session.journal
    statements = journal.take_over(one.run)
    session.adopt(one.run, one.script)
    result = Resumed(one.run, one.script)
    if one.statements_total is not None and one.kind != "undo":
        result.never = max(0, one.statements_total - one.last)
    try:
        for statement in statements:
            session.next_statement(statement.statement)
            report = _statement(session, one, statement)
            if report is not None:
                result.reports.append(report)
            elif one.kind != "undo":
                result.never += 1
    except Error as error:
        result.error = error
    finally:
        session.engine.drop_stages()
        session.end(result.exit_code or (1 if result.never else 0))
    return result


def _statement(session: Session, run: Unfinished, statement: Pending) -> Report | None:
    """Finish one statement: what was sent is looked up, what is planned is sent."""
    journal, number = session.journal, statement.statement
    if not statement.counts or statement.account is None:
        journal.end_statement(run.run, number, "failed", error="it ended before it was planned")
        return None
    if statement.state != "running":
        journal.start_statement(run.run, number)
    started, since = time.monotonic(), len(session.connections.calls)
    with session.holding(statement.account, statement.table):
        stored = journal.operations(run.run, number, {"planned", "sent", "unknown"})
        relation = relation_of(
            session, statement.alias, statement.table, [one.operation for one in stored]
        )
        stored = [replace(one, operation=typed(relation.table, one.operation)) for one in stored]
        plan = WritePlan(
            statement.verb,
            relation,
            statement.text,
            tuple(replace(one.operation, state="planned", batch=None) for one in stored),
            errors=_errors_left(statement),
            zone=session.connections.get(statement.alias).connector.zone,
        )
        lookups = Lookups(session, staging(session), relation)
        application = Application(session, lookups, plan, since, started, again=True)
        application.run, application.number = run.run, number
        left = _resolved(application, stored)
        left = _still_wanted(application, left)
        left = _not_written_since(application, left)
        batches = [one.operation.batch for one in stored if one.operation.batch is not None]
        together = len(set(batches)) < len(batches)  # as it was planned: SET bulk = off holds
        plan = replace(plan, operations=tuple(left))
        application.plan = with_carriers(session, plan, bulk=together)
        report = application.carry_out()
    if run.kind == "undo":
        note_undone(session, run.run, number)
    return report


def _errors_left(statement: Pending) -> int | None:
    """Return how many more rows may be rejected; None where nothing limits it."""
    if statement.verb != "synchronize":
        return None
    sync = next(iter(statements(statement.text))).sync
    if sync is None or sync.errors is None:
        return None
    return sync.errors - statement.counts.get("rejected", 0)


def _resolved(application: Application, stored: Sequence[Stored]) -> list[Operation]:
    """Look up what was sent without an answer; return what is to be sent, again or at last."""
    table = application.plan.relation.table
    sent = [one for one in stored if one.state in {"sent", "unknown"}]
    ours = [application.plan.by_number[one.operation.number] for one in stored]
    if not sent:
        return ours
    settles = max((write.settles for write in table.writes), default=0.0)
    latest = max((one.sent_at for one in sent if one.sent_at is not None), default=None)
    if settles and latest is not None:
        age = (dt.datetime.now(dt.UTC) - latest).total_seconds()
        application.session.pause(max(0.0, settles - age))
    numbers = {one.operation.number for one in sent}
    found = look_up(table, [o for o in ours if o.number in numbers], application.lookups.find)
    if found.settled:
        application.place.resolved(found.settled)
    if found.unclear:
        why = "its answer was lost, and nothing tells whether it was done"
        application.place.resolved([Settled(o.number, "unknown", why) for o in found.unclear])
    if found.absent:
        application.place.reset([o.number for o in found.absent])
    gone = numbers - {o.number for o in found.absent}
    return [o for o in ours if o.number not in gone]


def _not_written_since(
    application: Application, operations: Sequence[Operation]
) -> list[Operation]:
    """Leave out rows that a later run has written: what is older must not undo what is newer."""
    place = application.place
    later = application.session.journal.superseded(place.run, place.statement)
    for run in sorted(set(later.values())):
        numbers = [number for number, by in later.items() if by == run]
        place.skip(f"run {run} has written this row since", numbers)
    return [o for o in operations if o.number not in later]


def _still_wanted(application: Application, operations: Sequence[Operation]) -> list[Operation]:
    """Leave out subscriptions of people whose status has changed since they were planned."""
    table = application.plan.relation.table
    consent = table.consent
    if consent is None:
        return list(operations)
    ours = [o for o in operations if o.values.get(consent.column) in consent.subscribed]
    key = columns_of(table, table.natural_key)
    if not ours or not key:
        return list(operations)
    rows = application.lookups.find(key, [known(o) for o in ours], [consent.column])
    alias = application.plan.relation.connection
    allow = application.session.connections.get(alias).config.allow_resubscribe
    moved = []
    for operation in ours:
        row = rows.get(mark(key, known(operation)))
        before = (operation.before or {}).get(consent.column)
        if row is None or (row.get(consent.column) == before and allow is not False):
            continue
        if raises(consent, operation.values, row):
            moved.append(operation.number)
    if moved:
        why = f"{consent.column} has changed since this was planned: it stays as it is"
        if allow is False:
            why = f"{consent.column} stays as it is: allow_resubscribe is false"
        application.place.skip(why, moved)
    return [o for o in operations if o.number not in moved]
