"""Cuts a statement into the parts that the rooms below need, by position."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from sqlglot.tokens import Token, TokenType

from sqlcrm.dialect.clauses import writable
from sqlcrm.dialect.cut import Cut
from sqlcrm.dialect.dml import dml
from sqlcrm.dialect.effects import refuse_effects
from sqlcrm.dialect.explain import Explain, explain
from sqlcrm.dialect.lexer import Ref, lex, split
from sqlcrm.dialect.merge import merge
from sqlcrm.dialect.model import Statement
from sqlcrm.dialect.synchronize import BEGINNINGS, synchronize
from sqlcrm.dialect.tokens import outside, word
from sqlcrm.errors import SqlError

_DML = {"insert", "update", "delete", "merge"}
_MAIN = _DML | {"select", "from", "values"}


def statements(script: str) -> Iterator[Statement]:
    """Parse a script, statement by statement. Errors point into the whole script.

    Raises: SqlError where a part of ours is written wrongly.
    """
    for offset, text in split(script):
        try:
            yield replace(parse(text), offset=offset)
        except SqlError as error:
            raise moved(error, text, offset, script) from None


def moved(error: SqlError, text: str, offset: int, script: str) -> SqlError:
    """Return an error that points into a statement as one that points into its script."""
    if error.start < 0 or error.text != text:
        return error
    return SqlError(error.message, script, error.start + offset, error.end + offset)


def parse(text: str) -> Statement:
    """Parse one statement."""
    lexed = lex(text)
    asked = explain(text, lexed.tokens, ours=bool(lexed.refs))
    if asked is not None:
        return _asked(asked, text)
    cut = Cut(lexed, [t for t in lexed.tokens if t.token_type != TokenType.SEMICOLON])
    if cut.tokens and cut.word(0) in BEGINNINGS:
        return _synchronize(cut)
    main = _main(cut.tokens)
    verb = cut.word(main) if main is not None else ""
    target = _target(cut, main) if main is not None and verb in _DML else None
    refuse_effects(cut, target)
    if main is not None and target is not None:
        return merge(cut, main, target) if verb == "merge" else dml(cut, verb, main, target)
    verb = "select" if verb in {"select", "from", "values"} else "local"
    return Statement(verb, lexed, lexed.query())


def _synchronize(cut: Cut) -> Statement:
    statement, source = synchronize(cut)
    refuse_effects(cut, statement.target, source)
    return statement


def _asked(asked: Explain, text: str) -> Statement:
    """Parse the statement behind an EXPLAIN or PLAN, which gets blank."""
    try:
        inner = parse(" " * asked.end + text[asked.end :])
    except SqlError as error:
        raise SqlError(error.message, text, error.start, error.end) from None
    _check(asked, inner, text)
    return replace(inner, explain=asked)


def _check(asked: Explain, inner: Statement, text: str) -> None:
    """Refuse a PLAN of what writes nothing, or nothing of ours, and PLAN beside EXPLAIN.

    Raises: SqlError that points at the word.
    """
    start = len(text[: asked.end]) - len(text[: asked.end].lstrip())
    if inner.explain is not None:
        message = "EXPLAIN and PLAN stand alone: PLAN tells the write plan, its calls too"
    elif asked.plan and inner.target is None and inner.sync is None:
        message = (
            "PLAN takes a statement that writes a remote table: INSERT, UPDATE, DELETE, MERGE or "
            "SYNCHRONIZE; EXPLAIN tells what reading costs"
        )
    else:
        return
    raise SqlError(message, text, start, asked.end)


def _main(tokens: Sequence[Token]) -> int | None:
    """Return the token that says what the statement does, behind a WITH if there is one."""
    if not tokens:
        return None
    first = word(tokens[0])
    if first in _MAIN:
        return 0
    if first != "with":
        return None
    wanted = (i for i, t in outside(tokens, 1) if word(t) in _MAIN and not _names(tokens, i))
    return next(wanted, None)


def _names(tokens: Sequence[Token], i: int) -> bool:
    """Whether token `i` is the name of a CTE: `WITH update AS (…)`."""
    before = word(tokens[i - 1])
    behind = word(tokens[i + 1]) if i + 1 < len(tokens) else ""
    return before in {"with", "recursive", ","} and behind in {"as", "(", "using"}


_BEFORE_TARGET = {"into", "from", "only"}
_INSTEAD = {"or", "ignore", "replace"}


def _target(cut: Cut, main: int) -> Ref | None:
    """Return the remote table that a DML statement writes, None where it is a local one.

    Raises: SqlError for what cannot be written, or not in this way.
    """
    words = _BEFORE_TARGET | _INSTEAD
    at = main + 1
    while cut.word(at) in words:
        at += 1
    start = cut.tokens[at].start if at < len(cut.tokens) else -1
    ref = writable(cut, next((ref for ref in cut.lexed.refs if ref.start == start), None))
    instead = [i for i in range(main + 1, at) if cut.word(i) in _INSTEAD]
    if ref is not None and instead:
        then = "DO NOTHING" if cut.word(instead[-1]) == "ignore" else "DO UPDATE"
        message = (
            "INSERT OR … does not exist for remote tables: "
            f"write INSERT INTO … ON CONFLICT (column) {then}"
        )
        raise cut.error(message, instead[0], instead[-1] + 1)
    return ref
