"""Clauses that several statements share, read by token."""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot.tokens import TokenType

from sqlcrm.dialect.cut import Cut
from sqlcrm.dialect.lexer import LOCAL, SYSTEM, Ref
from sqlcrm.dialect.model import Assignment
from sqlcrm.dialect.tokens import closed, is_name, outside
from sqlcrm.errors import SqlError


def writable(cut: Cut, ref: Ref | None) -> Ref | None:
    """Return a ref that a statement writes, None where it is a local table.

    Raises: SqlError for what is ours and can only be read.
    """
    if ref is None or ref.alias == LOCAL:
        return None
    if ref.kind == "file":
        raise SqlError("a spreadsheet can only be read", cut.lexed.text, ref.start, ref.end)
    if ref.alias == SYSTEM:
        raise SqlError("tables of @sqlcrm are read-only", cut.lexed.text, ref.start, ref.end)
    return ref


def opt_in(cut: Cut, start: int) -> tuple[str | None, Cut]:
    """Take `WITH OPT IN [WHERE …]` off the end; None where it is not there."""
    end = len(cut.tokens)
    at = cut.find(start, "with", "opt", "in")
    if at >= end:
        return None, cut
    rest = at + 3
    if rest == end:
        return "", cut.until(at)
    if cut.word(rest) != "where" or rest + 1 == end:
        raise cut.error("after WITH OPT IN comes nothing, or WHERE and a condition", rest, end)
    behind = returning_at(cut, rest)
    if behind < end:
        raise cut.error("WITH OPT IN is the last clause: write RETURNING before it", behind, end)
    return cut.slice(rest + 1, end), cut.until(at)


def returning(cut: Cut, start: int) -> tuple[str | None, Cut]:
    """Take `RETURNING list` off the end; None where it is not there."""
    end = len(cut.tokens)
    at = returning_at(cut, start)
    if at >= end:
        return None, cut
    if at + 1 == end:
        raise cut.error("RETURNING needs a list of columns, or *", at, end)
    return cut.slice(at + 1, end), cut.until(at)


def returning_at(cut: Cut, start: int) -> int:
    """Return where a RETURNING stands outside brackets, else the end; a label is none."""
    at = cut.find(start, "returning")
    while at < len(cut.tokens) and cut.word(at - 1) in {".", "as"}:
        at = cut.find(at + 1, "returning")
    return at


def columns(cut: Cut, at: int, clause: str) -> tuple[tuple[str, ...], int]:
    """Read `a, "b", [c d]`, in parentheses or not; return the names and the token behind them.

    Raises: SqlError where something else stands there.
    """
    bracketed = cut.word(at) == "("
    name, at = _column(cut, at + bracketed, clause)
    found = [name]
    while cut.word(at) == ",":
        name, at = _column(cut, at + 1, clause)
        found.append(name)
    if not bracketed:
        return tuple(found), at
    if cut.word(at) != ")":
        raise cut.error("a list of columns holds names and commas", at, at + 1)
    return tuple(found), at + 1


def _column(cut: Cut, at: int, clause: str) -> tuple[str, int]:
    """Read one name at token `at`."""
    if at >= len(cut.tokens):
        raise cut.error(f"{clause} needs a column here", at - 1, at)
    token = cut.tokens[at]
    if token.token_type == TokenType.L_BRACKET:
        behind = closed(cut.tokens, at)
        if behind is not None and behind > at + 1:
            return cut.lexed.text[token.end + 1 : cut.tokens[behind].start], behind + 1
    if not is_name(token):
        raise cut.error(f"{clause} needs names of columns", at, at + 1)
    return token.text, at + 1


def assignments(cut: Cut, start: int, end: int) -> Iterator[Assignment]:
    """Read `column = expression, …`."""
    commas = [i for i, t in outside(cut.tokens[:end], start) if t.text == ","]
    for first, last in zip([start, *(c + 1 for c in commas)], [*commas, end], strict=True):
        if cut.word(first + 1) != "=" or first + 2 >= last:
            raise cut.error("SET needs column = value", first, max(last, first + 1))
        token = cut.tokens[first]
        yield Assignment(token.text, cut.slice(first + 2, last), token.start)


def alias(cut: Cut, at: int) -> tuple[str, int]:
    """Read `[AS] alias` behind the target."""
    if cut.word(at) == "as":
        at += 1
    elif cut.word(at) in {"", "set", "using", "where"}:
        return "", at
    return (cut.tokens[at].text, at + 1) if at < len(cut.tokens) else ("", at)


def stop(cut: Cut, opening: int) -> int:
    """Return the token that closes the parenthesis at `opening`.

    Raises: SqlError where none does.
    """
    found = closed(cut.tokens, opening)
    if found is None:
        raise cut.error("this parenthesis is never closed", opening, opening + 1)
    return found


def table(cut: Cut, at: int, form: str) -> tuple[int, Ref | None]:
    """Return where the table at token `at` ends, and its ref where it is ours.

    Raises: SqlError that shows the statement's form where no table stands.
    """
    end = len(cut.tokens)
    if at >= end or cut.word(at) in {"to", "from", "with", "on", "when"}:
        last = min(at, end - 1)
        raise cut.error(f"a table or a query in parentheses comes here: {form}", last, last + 1)
    start = cut.tokens[at].start
    ref = next((ref for ref in cut.lexed.refs if ref.start == start), None)
    if ref is not None:
        return cut.index_after(ref.end), ref
    if cut.word(at) == "(":
        return stop(cut, at) + 1, None
    if cut.tokens[at].token_type == TokenType.STRING:
        return at + 1, None
    if not is_name(cut.tokens[at]):
        raise cut.error(f"a table or a query in parentheses comes here: {form}", at, at + 1)
    at += 1
    while cut.word(at) == "." and at + 1 < end:
        at += 2
    return (stop(cut, at) + 1 if cut.word(at) == "(" else at), None
