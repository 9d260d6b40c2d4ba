"""Reads SYNCHRONIZE: two tables, what to do, and clauses in any order."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sqlglot.tokens import TokenType

from sqlcrm.dialect.clauses import columns, opt_in, table, writable
from sqlcrm.dialect.model import Statement, Step, Synchronize
from sqlcrm.dialect.tokens import outside

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlcrm.dialect.cut import Cut
    from sqlcrm.dialect.lexer import Ref

BEGINNINGS = frozenset({"synchronize", "sync"})
_VERBS = ("insert", "update", "delete")
_CLAUSES = {
    "with": "WITH",
    "identified by": "IDENTIFIED BY",
    "ignore nulls": "IGNORE NULLS",
    "ignore changes": "IGNORE CHANGES TO",
    "continue on": "CONTINUE ON FIRST n ERRORS",
}
_EXAMPLE = "SYNCHRONIZE source TO target WITH INSERT OR UPDATE IDENTIFIED BY column"


@dataclass(frozen=True, slots=True)
class _Side:
    """One of the two tables: its tokens, its ref where it is ours, its condition's tokens."""

    start: int
    end: int
    ref: Ref | None
    where: tuple[int, int] = (0, 0)


@dataclass(slots=True)
class _Found:
    """The clauses read so far."""

    clauses: set[str] = field(default_factory=set)
    steps: tuple[Step, ...] = ()
    key: tuple[str, ...] = ()
    ignore_nulls: str = ""
    ignore_changes: tuple[str, ...] = ()
    errors: int | None = None


def synchronize(cut: Cut) -> tuple[Statement, Ref | None]:
    """Return the statement that begins with SYNCHRONIZE or SYNC, and its source's ref.

    Raises: SqlError that points at what is written wrongly, and says what to write.
    """
    consent, cut = opt_in(cut, 1)
    source, target, at = _sides(cut)
    found = _Found()
    while at < len(cut.tokens):
        at = _clause(cut, at, found)
    for clause, name in (("with", "WITH"), ("identified by", "IDENTIFIED BY")):
        if clause not in found.clauses:
            raise cut.error(f"SYNCHRONIZE needs {name}: {_EXAMPLE}", 0, 1)
    written = writable(cut, target.ref)
    if consent is not None and written is None:
        message = "WITH OPT IN means nothing to a local table"
        raise cut.error(message, target.start, target.end)
    text = cut.slice(source.start, source.end).strip()
    first, last = cut.tokens[source.start], cut.tokens[source.end - 1]
    sync = Synchronize(
        source=text,
        start=first.start,
        source_name=" ".join(cut.lexed.text[first.start : last.end + 1].split()),
        target_name="" if written else cut.slice(target.start, target.end).strip(),
        where=cut.slice(*target.where),
        steps=found.steps,
        key=found.key,
        ignore_nulls=found.ignore_nulls,
        ignore_changes=found.ignore_changes,
        errors=found.errors,
    )
    query = f"SELECT * FROM {text}"  # noqa: S608 - a part of the text itself
    statement = Statement(
        "synchronize", cut.lexed, query, target=written, opt_in=consent, sync=sync
    )
    return statement, source.ref


def _sides(cut: Cut) -> tuple[_Side, _Side, int]:
    """Read `table (TO | FROM) table`; return the source, the target and the token behind."""
    left, at = _side(cut, 1, {"to", "from"})
    direction = cut.word(at)
    if direction not in {"to", "from"}:
        message = f"TO or FROM comes here, between the two tables: {_EXAMPLE}"
        raise cut.error(message, at if at < len(cut.tokens) else at - 1, at + 1)
    right, at = _side(cut, at + 1, set())
    source, target = (left, right) if direction == "to" else (right, left)
    if source.where != (0, 0):
        start, end = source.where
        message = "a source has no WHERE; make it a query: (SELECT … FROM … WHERE …)"
        raise cut.error(message, start - 1, end)
    first = cut.tokens[target.start]
    if target.ref is None and first.token_type in {TokenType.STRING, TokenType.L_PAREN}:
        raise cut.error("the target is a table; this can only be read", target.start, target.end)
    if target.ref is None and cut.word(target.end - 1) == ")":
        raise cut.error("the target is a table; this can only be read", target.start, target.end)
    return source, target, at


