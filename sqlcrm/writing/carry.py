"""Carries a plan out to the end: sends it, reads back what is done later, looks up what is unclear.

Every operation ends as done, rejected, skipped or unknown; behind Cancelled, what was not sent
stays planned, and what the API may still be doing stays sent: `resume` goes on from there.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence

from sqlcrm.errors import Cancelled, Error, Rejected
from sqlcrm.execution.pages import Door
from sqlcrm.sdk import Write
from sqlcrm.state.values import Operation, Settled
from sqlcrm.writing.apply import Applied, Applying, alone
from sqlcrm.writing.place import Run
from sqlcrm.writing.plan import WritePlan
from sqlcrm.writing.verify import FOUND, Find, LookedUp, look_up

Accepted = Sequence[tuple[Operation, str, Write]]

Wait = Callable[[float], None]
"""Waits so many seconds; raises Cancelled where that ends the wait."""


class Carrying:
    """One plan on its way through the API.

    find: reads rows of the target back. progress: is told how many of how many are under way.
    again: some of it may have been sent before.
    """

    def __init__(
        self,
        plan: WritePlan,
        door: Door,
        run: Run,
        find: Find,
        progress: Callable[[int, int], None],
        wait: Wait,
        *,
        again: bool = False,
    ) -> None:
        self._plan = plan
        self._table = plan.relation.table
        self._door = door
        self._run = run
        self._find = find
        self._wait = wait
        self._progress = progress
        self._applying = Applying(plan, door, run, progress, again=again)
        self._unended: set[int] = set()  # what a job may do yet, as it says
        self._undone: set[int] = set()  # what surely had no effect when it was last read back

    def all(self) -> Applied:
        """Send the whole plan and find out what became of it."""
        applied = self._applying.all()
        if isinstance(applied.stop, Cancelled):
            return applied
        try:
            self._confirm(tuple(applied.accepted))
            self._clear_up(applied.unknown)
        except Error as error:
            applied.stop = applied.stop or error
        return applied

    def _confirm(self, accepted: Accepted, *, last: bool = False) -> None:
        """Read back what the API said that it would do; send alone, once, what it did not do."""
        left = self._missing(accepted) if accepted else []
        why = "the API took it on, and has not done it yet"
        later = [Settled(o.number, "unknown", why) for o in left if o.number in self._unended]
        if later:
            self._run.resolved(later)
        left = [o for o in left if o.number not in self._unended]
        if not left:
            return
        numbers = [operation.number for operation in left]
        if last:
            why = "the API took it on, and it is not as planned"
            states = {True: "rejected", False: "unknown"}
            self._run.resolved([Settled(n, states[n in self._undone], why) for n in numbers])
            return
        self._run.reset(numbers)
        before = len(accepted)
        self._applying.send(alone(self._plan, left))
        self._confirm(self._applying.applied.accepted[before:], last=True)

    def _missing(self, accepted: Accepted) -> list[Operation]:
        """Return what is not there though the jobs that took it on have ended."""
        finished = {accepted[-1][1]: self._finish(accepted[-1])}
        missing = self._read_back([operation for operation, _, _ in accepted])
        late = [one for one in accepted if one[0].number in missing]
        for one in late:
            if one[1] not in finished:
                finished[one[1]] = self._finish(one)
        if late and set(finished) != {accepted[-1][1]}:
            missing = self._read_back([operation for operation, _, _ in late])
        self._unended = {o.number for o, ticket, _ in late if finished[ticket] == "unknown"}
        return [operation for operation, _, _ in late if operation.number in missing]

    def _finish(self, one: tuple[Operation, str, Write]) -> str:
        """Wait for a job; what it says of itself decides nothing, the rows do."""
        _, ticket, write = one
        try:
            return self._door.drive(write.finish(ticket)) if write.finish is not None else ""
        except Rejected as error:  # the API knows of no such job any more
            return str(error)

    def _read_back(self, operations: Sequence[Operation]) -> set[int]:
        """Settle what is there as planned; return the numbers of the others."""
        found = look_up(self._table, operations, self._find)
        settled = [
            dataclasses.replace(one, reason=self._plan.by_number[one.number].reason)
            if one.reason == FOUND
            else one
            for one in found.settled
        ]
        self._undone = found.undone
        if settled:
            self._run.resolved(settled)
        if found.unclear:
            unclear = [
                Settled(o.number, "unknown", "could not be read back") for o in found.unclear
            ]
            self._run.resolved(unclear)
            self._applying.applied.unknown += found.unclear
        return {operation.number for operation in found.absent}

    def _clear_up(self, unknown: Sequence[Operation]) -> None:
        """Look up what is unknown; send once more what had no effect, and look that up."""
        if not unknown:
            return
        found = self._looked_up(unknown)
        refused = self._applying.words
        self._reject([o for o in (*found.absent, *found.unclear) if o.number in refused], refused)
        found.absent = [o for o in found.absent if o.number not in refused]
        if self._applying.applied.stop is not None:
            self._give_up(found)
            return
        if not found.absent:
            return
        self._run.reset([operation.number for operation in found.absent])
        once_more = Applying(self._plan, self._door, self._run, self._progress, again=True)
        once_more.send(alone(self._plan, found.absent))
        self._applying.applied.stop = once_more.applied.stop
        self._confirm(once_more.applied.accepted, last=True)
        found = self._looked_up(once_more.applied.unknown)
        self._reject([*found.absent, *found.unclear], once_more.words)
        found.absent = [o for o in found.absent if o.number not in once_more.words]
        self._give_up(found)

    def _give_up(self, found: LookedUp) -> None:
        """End what surely had no effect and is not sent any more: nothing of it is unknown."""
        numbers = [o.number for o in found.absent if o.number in found.undone]
        if not numbers:
            return
        stop = self._applying.applied.stop
        if stop is not None:
            self._run.reset(numbers)
            self._run.skip(f"looked up, it was not done; stopped by an error: {stop}", numbers)
            return
        why = "no clear answer came, twice; looked up, it was not done"
        self._run.resolved([Settled(number, "rejected", why) for number in numbers])

    def _reject(self, operations: Sequence[Operation], words: Mapping[int, str]) -> None:
        """Give up what the API refused and what is not there: it was no answer to a repetition."""
        settled = [
            Settled(o.number, "rejected", words[o.number]) for o in operations if o.number in words
        ]
        if settled:
            self._run.resolved(settled)

    def _looked_up(self, unknown: Sequence[Operation]) -> LookedUp:
        """Look up, once a row just written can be found, and write down what that tells."""
        if not unknown:
            return LookedUp()
        self._wait(max((w.settles for w in self._table.writes), default=0.0))
        found = look_up(self._table, unknown, self._find)
        if found.settled:
            self._run.resolved(found.settled)
        return found
