"""The life of a DML statement on a remote table: plan, then apply, or wait for COMMIT."""

from __future__ import annotations

import time

from sqlcrm.errors import Error
from sqlcrm.session.applying import Application
from sqlcrm.session.planning import Planning
from sqlcrm.session.prepared import Prepared
from sqlcrm.session.result import Result
from sqlcrm.session.returning import check_returning, returned
from sqlcrm.session.state import Session
from sqlcrm.session.verbs import planned


def write(session: Session, prepared: Prepared) -> Result:
    """Plan, guard, journal and apply one statement; return its report.

    Within a transaction it is only planned, and waits for COMMIT.
    Raises: GuardRefused before the first call; what stopped it, after the journal knows.
    """
    started, since = time.monotonic(), len(session.connections.calls)
    planning = Planning(session, prepared)
    check_returning(session, prepared, planning.table)
    with session.holding(planning.account, planning.table.name):
        plan = planned(planning)
        one = Application(session, planning.lookups, plan, since, started)
        if session.in_transaction:
            return wait(session, one)
        report = one.apply()
    returning = prepared.statement.returning
    if returning is None:
        return Result(report=report)
    try:
        return returned(session, prepared, plan, one, report)
    except Error as error:
        error.args = (f"RETURNING failed: {error}\nThe write itself is done: {report.lines()[0]}",)
        raise


def wait(session: Session, one: Application) -> Result:
    """Freeze a plan that is applied by COMMIT; its report says what is planned."""
    one.freeze("planned")
    one.log()
    session.pending.add(one)
    return Result(report=one.report())
