"""Cuts a statement into the parts that the rooms below need, by position."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from sqlglot.tokens import Token, TokenType

from sqlcrm.dialect.cut import Cut
from sqlcrm.dialect.effects import refuse_effects
from sqlcrm.dialect.explain import Explain, explain
from sqlcrm.dialect.lexer import LOCAL, SYSTEM, Lexed, Ref, lex, split
from sqlcrm.dialect.tokens import outside, word
from sqlcrm.errors import NotSupportedError, SqlError

_DML = {"insert", "update", "delete"}
_MAIN = _DML | {"select", "from", "values", "merge"}


@dataclass(frozen=True, slots=True)
class Assignment:
    """`column = expression` of an UPDATE; `start` is the column's offset in the text."""

    column: str
    expression: str
    start: int = 0


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement, taken apart. All texts are marked texts (see lexer).

    offset: where it starts in its script.
    verb: "select", "insert", "update" or "delete" where remote tables are read or written by us;
    "local" for everything that DuckDB does itself, with remote tables read for it.
    target: the remote table that is written. opt_in: None without `WITH OPT IN`, its condition
    otherwise, "" where it has none. explain: the EXPLAIN before it, which is then blank in the
    text.
    """

    verb: str
    lexed: Lexed
    query: str
    target: Ref | None = None
    target_alias: str = ""
    columns: tuple[str, ...] = ()
    by_name: bool = False
    assignments: tuple[Assignment, ...] = ()
    sources: str = ""
    where: str = ""
    opt_in: str | None = None
    offset: int = 0
    explain: Explain | None = None

    @property
    def repeat(self) -> bool:
        """Whether the hint `/*+ repeat */` asks to make rows again that were made before."""
        return re.search(r"/\*\+\s*repeat\s*\*/", self.text, re.IGNORECASE) is not None

    @property
    def text(self) -> str:
        """The user's own text."""
        return self.lexed.text

    @property
    def reads(self) -> tuple[Ref, ...]:
        """The refs that are read: all but the target and local names."""
        target = self.target.mark if self.target and self.verb == "insert" else ""
        return tuple(r for r in self.lexed.refs if r.mark != target and r.alias != LOCAL)


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
    asked = explain(text, lexed.tokens) if lexed.refs else None
    if asked is not None:
        inner = parse(" " * asked.end + text[asked.end :])
        return replace(inner, explain=asked)
    tokens = [t for t in lexed.tokens if t.token_type != TokenType.SEMICOLON]
    main = _main(tokens)
    verb = word(tokens[main]) if main is not None else ""
    target = _target(lexed, tokens, main) if main is not None and verb in _DML else None
    refuse_effects(Cut(lexed, tokens), target)
    if main is not None and target is not None:
        return _dml(Cut(lexed, tokens), verb, main, target)
    verb = "select" if verb in {"select", "from", "values"} else "local"
    return Statement(verb, lexed, lexed.query())


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


def _target(lexed: Lexed, tokens: Sequence[Token], main: int) -> Ref | None:
    """Return the remote table that a DML statement writes, None where it is a local one.

    Raises: SqlError for what cannot be written, or not in this way.
    """
    following = (i for i in range(main + 1, len(tokens)))
    words = _BEFORE_TARGET | _INSTEAD
    at = next((i for i in following if tokens[i].text.casefold() not in words), len(tokens))
    start = tokens[at].start if at < len(tokens) else -1
    ref = next((ref for ref in lexed.refs if ref.start == start), None)
    if ref is None or ref.alias in {LOCAL, ""}:
        return None
    if ref.alias == SYSTEM:
        raise SqlError("tables of @sqlcrm are read-only", lexed.text, ref.start, ref.end)
    instead = [t for t in tokens[main + 1 : at] if t.text.casefold() in _INSTEAD]
    if instead:
        message = "INSERT OR … does not exist for remote tables: INSERT changes no row, UPDATE does"
        raise SqlError(message, lexed.text, instead[0].start, instead[-1].end + 1)
    return ref


