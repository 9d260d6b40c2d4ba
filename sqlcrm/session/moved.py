"""Whether what a plan rests on is still so: rows that have changed, vanished or appeared since."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlcrm.errors import PlanMoved
from sqlcrm.session.lookups import Lookups
from sqlcrm.state.values import Operation
from sqlcrm.writing.carriers import known
from sqlcrm.writing.checks import same
from sqlcrm.writing.decide import columns_of, mark
from sqlcrm.writing.plan import WritePlan

Moved = tuple[Operation, str]

SHOWN = 5
"""Rows that an error names; the others are counted."""


def moved_rows(plan: WritePlan, lookups: Lookups) -> list[Moved]:
    """Return the planned operations whose row is not what it was, each with what has changed."""
    table = plan.relation.table
    found: list[Moved] = []
    for new in (True, False):
        ours = [o for o in plan.planned if (o.before is None) == new]
        key = columns_of(table, table.natural_key if new else table.key)
        if not ours or not key:
            continue
        names = sorted({name for o in ours for name in (o.before or {})})
        rows = lookups.find(key, [known(o) for o in ours], names)
        for operation in ours:
            row = rows.get(mark(key, known(operation)))
            why = _there(row) if new else _other(plan, operation, row)
            if why:
                found.append((operation, why))
    return found


def _there(row: Mapping[str, Any] | None) -> str:
    return "" if row is None else "exists by now"


def _other(plan: WritePlan, operation: Operation, row: Mapping[str, Any] | None) -> str:
    """Say what has changed of a row since it was planned; only what the plan is about counts."""
    if row is None:
        return "is gone"
    table, before = plan.relation.table, operation.before or {}
    names = operation.values if operation.verb == "update" else before
    changed = [
        f"{column.name} is {row.get(column.name)!r}, and was {before[column.name]!r}"
        for column in columns_of(table, [name for name in names if name in before])
        if not same(column, row.get(column.name), before[column.name])
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
