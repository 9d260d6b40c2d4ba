"""The second half of a write: guards, the journal, the calls, the report."""

from __future__ import annotations

import hashlib
import time
from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from sqlcrm.dialect import repeats
from sqlcrm.errors import Cancelled, GuardRefused, OutcomeUnknown
from sqlcrm.session.lookups import Lookups
from sqlcrm.session.moved import moved_rows, refused
from sqlcrm.session.optouts import OptOuts, addresses
from sqlcrm.session.progress import Progress
from sqlcrm.session.telling import first_rows
from sqlcrm.writing import guards
from sqlcrm.writing.carry import Carrying
from sqlcrm.writing.consent import deliberate_rows
from sqlcrm.writing.memory import made_since
from sqlcrm.writing.place import Run
from sqlcrm.writing.plan import DECLARED, WritePlan
from sqlcrm.writing.report import Report
from sqlcrm.writing.rows import Row

if TYPE_CHECKING:
    from sqlcrm.session.state import Session


class Application:
    """One plan, from the guards to the report.

    since: how many calls the session had made before it was planned. started: when that was.
    again: some of it may have been sent before, by a run that is resumed.
    """

    def __init__(
        self,
        session: Session,
        lookups: Lookups,
        plan: WritePlan,
        since: int,
        started: float,
        *,
        again: bool = False,
    ) -> None:
        self.session = session
        self.lookups = lookups
        self.plan = plan
        self._again = again
        self._since = since
        self._started = started
        self._opened = session.connections.get(plan.relation.connection)
        self.account = session.account(plan.relation.connection)
        self.run = self.number = 0

    def checked(self) -> GuardRefused | None:
        """Return why the plan may not be applied, None where it may."""
        earlier = None
        if self.plan.source_rows is not None:
            table, place = self.plan.relation.table.name, self._source_hash()
            earlier = self.session.journal.source_rows(self.account, table, place)
        try:
            guards.check(
                self.plan,
                self.session.limits,
                read_only=self._opened.config.read_only,
                earlier=earlier,
            )
        except GuardRefused as refusal:
            return refusal
        meant = deliberate_rows(self.plan.relation.table, self.plan.planned)
        if self._opened.config.allow_resubscribe is False and meant:
            return GuardRefused(
                f"{len(meant):,} of its rows would subscribe a person again, and "
                f"allow_resubscribe is false for @{self.plan.relation.connection}"
            )
        return None

    def freeze(self, state: str = "running") -> None:
        """Write the plan down, durably, before anything of it is sent."""
        session, plan = self.session, self.plan
        session.wrote = True
        self.run, self.number = session.journaled(), session.statement
        session.journal.begin_statement(
            self.run,
            self.number,
            plan.text,
            plan.verb,
            account=self.account,
            alias=plan.relation.connection,
            connector=self._opened.connector.name,
            table=plan.relation.table.name,
            state=state,
        )
        session.journal.freeze(
            self.run, self.number, self.account, plan.operations, len(plan.operations)
        )
        session.journal.note_unmatched(
            self.run,
            self.number,
            [
                (u.source, u.table, u.column, value, n)
                for u in plan.unmatched
                for value, n in u.values
            ],
        )

    @property
    def place(self) -> Run:
        """Where the statement stands in the journal."""
        return Run(self.session.journal, self.run, self.number, self.session.new_calls)

    def refuse_moved(self) -> None:
        """Raise PlanMoved where rows that the plan rests on have changed since it was made."""
        self.lookups.forget()  # what planning read may be as old as the plan
        moved = moved_rows(self.plan, self.lookups)
        if not repeats(self.plan.text):
            table, journal = self.plan.relation.table, self.session.journal
            made = made_since(journal, self.account, table, self.plan.operations)
            moved += [(one, "was made by another run since") for one in made]
        if moved:
            raise refused(self.plan, moved)

    def begin_now(self) -> None:
        """Count calls and time from now: planning was some time ago."""
        self._since, self._started = len(self.session.connections.calls), time.monotonic()

    def give_up(self, why: str) -> None:
        """Skip all that was frozen."""
        self.place.skip(why)
        self.end("skipped", why)

    def apply(self) -> Report:
        """Guard, freeze and send; return the report.

        Raises: GuardRefused before the first call; what stopped it, once the journal knows.
        """
        refusal = self.checked()
        self.freeze()
        if refusal is not None:
            self.give_up(f"refused by a guard: {refusal}")
            raise refusal
        return self.carry_out()

    def carry_out(self) -> Report:
        """Send what is frozen and return the report.

        Raises: what stopped it; its exit code says if rows are of unknown outcome.
        """
        try:
            self._send()
        finally:
            relation = self.plan.relation
            touched = relation.table.touches
            tables = None if touched is None else {relation.table.name, *touched}
            self.session.cache.forget(self._opened.accounts, tables)
        if self.plan.source_rows is not None:
            self.session.journal.remember_source(
                self.account, self.plan.relation.table.name, self._source_hash(),
                self.plan.source_rows,
            )  # fmt: skip
        self.end("done")
        return self.report()

    def _remember_opt_outs(self) -> None:
        """Remember who has opted out, before persons are deleted, or get another address."""
        names = addresses(self._opened.connector, self.plan.relation.table)
        rows = [
            Row(o.number, {}, before=dict(o.before or {}))
            for o in self.plan.planned
            if DECLARED[o.verb] == "delete" or (o.before and names & o.values.keys())
        ]
        if rows:
            self.lookups.forget()
            OptOuts(self.session, self.lookups, self.plan.relation).before_deleting(rows)

    def _send(self) -> None:
        self._remember_opt_outs()
        place = self.place
        client = self._opened.client
        carrying = Carrying(
            self.plan,
            client,
            place,
            self._find,
            self._progress,
            self.session.pause,
            again=self._again,
        )
        stop = carrying.all().stop
        if stop is None:
            return
        if isinstance(stop, Cancelled):
            # The statement stays running: what was not sent is still planned, and is resumed.
            self.log()
            raise stop
        counts = self.session.journal.counts(self.run, self.number)
        if counts.get("unknown"):
            stop.exit_code = OutcomeUnknown.exit_code
        self.end("failed", str(stop))
        stop.args = (f"{stop}\n{self._so_far(counts)}",)
        raise stop

    def _find(self, *asked: Any) -> dict[tuple[Any, ...], dict[str, Any]]:
        """Look rows up anew, each time: what was read before the last call tells nothing of it."""
        self.lookups.forget()
        return self.lookups.find(*asked)

    def _so_far(self, counts: Mapping[str, int]) -> str:
        """Say what was done when a statement stopped, and what to do about the rest."""
        told = ", ".join(f"{number:,} {state}" for state, number in sorted(counts.items()))
        return (
            f"{self.plan.verb.upper()} {self.plan.target} stopped at: {told} (run {self.run}). "
            "Run it again: what is done is found and not done twice."
        )

    def _source_hash(self) -> str:
        return hashlib.sha256(" ".join(self.plan.text.casefold().split()).encode()).hexdigest()

    def _progress(self, done: int, every: int) -> None:
        self.session.progress(Progress(self.plan.target, done, done, every, writing=True))

    def log(self) -> None:
        """Let the journal keep the calls made since it was last told."""
        self.session.journal.log_requests(self.run, self.number, self.session.new_calls())

    def end(self, state: str, error: str = "") -> None:
        """Log the calls and end the statement."""
        self.log()
        calls = len(self.session.connections.calls) - self._since
        self.session.journal.end_statement(self.run, self.number, state, calls=calls, error=error)

    def report(self) -> Report:
        """Return what has become of the plan so far."""
        calls = self.session.connections.calls[self._since :]
        counts = self.session.journal.counts(self.run, self.number)
        states = [state for state in ("rejected", "unknown", "skipped") if counts.get(state)]
        journal = self.session.journal
        bad = first_rows(journal, self.run, self.number, states) if states else {}
        return Report(
            verb=self.plan.verb,
            target=self.plan.target,
            run=self.run,
            statement=self.number,
            counts=counts,
            calls=dict(Counter(call.method for call in calls)),
            seconds=time.monotonic() - self._started,
            rejected=bad.get("rejected", ()),
            unknown=bad.get("unknown", ()),
            skipped=bad.get("skipped", ())[:1],
            unmatched=tuple(self.plan.unmatched),
            notices=self.plan.notices,
        )
