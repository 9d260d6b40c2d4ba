"""From any statement that writes to a CRM to its plan."""

from __future__ import annotations

from sqlcrm.session.planning import Planning
from sqlcrm.writing.plan import WritePlan


def planned(planning: Planning) -> WritePlan:
    """Return a statement's plan, with what carries it. Reads, and writes nothing.

    Raises: sqlcrm.Error where it cannot be planned.
    """
    if planning.statement.sync is not None:
        from sqlcrm.session.synchronizing import synchronize

        return planning.finished(synchronize(planning))
    if planning.statement.merge is not None:
        from sqlcrm.session.merging import merge

        return planning.finished(merge(planning))
    return planning.plan()
