"""Reads INSERT, UPDATE and DELETE on a remote table."""

from __future__ import annotations

from dataclasses import replace

from sqlcrm.dialect.clauses import alias, assignments, columns, opt_in, returning
from sqlcrm.dialect.cut import Cut
from sqlcrm.dialect.lexer import Ref
from sqlcrm.dialect.model import Conflict, Statement
from sqlcrm.dialect.tokens import closed


def dml(cut: Cut, verb: str, main: int, target: Ref) -> Statement:
    """Return the statement whose verb stands at token `main`.

    Raises: SqlError that points at what is written wrongly.
    """
    consent, cut = opt_in(cut, main)
    if consent is not None and verb == "delete":
        raise cut.error("WITH OPT IN means nothing to a DELETE", main, main + 1)
    at = cut.index_after(target.end)
    listed, cut = returning(cut, at)
    prefix = cut.slice(0, main)
    statement = Statement(verb, cut.lexed, prefix, target=target, opt_in=consent, returning=listed)
    if verb == "insert":
        return _insert(cut, statement, at)
    name, at = alias(cut, at)
    statement = replace(statement, target_alias=name)
    return _update(cut, statement, at) if verb == "update" else _delete(cut, statement, at)


def _insert(cut: Cut, statement: Statement, at: int) -> Statement:
    conflict, cut = _conflict(cut, at)
    end = len(cut.tokens)
    named: tuple[str, ...] = ()
    if cut.word(at) == "as" and at + 1 < end:
        statement = replace(statement, target_alias=cut.tokens[at + 1].text)
        at += 2
    if cut.word(at) == "(" and cut.word(at + 1) not in {"select", "with", "from", "values", "("}:
        named, at = columns(cut, at, "INSERT")
    by_name = cut.word(at) == "by" and cut.word(at + 1) == "name"
    at += 2 if by_name else 0
    if at >= end:
        raise cut.error("INSERT needs a SELECT or VALUES", end - 1, end)
    if cut.word(at) == "default":
        raise cut.error("DEFAULT VALUES makes no row for a remote table", at, end)
    if not named and not by_name:
        name = statement.target.name if statement.target else ""
        message = f"INSERT INTO {name} needs its columns: INSERT INTO … (column, …) SELECT …"
        raise cut.error(message, at, at + 1)
    query = f"{statement.query} {cut.slice(at, end)}".strip()
    return replace(statement, query=query, columns=named, by_name=by_name, conflict=conflict)


_BEHIND_CONFLICT = {"", "do", "where", "update", "nothing", "set", "on"}


def _conflict(cut: Cut, start: int) -> tuple[Conflict | None, Cut]:
    """Take `ON CONFLICT … DO …` off the end; None where it is not there.

    `JOIN … ON conflict.x = y` and `ON conflict = 1` are no such clause.
    """
    end = len(cut.tokens)
    at = cut.find(start, "on", "conflict")
    while at < end and not _is_clause(cut, at + 2):
        at = cut.find(at + 1, "on", "conflict")
    if at >= end:
        return None, cut
    key, i = columns(cut, at + 2, "ON CONFLICT") if cut.word(at + 2) == "(" else ((), at + 2)
    if cut.word(i) in {"where", "on"}:
        raise cut.error("ON CONFLICT takes columns only: a condition is not supported", i, end)
    if cut.word(i) != "do" or cut.word(i + 1) not in {"nothing", "update"}:
        message = "behind ON CONFLICT (column, …) comes DO NOTHING or DO UPDATE"
        raise cut.error(message, at if i >= end else i, end)
    return _resolution(cut, key, i + 1), cut.until(at)


def _is_clause(cut: Cut, at: int) -> bool:
    if cut.word(at) != "(":
        return cut.word(at) in _BEHIND_CONFLICT
    stop = closed(cut.tokens, at)
    return stop is None or cut.word(stop + 1) in _BEHIND_CONFLICT


def _resolution(cut: Cut, key: tuple[str, ...], at: int) -> Conflict:
    """Read `NOTHING` or `UPDATE [SET …]` at token `at`."""
    end = len(cut.tokens)
    update = cut.word(at) == "update"
    where = cut.find(at, "where")
    if where < end:
        message = "a condition of ON CONFLICT is not supported: put WHERE into the SELECT"
        raise cut.error(message, where, end)
    if at + 1 == end:
        return Conflict(key, update)
    if not update or cut.word(at + 1) != "set":
        can = "SET, RETURNING or WITH OPT IN" if update else "RETURNING or WITH OPT IN"
        raise cut.error(f"here the statement ends, or {can} comes", at + 1, end)
    if at + 2 == end:
        raise cut.error("SET needs column = value", at + 1, end)
    return Conflict(key, update, tuple(assignments(cut, at + 2, end)))


def _need_where(cut: Cut, verb: str, where: int) -> None:
    if where >= len(cut.tokens):
        message = f"{verb} without WHERE changes every row; if you mean that, write WHERE true"
        raise cut.error(message, 0, 1)


def _update(cut: Cut, statement: Statement, at: int) -> Statement:
    end = len(cut.tokens)
    if cut.word(at) != "set":
        raise cut.error("UPDATE needs SET", at if at < end else end - 1, at + 1)
    where = cut.find(at, "where")
    sources = cut.find(at, "from")
    _need_where(cut, "UPDATE", where)
    stop = min(sources, where)
    return replace(
        statement,
        assignments=tuple(assignments(cut, at + 1, stop)),
        sources=cut.slice(sources + 1, where) if sources < where else "",
        where=cut.slice(where + 1, end),
    )


def _delete(cut: Cut, statement: Statement, at: int) -> Statement:
    end = len(cut.tokens)
    where = cut.find(at, "where")
    _need_where(cut, "DELETE", where)
    using = cut.find(at, "using")
    return replace(
        statement,
        sources=cut.slice(using + 1, where) if using < where else "",
        where=cut.slice(where + 1, end),
    )
