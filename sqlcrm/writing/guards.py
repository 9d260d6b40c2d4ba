"""Stops a plan that a person might regret, before its first call."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlcrm.errors import GuardRefused

if TYPE_CHECKING:
    from sqlcrm.writing.plan import WritePlan

CONFIRM_ABOVE = 100
"""Changes up to this number, none of them a delete, need no confirmation."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What a run may do unasked.

    yes: everything. max_changes, max_deletes: that many in each statement.
    ask: puts a question to a person, where there is one.
    """

    yes: bool = False
    max_changes: int | None = None
    max_deletes: int | None = None
    ask: Callable[[WritePlan, str], bool] | None = None


def check(plan: WritePlan, limits: Limits, *, read_only: bool) -> None:
    """Refuse a plan that goes beyond its limits.

    Raises: GuardRefused that says what would have happened and how to allow it.
    """
    changes, deletes = len(plan.planned), plan.deletes
    target = f"{plan.relation.table.name}@{plan.relation.connection}"
    if read_only and changes:
        raise GuardRefused(f"@{plan.relation.connection} is read_only: nothing was written")
    what = f"{plan.verb.upper()} {target} would change {changes:,} row{'' if changes == 1 else 's'}"
    if limits.max_changes is not None and changes > limits.max_changes:
        raise GuardRefused(
            f"{what}, more than max-changes {limits.max_changes:,}: nothing was written"
        )
    if limits.max_deletes is not None and deletes > limits.max_deletes:
        raise GuardRefused(
            f"{what} and delete {deletes:,}, more than max-deletes {limits.max_deletes:,}: "
            "nothing was written"
        )
    most = plan.total is not None and 2 * changes > plan.total
    asks = deletes > 0 or changes > CONFIRM_ABOVE or (changes > 0 and most)
    if limits.yes or limits.max_changes is not None or not asks:
        return
    why = f"{what} ({deletes:,} deleted)" if deletes else what
    why += ", more than half of the table" if most else ""
    if limits.ask is not None:
        if limits.ask(plan, why):
            return
        raise GuardRefused(f"{why}: you said no, so nothing was written")
    allow = f"--max-changes {changes}"
    raise GuardRefused(
        f"{why}: nothing was written. If you mean it: --yes, or {allow} "
        f"(in Python: connect(max_changes={changes}))"
    )
