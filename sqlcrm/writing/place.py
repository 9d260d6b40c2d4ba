"""Where a statement stands in the journal: every step of it is written down there first."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlcrm.state.journal import Journal
from sqlcrm.state.values import Settled


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
        """Write down what looking up told about operations that were unknown, or only sent."""
        self.journal.resolve(self.run, self.statement, outcomes)

    def reset(self, numbers: Sequence[int]) -> None:
        """Let operations be sent again that are known not to have had an effect."""
        self.journal.reset(self.run, self.statement, numbers)

    def skip(self, why: str, numbers: Sequence[int] | None = None) -> int:
        """Give up what is still planned."""
        return self.journal.skip(self.run, self.statement, why, numbers)
