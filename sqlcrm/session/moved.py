"""Whether what a plan rests on is still so: rows that have changed, vanished or appeared since."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlcrm.errors import PlanMoved
from sqlcrm.planner.choice import WORTH_ASKING
from sqlcrm.sdk import Column
from sqlcrm.session.lookups import Lookups
from sqlcrm.state.values import Operation
from sqlcrm.writing.carriers import known
from sqlcrm.writing.checks import same
from sqlcrm.writing.decide import columns_of, mark, reading_key
from sqlcrm.writing.plan import WritePlan

Moved = tuple[Operation, str]

SHOWN = 5
"""Rows that an error names; the others are counted."""


def moved_rows(plan: WritePlan, lookups: Lookups) -> list[Moved]:
    """Return the planned operations whose row is not what it was, each with what has changed."""
    found: list[Moved] = []
    for key, ours in _by_key(plan):
        names = sorted({name for o in ours for name in (o.before or {})})
        rows = lookups.find(key, [known(o) for o in ours], names)
        for operation in ours:
            row = rows.get(mark(key, known(operation)))
            why = _there(row) if operation.before is None else _other(plan, operation, row)
            if why:
                found.append((operation, why))
    return found


def check_calls(plan: WritePlan, lookups: Lookups) -> int:
    """Return how many calls looking for moved rows takes; a list of unknown length counts as one.

    More than a few lookups are made only once a list's first page has told that it takes longer.
    """
    found = 0
    for key, ours in _by_key(plan):
        exact = lookups.calls([column.name for column in key], ours)
        size = max((read.pages.size for read in plan.relation.table.reads), default=0)
        pages = -(-plan.total // size) if plan.total and size else 1
        found += pages if exact is None else exact + (exact > WORTH_ASKING)
    return found


def _by_key(plan: WritePlan) -> list[tuple[list[Column], list[Operation]]]:
    """Group the planned operations by the key under which their row is looked for."""
    table = plan.relation.table
    new = [o for o in plan.planned if o.before is None]
    others = [o for o in plan.planned if o.before is not None]
    groups = [(columns_of(table, table.natural_key), new), (reading_key(table), others)]
    return [(key, ours) for key, ours in groups if key and ours]


def _there(row: Mapping[str, Any] | None) -> str:
    return "" if row is None else "exists by now"


def _other(plan: WritePlan, operation: Operation, row: Mapping[str, Any] | None) -> str:
    """Say what has changed of a row since it was planned; only what the plan is about counts."""
    if row is None:
        return "is gone"
    table, before = plan.relation.table, operation.before or {}
    names: Iterable[str] = operation.values if operation.verb == "update" else before
    if plan.verb == "undo":  # its own earlier parts change when rows were changed, and counts
        names = [name for name in names if (c := table.column(name)) and not c.readonly]
    changed = [
        f"{column.name} is {row.get(column.name)!r}, and was {before[column.name]!r}"
        for column in columns_of(table, [name for name in names if name in before])
        if not column.write_only and not same(column, row.get(column.name), before[column.name])
    ]
    return ", ".join(changed)


def refused(plan: WritePlan, moved: Sequence[Moved]) -> PlanMoved:
    """Return the error that names the rows."""
    lines = [f"  {_named(operation)}: {why}" for operation, why in moved[:SHOWN]]
    more = f"\n  … and {len(moved) - SHOWN:,} more" if len(moved) > SHOWN else ""
    rows = f"{len(moved):,} row{'' if len(moved) == 1 else 's'}"
    return PlanMoved(
        f"the plan for {plan.target} rests on rows that have moved, so nothing of it was written: "
        f"{rows}\n" + "\n".join(lines) + f"{more}\nPlan it again."
    )


def _named(operation: Operation) -> str:
    names = {k: v for k, v in operation.natural_key.items() if v is not None} or operation.key
    return (
        ", ".join(f"{name} {value}" for name, value in names.items()) or f"row {operation.number}"
    )
