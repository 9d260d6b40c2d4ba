"""Rule: in which order a statement's remote tables are read. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sqlcrm.planner.choice import WORTH_ASKING
from sqlcrm.planner.plan import KeySource, Scan

Ready = Callable[[KeySource], bool]
"""Whether all that a source of keys needs has been read."""


def looked_up(scan: Scan, column: str) -> bool:
    """Whether some read of a scan's table takes values of a column."""
    return any(read.by == column for read in scan.relation.table.reads)


def first(waiting: Sequence[Scan], ready: Ready, lookups: Callable[[Scan], int]) -> Scan:
    """Return the scan to read first, the first of equals in the order of the statement.

    lookups: how many calls the keys that are known already would take, at the least.
    """
    return min(waiting, key=lambda scan: _rank(scan, waiting, ready, lookups))


def _rank(
    scan: Scan, waiting: Sequence[Scan], ready: Ready, lookups: Callable[[Scan], int]
) -> tuple[int, int]:
    """Return how soon to read a scan: those that a key narrows to few rows come early.

    A scan that waits for keys of another one comes late, unless these would not help it. What
    nothing can narrow costs the same whenever it is read: early, where others profit from it.
    """
    table = scan.relation.table
    constants = {p.column for p in (*scan.predicates, *scan.fixed) if p.op in {"=", "in"}}
    constants = {column for column in constants if looked_up(scan, column)}
    useful = [source for source in scan.keys if looked_up(scan, source.column)]
    unique = {names[0] for names in (table.key, table.natural_key) if len(names) == 1}
    others = [one for one in waiting if one is not scan]
    carries = -sum(_carries(scan, one) for one in others)
    if constants & unique:
        return 0, carries
    filtered = {f.column for read in table.reads for f in read.filters}
    narrowed = constants or any(p.column in filtered for p in scan.predicates)
    waits = [source for source in useful if not ready(source)]
    if len(waits) < len(useful) and (not waits or lookups(scan) <= WORTH_ASKING):
        return 0, carries
    if waits:
        return (2 if narrowed else 4), carries
    if not narrowed and scan.limit is None and any(_profits(one, scan) for one in others):
        return -1, carries
    return (1 if narrowed else 3), carries


def _profits(other: Scan, scan: Scan) -> bool:
    """Whether a scan may take fewer calls once another one has been read as a whole."""
    same = other.relation.table.name == scan.relation.table.name
    return (same and other.relation.connection == scan.relation.connection) or _keyed(other, scan)


def _keyed(other: Scan, scan: Scan) -> bool:
    return any(scan.relation.mark in k.needs and looked_up(other, k.column) for k in other.keys)


def _carries(scan: Scan, other: Scan) -> bool:
    """Whether the whole list of a scan's table carries the rows of another one beside its own."""
    tables = {
        include.table
        for read in scan.relation.table.reads
        if not read.by
        for include in read.includes
    }
    return other.relation.table.name in tables and _keyed(other, scan)
