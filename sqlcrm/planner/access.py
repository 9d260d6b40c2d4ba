"""Which of a table's reads answers a scan with the fewest calls. Pure: numbers in, choice out."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlcrm.errors import ProgrammingError
from sqlcrm.planner.plan import Predicate, Scan
from sqlcrm.sdk import Filter, Read

WORTH_ASKING = 8
"""Above this many calls, the first page of a list is worth one call: it tells the list's length.
Below it, the call could save less than it costs."""


@dataclass(frozen=True, slots=True)
class Access:
    """One way to fetch a scan's rows.

    keys: values for `read.by`. query: pushed filters and parameters. pushed: what they were.
    least: calls it takes at the least. exact: whether it takes just these; otherwise only the
    first page's total tells. echoes: what each reply must say at a path, as text.
    """

    read: Read
    keys: tuple[Any, ...] = ()
    query: tuple[tuple[str, str], ...] = ()
    pushed: tuple[Predicate, ...] = ()
    least: int = 1
    exact: bool = False
    echoes: tuple[tuple[str, str], ...] = ()


def accesses(scan: Scan, keys: Mapping[str, Sequence[Any]]) -> list[Access]:
    """Return every usable access, in the order of the declaration.

    keys: the values known to suffice, by column.
    Raises: ProgrammingError that says which column to give, where no read fits.
    """
    table = scan.relation.table
    known = _known(scan, keys)
    found = [access for read in table.reads if (access := _access(scan, read, known)) is not None]
    if not found:
        wanted = sorted({read.by for read in table.reads if read.by})
        raise ProgrammingError(
            f"{table.name}@{scan.relation.connection} cannot be read as a whole: "
            f"give {' or '.join(wanted)} with WHERE, a join, or {scan.relation.name}"
            f"@{scan.relation.connection}({wanted[0] if wanted else '…'} => …)"
        )
    return found


def _known(scan: Scan, keys: Mapping[str, Sequence[Any]]) -> dict[str, tuple[Any, ...]]:
    """Return the smallest set of values known for each column, constants included."""
    known = {column: tuple(values) for column, values in keys.items()}
    for predicate in (*scan.predicates, *scan.fixed):
        if predicate.op in {"=", "in"}:
            values = tuple(dict.fromkeys(predicate.values))
            before = known.get(predicate.column)
            if before is None or len(values) < len(before):
                known[predicate.column] = values
    return known


def _access(scan: Scan, read: Read, known: Mapping[str, tuple[Any, ...]]) -> Access | None:
    names = {param.name: param for param in read.params}
    if any(name not in names for name in scan.params):
        return None
    if any(param.required and param.name not in scan.params for param in read.params):
        return None
    if read.columns and any(name not in read.columns for name in scan.columns):
        return None
    asked = tuple((names[n].param, wire(v)) for n, v in scan.params.items())
    echoes = tuple((names[n].echo, wire(v)) for n, v in scan.params.items() if names[n].echo)
    if not read.by:
        query, pushed = _pushed(read, (*scan.predicates, *scan.fixed))
        return Access(read, (), asked + query, pushed, 1, not read.pages.size, echoes)
    if read.by not in known:
        return None
    values = known[read.by]
    batches = -(-len(values) // read.batch)
    exact = not read.pages.size or not values or _fits_a_page(scan, read)
    return Access(read, values, asked, (), batches, exact, echoes)


def _fits_a_page(scan: Scan, read: Read) -> bool:
    """Whether the answer to a batch fits one page: its keys name one row, or parent, each."""
    table = scan.relation.table
    alone = table.key == (read.by,) or table.natural_key == (read.by,)
    return read.batch <= read.pages.size and (alone or read.batch > 1)


def _pushed(
    read: Read, wanted: Sequence[Predicate]
) -> tuple[tuple[tuple[str, str], ...], tuple[Predicate, ...]]:
    """Return the query parameters that the read's filters make of the conditions."""
    query: dict[str, str] = {}
    pushed = []
    for predicate in wanted:
        for condition in read.filters:
            if condition.param in query or condition.column != predicate.column:
                continue
            value = _fits(condition, predicate)
            if value is not None:
                query[condition.param] = value
                pushed.append(predicate)
                break
    return tuple(query.items()), tuple(pushed)


_SERVES = {
    "=": {"="},
    ">": {">", ">="},
    ">=": {">="},
    "<": {"<", "<="},
    "<=": {"<="},
    "contains": {"contains"},
    "prefix": {"prefix"},
}


def _fits(condition: Filter, predicate: Predicate) -> str | None:
    """Return the wire text where a filter returns all rows that fulfil the predicate."""
    op = "=" if predicate.op == "in" and len(predicate.values) == 1 else predicate.op
    if condition.op not in _SERVES.get(op, ()):
        return None
    value = predicate.values[0]
    if condition.slack and isinstance(value, dt.datetime):
        try:
            value += dt.timedelta(seconds=condition.slack)
        except OverflowError:
            return None
    return condition.wire(value) if condition.wire else wire(value)


def wire(value: Any) -> str:
    """Return a value as the text of a query parameter."""
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, dt.datetime | dt.date):
        return value.isoformat()
    return str(value)


def best(found: Sequence[Access]) -> list[Access]:
    """Return the accesses to try in order; `better` says whether to leave one for a later one.

    A known cost that is small is taken at once.
    """
    exact = min((a for a in found if a.exact), key=lambda access: access.least, default=None)
    if exact is not None and exact.least <= WORTH_ASKING:
        return [exact]
    asking = [access for access in found if not access.exact]
    asking.sort(key=lambda access: (access.least, _is_whole(access), -len(access.pushed)))
    return [*asking, *([exact] if exact is not None else [])]


def better(rest: int | None, later: Sequence[Access]) -> list[Access]:
    """Return the later accesses that may cost less than the rest of the one under way.

    rest: the calls that it still takes, None where its first page did not tell. What a key or a
    filter narrows costs `least` calls at the least; a whole list costs what nobody knows yet, and
    never less than a part of it.
    """
    if rest is None:
        return [access for access in later if access.exact]
    return [access for access in later if not _is_whole(access) and access.least < rest]


def _is_whole(access: Access) -> bool:
    return not (access.exact or access.keys or access.pushed)
