"""Chooses what carries the planned operations, in the fewest calls, and tells how many."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlcrm.errors import NotSupportedError
from sqlcrm.sdk import Table, Write
from sqlcrm.state.values import Operation
from sqlcrm.writing.consent import deliberate
from sqlcrm.writing.decide import carrier, reading_key
from sqlcrm.writing.plan import DECLARED, Batch, Forecast, WritePlan

POLLS = 3
"""Questions whether the API is done with an import, as a forecast."""

Needed = Callable[[Write, Sequence[Operation]], Mapping[int, Mapping[str, Any]]]
"""Reads what must go with operations, by their numbers; one that is left out has it not all."""

Lookup = Callable[[Sequence[str], Sequence[Operation]], int | None]
"""Says how many calls finding these operations by these key columns takes, at the most."""


@dataclass(frozen=True, slots=True)
class Means:
    """What choosing a carrier asks of its surroundings.

    bulk: whether calls that carry many rows may be used at all. rate: calls a second for a path.
    """

    needed: Needed
    lookup: Lookup
    bulk: bool = True
    rate: Callable[[str], float | None] = lambda _path: None


def carried(plan: WritePlan, means: Means) -> WritePlan:
    """Return a plan with its batches, each in the largest call that means the same."""
    table = plan.relation.table
    needs: dict[int, Mapping[str, Any]] = {}
    notices: list[str] = []
    batches: list[Batch] = []
    reads = status = 0
    verbs = dict.fromkeys(DECLARED[o.verb] for o in plan.planned)
    for verb in verbs:
        ours = [o for o in plan.planned if DECLARED[o.verb] == verb]
        write = _many(table, verb, ours, means)
        found: Mapping[int, Mapping[str, Any]] = {}
        if write is not None:
            taken = [o for o in ours if _takes(write, o, table)]
            found = _needed(write, taken, means)
        if write is not None and len(found) >= write.least:
            together = [o for o in ours if o.number in found]
            needs |= found
            ours = [o for o in ours if o.number not in found]
            groups = list(_groups(write, together))
            batches += [Batch(0, write, numbers) for numbers in groups]
            status += POLLS if write.finish is not None else 0
            reads += _read_back(table, together, means) if write.finish else 0
            if table.carrier(verb) is not write:
                notices.append(_said(write, len(together), write.calls * len(groups)))
        single = carrier(table, verb) if ours else None
        batches += [Batch(0, single, (o.number,)) for o in ours if single is not None]
    batches = [replace(batch, number=i) for i, batch in enumerate(batches, 1)]
    place = {number: batch.number for batch in batches for number in batch.operations}
    operations = tuple(
        replace(o, batch=place[o.number]) if o.number in place else o for o in plan.operations
    )
    forecast = _forecast(plan, batches, status, reads, means)
    return replace(
        plan,
        operations=operations,
        batches=tuple(batches),
        needs=needs,
        notices=(*plan.notices, *notices),
        forecast=forecast,
    )


def _needed(
    write: Write, operations: Sequence[Operation], means: Means
) -> dict[int, Mapping[str, Any]]:
    """Return what goes with the operations that a write takes, now that it is known."""
    if not write.needs:
        return {o.number: {} for o in operations}
    by_number = {o.number: o for o in operations}
    return {
        number: needs
        for number, needs in means.needed(write, operations).items()
        if write.takes is None
        or write.takes(by_number[number].before, {**by_number[number].values, **needs})
    }


def _read_back(table: Table, operations: Sequence[Operation], means: Means) -> int:
    """Return how many calls it takes to see what became of operations, as far as one can tell."""
    new = [o for o in operations if o.before is None]
    old = [o for o in operations if o.before is not None]
    found = means.lookup(table.natural_key, new) or 0 if new else 0
    names = [column.name for column in reading_key(table)]
    return found + (means.lookup(names, old) or 0 if old else 0)


def _said(write: Write, rows: int, calls: int) -> str:
    differs = f" ({write.differs})" if write.differs else ""
    return (
        f"{rows:,} rows go in {calls:,} bulk call{'s'[: calls != 1]}{differs}; "
        "SET bulk = off sends them one by one"
    )


def _many(table: Table, verb: str, operations: Sequence[Operation], means: Means) -> Write | None:
    """Return the write that carries many rows at once, where that takes fewer calls."""
    if not means.bulk:
        return None
    for write in table.writes:
        if write.verb != verb or write.send is None or (write.batch <= 1 and not write.per):
            continue
        taken = [o for o in operations if _takes(write, o, table)]
        if len(taken) < write.least:
            continue
        if table.carrier(verb) is write:  # there is no other way
            return write
        reads = _read_back(table, taken, means) if write.finish else 0
        calls = (
            write.calls * len(list(_groups(write, taken))) + reads + (POLLS if write.finish else 0)
        )
        calls += sum(-(-len({known(o).get(n.by) for o in taken}) // 100) for n in write.needs)
        if calls < len(taken):
            return write
    return None


def known(operation: Operation) -> dict[str, Any]:
    """Return all that names an operation's row, and what it is to hold."""
    return {
        **(operation.before or {}),
        **operation.natural_key,
        **operation.values,
        **operation.key,
    }