def _dml(cut: Cut, verb: str, main: int, target: Ref) -> Statement:
    end = len(cut.tokens)
    opt_in, end = _opt_in(cut, main, end)
    cut = Cut(cut.lexed, cut.tokens[:end])
    for words in (("returning",), ("on", "conflict")):
        at = cut.find(cut.index_after(target.end), *words)
        if at < end:
            name = " ".join(words).upper()
            raise NotSupportedError(
                f"{name} on a remote table is not supported yet; "
                "read the outcomes from operations@sqlcrm afterwards"
            )
    if opt_in is not None and verb == "delete":
        raise cut.error("WITH OPT IN means nothing to a DELETE", main, main + 1)
    statement = Statement(verb, cut.lexed, "", target=target, opt_in=opt_in)
    at = cut.index_after(target.end)
    prefix = cut.slice(0, main)
    if verb == "insert":
        return _insert(cut, statement, at, prefix)
    alias, at = _alias(cut, at)
    statement = replace(statement, target_alias=alias, query=prefix)
    return _update(cut, statement, at) if verb == "update" else _delete(cut, statement, at)


def _opt_in(cut: Cut, start: int, end: int) -> tuple[str | None, int]:
    """Take `WITH OPT IN [WHERE …]` off the end."""
    at = cut.find(start, "with", "opt", "in")
    if at >= end:
        return None, end
    rest = at + 3
    if rest == end:
        return "", at
    if cut.word(rest) != "where" or rest + 1 == end:
        raise cut.error("after WITH OPT IN comes nothing, or WHERE and a condition", rest, end)
    return cut.slice(rest + 1, end), at


def _insert(cut: Cut, statement: Statement, at: int, prefix: str) -> Statement:
    end = len(cut.tokens)
    columns: tuple[str, ...] = ()
    if cut.word(at) == "as":
        at += 2
    if cut.word(at) == "(" and cut.word(at + 1) not in {"select", "with", "from", "values", "("}:
        columns, at = _column_list(cut, at)
    by_name = cut.word(at) == "by" and cut.word(at + 1) == "name"
    at += 2 if by_name else 0
    if at >= end:
        raise cut.error("INSERT needs a SELECT or VALUES", end - 1, end)
    if cut.word(at) == "default":
        raise cut.error("DEFAULT VALUES makes no row for a remote table", at, end)
    if not columns and not by_name:
        name = statement.target.name if statement.target else ""
        message = f"INSERT INTO {name} needs its columns: INSERT INTO … (column, …) SELECT …"
        raise cut.error(message, at, at + 1)
    query = f"{prefix} {cut.slice(at, end)}".strip()
    return replace(statement, query=query, columns=columns, by_name=by_name)


def _column_list(cut: Cut, opening: int) -> tuple[tuple[str, ...], int]:
    """Return the names in parentheses at `opening`, and the token behind them."""
    names = []
    i = opening + 1
    while i < len(cut.tokens) and cut.word(i) != ")":
        if cut.word(i) == "[":
            i += 1
        names.append(cut.tokens[i].text)
        i += 2 if cut.word(i + 1) == "]" else 1
        if cut.word(i) == ",":
            i += 1
        elif cut.word(i) != ")":
            raise cut.error("a list of columns holds names and commas", i, i + 1)
    return tuple(names), i + 1


def _alias(cut: Cut, at: int) -> tuple[str, int]:
    """Read `[AS] alias` behind the target."""
    if cut.word(at) == "as":
        at += 1
    elif cut.word(at) in {"", "set", "using", "where"}:
        return "", at
    return cut.tokens[at].text, at + 1


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
        assignments=tuple(_assignments(cut, at + 1, stop)),
        sources=cut.slice(sources + 1, where) if sources < where else "",
        where=cut.slice(where + 1, end),
    )


def _assignments(cut: Cut, start: int, end: int) -> Iterator[Assignment]:
    """Read `column = expression, …`."""
    commas = [i for i, t in outside(cut.tokens[:end], start) if t.text == ","]
    for first, last in zip([start, *(c + 1 for c in commas)], [*commas, end], strict=True):
        if cut.word(first + 1) != "=" or first + 2 >= last:
            raise cut.error("SET needs column = value", first, max(last, first + 1))
        token = cut.tokens[first]
        yield Assignment(token.text, cut.slice(first + 2, last), token.start)


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
