"""The life of one statement: the order in which the rooms work."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from sqlcrm.dialect import Statement, moved, statements
from sqlcrm.errors import Busy, Error, NotSupportedError, ProgrammingError, SqlError
from sqlcrm.execution.engine import named_binds, quote, shown
from sqlcrm.session.result import Binds, Result
from sqlcrm.session.state import Session
from sqlcrm.session.transactions import transacted
from sqlcrm.state.locks import POLL

if TYPE_CHECKING:
    import pyarrow as pa

    from sqlcrm.planner.plan import ReadPlan
    from sqlcrm.session.prepared import Prepared


def run(session: Session, statement: Statement, binds: Binds = None) -> Result:
    """Run one parsed statement to its end and return its result."""
    session.stop_if_streaming()
    session.settings.begin()
    statement = session.views.expanded(statement)
    notices = session.incremental.prepare(statement)
    result = _run(session, statement, binds)
    return replace(result, notices=(*notices, *result.notices)) if notices else result


def _run(session: Session, statement: Statement, binds: Binds) -> Result:
    """Run a statement in which nothing stands for a view any more."""
    if statement.plain:  # nothing of ours in it: DuckDB's alone, but for our settings
        changed = session.settings.change(statement, restricted=session.engine.restricted)
        if changed or session.views.local(statement):
            return Result()
        return transacted(session, statement, lambda: _patient(session, statement, binds))
    from sqlcrm.session.prepared import Prepared
    from sqlcrm.session.write import write

    try:
        prepared = Prepared(session, statement, binds)
        if statement.explain is not None and statement.target is not None:
            from sqlcrm.session.explaining import explain_write

            return explain_write(session, prepared)
        if statement.explain is not None:
            from sqlcrm.session.explain import explain

            return explain(session, prepared)
        if statement.verb == "synchronize" and statement.target is None:
            from sqlcrm.session.local_sync import synchronize_locally

            return synchronize_locally(session, prepared)
        if statement.target is not None:
            return write(session, prepared)
        return query(session, prepared)
    finally:
        session.engine.drop_stages()
        session.log_calls()


def parsed(session: Session, script: str) -> list[Statement]:
    """Return the statements of a script, all of them checked before the first one runs.

    Raises: SqlError that points into the script.
    """
    found = list(statements(script))
    for statement in found:
        with pointing(statement, script):
            _check_syntax(session, statement)
    return found


@contextmanager
def pointing(statement: Statement, script: str) -> Iterator[None]:
    """Let errors that point into a statement point into its script."""
    try:
        yield
    except SqlError as error:
        end = statement.offset + len(statement.text)
        if script[statement.offset : end] != statement.text:
            raise  # with views in it, the statement is no longer the script's own text
        raise moved(error, statement.text, statement.offset, script) from None


def query(session: Session, prepared: Prepared) -> Result:
    """Run a SELECT, or a local statement that may read remote tables."""
    statement = prepared.statement
    if session.views.define(statement, lambda name: _is_taken(session, name)):
        try:
            plan = prepared.plan(statement.query, discover=False)
            prepared.prepare(plan, check=not prepared.undiscovered)
        except Error:
            session.views.undo()
            raise
        return Result()
    plan = prepared.plan(statement.query)
    _refuse_what_is_not_there(statement, plan)
    prepared.stage(plan)
    remember(session, prepared, plan)
    text = prepared.staging.text(statement.query)
    notices = (*plan.notices, *prepared.staging.notices)
    with session.engine.careful(text):
        return _result(session, text, named_binds(text, prepared.named), notices)


def remember(session: Session, prepared: Prepared, plan: ReadPlan) -> None:
    """Remember the opt-outs among the rows that a query has read, if its tables hold such."""
    if any(scan.relation.table.consent is not None for scan in plan.scans):
        from sqlcrm.session.optouts import remember_reads

        remember_reads(session, prepared)


def stream(session: Session, statement: Statement, binds: Binds = None) -> Iterator[pa.RecordBatch]:
    """Yield the rows of one query as they come; no other statement may run meanwhile.

    A query that needs all rows before its first one is run as a whole. Without rows there is one
    batch, which tells the columns.
    """
    if statement.target is not None:
        raise ProgrammingError("a stream takes a query: a write is run with execute()")
    first: pa.Table | None = None
    filled = False
    for table in _tables(session, statement, binds):
        first = table if first is None else first
        for batch in table.to_batches():
            filled = filled or batch.num_rows > 0
            yield batch
    if first is not None and not filled:
        from pyarrow import RecordBatch

        yield RecordBatch.from_pylist([], schema=first.schema)


def _tables(session: Session, statement: Statement, binds: Binds) -> Iterator[pa.Table]:
    """Yield the rows of a query, a table at a time."""
    session.settings.begin()
    statement = session.views.expanded(statement)
    if not statement.lexed.refs or statement.explain is not None:
        yield run(session, statement, binds).arrow()
        return
    from sqlcrm.session.prepared import Prepared

    session.incremental.prepare(statement)
    with session.streaming():
        try:
            prepared = Prepared(session, statement, binds)
            plan = prepared.plan(statement.query)
            if not plan.streams:
                yield query(session, prepared).arrow()
                return
            prepared.prepare(plan)
            text = prepared.staging.text(statement.query)
            bound = named_binds(text, prepared.named)
            for _ in prepared.staging.batches(plan):
                remember(session, prepared, plan)
                yield _result(session, text, bound, ()).arrow()
        finally:
            session.engine.drop_stages()
            session.log_calls()


def _patient(session: Session, statement: Statement, binds: Binds) -> Result:
    """Run a local statement; one that attaches a file waits while another process has it open.

    Raises: Busy where that takes longer than a run may wait.
    """
    end = time.monotonic() + session.wait
    while True:
        try:
            return _result(session, statement.text, binds, ())
        except Busy:
            if time.monotonic() >= end:
                raise
        session.pause(POLL)


def _result(session: Session, text: str, binds: Binds, notices: Sequence[str]) -> Result:
    relation = session.engine.relation(text, binds)
    columns = [] if relation is None else [
        (shown(n), str(t)) for n, t in zip(relation.columns, relation.types, strict=True)
    ]  # fmt: skip
    return Result(columns, None, notices, relation)


def _check_syntax(session: Session, statement: Statement) -> None:
    """Let DuckDB judge the text, where all of it is DuckDB's, so that errors point into it."""
    if statement.standard and not session.settings.owns(statement.text):
        lexed = statement.lexed
        session.engine.check_syntax(statement.text, lexed.query(), lexed.place)


def _is_taken(session: Session, name: str) -> bool:
    """Whether DuckDB has a table or view of a name."""
    return session.engine.columns(quote(name)) is not None


def _refuse_what_is_not_there(statement: Statement, plan: ReadPlan) -> None:
    words = statement.text.casefold().split()[:4]
    if not plan.scans or not words:
        return
    if words[0] == "create" and {"macro", "function"} & set(words):
        raise NotSupportedError(
            "a macro over a remote table is not supported: CREATE TABLE … AS SELECT keeps a copy"
        )
    if words[0] == "prepare":
        raise NotSupportedError(f"{words[0].upper()} of remote tables is not supported yet")