def _side(cut: Cut, at: int, words: set[str]) -> tuple[_Side, int]:
    """Read a table at token `at`, with a condition up to a clause or one of `words`."""
    end, ref = table(cut, at, _EXAMPLE)
    if cut.word(end) != "where":
        return _Side(at, end, ref), end
    ends = (i for i, _ in outside(cut.tokens, end + 1) if _ends_condition(cut, i, words))
    last = next(ends, len(cut.tokens))
    if last == end + 1:
        raise cut.error("WHERE needs a condition", end, end + 1)
    return _Side(at, end, ref, (end + 1, last)), last


def _ends_condition(cut: Cut, i: int, words: set[str]) -> bool:
    if cut.word(i) == "from" and cut.word(i - 1) == "distinct":
        return False
    return cut.word(i) in words or _clause_at(cut, i) != ""


def _clause_at(cut: Cut, i: int) -> str:
    """Return which clause begins at token `i`, "" for none."""
    if cut.word(i) == "with":
        return "" if cut.word(i + 1) == "time" else "with"  # TIMESTAMP WITH TIME ZONE
    both = f"{cut.word(i)} {cut.word(i + 1)}"
    return both if both in _CLAUSES else ""


def _clause(cut: Cut, at: int, found: _Found) -> int:
    """Read the clause at token `at`; return the token behind it."""
    clause = _clause_at(cut, at)
    if not clause:
        raise cut.error(_unknown(cut, at), at, at + 1)
    if clause in found.clauses:
        raise cut.error(f"{_CLAUSES[clause]} stands here twice", at, at + len(clause.split()))
    found.clauses.add(clause)
    return _READERS[clause](cut, at, found)


def _unknown(cut: Cut, at: int) -> str:
    """Say what could stand where no clause begins."""
    if cut.word(at) in {",", "and"} and cut.word(at + 1) in _VERBS:
        return "what is to be done is joined by OR: WITH INSERT OR UPDATE"
    if cut.word(at) == "returning":
        return "SYNCHRONIZE has no RETURNING; operations@sqlcrm has its outcomes"
    names = ", ".join((*_CLAUSES.values(), "WITH OPT IN"))
    return f"no clause of SYNCHRONIZE begins like this; there are {names}"


def _with(cut: Cut, at: int, found: _Found) -> int:
    steps: list[Step] = []
    while not steps or cut.word(at) == "or":
        at += 1
        verb = cut.word(at)
        if verb not in _VERBS:
            last = min(at, len(cut.tokens) - 1)
            message = "INSERT, UPDATE or DELETE comes here: WITH INSERT OR UPDATE OR DELETE"
            raise cut.error(message, last, last + 1)
        if verb in {step.verb for step in steps}:
            raise cut.error(f"{verb.upper()} stands here twice", at, at + 1)
        step, at = _step(cut, at)
        steps.append(step)
    found.steps = tuple(steps)
    return at


def _step(cut: Cut, at: int) -> tuple[Step, int]:
    """Read `verb [ALL [EXCEPT columns] | columns] [(EXIT | ERROR) AFTER n ROWS]`."""
    verb = cut.word(at)
    start = at = at + 1
    named: tuple[str, ...] = ()
    excluded: tuple[str, ...] = ()
    if cut.word(at) == "all":
        at += 1
        if cut.word(at) == "except":
            excluded, at = _columns(cut, at + 1, "EXCEPT")
    elif _begins_columns(cut, at):
        named, at = _columns(cut, at, verb.upper())
    if verb == "delete" and (named or excluded):
        raise cut.error("DELETE takes whole rows: it has no columns", start, at)
    if cut.word(at) not in {"exit", "error"} or cut.word(at + 1) != "after":
        return Step(verb, named, excluded), at
    limit, behind = _number(cut, at, 2, {"rows", "row"}, f"{cut.word(at).upper()} AFTER n ROWS")
    return Step(verb, named, excluded, limit, cut.word(at) == "exit"), behind


