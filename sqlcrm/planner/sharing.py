"""Rule: scans of one table read the same columns, so that what one of them read serves all."""

from __future__ import annotations

from dataclasses import replace

from sqlcrm.planner.plan import ReadPlan, Scan


def shared(plan: ReadPlan) -> ReadPlan:
    """Return a plan in which scans of the same table have all the columns that any of them has.

    Not where some read knows only some columns: another one would have to be used then.
    """
    wanted: dict[tuple[str, str], set[str]] = {}
    for scan in plan.scans:
        wanted.setdefault(_table(scan), set()).update(scan.columns)
    scans = (
        scan
        if any(read.columns for read in scan.relation.table.reads)
        else replace(
            scan,
            columns=tuple(
                c.name for c in scan.relation.table.columns if c.name in wanted[_table(scan)]
            ),
        )
        for scan in plan.scans
    )
    return replace(plan, scans=tuple(scans))


def _table(scan: Scan) -> tuple[str, str]:
    return (scan.relation.connection, scan.relation.table.name)
