"""Turns UPDATE and DELETE into the query that yields their rows: key, before-image, new values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlcrm.dialect import Statement
from sqlcrm.errors import NotSupportedError, SqlError, did_you_mean
from sqlcrm.planner.plan import Relation
from sqlcrm.sdk import Column


@dataclass(frozen=True, slots=True)
class RowQuery:
    """A marked query and what its columns are.

    before: columns of the target, in order; then the new values of `sets`; then, where
    `opt_in` is true, whether the row carries an opt-in.
    """

    text: str
    before: tuple[str, ...]
    sets: tuple[str, ...]
    opt_in: bool


def target_columns(statement: Statement, relation: Relation) -> list[Column]:
    """Return the columns that a statement writes, refused where one cannot be written.

    Raises: SqlError, NotSupportedError.
    """
    if statement.verb == "update":
        names = [a.column for a in statement.assignments]
    else:
        names = list(statement.columns)
    return writable(statement, relation, names, statement.verb)


def writable(
    statement: Statement, relation: Relation, names: Sequence[str], verb: str
) -> list[Column]:
    """Return the columns of these names, refused where a verb cannot write one.

    Raises: SqlError that points at the name.
    """
    write = relation.table.carrier(verb)
    found: list[Column] = []
    for name in names:
        column = relation.table.column(name)
        where = f"{relation.table.name}@{relation.connection}"
        if column is None:
            hint = did_you_mean(name, [c.name for c in relation.table.columns])
            raise _at(statement, name, f"{where} has no column {name!r}. {hint}")
        if column.readonly:
            raise _at(statement, name, f"{where}.{column.name} is set by the CRM, not by us")
        if write is not None and write.columns and column.name not in write.columns:
            can = ", ".join(write.columns)
            what = f"{verb.upper()} {where} cannot write {column.name}, only {can}"
            raise _at(statement, name, what)
        if column in found:
            raise _at(statement, name, f"the column {column.name} is given twice")
        found.append(column)
    return found


def _at(statement: Statement, name: str, message: str) -> SqlError:
    """Point at the first place of a name behind the target."""
    text = statement.text
    target = statement.target.end if statement.target else 0
    start = text.casefold().find(name.casefold(), target)
    return SqlError(message, text, start, start + len(name))


def check_verb(statement: Statement, relation: Relation) -> None:
    """Refuse a verb that the API does not have for this table.

    Raises: NotSupportedError that says what can be done instead.
    """
    for verb in _verbs(statement):
        _check(verb, relation)


def _verbs(statement: Statement) -> list[str]:
    """Return what a statement does to its target's rows."""
    if statement.sync is not None:
        return [step.verb for step in statement.sync.steps]
    if statement.merge is not None:
        return [c.action for c in statement.merge.cases if c.action != "nothing"]
    updates = statement.conflict is not None and statement.conflict.update
    return [statement.verb, *(["update"] if updates else [])]


def _check(verb: str, relation: Relation) -> None:
    if relation.table.carrier(verb) is not None:
        return
    verbs = {write.verb for write in relation.table.writes}
    where = f"{relation.table.name}@{relation.connection}"
    can = ", ".join(sorted(v.upper() for v in verbs)) or "nothing but SELECT"
    raise NotSupportedError(f"{where} has no {verb.upper()}: its API allows {can}")


def row_query(statement: Statement, relation: Relation, before: tuple[str, ...]) -> RowQuery:
    """Return the query for an UPDATE's or DELETE's rows."""
    ref = statement.target
    assert ref is not None  # noqa: S101 - the session calls this for remote targets only
    alias = _quoted(statement.target_alias or ref.name)
    parts = [f"{alias}.{_quoted(name)}" for name in before]
    parts += [f"({a.expression})" for a in statement.assignments]
    opt_in = bool(statement.opt_in)
    if opt_in:
        parts.append(f"({statement.opt_in})")
    sources = f", {statement.sources}" if statement.sources else ""
    text = (
        f"{statement.query} SELECT {', '.join(parts)} FROM {ref.quoted} AS {alias}{sources} "
        f"WHERE {statement.where}"
    ).strip()
    sets = tuple(column.name for column in target_columns(statement, relation))
    return RowQuery(text, before, sets, opt_in)


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
