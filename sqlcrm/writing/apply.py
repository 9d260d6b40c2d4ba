"""Applies a plan: the journal says what is about to be sent, then the call, then its outcome."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlcrm.errors import Cancelled, Error, OperationalError, OutcomeUnknown
from sqlcrm.execution.pages import AnswerLike, Door
from sqlcrm.sdk import Outcome, Verdict, dig
from sqlcrm.state.journal import Journal
from sqlcrm.state.values import Operation, Settled
from sqlcrm.writing.bodies import request, wire_row
from sqlcrm.writing.plan import WritePlan


class Run:
    """Where a statement stands in the journal."""

    def __init__(
        self,
        journal: Journal,
        run: int,
        statement: int,
        calls: Callable[[], Sequence[Mapping[str, Any]]],
    ) -> None:
        self.journal = journal
        self.run = run
        self.statement = statement
        self._calls = calls

    def sent(self, numbers: Sequence[int]) -> None:
        """Write down, and make durable, that these are about to be sent."""
        self.journal.mark_sent(self.run, self.statement, numbers)

    def settled(self, outcomes: Sequence[Settled]) -> None:
        """Write down what became of them, and the calls made."""
        self.journal.settle(self.run, self.statement, outcomes, self._calls())

    def resolved(self, outcomes: Sequence[Settled]) -> None:
        """Write down what looking up told about operations that were unknown."""
        self.journal.resolve(self.run, self.statement, outcomes)

    def skip(self, why: str) -> int:
        """Give up all that is still planned."""
        return self.journal.skip(self.run, self.statement, why)


@dataclass(slots=True)
class Applied:
    """How far a plan came: operations of unknown outcome, and the error that stopped the rest."""

    unknown: list[Operation] = field(default_factory=list)
    stop: Error | None = None


def apply(plan: WritePlan, door: Door, run: Run, progress: Callable[[int, int], None]) -> Applied:
    """Send every planned operation, until an error that is not about one row.

    What is behind such an error is skipped; behind Cancelled it stays planned.
    progress: is told how many of how many are settled.
    """
    applied = Applied()
    planned = plan.planned
    for done, operation in enumerate(planned):
        outcome, stop = _one(plan, operation, door, run)
        if outcome is not None:
            run.settled([outcome])
            if outcome.state == "unknown":
                applied.unknown.append(operation)
        progress(done + 1, len(planned))
        if stop is not None:
            applied.stop = stop
            if not isinstance(stop, Cancelled):
                run.skip(f"stopped by an error: {stop}")
            break
    return applied


def _one(
    plan: WritePlan, operation: Operation, door: Door, run: Run
) -> tuple[Settled | None, Error | None]:
    """Send one operation; return its outcome, and the error that must stop the rest, if any."""
    write = plan.writes[operation.verb]
    number = operation.number
    extra = plan.extra.get(number)
    try:
        call = request(write, plan.relation.table, operation, extra)
    except ValueError as problem:
        run.sent([number])
        return Settled(number, "rejected", str(problem)), None
    run.sent([number])
    try:
        if write.send is not None:
            row = wire_row(plan.relation.table, operation.values)
            return _told(number, door.drive(write.send([row]))), None
        answer = door.send(call)
    except OutcomeUnknown as error:
        return Settled(number, "unknown", str(error)), None
    except OperationalError as error:
        return Settled(number, "unknown" if error.sent else "planned", str(error)), error
    except Error as error:  # it could not even be written down as a request
        return Settled(number, "rejected", str(error)), None
    return _judged(operation, answer, write.wrap), None


def _told(number: int, outcomes: Sequence[Outcome]) -> Settled:
    """Return what a write flow says of its one row; silence is no success."""
    if len(outcomes) != 1:
        return Settled(number, "unknown", f"the flow gave {len(outcomes)} outcomes for one row")
    return Settled(number, outcomes[0].state, outcomes[0].reason, outcomes[0].id)


def _judged(operation: Operation, answer: AnswerLike, wrap: str) -> Settled:
    number, reason = operation.number, answer.reason
    if answer.verdict is Verdict.OK:
        found = dig(answer.response.body, f"{wrap}.id") if wrap else None
        return Settled(number, "done", operation.reason, "" if found is None else str(found))
    if answer.verdict is Verdict.ALREADY:
        return Settled(number, "done", "was so already", answer=reason)
    if answer.verdict is Verdict.MISSING and operation.verb in {"delete", "unlink"}:
        return Settled(number, "done", "was gone already", answer=reason)
    words = reason or f"the API answered {answer.response.status}"
    return Settled(number, "rejected", words, answer=reason)
