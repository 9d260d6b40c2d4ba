"""The life of one statement: the order in which the rooms work."""

from __future__ import annotations

from sqlcrm.dialect import Statement
from sqlcrm.errors import NotSupportedError
from sqlcrm.execution.engine import named_binds
from sqlcrm.planner.plan import ReadPlan
from sqlcrm.session.prepared import Binds, Prepared
from sqlcrm.session.result import Result
from sqlcrm.session.state import Session
from sqlcrm.session.write import write


def run(session: Session, statement: Statement, binds: Binds = None) -> Result:
    """Run one statement to its end and return its result."""
    try:
        _check_syntax(session, statement)
        prepared = Prepared(session, statement, binds)
        if statement.target is not None:
            return write(session, prepared)
        return query(session, prepared)
    finally:
        session.engine.drop_stages()


def query(session: Session, prepared: Prepared) -> Result:
    """Run a SELECT, or a local statement that may read remote tables."""
    statement = prepared.statement
    plan = prepared.plan(statement.query)
    _refuse_views(statement, plan)
    prepared.staging.stage(plan)
    text = prepared.staging.text(statement.query)
    relation = session.engine.relation(text, named_binds(text, prepared.named))
    columns = [] if relation is None else [
        (str(n), str(t)) for n, t in zip(relation.columns, relation.types, strict=True)
    ]  # fmt: skip
    return Result(columns, None, plan.notices, relation)


def _check_syntax(session: Session, statement: Statement) -> None:
    """Let DuckDB judge the text, where all of it is DuckDB's, so that errors point into it."""
    if statement.opt_in is None:
        session.engine.check_syntax(statement.text, statement.lexed.marked)


def _refuse_views(statement: Statement, plan: ReadPlan) -> None:
    words = statement.text.casefold().split()[:4]
    if plan.scans and words[:1] == ["create"] and {"view", "macro", "function"} & set(words):
        raise NotSupportedError(
            "a view or macro over a remote table is not supported: "
            "CREATE TABLE … AS SELECT keeps a copy"
        )
