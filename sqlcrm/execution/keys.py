"""The values that the other side of a join leaves possible, from what lies in DuckDB."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from sqlcrm.errors import DatabaseError
from sqlcrm.planner.order import looked_up
from sqlcrm.planner.plan import KeySource, Scan
from sqlcrm.sdk import Column, Type

Run = Callable[[str], list[tuple[Any, ...]]]
"""Runs a marked query over what is staged."""

_COLLATED = " OR ".join(
    f"coalesce(bool_or(CASE WHEN true THEN '{one}' ELSE k END = '{other}'), false)"
    for one, other in (("A", "a"), ("é", "e"))
)
"""Whether values k are compared by other rules than their bytes: nothing else tells a collation."""

_INTEGERS = {"TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER"}


def possible(scan: Scan, sources: Iterable[KeySource], run: Run) -> dict[str, list[Any]]:
    """Return, by column, the smallest set of values that a source leaves possible."""
    found: dict[str, list[Any]] = {}
    for source in sources:
        column = scan.relation.table.column(source.column)
        if column is None or not looked_up(scan, column.name):
            continue
        values = _distinct(source, column, run)
        before = found.get(source.column)
        if values is not None and (before is None or len(values) < len(before)):
            found[source.column] = values
    return found


def pointless(scan: Scan, sources: Iterable[KeySource], run: Run) -> bool:
    """Whether a column that no read takes values of has none that is of use: no row is, then."""
    for source in sources:
        column = scan.relation.table.column(source.column)
        if column is None or looked_up(scan, column.name):
            continue
        try:
            if not run(f"{source.query('k')} LIMIT 1"):
                return True
        except DatabaseError:
            continue  # it only saves calls; the query itself will tell what is wrong
    return False


def _distinct(source: KeySource, column: Column, run: Run) -> list[Any] | None:
    """Return the distinct values of a key source; None where they cannot serve as keys."""
    try:
        described = run(f"DESCRIBE {source.query('k')}")
        kind = str(described[0][1]).upper()
        if column.type is Type.INTEGER and kind in _INTEGERS | {"VARCHAR"}:
            rows = run(source.query("DISTINCT TRY_CAST(k AS BIGINT)"))
        elif column.type is Type.TEXT and kind == "VARCHAR":
            if not column.nocase and run(source.query(_COLLATED))[0][0]:
                return None  # the join finds more than equal values
            rows = run(source.query("DISTINCT lower(k)" if column.nocase else "DISTINCT k"))
        else:
            return None
    except DatabaseError:
        return None  # the keys only save calls; the query itself will tell what is wrong
    return sorted(row[0] for row in rows if row[0] is not None)
