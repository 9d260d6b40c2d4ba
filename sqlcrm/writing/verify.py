"""Looks up what became of writes whose answer was lost: looked up, never blindly sent again."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlcrm.errors import Error
from sqlcrm.state.values import Operation, Settled
from sqlcrm.writing.apply import Run
from sqlcrm.writing.checks import same
from sqlcrm.writing.decide import mark
from sqlcrm.writing.plan import WritePlan

Existing = Callable[
    [Sequence[Mapping[str, Any]], Sequence[str]], Mapping[tuple[Any, ...], Mapping[str, Any]]
]


def look_up(plan: WritePlan, unknown: Sequence[Operation], existing: Existing, run: Run) -> None:
    """Settle the unknown operations that reading back can settle; the others stay unknown.

    A row that is there as planned is done. One that is not there stays unknown: a search may lag
    behind its writes, and only a person or a later `resume` can tell.
    """
    table = plan.relation.table
    if not table.natural_key or any(o.verb in {"delete", "unlink"} for o in unknown):
        return
    columns = [c for name in table.natural_key if (c := table.column(name)) is not None]
    wanted = {o.number: {**(o.before or {}), **o.natural_key, **o.values} for o in unknown}
    names = sorted({name for o in unknown for name in o.values})
    try:
        found = existing(list(wanted.values()), names)
    except Error:
        return  # unknown is what they stay
    settled = []
    for operation in unknown:
        before = found.get(mark(columns, wanted[operation.number]))
        fits = before is not None and all(
            (column := table.column(name)) is not None and same(column, value, before.get(name))
            for name, value in operation.values.items()
        )
        if fits and before is not None:
            identity = str(before.get(table.key[0], "")) if table.key else ""
            reason = "the answer was lost; found by looking it up"
            settled.append(Settled(operation.number, "done", reason, identity))
    if settled:
        run.resolved(settled)
