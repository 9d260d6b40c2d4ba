"""Reads MERGE INTO a remote table."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from sqlglot.tokens import TokenType

from sqlcrm.dialect.clauses import (
    alias,
    assignments,
    columns,
    opt_in,
    returning,
    stop,
    table,
)
from sqlcrm.dialect.cut import Cut
from sqlcrm.dialect.lexer import Ref
from sqlcrm.dialect.model import Case, Merge, Statement
from sqlcrm.dialect.tokens import opening, outside

_FORM = "MERGE INTO table USING source ON condition WHEN MATCHED THEN UPDATE …"
_ACTIONS = "UPDATE, INSERT, DELETE or DO NOTHING"


def merge(cut: Cut, main: int, target: Ref) -> Statement:
    """Return the statement whose MERGE stands at token `main`.

    Raises: SqlError that points at what is written wrongly.
    """
    consent, cut = opt_in(cut, main)
    at = cut.index_after(target.end)
    listed, cut = returning(cut, at)
    name, using = alias(cut, at)
    if cut.word(using) != "using":
        last = min(using, len(cut.tokens) - 1)
        raise cut.error(f"USING and a source come here: {_FORM}", last, last + 1)
    whens = list(_outside_case(cut, using, "when"))
    if not whens:
        raise cut.error(f"MERGE needs WHEN [NOT] MATCHED THEN …: {_FORM}", main, main + 1)
    key, behind, start = _pairing(cut, using, whens[0])
    cases = tuple(_case(cut.until(b), a) for a, b in _ranges(whens, len(cut.tokens)))
    found = Merge(
        source=cut.slice(using + 1, behind),
        alias=name,
        source_alias=_source_alias(cut, using + 1, behind),
        on="" if key else cut.slice(start, whens[0]),
        cases=cases,
        key=key,
    )
    statement = Statement("merge", cut.lexed, cut.slice(0, main), target=target, merge=found)
    return replace(statement, target_alias=name, opt_in=consent, returning=listed)


def _ranges(starts: list[int], end: int) -> Iterator[tuple[int, int]]:
    return zip(starts, [*starts[1:], end], strict=True)


def _outside_case(cut: Cut, start: int, wanted: str) -> Iterator[int]:
    """Yield where a word stands outside brackets and outside CASE … END."""
    depth = 0
    for i, _ in outside(cut.tokens, start):
        found = "" if cut.word(i - 1) == "." else cut.word(i)
        depth += (found == "case") - (found == "end")
        if depth == 0 and found == wanted:
            yield i


def _pairing(cut: Cut, using: int, when: int) -> tuple[tuple[str, ...], int, int]:
    """Read `ON condition` or `USING (columns)` before the first WHEN.

    Returns the columns, where the source ends, and where the condition starts. The source may be
    a join, with conditions of its own: the last ON is MERGE's.
    """
    if cut.word(when - 1) == ")":
        first = opening(cut.tokens, when - 1)
        if cut.word(first - 1) == "using" and first - 1 > using + 1:
            key, _ = columns(cut, first, "USING")
            return key, first - 1, when
    ons = list(_outside_case(cut.until(when), using, "on"))
    if not ons:
        raise cut.error(f"ON comes before this, with what pairs the rows: {_FORM}", when, when + 1)
    if ons[-1] == using + 1 or ons[-1] + 1 == when:
        raise cut.error(f"a source and a condition are needed: {_FORM}", ons[-1], ons[-1] + 1)
    return (), ons[-1], ons[-1] + 1


def _source_alias(cut: Cut, at: int, end: int) -> str:
    """Return the name that a MERGE's source goes by, "" where it has none, or is a join."""
    behind, ref = table(cut, at, _FORM)
    names = behind + (cut.word(behind) == "as")
    if behind >= end:
        kind = cut.tokens[behind - 1].token_type
        unnamed = cut.word(behind - 1) == ")" or kind == TokenType.STRING
        return ref.name if ref else "" if unnamed else cut.tokens[behind - 1].text
    single = names + 1 == end or cut.word(names + 1) == "("
    return cut.tokens[names].text if single else ""


