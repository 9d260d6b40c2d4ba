"""What a DML statement will do, row by row, before anything is sent."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlcrm.planner.plan import Relation
from sqlcrm.sdk import Write
from sqlcrm.state.values import Operation


@dataclass(frozen=True, slots=True)
class WritePlan:
    """The plan of one statement: an operation for each source row, and the calls that carry them.

    write: the declared way that carries a planned operation, by the operation's verb.
    extra: further body values, by number of the operation (a deliberate opt-in).
    total: rows of the whole table, where all of them were read.
    """

    verb: str
    relation: Relation
    operations: tuple[Operation, ...]
    writes: Mapping[str, Write]
    extra: Mapping[int, Mapping[str, Any]]
    notices: tuple[str, ...] = ()
    total: int | None = None

    @property
    def planned(self) -> list[Operation]:
        """The operations that call the API."""
        return [o for o in self.operations if o.state == "planned"]

    @property
    def counts(self) -> dict[str, int]:
        """How many operations are in each state, planned ones by their verb."""
        words = (o.verb if o.state == "planned" else o.state for o in self.operations)
        return dict(Counter(words))

    @property
    def deletes(self) -> int:
        """How many rows would be gone."""
        return sum(o.verb in {"delete", "unlink"} for o in self.planned)