def _takes(write: Write, operation: Operation, table: Table) -> bool:
    """Whether a write may carry an operation, and means the same as the single one."""
    if write.columns and not operation.values.keys() <= set(write.columns):
        return False
    if deliberate(table, operation):  # a subscription raised on purpose goes alone, by name
        return False
    if any(known(operation).get(name) is None for name in write.whole):
        return False
    return write.takes is None or write.takes(operation.before, operation.values)


def _groups(write: Write, operations: Sequence[Operation]) -> Iterator[tuple[int, ...]]:
    """Cut operations into batches; rows that share a value of `per` stay together."""
    by: dict[Any, list[int]] = {}
    for operation in operations:
        group = known(operation).get(write.per) if write.per else operation.number
        by.setdefault(group, []).append(operation.number)
    groups = list(by.values())
    for first in range(0, len(groups), write.batch):
        yield tuple(number for group in groups[first : first + write.batch] for number in group)


def _forecast(
    plan: WritePlan, batches: Sequence[Batch], status: int, reads: int, means: Means
) -> Forecast:
    writes = sum(batch.write.calls for batch in batches)
    seconds: float | None = 0.0
    for path, count in _paths(batches).items():
        rate = means.rate(path)
        seconds = None if rate is None or seconds is None else seconds + count / rate
    if seconds is not None and status + reads:
        rate = means.rate("/")
        seconds = None if rate is None else seconds + (status + reads) / rate
    return Forecast(0, writes, status, reads, undo_calls(plan), seconds)


def _paths(batches: Sequence[Batch]) -> dict[str, int]:
    found: dict[str, int] = {}
    for batch in batches:
        found[batch.write.path] = found.get(batch.write.path, 0) + batch.write.calls
    return found


INVERSE = {
    "create": "delete",
    "link": "delete",
    "update": "update",
    "delete": "insert",
    "unlink": "insert",
}
"""The declared verb that takes an operation back."""


def undo_calls(plan: WritePlan) -> int | None:
    """Return how many calls undoing a plan takes; None where the API can undo none of it."""
    table = plan.relation.table
    able = 0
    for operation in plan.planned:
        back = table.carrier(INVERSE[operation.verb]) is not None
        able += (back or _lowers(table, operation)) and not unsubscribes(table, operation)
    return able if able or not plan.planned else None


def side_effects(table: Table, operations: Iterable[Operation]) -> list[str]:
    """Return what else writes change, for people: once each, as the columns written say."""
    found: dict[str, None] = {}
    for one in operations:
        write = table.carrier({"create": "insert"}.get(one.verb, one.verb))
        if write is not None and write.notice:
            found |= dict.fromkeys(w for n, w in write.notice.items() if n in one.values)
    return list(found)


def unsubscribes(table: Table, operation: Operation) -> bool:
    """Whether an operation takes a subscription away, which undo may not give back."""
    consent, before = table.consent, operation.before
    if consent is None or before is None or consent.column not in operation.values:
        return False
    left = operation.values[consent.column] not in consent.subscribed
    return left and before.get(consent.column) in consent.subscribed


def _lowers(table: Table, operation: Operation) -> bool:
    """Whether a row that can only stay would be unsubscribed to take it back."""
    consent = table.consent
    if consent is None or operation.verb not in {"create", "link"}:
        return False
    return operation.values.get(consent.column) in consent.subscribed


def single(table: Table, operation: Operation) -> Write:
    """Return the write that carries an operation alone.

    Raises: NotSupportedError where it cannot be sent alone.
    """
    if operation.verb not in DECLARED:
        raise NotSupportedError(f"{operation.verb} is nothing that is sent")
    return carrier(table, DECLARED[operation.verb])
