"""What a reply of success makes of an operation: done, done but for some columns, or not at all."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlcrm.sdk import Table, Write
from sqlcrm.state.values import Operation, Settled
from sqlcrm.writing.bodies import full_row
from sqlcrm.writing.checks import same
from sqlcrm.writing.replies import kept_otherwise, told_id, unwritten


def written(table: Table, operation: Operation, body: Any, write: Write, zone: str) -> Settled:
    """Return what a reply of success shows of the row."""
    number, new = operation.number, operation.before is None
    doubt = write.doubts(full_row(write, table, operation), body) if write.doubts else ""
    if doubt:
        return Settled(number, "rejected", doubt)
    reply = (table, operation, body, write.row_at, zone)
    left = unwritten(*reply) if write.shows else {}
    identity = told_id(table, write, operation, body)
    if left:
        return _left(operation, left, identity if new else "")
    kept, words = kept_otherwise(*reply), [operation.reason]
    if write.shows and new:
        words.append(_differs(table, operation, kept or {}))
    if kept and table.consent is not None:  # another status is no other form of the one sent
        kept = {name: value for name, value in kept.items() if name != table.consent.column}
    return Settled(number, "done", "; ".join(filter(None, words)), identity, after=kept or None)


def _differs(table: Table, operation: Operation, kept: Mapping[str, Any]) -> str:
    """Return which values of a new row are there as another value, "" where none is."""
    return "; ".join(
        f"{name} is {value}: the API made that of it"
        for name, value in kept.items()
        if (column := table.column(name)) is not None
        and not same(column, operation.values[name], value)
    )


def _left(operation: Operation, shown: Mapping[str, Any], identity: str) -> Settled:
    """Return what became of a row of which the API did not write these columns.

    The others are written, so that there is something to undo.
    """
    left = ", ".join(
        f"{name} is {'NULL' if value is None else value}" for name, value in shown.items()
    )
    why = f"{left}: the API did not write it, without saying why"
    state = "rejected" if operation.values.keys() <= shown.keys() else "done"
    words = (why, operation.reason) if operation.reason and state == "done" else (why,)
    return Settled(operation.number, state, "; ".join(words), identity)
