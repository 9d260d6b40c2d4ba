"""BEGIN, COMMIT and ROLLBACK, which are DuckDB's, and what they mean to writes of remote tables.

There is no pretence of atomicity: COMMIT lets DuckDB commit, then applies the plans in order; one
that fails leaves those before it applied.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from typing import TYPE_CHECKING

from sqlcrm.dialect import Statement
from sqlcrm.errors import Cancelled, Error, GuardRefused
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
    try:
        result = run()
    except Error:
        if first in _COMMIT:  # DuckDB has rolled it back
            session.in_transaction = False
        raise
    if first in _BEGIN:
        session.in_transaction = True
    elif first in _COMMIT | _ROLLBACK:
        session.in_transaction = False
    if first in _ROLLBACK and len(session.pending):
        number = sum(len(one.plan.planned) for one in session.pending)
        give_up(session, "rolled back")
        result.notices = (*result.notices, f"given up: {number:,} planned writes")
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
    with ExitStack() as held:
        for place in sorted({(o.account, o.plan.relation.table.name) for o in session.pending}):
            held.enter_context(session.holding(*place))
        for one in session.pending:
            one.refuse_moved()
        try:
            result = run()
        except Error:
            session.in_transaction = False  # DuckDB has rolled it back
            give_up(session, "rolled back: COMMIT failed")
            raise
        session.in_transaction = False
        reports = _applied(session)
    return Result(result.columns, reports[-1], result.notices, result.relation, reports)


def _applied(session: Session) -> list[Report]:
    """Apply what waits, in order; behind an error the rest is given up."""
    waiting: list[Application] = session.pending.take()
    session.journal.commit([(one.run, one.number) for one in waiting])
    runs = {one.run for one in waiting} - {session.run_number}
    reports: list[Report] = []
    code = 1
    try:
        while waiting:
            one = waiting.pop(0)
            one.begin_now()
            reports.append(one.carry_out())
        code = 0
    except Cancelled as error:
        code = error.exit_code  # what is left stays planned, and is resumed
        raise
    except Error as error:
        for left in waiting:
            left.give_up(f"an earlier statement of the transaction failed: {error}")
        raise
    finally:
        for run in runs:  # in a shell, each statement is a run of its own
            session.journal.end_run(run, _state(code), code)
    return reports


def _state(code: int) -> str:
    return {0: "done", Cancelled.exit_code: "interrupted"}.get(code, "failed")
