"""BEGIN, COMMIT and ROLLBACK, which are DuckDB's, and what they mean to writes of remote tables.

There is no pretence of atomicity: COMMIT lets DuckDB commit, then applies the plans in order; one
that fails leaves those before it applied.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from sqlcrm.dialect import Statement
from sqlcrm.errors import Error, GuardRefused
from sqlcrm.session.result import Result
from sqlcrm.session.state import Session

if TYPE_CHECKING:
    from sqlcrm.session.applying import Application
    from sqlcrm.writing.report import Report

_BEGIN = {"begin", "start"}
_COMMIT = {"commit", "end"}
_ROLLBACK = {"rollback", "abort"}


def transacted(session: Session, statement: Statement, run: Callable[[], Result]) -> Result:
    """Run a local statement, and do what it means to the plans that wait for COMMIT."""
    first = next(iter(statement.text.casefold().replace(";", " ").split()), "")
    if first in _COMMIT and len(session.pending):
        return _commit(session, run)
    result = run()
    if first in _BEGIN:
        session.in_transaction = True
    elif first in _COMMIT | _ROLLBACK:
        session.in_transaction = False
    if first in _ROLLBACK:
        give_up(session, "rolled back")
    return result


def give_up(session: Session, why: str) -> None:
    """Skip every plan that waits."""
    for one in session.pending.take():
        one.give_up(why)


def _commit(session: Session, run: Callable[[], Result]) -> Result:
    """Commit in DuckDB, then apply what waits; nothing is sent unless all of it may be."""
    refusals = [refusal for one in session.pending if (refusal := one.checked()) is not None]
    if refusals:
        raise GuardRefused(
            f"{refusals[0]} (nothing of the transaction is applied yet: ROLLBACK gives it up)"
        )
    result = run()
    session.in_transaction = False
    waiting = session.pending.take()
    reports: list[Report] = []
    while waiting:
        one = waiting.pop(0)
        try:
            reports.append(_applied(session, one))
        except Error as error:
            for left in waiting:
                left.give_up(f"an earlier statement of the transaction failed: {error}")
            raise
    return Result(result.columns, reports[-1], result.notices, result.relation, reports)


def _applied(session: Session, one: Application) -> Report:
    """Apply one plan, where what it rests on is as it was."""
    with session.holding(one.account, one.plan.relation.table.name):
        one.start()
        return one.carry_out()
