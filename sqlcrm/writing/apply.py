"""Applies a plan: the journal says what is about to be sent, then the call, then its outcome."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field, replace

from sqlcrm.errors import Cancelled, DeclarationError, Error, OperationalError, OutcomeUnknown
from sqlcrm.execution.ahead import width
from sqlcrm.execution.pages import AnswerLike, Door
from sqlcrm.sdk import BatchRefused, Outcome, Request, Verdict, Write
from sqlcrm.state.values import Operation, Settled
from sqlcrm.writing.bodies import full_row, request
from sqlcrm.writing.carriers import single
from sqlcrm.writing.place import Run
from sqlcrm.writing.plan import Batch, WritePlan
from sqlcrm.writing.replies import lacks
from sqlcrm.writing.written import written

SIDE_BY_SIDE = 16
"""Writes under way at once, at most: so many rows are to be looked up after a crash."""


@dataclass(slots=True)
class Applied:
    """How far a plan came.

    unknown: operations whose answer was lost. accepted: those that the API does later, with the
    job's ticket. stop: the error that stopped the rest. rejected: how many rows were refused.
    """

    unknown: list[Operation] = field(default_factory=list)
    accepted: list[tuple[Operation, str, Write]] = field(default_factory=list)
    stop: Error | None = None
    rejected: int = 0


class Applying:
    """Sends the batches of a plan, one after the other, until an error that is not about one row.

    What is behind such an error is skipped; behind Cancelled it stays planned.
    progress: is told how many of how many operations are settled or under way. again: what is
    sent may have been sent before; that a new row is refused may then mean that it is there:
    it is unknown, and `words` has what was said.
    """

    def __init__(
        self,
        plan: WritePlan,
        door: Door,
        run: Run,
        progress: Callable[[int, int], None],
        *,
        again: bool = False,
    ) -> None:
        self._plan = plan
        self._table = plan.relation.table
        self._door = door
        self._run = run
        self._progress = progress
        self._all = len(plan.planned)
        self._done = 0
        self._again = again
        self.words: dict[int, str] = {}
        self.applied = Applied(rejected=sum(o.state == "rejected" for o in plan.operations))

    def all(self) -> Applied:
        """Send every batch of the plan."""
        self.send(self._plan.batches)
        return self.applied

    def send(self, batches: Sequence[Batch]) -> None:
        """Send these batches."""
        waiting = deque(batches)
        while waiting and self.applied.stop is None:
            if self._had_enough():
                self._run.skip(f"stopped after {self._plan.errors} errors")
                return
            if self._wide(waiting[0].write) > 1:
                self._side_by_side(waiting)
                continue
            batch = waiting.popleft()
            operations = [self._plan.by_number[number] for number in batch.operations]
            waiting.extendleft(reversed(self._batch(batch, operations)))
            self._progress(min(self._done, self._all), self._all)
        stop = self.applied.stop
        if stop is not None and not isinstance(stop, Cancelled):
            self._run.skip(f"stopped by an error: {stop}")

    def _wide(self, write: Write) -> int:
        """Return how many calls may be under way at once, so that latency wastes no allowance.

        One, where a lost answer stays lost, or where one row may stop the others.
        """
        if write.send is not None or write.append or self._plan.errors is not None:
            return 1
        return min(SIDE_BY_SIDE, width(self._door.rate(write.path), self._door.latency))

    def _side_by_side(self, waiting: deque[Batch]) -> None:
        """Send single rows at the front that go the same way, several under way at once."""
        write = waiting[0].write
        under: dict[Future[AnswerLike], Operation] = {}
        with ThreadPoolExecutor(SIDE_BY_SIDE) as crew:
            while True:
                room = self._wide(write) - len(under) if self.applied.stop is None else 0
                calls = self._next(waiting, write, room)
                if calls:
                    self._run.sent([operation.number for operation, _ in calls])
                under |= {crew.submit(self._door.send, call): one for one, call in calls}
                if not under:
                    return
                done, _ = wait(under, return_when=FIRST_COMPLETED)
                answered = [(under.pop(one), one) for one in done]
                self._answered(write, answered)
                self._progress(min(self._done, self._all), self._all)

    def _next(
        self, waiting: deque[Batch], write: Write, room: int
    ) -> list[tuple[Operation, Request]]:
        """Take up to so many operations that go this way off the front, as calls."""
        found: list[tuple[Operation, Request]] = []
        while waiting and waiting[0].write is write and len(found) < room:
            operation = self._plan.by_number[waiting.popleft().operations[0]]
            try:
                found.append((operation, request(write, self._table, operation)))
            except ValueError as problem:
                self._refuse([operation], str(problem))
        return found

    def _answered(
        self, write: Write, answered: Sequence[tuple[Operation, Future[AnswerLike]]]
    ) -> None:
        """Write down what became of calls, all that were answered in one commit."""
        settled = []
        for operation, future in answered:
            error = future.exception()
            if error is None:
                settled.append(self._judged(operation, future.result(), write))
            elif isinstance(error, OperationalError):
                self._failed([operation], error)
            elif isinstance(error, Error):
                settled.append(Settled(operation.number, "rejected", str(error)))
            else:
                raise error
        self._settle(settled)

    def _had_enough(self) -> bool:
        return self._plan.errors is not None and self.applied.rejected > self._plan.errors

    def _batch(self, batch: Batch, operations: Sequence[Operation]) -> list[Batch]:
        """Send one batch; return what must be sent instead of it, where it was refused."""
        if batch.write.send is None:
            self._single(batch.write, operations[0])
            return []
        rows, fit = [], []
        for operation in operations:
            try:
                row = full_row(batch.write, self._table, operation)
            except ValueError as problem:
                self._refuse([operation], str(problem))
                continue
            rows.append({**row, **self._plan.needs.get(operation.number, {})})
            fit.append(operation)
        if not rows:
            return []
        self._run.sent([o.number for o in fit])
        try:
            outcomes = self._door.drive(batch.write.send(rows))
        except BatchRefused as refused:
            return self._split(batch, fit, refused)
        except Error as error:
            self._failed(fit, error)
            return []
        except Exception as error:  # noqa: BLE001 - a connector's flow may raise anything
            flow = f"{batch.write.send.__module__}.{batch.write.send.__qualname__}"
            what = f"{flow}, of the connector, raised {type(error).__name__}: {error}"
            self._failed(fit, DeclarationError(what))
            return []
        return self._told(batch, fit, outcomes)

    def _split(
        self, batch: Batch, operations: Sequence[Operation], refused: BatchRefused
    ) -> list[Batch]:
        """Take the named culprits out of a batch that was refused as a whole, or halve it."""
        culprits = {operations[i].number: why for i, why in refused.culprits.items()}
        if not culprits and len(operations) == 1:
            culprits = {operations[0].number: str(refused)}
        bad = [o for o in operations if o.number in culprits]
        rest = [o.number for o in operations if o.number not in culprits]
        singly = [] if self._is_single(batch.write) else alone(self._plan, bad)
        settled = [Settled(n, "planned" if singly else "rejected", w) for n, w in culprits.items()]
        self._settle([*settled, *(Settled(n, "planned") for n in rest)])
        if culprits:
            return [*([replace(batch, operations=tuple(rest))] if rest else []), *singly]
        half = len(rest) // 2
        return [replace(batch, operations=tuple(part)) for part in (rest[:half], rest[half:])]

    def _is_single(self, write: Write) -> bool:
        """Whether there is no other way to send a row than this one."""
        return self._table.carrier(write.verb) is write

    def _told(
        self, batch: Batch, operations: Sequence[Operation], outcomes: Sequence[Outcome]
    ) -> list[Batch]:
        """Write down what a flow says of its rows; silence is no success."""
        if len(outcomes) != len(operations):
            why = f"the flow gave {len(outcomes)} outcomes for {len(operations)} rows"
            outcomes = [Outcome("unknown", why)] * len(operations)
        settled, again = [], []
        singly = not self._is_single(batch.write)
        for operation, outcome in zip(operations, outcomes, strict=True):
            number = operation.number
            if outcome.state == "accepted":
                self.applied.accepted.append((operation, outcome.ticket, batch.write))
                continue
            if outcome.state == "again" and (singly or len(operations) > 1):
                again.append(operation)
                settled.append(Settled(number, "planned", outcome.reason))
                continue
            state = "rejected" if outcome.state == "again" else outcome.state
            reason = outcome.reason or (operation.reason if state == "done" else "")
            settled.append(Settled(number, state, reason, outcome.id))
            if state == "unknown":
                self.applied.unknown.append(operation)
        self._settle(settled)
        self._done += len(operations) - len(settled)  # those accepted are under way
        if singly:
            return alone(self._plan, again)
        return [replace(batch, operations=(o.number,)) for o in again]

    def _single(self, write: Write, operation: Operation) -> None:
        number = operation.number
        try:
            call = request(write, self._table, operation)
        except ValueError as problem:
            self._refuse([operation], str(problem))
            return
        self._run.sent([number])
        try:
            answer = self._door.send(call)
        except OperationalError as error:
            self._failed([operation], error)
        except Error as error:  # it could not even be written down as a request
            self._settle([Settled(number, "rejected", str(error))])
        else:
            self._settle([self._judged(operation, answer, write)])

    def _failed(self, operations: Sequence[Operation], error: Error) -> None:
        """Write down operations whose call failed: all of them are planned still, or unknown.

        What was cancelled while it was under way stays `sent`: resume looks it up.
        """
        unclear = isinstance(error, OutcomeUnknown) or getattr(error, "sent", True)
        if unclear and isinstance(error, Cancelled):
            self.applied.stop = error
            return
        state = "unknown" if unclear else "planned"
        self._settle([Settled(o.number, state, str(error)) for o in operations])
        if unclear:
            self.applied.unknown += operations
        if not isinstance(error, OutcomeUnknown):
            self.applied.stop = error

    def _refuse(self, operations: Sequence[Operation], why: str) -> None:
        """Reject what cannot even be sent."""
        self._run.sent([o.number for o in operations])
        self._settle([Settled(o.number, "rejected", why) for o in operations])

    def _settle(self, settled: Sequence[Settled]) -> None:
        if settled:
            self._run.settled(settled)
        self._done += sum(one.state != "planned" for one in settled)
        self.applied.rejected += sum(one.state == "rejected" for one in settled)

    def _judged(self, operation: Operation, answer: AnswerLike, write: Write) -> Settled:
        number, reason = operation.number, answer.reason
        if answer.verdict is Verdict.OK:
            body = answer.response.body
            if write.shows and lacks(self._table, operation, body, write.row_at):
                self.applied.unknown.append(operation)
                why = "the API answered with success, and without the row"
                return Settled(number, "unknown", why)
            return written(self._table, operation, body, write, self._plan.zone)
        if answer.verdict is Verdict.ALREADY:
            return Settled(number, "done", "was so already", answer=reason)
        if answer.verdict is Verdict.MISSING and operation.verb in {"delete", "unlink"}:
            return Settled(number, "done", "was gone already", answer=reason)
        words = reason or f"the API answered {answer.response.status}"
        if self._again and operation.verb in {"create", "link"}:
            self.words[number] = words
            self.applied.unknown.append(operation)
            return Settled(number, "unknown", words, answer=reason)
        return Settled(number, "rejected", words, answer=reason)


def alone(plan: WritePlan, operations: Sequence[Operation]) -> list[Batch]:
    """Return operations as batches of one, each by the single way."""
    table = plan.relation.table
    return [Batch(o.batch or 0, single(table, o), (o.number,)) for o in operations]
