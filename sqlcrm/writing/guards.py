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


SHRUNK = 0.2
"""A source that lost more than this share of its rows since its last run deletes nothing."""


def check(plan: WritePlan, limits: Limits, *, read_only: bool, earlier: int | None = None) -> None:
    """Refuse a plan that goes beyond its limits.

    earlier: the rows that the source of a SYNCHRONIZE … DELETE had when it last ran.
    Raises: GuardRefused that says what would have happened and how to allow it.
    """
    changes, deletes = len(plan.planned), plan.deletes
    target = plan.target
    if read_only and changes:
        raise GuardRefused(f"@{plan.relation.connection} is read_only: nothing was written")
    _check_source(plan, limits, earlier)
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


def _check_source(plan: WritePlan, limits: Limits, earlier: int | None) -> None:
    """Refuse to delete what a source no longer has, where the source itself looks cut short.

    A number of deletions that was allowed by name is meant; --yes alone is not enough.
    """
    if not plan.deletes or plan.source_rows is None or limits.max_deletes is not None:
        return
    empty = plan.source_rows == 0
    shrunk = earlier is not None and plan.source_rows < (1 - SHRUNK) * earlier
    if not empty and not shrunk:
        return
    what = "is empty" if empty else (
        f"has {plan.source_rows:,} rows, and had {earlier:,} when this last ran"
    )  # fmt: skip
    changes, deletes = len(plan.planned), plan.deletes
    raise GuardRefused(
        f"the source {what}, and {deletes:,} rows of {plan.target} would be deleted: nothing was "
        f"written. If the source is whole: --max-changes {changes} --max-deletes {deletes} "
        f"(in Python: connect(max_changes={changes}, max_deletes={deletes}))"
    )
