"""Finds out what became of writes whose answer was lost: looked up, never blindly sent again."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlcrm.errors import Error
from sqlcrm.sdk import Column, Consent, Table, Write
from sqlcrm.state.values import Operation, Settled
from sqlcrm.writing.carriers import known, single
from sqlcrm.writing.checks import same
from sqlcrm.writing.decide import columns_of, mark, reading_key

Found = Mapping[tuple[Any, ...], Mapping[str, Any]]

Find = Callable[[Sequence[Column], Sequence[Mapping[str, Any]], Sequence[str]], Found]
"""Reads the target's rows that have one of these keys, and names their columns; by their key."""


FOUND = "the answer was lost; found by looking it up"
"""The reason of a row that is as it was sent, or nearly so."""


@dataclass(slots=True)
class LookedUp:
    """What looking up told: outcomes, operations without effect, and those nobody can tell of.

    undone: numbers of the absent ones that surely had no effect.
    """

    settled: list[Settled] = field(default_factory=list)
    absent: list[Operation] = field(default_factory=list)
    undone: set[int] = field(default_factory=set)
    unclear: list[Operation] = field(default_factory=list)


def look_up(table: Table, operations: Sequence[Operation], find: Find) -> LookedUp:
    """Look up what operations did whose answer was lost.

    A row that is as planned is done. `absent` had no effect, or may be sent again without harm;
    what is neither stays unclear: a table that only appends, a lookup that failed.
    """
    found = LookedUp()
    for verb in dict.fromkeys(o.verb for o in operations):
        ours = [o for o in operations if o.verb == verb]
        new = verb in {"create", "link"}
        key = columns_of(table, table.natural_key) if new else reading_key(table)
        write = single(table, ours[0])
        if not key or write.append:
            found.unclear += ours
            continue
        names = sorted({name for o in ours for name in o.values} | {*table.key})
        try:
            rows = find(key, [known(o) for o in ours], names)
        except Error:
            found.unclear += ours
            continue
        for operation in ours:
            _judge(table, operation, write, rows.get(mark(key, known(operation))), found)
    return found


def _judge(
    table: Table,
    operation: Operation,
    write: Write,
    row: Mapping[str, Any] | None,
    found: LookedUp,
) -> None:
    number = operation.number
    if operation.verb in {"delete", "unlink"}:
        if row is None:
            found.settled.append(Settled(number, "done", "the answer was lost; it is gone"))
        else:
            _again(operation, write, found, surely=True)
        return
    if row is None and operation.verb == "update":
        why = "the answer was lost, and the row is not there any more"
        found.settled.append(Settled(number, "rejected", why))
        return
    fits = row is not None and all(
        (column := table.column(name)) is not None
        and (column.write_only or same(column, value, row.get(name)))
        for name, value in operation.values.items()
    )
    if row is not None and (fits or operation.verb != "update"):
        identity = str(row.get(table.key[0]) or "") if table.key else ""
        reason = FOUND
        if not fits:
            reason += ", with other values than were sent"
        if table.consent is not None and _refused(table, table.consent, operation, row):
            name = table.consent.column
            words = f"{name} is {row.get(name)} in the CRM, which did not change it"
            found.settled.append(Settled(number, "rejected", words, identity))
            return
        # What somebody else may have changed tells nothing of how the CRM keeps what is sent.
        found.settled.append(Settled(number, "done", reason, identity))
        return
    surely = row is None or _as_before(table, operation, row)
    _again(operation, write, found, surely=surely)


def _refused(table: Table, consent: Consent, operation: Operation, row: Mapping[str, Any]) -> bool:
    """Whether a status was sent and another is there, as far as reads show it."""
    sent, column = operation.values.get(consent.column), table.column(consent.column)
    shown = column is not None and not column.write_only
    return shown and sent is not None and row.get(consent.column) != sent


def _as_before(table: Table, operation: Operation, row: Mapping[str, Any]) -> bool:
    """Whether a row still has the values that it had, in every column that was to change."""
    before = operation.before or {}
    return all(
        name in before
        and (column := table.column(name)) is not None
        and same(column, before[name], row.get(name))
        for name in operation.values
    )


def _again(operation: Operation, write: Write, found: LookedUp, *, surely: bool) -> None:
    """Note an operation that had no effect: what may not be repeated was looked up by its key."""
    conclusive = write.repeatable or write.unique or operation.verb in {"create", "link"}
    (found.absent if conclusive else found.unclear).append(operation)
    if surely:
        found.undone.add(operation.number)
