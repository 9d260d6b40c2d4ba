"""What a DML statement will do, row by row and call by call, before anything is sent."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from sqlcrm.planner.plan import Relation
from sqlcrm.sdk import Write
from sqlcrm.state.values import Operation
from sqlcrm.writing.report import Unmatched

DECLARED = {
    "create": "insert",
    "link": "insert",
    "update": "update",
    "delete": "delete",
    "unlink": "delete",
}
"""The verb of the declared write that carries an operation of each verb."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Operations, by their numbers, that one call carries, or one flow of a few calls."""

    number: int
    write: Write
    operations: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Forecast:
    """What applying a plan will come to, in calls, each at the most; seconds under the limits.

    made: calls that planning made, to read the rows and what exists. writes: calls that write.
    status: questions whether the API is done with what it accepted.
    reads: calls that read back what became of it. undo: calls that undoing it all would take;
    None where the API can undo nothing of it.
    """

    made: int = 0
    writes: int = 0
    status: int = 0
    reads: int = 0
    undo: int | None = 0
    seconds: float | None = None

    @property
    def calls(self) -> int:
        """All of them but those of undoing."""
        return self.writes + self.status + self.reads


@dataclass(frozen=True)
class WritePlan:
    """The plan of one statement: an operation for each source row, and the batches that carry them.

    needs: by number of the operation, what goes with it beside its own values. total: rows of the
    whole table, where all of them were read. errors: rejected rows after which the rest is not
    sent. source_rows: how many rows the source had, where deletions rest on it. zone: in which the
    API writes times that carry none.
    """

    verb: str
    relation: Relation
    text: str
    operations: tuple[Operation, ...]
    batches: tuple[Batch, ...] = ()
    needs: Mapping[int, Mapping[str, Any]] = field(default_factory=dict)
    notices: tuple[str, ...] = ()
    unmatched: Sequence[Unmatched] = ()
    total: int | None = None
    errors: int | None = None
    source_rows: int | None = None
    forecast: Forecast = Forecast()
    zone: str = "UTC"

    @cached_property
    def planned(self) -> list[Operation]:
        """The operations that call the API."""
        return [o for o in self.operations if o.state == "planned"]

    @cached_property
    def by_number(self) -> dict[int, Operation]:
        """The operations by their numbers."""
        return {o.number: o for o in self.operations}

    @property
    def counts(self) -> dict[str, int]:
        """How many operations are in each state, planned ones by their verb."""
        words = (o.verb if o.state == "planned" else o.state for o in self.operations)
        return dict(Counter(words))

    @property
    def deletes(self) -> int:
        """How many rows would be gone."""
        return sum(o.verb in {"delete", "unlink"} for o in self.planned)

    @property
    def target(self) -> str:
        """The table that is written, as the user named it."""
        return f"{self.relation.name}@{self.relation.connection}"
