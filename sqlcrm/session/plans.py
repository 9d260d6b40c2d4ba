"""Plans as values: what a script would write, shown, kept in a file, applied as shown."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from functools import cached_property
from pathlib import Path
from typing import Any

from sqlcrm.dialect import Statement
from sqlcrm.errors import Error, ProgrammingError
from sqlcrm.execution.columns import stage_columns
from sqlcrm.session.applying import Application
from sqlcrm.session.lookups import Lookups
from sqlcrm.session.moved import check_calls, refused
from sqlcrm.session.pending import changes
from sqlcrm.session.planfile import Part, Parts, load, save
from sqlcrm.session.planning import Planning
from sqlcrm.session.prepared import Prepared, staging
from sqlcrm.session.result import Binds, Result
from sqlcrm.session.run import parsed, pointing, run
from sqlcrm.session.state import Session
from sqlcrm.session.verbs import planned
from sqlcrm.writing.plan import Forecast
from sqlcrm.writing.report import Report
from sqlcrm.writing.showing import PLANNED, plan_lines, plan_rows


class Plan:
    """What a script would write, before anything is written.

    parts: the statements that write to a CRM, in order. left: statements that are not in it, since
    they rest on what the plan itself would change; `why` says which. name: of the script or file.
    """

    def __init__(
        self,
        session: Session,
        parts: Sequence[Part],
        text: str,
        left: int = 0,
        why: str = "",
        *,
        of_run: int | None = None,
        name: str = "",
    ) -> None:
        self.name = name
        self._session = session
        self._of_run = of_run
        self.parts = tuple(parts)
        self.text = text
        self.left = left
        self.why = why
        self._applied = False

    @property
    def operations(self) -> list[Any]:
        """All operations: number, verb, key, before, values, state, reason."""
        return [one for part in self.parts for one in part.plan.operations]

    @property
    def counts(self) -> dict[str, int]:
        """How many rows would be created, changed, …; planned ones by their verb."""
        found: Counter[str] = Counter()
        for part in self.parts:
            found.update(part.plan.counts)
        return dict(found)

    @cached_property
    def checks(self) -> int:
        """The calls that `apply` makes first, to see whether rows have moved."""
        staged = staging(self._session)
        return sum(
            check_calls(part.plan, Lookups(self._session, staged, part.plan.relation))
            for part in self.parts
        )

    @property
    def forecast(self) -> Forecast:
        """The calls, and the seconds under the rate limits, of all statements; checks included."""
        all_ = [part.plan.forecast for part in self.parts]
        undo = [f.undo for f in all_]
        seconds = [f.seconds for f in all_]
        return Forecast(
            sum(f.made for f in all_),
            sum(f.writes for f in all_),
            sum(f.status for f in all_),
            sum(f.reads for f in all_) + self.checks,
            None if None in undo else sum(u or 0 for u in undo),
            None if None in seconds else sum(s or 0.0 for s in seconds),
        )

    @property
    def calls(self) -> int:
        """The calls that applying it takes, at the most."""
        return self.forecast.calls

    @property
    def empty(self) -> bool:
        """Whether there is nothing to write."""
        return not any(part.plan.planned for part in self.parts)

    def lines(self) -> list[str]:
        """Return the plan as a person reads it."""
        found = [line for part in self.parts for line in plan_lines(part.plan)]
        if not self.parts:
            found = ["nothing in it writes to a CRM"]
        if self.checks:
            calls = f"{self.checks:,} call{'s'[: self.checks != 1]}"
            found.append(f"apply looks first whether rows have moved: up to {calls}")
        return found + ([f"not planned: {self.why}"] if self.why else [])

    def rows(self) -> Iterator[tuple[Any, ...]]:
        """Yield each operation: statement, then the columns of PLAN."""
        for part in self.parts:
            for row in plan_rows(part.plan):
                yield part.number, *row

    def result(self) -> Result:
        """Return the rows as a result, with the statement's number first."""
        columns = [("statement", "BIGINT"), *PLANNED]
        rows = list(self.rows())
        held = [(kind, [row[i] for row in rows]) for i, (_, kind) in enumerate(columns)]
        engine = self._session.engine
        place = stage_columns(engine, "plan", [name for name, _ in columns], held)
        relation = engine.relation(f"SELECT * FROM {place}", None)
        return Result(columns, None, (), relation)

    def __repr__(self) -> str:
        return f"Plan({self.counts}, calls={self.calls})"

    def save(self, path: str | Path) -> None:
        """Write the plan to a file, which only its owner may read."""
        parts = Parts(self.text, self.parts, self.left, self.why, self._of_run)
        save(parts, self._session, Path(path))

    def apply(self) -> list[Report]:
        """Apply the plan; return a report for each statement.

        Raises: PlanMoved where rows that it rests on have changed; GuardRefused; what stopped it.
        """
        if self._applied:
            raise ProgrammingError("this plan is applied already: plan again")
        self._applied = True
        session = self._session
        kind = "apply" if self._of_run is None else "undo"
        session.begin(
            self.name, self.text, kind=kind, of_run=self._of_run, statements=len(self.parts)
        )
        reports: list[Report] = []
        code = 1
        try:
            with ExitStack() as held:
                for account, table in sorted({_place(session, part) for part in self.parts}):
                    held.enter_context(session.holding(account, table))
                self._check()
                reports = [self._apply(part) for part in self.parts]
            code = max((report.exit_code for report in reports), default=0)
        except Error as error:
            code = error.exit_code
            raise
        finally:
            session.end(code)
        return reports

    def _check(self) -> None:
        """Raise where a part may not be applied; nothing of any part is written then.

        Rows that parts of an undo rest on are looked at part by part: earlier ones change them.
        """
        session = self._session
        for part in self.parts:
            session.next_statement(part.number)
            if self._of_run is not None:
                _refuse_undone(session, self._of_run, part)
            one = _application(session, part)
            if one.checked() is not None:
                one.apply()  # the journal is to know what was refused
        for part in self.parts if self._of_run is None else ():
            _application(session, part).refuse_moved()
        session.engine.drop_stages()

    def _apply(self, part: Part) -> Report:
        """Apply one statement's plan."""
        session = self._session
        session.next_statement(part.number)
        one = _application(session, part)
        try:
            if self._of_run is not None:
                one.refuse_moved()
            return one.apply()
        finally:
            session.engine.drop_stages()
            if self._of_run is not None and one.run:  # what was done before an error is undone
                note_undone(session, one.run, part.number)


