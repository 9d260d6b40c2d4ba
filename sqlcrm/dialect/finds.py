"""Finds what is ours among a statement's tokens: `table@alias`, its call, spreadsheets."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlglot.tokens import Token, TokenType

from sqlcrm.dialect.tokens import (
    closed,
    closing,
    in_from,
    is_name,
    joined,
    opening,
    split_arguments,
)
from sqlcrm.errors import SqlError

SPREADSHEETS = (".xlsx", ".xlsm", ".xlsb", ".xls", ".ods")
LOCAL = "inmemorystorage"

# A name directly before `@` that is one of these is a keyword before DuckDB's abs operator.
_KEYWORDS = """select where and or not on when then else case by having in like ilike between is
limit offset returning set distinct all as from join using values with end qualify"""
_RESERVED = frozenset(_KEYWORDS.split())


@dataclass(frozen=True, slots=True)
class Found:
    """A find: offsets (end exclusive), names, and the token range of its arguments."""

    kind: str
    start: int
    end: int
    names: tuple[str, ...]
    alias: str
    arguments: tuple[tuple[Token, ...], ...]


def finds(text: str, tokens: Sequence[Token]) -> Iterator[Found]:
    """Yield every remote table and spreadsheet of a statement, in order of their `@` or name."""
    for i, token in enumerate(tokens):
        if token.token_type == TokenType.PARAMETER and token.text == "@":
            found = _remote(text, tokens, i)
        else:
            found = _file(text, tokens, i)
        if found is not None:
            yield found


def _remote(text: str, tokens: Sequence[Token], at: int) -> Found | None:
    """Read the remote name around the `@` at token `at`; None where `@` is DuckDB's own."""
    if at == 0 or at + 1 >= len(tokens):
        return None
    left, sign, right = tokens[at - 1], tokens[at], tokens[at + 1]
    if not (joined(left, sign) and joined(sign, right) and is_name(right)):
        return None
    before: tuple[tuple[Token, ...], ...] = ()
    last = at - 1
    if left.token_type == TokenType.R_PAREN:
        start = opening(tokens, last)
        before = split_arguments(tokens, start + 1, last)
        last = start - 1
    names, first = _names(text, tokens, last)
    if not names:
        return None
    _refuse_path(text, tokens, first, at + 1)
    end = right.end + 1
    after: tuple[tuple[Token, ...], ...] = ()
    call = at + 2
    if _starts_call(tokens, first, call, right.text):
        stop = _closed(text, tokens, call)
        after = split_arguments(tokens, call + 1, stop)
        end = tokens[stop].end + 1
    return Found("remote", tokens[first].start, end, names, right.text, before + after)


def _closed(text: str, tokens: Sequence[Token], start: int) -> int:
    """Return the token that closes the parenthesis at `start`.

    Raises: SqlError where none does.
    """
    stop = closed(tokens, start)
    if stop is None:
        place = tokens[start]
        raise SqlError("this parenthesis is never closed", text, place.start, place.end + 1)
    return stop


def _refuse_path(text: str, tokens: Sequence[Token], first: int, last: int) -> None:
    """Refuse `a@b.c`: an address without quotes, or a column behind a table's full name."""
    if last + 2 >= len(tokens) or not joined(tokens[last], tokens[last + 1]):
        return
    if tokens[last + 1].token_type == TokenType.DOT and joined(tokens[last + 1], tokens[last + 2]):
        start, end = tokens[first].start, tokens[last + 2].end + 1
        raise SqlError(
            "an address needs quotes, as in 'ana@example.org'; a column needs the table's alias, "
            "as in FROM contacts@ac c … c.email",
            text,
            start,
            end,
        )


def _starts_call(tokens: Sequence[Token], first: int, call: int, alias: str) -> bool:
    """Whether the parenthesis at token `call` holds arguments, not an INSERT's columns."""
    if call >= len(tokens) or tokens[call].token_type != TokenType.L_PAREN:
        return False
    if alias.casefold() == LOCAL:
        return False
    if first > 0 and tokens[first - 1].token_type == TokenType.INTO:
        stop = closing(tokens, call)
        return any(t.text in {"=>", ":="} for t in tokens[call:stop])
    return True


def _names(text: str, tokens: Sequence[Token], last: int) -> tuple[tuple[str, ...], int]:
    """Return the dotted names that end at token `last`, and the first token of them."""
    names: list[str] = []
    i = last
    while i >= 0:
        if tokens[i].token_type == TokenType.R_BRACKET:
            start = opening(tokens, i)
            names.insert(0, text[tokens[start].end + 1 : tokens[i].start])
            i = start
        elif is_name(tokens[i]) and not _is_keyword(tokens[i]):
            names.insert(0, tokens[i].text)
        else:
            return (), last
        dotted = i > 0 and tokens[i - 1].token_type == TokenType.DOT
        if not (dotted and joined(tokens[i - 1], tokens[i])):
            return tuple(names), i
        i -= 2
        if i >= 0 and tokens[i].token_type == TokenType.DOT:  # catalog..table
            names.insert(0, "")
            i -= 1
    return (), last


def _is_keyword(token: Token) -> bool:
    return token.token_type != TokenType.IDENTIFIER and token.text.casefold() in _RESERVED


def _file(text: str, tokens: Sequence[Token], i: int) -> Found | None:
    """Read a spreadsheet at a table position: `'book.xlsx'` or `read_excel('book.xlsx', …)`."""
    token = tokens[i]
    if token.token_type == TokenType.STRING and i > 0:
        before = tokens[i - 1].token_type
        if not token.text.casefold().endswith(SPREADSHEETS):
            return None
        listed = before == TokenType.COMMA and in_from(tokens, i)
        source = before in {TokenType.FROM, TokenType.JOIN, TokenType.USING} or (
            tokens[i - 1].text.casefold() in {"synchronize", "sync"}
        )
        if not listed and not source:
            return None
        stem = re.split(r"[/\\]", token.text)[-1].rsplit(".", 1)[0]
        return Found("file", token.start, token.end + 1, (stem,), "", ((token,),))
    called = i + 1 < len(tokens) and tokens[i + 1].token_type == TokenType.L_PAREN
    if called and token.text.casefold() == "read_excel":
        stop = _closed(text, tokens, i + 1)
        arguments = split_arguments(tokens, i + 2, stop)
        end = tokens[stop].end + 1
        return Found("file", token.start, end, ("read_excel",), "", arguments)
    return None
