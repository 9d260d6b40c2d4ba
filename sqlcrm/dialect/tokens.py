"""Tokens of SQL as DuckDB has them, and how they lie in brackets and statements."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import ClassVar

from sqlglot.dialects.duckdb import DuckDB
from sqlglot.errors import TokenError
from sqlglot.tokens import Token, TokenType

from sqlcrm.errors import SqlError

_SURROGATE = re.compile("[\ud800-\udfff]")
_WORD = re.compile(r"\w+\Z")


class _Tokenizer(DuckDB.Tokenizer):
    """DuckDB's tokens, of commands such as EXPLAIN too, which sqlglot leaves as one string."""

    COMMANDS: ClassVar[set[TokenType]] = set()


def tokenize(text: str) -> list[Token]:
    """Cut `text` into tokens; `start` and `end` (inclusive) are offsets into it.

    Raises: SqlError for text that is no SQL, such as an unfinished string.
    """
    broken = _SURROGATE.search(text)
    if broken is not None:
        raise SqlError(f"{broken[0]!r} is half of a character, which no text can hold")
    try:
        return _Tokenizer().tokenize(text)
    except TokenError as error:
        start = getattr(error, "start", None)
        place = start if isinstance(start, int) else _unfinished(text)
        message = "the text ends within a quoted string or comment"
        raise SqlError(message, text, place, place + 1) from None


def _unfinished(text: str) -> int:
    """Guess where an unfinished quote opens: the last quote character of the text."""
    return max(text.rfind("'"), text.rfind('"'), text.rfind("/*"), 0)


def split(script: str) -> Iterator[tuple[int, str]]:
    """Yield each statement of a script with its offset, without the semicolon that ends it."""
    start = end = -1
    for token in tokenize(script):
        if token.token_type == TokenType.SEMICOLON:
            if start >= 0:
                yield start, script[start:end]
            start = -1
        else:
            start = token.start if start < 0 else start
            end = token.end + 1
    if start >= 0:
        yield start, script[start:end]


def joined(left: Token, right: Token) -> bool:
    """Whether nothing, not even a space, stands between two tokens."""
    return left.end + 1 == right.start


def is_name(token: Token) -> bool:
    """Whether a token can be a name, keywords included."""
    return token.token_type == TokenType.IDENTIFIER or (
        token.token_type not in {TokenType.STRING, TokenType.NUMBER}
        and _WORD.match(token.text) is not None
    )


def word(token: Token) -> str:
    """Return a token in lower case; with its quotes where it has them, as it is no keyword then."""
    if token.token_type in {TokenType.STRING, TokenType.IDENTIFIER}:
        return f"'{token.text}'"
    return token.text.casefold()


def outside(tokens: Sequence[Token], start: int = 0) -> Iterator[tuple[int, Token]]:
    """Yield the tokens that are in no bracket."""
    depth = 0
    for i in range(start, len(tokens)):
        kind = tokens[i].token_type
        if kind in {TokenType.R_PAREN, TokenType.R_BRACKET, TokenType.R_BRACE}:
            depth -= 1
        if depth == 0:
            yield i, tokens[i]
        if kind in {TokenType.L_PAREN, TokenType.L_BRACKET, TokenType.L_BRACE}:
            depth += 1


_BEGINNINGS = {"from", "select", "where", "group", "having", "order", "by", "qualify", "window",
               "limit", "offset", "set", "values", "into", "sample", "returning"}  # fmt: skip


def in_from(tokens: Sequence[Token], i: int) -> bool:
    """Whether token `i` stands in a FROM list, behind one of its commas."""
    depth = 0
    for at in range(i - 1, -1, -1):
        kind = tokens[at].token_type
        depth += (kind in _CLOSINGS) - (kind in _OPENINGS)
        if depth < 0:
            return False
        first = word(tokens[at]).partition(" ")[0]  # ORDER BY is one token
        if depth or first not in _BEGINNINGS:
            continue
        if first != "from" or at == 0 or word(tokens[at - 1]) != "distinct":
            return first == "from"  # of no IS DISTINCT FROM
    return False


_PAIRS = {
    TokenType.L_PAREN: TokenType.R_PAREN,
    TokenType.L_BRACKET: TokenType.R_BRACKET,
    TokenType.L_BRACE: TokenType.R_BRACE,
}
_OPENINGS = frozenset(_PAIRS)
_CLOSINGS = frozenset(_PAIRS.values())


def closing(tokens: Sequence[Token], opening: int) -> int:
    """Return the token that closes the bracket at `opening`, the last token where none does."""
    return closed(tokens, opening) or len(tokens) - 1


def closed(tokens: Sequence[Token], opening: int) -> int | None:
    """Return the token that closes the bracket at `opening`, each in its own kind, else None."""
    wanted: list[TokenType] = []
    for i in range(opening, len(tokens)):
        kind = tokens[i].token_type
        if kind in _PAIRS:
            wanted.append(_PAIRS[kind])
        elif kind in _CLOSINGS and wanted.pop() is not kind:
            return None
        if not wanted:
            return i
    return None


def opening(tokens: Sequence[Token], closing: int) -> int:
    """Return the token that opens the bracket closed at `closing`, the first where none does."""
    depth = 0
    for i in range(closing, -1, -1):
        depth += (tokens[i].token_type in _CLOSINGS) - (tokens[i].token_type in _OPENINGS)
        if depth == 0:
            return i
    return 0


def split_arguments(tokens: Sequence[Token], start: int, end: int) -> tuple[tuple[Token, ...], ...]:
    """Split the tokens from `start` to `end` (exclusive) at commas outside any bracket."""
    parts: list[list[Token]] = [[]]
    depth = 0
    for token in tokens[start:end]:
        depth += (token.token_type in _OPENINGS) - (token.token_type in _CLOSINGS)
        if depth == 0 and token.token_type == TokenType.COMMA:
            parts.append([])
        else:
            parts[-1].append(token)
    return tuple(tuple(part) for part in parts if part)
