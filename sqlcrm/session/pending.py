"""Writes of a transaction: planned and shown, applied by COMMIT, given up by ROLLBACK."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

from sqlcrm.errors import ProgrammingError

if TYPE_CHECKING:
    from sqlcrm.planner.plan import Relation
    from sqlcrm.state.values import Operation
    from sqlcrm.writing.plan import WritePlan


class Waiting(Protocol):
    """What waits: its plan, and a way to give it up."""

    plan: WritePlan

    def give_up(self, why: str) -> None:
        """Skip all of it."""


W = TypeVar("W", bound=Waiting)


class Pendings(Generic[W]):
    """The plans that wait for COMMIT, in order."""

    def __init__(self) -> None:
        self._waiting: list[W] = []

    def __len__(self) -> int:
        return len(self._waiting)

    def __iter__(self) -> Iterator[W]:
        return iter(self._waiting)

    def add(self, one: W) -> None:
        """Let a plan wait."""
        self._waiting.append(one)

    def take(self) -> list[W]:
        """Return all that waits; nothing does then."""
        found, self._waiting = self._waiting, []
        return found

    def refuse(self, relation: Relation) -> None:
        """Raise where a remote table is read that a waiting plan would change.

        Raises: ProgrammingError that says COMMIT first.
        """
        for one in self._waiting:
            if changes(one.plan, relation):
                raise ProgrammingError(
                    f"{relation.name}@{relation.connection} cannot be read now: {one.plan.target} "
                    "has writes that wait for COMMIT, which may change it. COMMIT first"
                )

    def refuse_rows(self, plan: WritePlan) -> None:
        """Raise where a plan is about a row that a waiting plan would change.

        Raises: ProgrammingError that says COMMIT first.
        """
        from sqlcrm.writing.decide import natural_marks

        table = plan.relation.table
        for one in self._waiting:
            other = one.plan.relation
            same = (other.connection, other.table.name) == (
                plan.relation.connection,
                table.name,
            )
            if not same:
                continue
            if not table.natural_key:
                if {_sealed(o) for o in one.plan.planned} & {_sealed(o) for o in plan.planned}:
                    raise ProgrammingError(
                        f"equal rows of {plan.target} wait for COMMIT already. COMMIT first"
                    )
                continue
            theirs = natural_marks(table, [o.natural_key for o in one.plan.planned])
            if theirs & natural_marks(table, [o.natural_key for o in plan.operations]):
                raise ProgrammingError(
                    f"rows of {plan.target} have writes already that wait for COMMIT. COMMIT first"
                )


def _sealed(operation: Operation) -> str:
    from sqlcrm.writing.memory import sealed

    return f"{operation.verb} {sealed(operation.key)} {sealed(operation.values)}"


def changes(plan: WritePlan, relation: Relation) -> bool:
    """Whether applying a plan may change what a read of a table brings."""
    if plan.relation.connection != relation.connection or not plan.planned:
        return False
    touched = plan.relation.table.touches
    return touched is None or relation.table.name in {plan.relation.table.name, *touched}
