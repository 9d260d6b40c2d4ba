"""The ways in which a table's reads can answer a scan, each with the calls that it takes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlcrm.errors import ProgrammingError
from sqlcrm.planner.plan import Predicate, Scan
from sqlcrm.sdk import Filter, Read, Sort, Table


@dataclass(frozen=True, slots=True)
class Access:
    """One way to fetch a scan's rows.

    keys: values for `read.by`. query: pushed filters and parameters. pushed: what they were.
    least: calls it takes at the least. exact: whether it takes just these; otherwise only the
    first page's total tells. echoes: what each reply must say at a path, as text.
    counts: whether the list's total is the number of rows that fulfil the scan's predicates.
    ordered: whether the rows come in the order of the scan's limit. over: table and column that
    have the keys, where these are not known yet. inside: values for `read.within`.
    """

    read: Read
    keys: tuple[Any, ...] = ()
    query: tuple[tuple[str, str], ...] = ()
    pushed: tuple[Predicate, ...] = ()
    least: int = 1
    exact: bool = False
    echoes: tuple[tuple[str, str], ...] = ()
    counts: bool = False
    ordered: bool = False
    over: tuple[str, str] | None = None
    inside: tuple[Any, ...] = ()

    @property
    def lacks(self) -> str:
        """The column whose values `over` has."""
        return self.read.within or self.read.by


def accesses(scan: Scan, keys: Mapping[str, Sequence[Any]]) -> list[Access]:
    """Return every usable access, in the order of the declaration.

    keys: the values known to suffice, by column.
    Raises: ProgrammingError that says which column to give, where no read fits.
    """
    table = scan.relation.table
    known = known_values(scan, keys)
    ways = [a for read in table.reads if (a := _access(scan, read, known)) is not None]
    found = _distinct(scan, [a for a in ways if a.over is None] or ways[:1])
    if not found:
        wanted = sorted({read.by for read in table.reads if read.by})
        wanted = wanted or sorted({p.name for read in table.reads for p in read.params})
        raise ProgrammingError(
            f"{table.name}@{scan.relation.connection} cannot be read as a whole: "
            f"give {' or '.join(wanted)} with WHERE, a join, or {scan.relation.name}"
            f"@{scan.relation.connection}({wanted[0] if wanted else '…'} => …)"
        )
    return found


def known_values(scan: Scan, keys: Mapping[str, Sequence[Any]]) -> dict[str, tuple[Any, ...]]:
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
        wanted = (*scan.predicates, *scan.fixed)
        query, pushed, counts = _pushed(read, wanted)
        sort = _sort(scan, read)
        return Access(
            read if sort is None else _sorted(read, sort),
            (),
            asked + query,
            pushed,
            1,
            not read.pages.size,
            echoes,
            counts and len(pushed) == len(wanted) and _counts_rows(scan.relation.table, read),
            sort is not None,
        )
    if read.by not in known and (read.over is None or read.within):
        return None
    if read.within and read.within not in known and read.over is None:
        return None
    others = [p for p in (*scan.predicates, *scan.fixed) if p.column != read.by]
    query, pushed, _ = _pushed(read, others, taken=read.param)
    if (read.within or read.by) not in known:
        return Access(read, (), asked + query, pushed, 2, echoes=echoes, over=read.over)
    values, inside = known[read.by], known[read.within] if read.within else ()
    if inside:
        pushed = (*pushed, Predicate(read.within, "in", inside))
    batches = -(-len(values) // read.batch) * (len(inside) if read.within else 1)
    exact = not read.pages.size or not values or _fits_a_page(scan, read)
    return Access(read, values, asked + query, pushed, batches, exact, echoes, inside=inside)


def _distinct(scan: Scan, found: Sequence[Access]) -> list[Access]:
    """Drop accesses that send the same as another: lookups check more, lists can tell a count."""
    kept: dict[tuple[Any, ...], Access] = {}
    for access in found:
        before = kept.get(_asking(access))
        if before is None or not (before.ordered or (scan.counted and before.counts)):
            kept.pop(_asking(access), None)
            kept[_asking(access)] = access
    return list(kept.values())


def _asking(access: Access) -> tuple[Any, ...]:
    """Return what tells two accesses apart: a filter and a lookup may be the same request."""
    read, query = access.read, frozenset((*access.query, *access.read.always))
    if access.keys and read.param:
        if len(access.keys) == 1:
            return (read.path, query | {(read.param, key_text(read, access.keys[0]))})
        return (read.path, read.param, query)
    return (read.path, read.by, query) if read.by else (read.path, query)


def _fits_a_page(scan: Scan, read: Read) -> bool:
    """Whether the answer to a batch fits one page: its keys name one row, or parent, each."""
    table = scan.relation.table
    alone = table.key == (read.by,) or table.natural_key == (read.by,)
    return read.batch <= read.pages.size and (alone or read.batch > 1)


def _sort(scan: Scan, read: Read) -> Sort | None:
    """Return the order in which the first rows that come are those that the scan's limit wants."""
    order = scan.limit.order if scan.limit is not None else ()
    if not order or (len(order) > 1 and scan.relation.table.key != (order[0].column,)):
        return None
    wanted = (order[0].column, order[0].descending)
    return next((s for s in read.sorts if (s.column, s.descending) == wanted), None)


def _counts_rows(table: Table, read: Read) -> bool:
    """Whether a list tells a total of the rows themselves, not of parents that they lie beside."""
    tells = getattr(read.pages, "total_at", "somewhere") != ""
    return tells and table.each is None and getattr(read.pages, "at", read.at) == read.at


def _sorted(read: Read, sort: Sort) -> Read:
    """Return a read that lists its rows in an order."""
    names = {name for name, _ in sort.query}
    kept = tuple(pair for pair in read.always if pair[0] not in names)
    return replace(read, always=(*sort.query, *kept), pages=sort.pages or read.pages)


def _pushed(
    read: Read, wanted: Sequence[Predicate], taken: str = ""
) -> tuple[tuple[tuple[str, str], ...], tuple[Predicate, ...], bool]:
    """Return the query parameters that the read's filters make of the conditions.

    The last value is whether the API returns no other rows than those that fulfil the pushed ones.
    One parameter takes one condition, an equality before others. taken: the parameter of the keys.
    """
    query: dict[str, str] = {}
    pushed = []
    exact = True
    for predicate in sorted(wanted, key=lambda one: one.op not in {"=", "in"}):
        for condition in read.filters:
            if (
                condition.param in query
                or condition.param == taken
                or condition.column != predicate.column
            ):
                continue
            value = _fits(condition, predicate)
            if value is not None:
                query[condition.param] = value
                pushed.append(predicate)
                exact = exact and condition.exact
                break
    return tuple(query.items()), tuple(pushed), exact


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


def key_text(read: Read, value: Any) -> str:
    """Return a key as the text of the read's parameter."""
    return read.wire(value) if read.wire is not None else wire(value)


def wire(value: Any) -> str:
    """Return a value as the text of a query parameter."""
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, dt.datetime | dt.date):
        return value.isoformat()
    return str(value)