def _refuse_undone(session: Session, run: int, part: Part) -> None:
    """Raise PlanMoved where another undo has taken rows back since this one was planned."""
    done = session.journal.operations(run, part.number, {"done"})
    undone = {one.operation.number for one in done if one.undone_by is not None}
    moved = [(one, "is undone already") for one in part.plan.planned if one.number in undone]
    if moved:
        raise refused(part.plan, moved)


def _application(session: Session, part: Part) -> Application:
    lookups = Lookups(session, staging(session), part.plan.relation)
    since = len(session.connections.calls)
    return Application(session, lookups, part.plan, since, time.monotonic())


def _place(session: Session, part: Part) -> tuple[int, str]:
    """Return account and table that a part writes."""
    relation = part.plan.relation
    return session.account(relation.connection), relation.table.name


def load_plan(session: Session, path: Path) -> Plan:
    """Return a plan that was saved to a file.

    Raises: ProgrammingError where it is none, or was changed; WrongAccount.
    """
    found = load(session, path)
    rest = (found.left, found.why)
    return Plan(session, found.parts, found.text, *rest, of_run=found.of_run, name=str(path))


def note_undone(session: Session, run: int, number: int) -> None:
    """Tell the journal which operations a statement of an undo has taken back.

    Statement and operations have the numbers of those that they take back.
    """
    journal = session.journal
    columns, rows = journal.relation("runs", run=run)
    of_run = dict(zip([name for name, _ in columns], rows[0], strict=True))["of_run"]
    done = [one.operation.number for one in journal.operations(run, number, {"done"})]
    if of_run is not None and done:
        journal.mark_undone(int(of_run), number, done, run)


def make_plan(session: Session, text: str, binds: Binds = None, name: str = "") -> Plan:
    """Plan every write of a script; its local statements run, nothing is written to a CRM.

    Raises: sqlcrm.Error, as running it would.
    """
    found = parsed(session, text)
    session.begin(name, text, statements=len(found))
    session.incremental.begin(name, text, binds if isinstance(binds, dict) else None)
    code = 0
    try:
        return _planned(session, text, found, binds)
    except Error as error:
        code = error.exit_code
        raise
    finally:
        session.end(code)


def _planned(session: Session, text: str, found: Sequence[Statement], binds: Binds) -> Plan:
    parts: list[Part] = []
    for number, statement in enumerate(found, 1):
        session.next_statement(number)
        with pointing(statement, text):
            reads = _reads_planned(session, statement, parts)
            if reads:
                left = len(found) - number + 1
                why = (
                    f"statement {number}{' and those behind it' if left > 1 else ''}: {reads}. "
                    "Apply this plan, then plan the rest"
                )
                return Plan(session, parts, text, left, why)
            part = _part(session, number, statement, _used(statement, binds))
        if part is not None:
            parts.append(part)
    return Plan(session, parts, text)


def _used(statement: Statement, binds: Binds) -> Binds:
    """Return those named binds that a statement has: DuckDB refuses others."""
    if not isinstance(binds, dict):
        return binds
    words = {token.text for token in statement.lexed.tokens}
    return {name: value for name, value in binds.items() if name in words}


def _reads_planned(session: Session, statement: Statement, parts: Sequence[Part]) -> str:
    """Say which table a statement reads that an earlier part of the plan would change; or ""."""
    from sqlcrm.dialect import LOCAL, SYSTEM
    from sqlcrm.session.events import are_events
    from sqlcrm.session.relations import remote

    refs = [r for r in statement.lexed.refs if r.alias not in {LOCAL, SYSTEM} and r.kind != "file"]
    refs = [ref for ref in refs if not are_events(ref, session.connections.configs)]
    refs.sort(key=lambda ref: ref == statement.target)  # what a user reads says more
    for ref in refs if parts else ():
        relation = remote(ref, session.connections, statement.text)
        for part in parts:
            if changes(part.plan, relation):
                verb = "looks up rows of" if ref == statement.target else "reads"
                return f"it {verb} {ref.name}@{ref.alias}, which statement {part.number} changes"
    return ""


def _part(session: Session, number: int, statement: Statement, binds: Binds) -> Part | None:
    """Plan one statement, or run it where it is local."""
    statement = session.views.expanded(statement)
    if statement.target is None:
        first = next(iter(statement.text.casefold().split()), "")
        if statement.verb in {"local", "synchronize"} and first not in {"copy", "export"}:
            run(session, statement, binds)
        return None
    if statement.explain is not None:
        return None
    session.settings.begin()
    session.incremental.prepare(statement)
    try:
        prepared = Prepared(session, statement, binds)
        planning = Planning(session, prepared)
        return Part(number, planned(planning))
    finally:
        session.engine.drop_stages()
        session.log_calls()
