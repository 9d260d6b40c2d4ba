"""What reading a plan's tables will come to, as far as that is known without a call."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlcrm.errors import ProgrammingError
from sqlcrm.execution.staging import Staging
from sqlcrm.planner.access import Access, accesses
from sqlcrm.planner.choice import best
from sqlcrm.planner.order import first, looked_up
from sqlcrm.planner.plan import KeySource, ReadPlan, Scan


@dataclass(frozen=True, slots=True)
class Outlook:
    """A scan before it is read.

    options: the accesses that come into question, the likeliest first; none where only keys that
    are not known yet make one. waits: the sources of keys that are themselves not read yet.
    beside: the table beside whose rows its own come, "" where it takes calls of its own.
    cached: seconds since the cache read what it wants, None where it did not.
    """

    scan: Scan
    options: Sequence[Access]
    waits: Sequence[KeySource] = ()
    beside: str = ""
    cached: float | None = None


def outlook(staging: Staging, plan: ReadPlan) -> list[Outlook]:
    """Say how each scan of a prepared plan would be read, in the order in which it would be."""
    found = []
    assumed: set[str] = set()
    beside: dict[str, str] = {}

    def ready(source: KeySource) -> bool:
        return staging.ready(source) or source.needs <= assumed

    waiting = list(plan.scans)
    while waiting:
        scan = first(waiting, ready, staging.lookups)
        waiting.remove(scan)
        relation = scan.relation
        waits = [k for k in scan.keys if not staging.ready(k) and looked_up(scan, k.column)]
        options = _options(staging, scan, waits)
        came = beside.get(relation.mark, "")
        found.append(Outlook(scan, options, tuple(waits), came, staging.cached(scan)))
        assumed.add(relation.mark)
        for one in staging.companions(scan, options[0].read, waiting) if options else ():
            name = f"{relation.name}@{relation.connection}"
            beside.setdefault(one.scan.relation.mark, name)
    return found


def _options(staging: Staging, scan: Scan, waits: Sequence[KeySource]) -> list[Access]:
    try:
        return best(accesses(scan, staging.keys(scan)), few=scan.relation.table.few)
    except ProgrammingError:
        if waits:
            return []
        raise
