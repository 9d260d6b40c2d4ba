"""PLAN and EXPLAIN of a statement that writes to a CRM."""

from __future__ import annotations

from sqlcrm.errors import NotSupportedError
from sqlcrm.execution.columns import stage_columns
from sqlcrm.execution.outlook import outlook
from sqlcrm.planner.dml import check_verb, row_query
from sqlcrm.session.explain import as_result, foreseen, read_facts, summed
from sqlcrm.session.planning import Planning, before_columns
from sqlcrm.session.prepared import Prepared
from sqlcrm.session.relations import remote
from sqlcrm.session.result import Result
from sqlcrm.session.state import Session
from sqlcrm.session.verbs import planned
from sqlcrm.session.write import write
from sqlcrm.writing.showing import PLANNED, plan_lines, plan_rows


def explain_write(session: Session, prepared: Prepared) -> Result:
    """Return what PLAN, EXPLAIN or EXPLAIN ANALYZE tell of a write."""
    asked = prepared.statement.explain
    assert asked is not None  # noqa: S101 - run() sends only such statements here
    if asked.plan:
        return _planned(session, prepared)
    if asked.analyze:
        return _analyzed(session, prepared, asked.format)
    return _foreseen(session, prepared, asked.format)


def _planned(session: Session, prepared: Prepared) -> Result:
    """Return a row for each operation, and what applying them comes to. Nothing is written."""
    plan = planned(Planning(session, prepared))
    rows = list(plan_rows(plan))
    names = [name for name, _ in PLANNED]
    held = [(kind, [row[i] for row in rows]) for i, (_, kind) in enumerate(PLANNED)]
    place = stage_columns(session.engine, "plan", names, held)
    relation = session.engine.relation(f"SELECT * FROM {place}", None)
    notices = tuple(line.strip().removeprefix("note: ") for line in plan_lines(plan))
    return Result([*PLANNED], None, notices, relation)


def _analyzed(session: Session, prepared: Prepared, form: str) -> Result:
    """Run the write, and tell what its reads and calls were."""
    result = write(session, prepared)
    found = [read_facts(one, prepared) for one in prepared.staging.done.values()]
    notes = [line for report in result.all_reports for line in report.lines()]
    told = as_result(session, found, notes, form)
    told.report, told.reports = result.report, result.reports
    return told


def _foreseen(session: Session, prepared: Prepared, form: str) -> Result:
    """Tell how the rows of a write would be read; makes no call."""
    text = _query(session, prepared)
    plan = prepared.plan(text, discover=False)
    prepared.prepare(plan, check=not prepared.undiscovered)
    found = [foreseen(one, session, prepared) for one in outlook(prepared.staging, plan)]
    notes = [
        summed(found, prepared),
        "then the target is looked up and written, in as many calls as the rows need: "
        "PLAN reads, and tells them row by row; nothing is written",
        *plan.notices,
    ]
    return as_result(session, found, notes, form)


def _query(session: Session, prepared: Prepared) -> str:
    """Return the query for the rows of a write."""
    statement = prepared.statement
    assert statement.target is not None  # noqa: S101 - as above
    relation = remote(statement.target, session.connections, statement.text)
    check_verb(statement, relation)
    if statement.verb in {"insert", "synchronize"}:
        return statement.query
    if statement.merge is not None:
        raise NotSupportedError("EXPLAIN of MERGE tells nothing: PLAN MERGE tells what it would do")
    prepared.relations[statement.target.mark] = relation
    sets = [a.column for a in statement.assignments]
    return row_query(statement, relation, before_columns(relation.table, sets)).text