def _case(cut: Cut, at: int) -> Case:
    """Read `WHEN [NOT] MATCHED [BY TARGET | BY SOURCE] [AND condition] THEN action`."""
    start, end = at, len(cut.tokens)
    negated = cut.word(at + 1) == "not"
    at += 1 + negated
    if cut.word(at) != "matched":
        raise cut.error("this reads WHEN [NOT] MATCHED … THEN …", start, min(at + 1, end))
    by_source = negated and (cut.word(at + 1), cut.word(at + 2)) == ("by", "source")
    by_target = negated and (cut.word(at + 1), cut.word(at + 2)) == ("by", "target")
    at += 3 if by_source or by_target else 1
    then = next(_outside_case(cut, at, "then"), end)
    if then >= end - 1:
        raise cut.error(f"this needs THEN and {_ACTIONS}", start, end)
    if at != then and (cut.word(at) != "and" or at + 1 == then):
        raise cut.error("here comes THEN, or AND and a condition", at, then)
    case = Case(not negated, by_source, cut.slice(at + 1, then), "")
    return _action(cut, then + 1, case)


def _action(cut: Cut, at: int, case: Case) -> Case:
    action, end = cut.word(at), len(cut.tokens)
    inserts = not case.matched and not case.by_source
    if action == "do" and cut.word(at + 1) == "nothing" and at + 2 == end:
        return replace(case, action="nothing")
    if action not in {"update", "insert", "delete"} or (action == "delete" and at + 1 < end):
        raise cut.error(f"behind THEN comes {_ACTIONS}", at, end)
    if inserts != (action == "insert"):
        can = "INSERT or DO NOTHING" if inserts else "UPDATE, DELETE or DO NOTHING"
        raise cut.error(f"for these rows there is {can}", at, at + 1)
    case = replace(case, action=action)
    if action == "update":
        return _update(cut, at + 1, case)
    return case if action == "delete" else _insert(cut, at + 1, case)


def _update(cut: Cut, at: int, case: Case) -> Case:
    """Read `[SET column = expression, …]`; without it every column of the source is set."""
    end = len(cut.tokens)
    if cut.word(at) == "set" and cut.word(at + 1) != "*":
        if at + 1 == end:
            raise cut.error("SET needs column = value", at, end)
        return replace(case, assignments=tuple(assignments(cut, at + 1, end)))
    _by_name(cut, at + 2 if cut.word(at) == "set" else at, "SET column = value")
    if case.by_source:
        message = "UPDATE needs SET here: these rows are not in the source"
        raise cut.error(message, at - 1, end)
    return case


def _by_name(cut: Cut, at: int, form: str) -> None:
    """Let `BY NAME` or nothing stand at token `at`."""
    end = len(cut.tokens)
    if (cut.word(at), cut.word(at + 1)) == ("by", "position"):
        raise cut.error("columns of a remote table pair by name", at, at + 2)
    behind = at + 2 if (cut.word(at), cut.word(at + 1)) == ("by", "name") else at
    if behind < end:
        raise cut.error(f"here comes BY NAME or {form}", behind, end)


def _insert(cut: Cut, at: int, case: Case) -> Case:
    """Read `[(columns) VALUES (values)]`; without it every column of the source is written."""
    end = len(cut.tokens)
    if cut.word(at) != "(":
        star = cut.word(at) == "*"
        _by_name(cut, at + star, "(column, …) VALUES (value, …)")
        return case
    named, behind = columns(cut, at, "INSERT")
    if cut.word(behind) != "values" or cut.word(behind + 1) != "(":
        last = min(behind, end - 1)
        raise cut.error("VALUES (value, …) comes here", last, last + 1)
    close = stop(cut, behind + 1)
    if close + 1 < end:
        raise cut.error("INSERT of MERGE takes one list of values", close + 1, end)
    values = _values(cut, behind + 2, close)
    if len(values) != len(named):
        message = f"{len(named)} columns are named, and {len(values)} values given"
        raise cut.error(message, behind, end)
    return replace(case, columns=named, values=values)


def _values(cut: Cut, start: int, end: int) -> tuple[str, ...]:
    commas = [i for i, t in outside(cut.tokens[:end], start) if t.text == ","]
    starts = [start, *(comma + 1 for comma in commas)]
    found = zip(starts, [*commas, end], strict=True)
    return tuple(cut.slice(first, last) for first, last in found if first < last)