def _begins_columns(cut: Cut, at: int) -> bool:
    """Whether columns are named at token `at`, and not the next thing of the statement."""
    word, behind = cut.word(at), cut.word(at + 1)
    if at >= len(cut.tokens) or word in {"or", "and", ","} or _clause_at(cut, at):
        return False
    if word in _VERBS:
        raise cut.error("what is to be done is joined by OR: WITH INSERT OR UPDATE", at, at + 1)
    return not (word in {"exit", "error"} and behind == "after")


def _number(cut: Cut, at: int, skip: int, units: set[str], form: str) -> tuple[int, int]:
    """Read the number `skip` tokens behind token `at`, and its unit.

    Raises: SqlError that shows the clause's form.
    """
    number = at + skip
    text = cut.tokens[number].text if number < len(cut.tokens) else ""
    if not (text.isascii() and text.isdigit()) or cut.word(number + 1) not in units:
        end = min(number + 2, len(cut.tokens))
        raise cut.error(f"this reads {form}, with a whole number", at, end)
    return int(text), number + 2


def _identified_by(cut: Cut, at: int, found: _Found) -> int:
    found.key, at = _columns(cut, at + 2, "IDENTIFIED BY")
    return at


def _ignore_changes(cut: Cut, at: int, found: _Found) -> int:
    if cut.word(at + 2) != "to":
        raise cut.error("this reads IGNORE CHANGES TO column, …", at, at + 3)
    found.ignore_changes, at = _columns(cut, at + 3, "IGNORE CHANGES TO")
    return at


def _columns(cut: Cut, at: int, clause: str) -> tuple[tuple[str, ...], int]:
    if _clause_at(cut, at):
        raise cut.error(f"{clause} needs columns before this", at, at + 1)
    names, behind = columns(cut, at, clause)
    folded = [name.casefold() for name in names]
    twice = next((name for name in folded if folded.count(name) > 1), None)
    if twice is not None:
        raise cut.error(f"the column {twice} is given twice", at, behind)
    return names, behind


def _ignore_nulls(cut: Cut, at: int, found: _Found) -> int:
    at += 2
    if cut.word(at) != "on":
        found.ignore_nulls = "all"
        return at
    bracketed = cut.word(at + 1) == "("
    first = at + 1 + bracketed
    words = (cut.word(first), cut.word(first + 1))
    found.ignore_nulls = "identified by" if words == ("identified", "by") else words[0]
    behind = first + (2 if words == ("identified", "by") else 1)
    closes = not bracketed or cut.word(behind) == ")"
    if found.ignore_nulls not in {"all", "identified by", "values"} or not closes:
        message = "this reads IGNORE NULLS ON ALL, ON IDENTIFIED BY or ON VALUES"
        raise cut.error(message, at, min(behind, len(cut.tokens)))
    return behind + bracketed


def _continue(cut: Cut, at: int, found: _Found) -> int:
    form = "CONTINUE ON FIRST n ERRORS"
    if cut.word(at + 2) != "first":
        raise cut.error(f"this reads {form}, with a whole number", at, at + 3)
    found.errors, at = _number(cut, at, 3, {"errors", "error"}, form)
    return at


_READERS: dict[str, Callable[[Cut, int, _Found], int]] = {
    "with": _with,
    "identified by": _identified_by,
    "ignore nulls": _ignore_nulls,
    "ignore changes": _ignore_changes,
    "continue on": _continue,
}
