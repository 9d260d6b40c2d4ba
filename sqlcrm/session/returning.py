"""RETURNING: the outcome of every source row, as rows."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from sqlglot import exp

from sqlcrm.dialect import Statement
from sqlcrm.errors import NotSupportedError
from sqlcrm.execution.columns import stage_columns
from sqlcrm.execution.engine import named_binds, quote, shown
from sqlcrm.planner.sources import parse
from sqlcrm.sdk import Table
from sqlcrm.session.prepared import Prepared
from sqlcrm.session.result import Result
from sqlcrm.session.state import Session
from sqlcrm.writing.plan import WritePlan
from sqlcrm.writing.report import Report

if TYPE_CHECKING:
    from sqlcrm.session.applying import Application

OUTCOME = (
    ("number", "BIGINT"),
    ("outcome", "VARCHAR"),
    ("reason", "VARCHAR"),
    ("verb", "VARCHAR"),
)
"""The columns that say what became of a row; the target's columns stand behind them."""


def returned(
    session: Session, prepared: Prepared, plan: WritePlan, one: Application, report: Report
) -> Result:
    """Return the list behind RETURNING, evaluated over the outcomes of a statement's rows.

    A row has its outcome (`number`, `outcome`, `reason`, `verb`) and the target's columns, as they
    are after the write as far as that is known: NULL otherwise.
    """
    stored = session.journal.operations(one.run, one.number)
    rows = [_row(s, plan.relation.table.key, plan) for s in stored]
    text = _text(session, prepared, plan.relation.table, rows)
    relation = session.engine.relation(text, named_binds(text, prepared.named))
    described = [] if relation is None else [
        (shown(n), str(t)) for n, t in zip(relation.columns, relation.types, strict=True)
    ]  # fmt: skip
    return Result(described, report, (), relation)


def check_returning(session: Session, prepared: Prepared, table: Table) -> None:
    """Refuse a RETURNING that could not be answered, before anything is written.

    Raises: SqlError in DuckDB's words; NotSupportedError within a transaction.
    """
    if prepared.statement.returning is None:
        return
    if session.in_transaction:
        raise NotSupportedError(
            "RETURNING has nothing to return within a transaction: rows are written by COMMIT. "
            "After it, operations@sqlcrm has their outcomes"
        )
    text = _text(session, prepared, table, [])
    session.engine.bind(text, named_binds(text, prepared.named))


def shown_columns(statement: Statement, table: Table) -> list[str]:
    """Return the columns that RETURNING may show of rows which are there: all of them."""
    return [] if statement.returning is None else [column.name for column in table.columns]


def names_more(statement: Statement, table: Table) -> bool:
    """Whether RETURNING or the SET of ON CONFLICT asks for columns that the account adds."""
    names: set[str] = set()
    texts = [] if statement.returning is None else [statement.returning]
    if statement.conflict is not None:
        names |= {one.column for one in statement.conflict.assignments}
        texts += [one.expression for one in statement.conflict.assignments]
    for text in texts:
        tree = parse(f"SELECT {text}")
        if not isinstance(tree, exp.Select) or any(part.is_star for part in tree.expressions):
            return True
        names |= {column.name for column in tree.find_all(exp.Column)}
    names -= {name for name, _ in OUTCOME}
    return any(table.column(name) is None for name in names)


def _text(
    session: Session, prepared: Prepared, table: Table, rows: Sequence[Mapping[str, Any]]
) -> str:
    """Stage rows; return the query of RETURNING's list over them."""
    statement = prepared.statement
    known = {name for name, _ in OUTCOME}
    names = [c for c in table.columns if c.name not in known]
    held: list[tuple[str, list[Any]]] = [
        (kind, [row[f" {name}"] for row in rows]) for name, kind in OUTCOME
    ]
    held += [(str(c.type), [row.get(c.name) for row in rows]) for c in names]
    columns = [*(name for name, _ in OUTCOME), *(c.name for c in names)]
    place = stage_columns(session.engine, "returned", columns, held)
    ref = statement.target
    alias = quote(statement.target_alias or (ref.name if ref else table.name))
    return prepared.staging.text(f"SELECT {statement.returning} FROM {place} AS {alias}")


def _row(stored: Any, key: tuple[str, ...], plan: WritePlan) -> dict[str, Any]:
    """Return one row: what was there, what was written over it, what the CRM made of that."""
    planned = plan.by_number[stored.operation.number]
    row = {**(planned.before or {}), **planned.natural_key, **planned.key}
    if stored.state == "done" or planned.before is None:
        row |= dict(planned.values)
    if stored.state == "done":
        row |= dict(stored.after or {})
    if stored.remote_id and key and row.get(key[0]) is None:
        column = plan.relation.table.column(key[0])
        whole = column is not None and str(column.type) == "BIGINT"
        row[key[0]] = int(stored.remote_id) if whole else stored.remote_id
    row = {name: _fit(value) for name, value in row.items()}
    return row | {
        " number": stored.operation.number,
        " outcome": stored.state,
        " reason": stored.reason,
        " verb": stored.operation.verb,
    }


def _fit(value: Any) -> Any:
    """Return a value as a stage holds it."""
    return json.dumps(value, ensure_ascii=False, default=str) if isinstance(value, dict) else value
