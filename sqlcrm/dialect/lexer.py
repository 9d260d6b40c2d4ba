"""Finds what is ours in a statement's text: `table@alias`, spreadsheets, binds.

Every find is replaced by a quoted mark of the same length, so that the text stays parseable by any
DuckDB parser and every position in it stays true. A mark is one character of Unicode's private
use area that does not occur in the text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import ClassVar

from sqlglot.dialects.duckdb import DuckDB
from sqlglot.errors import TokenError
from sqlglot.tokens import Token, TokenType

from sqlcrm.errors import SqlError

SPREADSHEETS = (".xlsx", ".xlsm", ".xlsb", ".xls", ".ods")
LOCAL = "inmemorystorage"
SYSTEM = "sqlcrm"

# A name directly before `@` that is one of these is a keyword before DuckDB's abs operator.
_KEYWORDS = """select where and or not on when then else case by having in like ilike between is
limit offset returning set distinct all as from join using values with end qualify"""
_RESERVED = frozenset(_KEYWORDS.split())
_WORD = re.compile(r"\w+\Z")
_FIRST_MARK = 0xE000
_LAST_MARK = 0xF8FF


class _Tokenizer(DuckDB.Tokenizer):
    """DuckDB's tokens, of commands such as EXPLAIN too, which sqlglot leaves as one string."""

    COMMANDS: ClassVar[set[TokenType]] = set()


@dataclass(frozen=True, slots=True)
class Argument:
    """One argument of a table call: its name, empty where positional, and its text."""

    name: str
    text: str


@dataclass(frozen=True, slots=True)
class Ref:
    """A table that is ours, at a place in the text.

    mark: the character that stands for it. kind: "remote" or "file". alias: the connection, in
    lower case. name: the table as written. arguments: of a table call, or of read_excel.
    """

    mark: str
    kind: str
    name: str
    alias: str
    start: int
    end: int
    arguments: tuple[Argument, ...] = ()
    qualifiers: tuple[str, ...] = ()

    @property
    def quoted(self) -> str:
        """The mark as it stands in the text."""
        return f'"{self.mark}"'


@dataclass(frozen=True, slots=True)
class Lexed:
    """A statement's text with its marks.

    text: the user's own. marked: the same length, with marks. binds: mark of each `?`, in order.
    """

    text: str
    marked: str
    refs: tuple[Ref, ...]
    binds: tuple[str, ...]
    tokens: tuple[Token, ...] = field(repr=False)

    def ref(self, name: str) -> Ref | None:
        """Return the ref whose mark `name` is."""
        return next((ref for ref in self.refs if ref.mark == name), None)


def tokenize(text: str) -> list[Token]:
    """Cut `text` into tokens; `start` and `end` (inclusive) are offsets into it.

    Raises: SqlError for text that is no SQL, such as an unfinished string.
    """
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


def lex(text: str) -> Lexed:
    """Find every remote table, spreadsheet and bind of one statement."""
    tokens = tokenize(text)
    marks = (chr(c) for c in range(_FIRST_MARK, _LAST_MARK) if chr(c) not in text)
    binds, marked = [], text
    for token in tokens:
        if token.token_type == TokenType.PLACEHOLDER and token.text == "?":
            binds.append(next(marks))
            marked = marked[: token.start] + binds[-1] + marked[token.end + 1 :]
    refs: list[Ref] = []
    for found in sorted(_finds(text, tokens), key=lambda f: -f.start):
        ref = _ref(found, next(marks), marked)
        rest = text[found.start + 3 : found.end]
        pad = "".join("\n" if c == "\n" else " " for c in rest)  # lines keep their numbers
        marked = marked[: found.start] + ref.quoted + pad + marked[found.end :]
        refs.append(ref)
    return Lexed(text, marked, tuple(reversed(refs)), tuple(binds), tuple(tokens))


@dataclass(frozen=True, slots=True)
class _Found:
    """A find: offsets (end exclusive), names, and the token range of its arguments."""

    kind: str
    start: int
    end: int
    names: tuple[str, ...]
    alias: str
    arguments: tuple[tuple[Token, ...], ...]


def _ref(found: _Found, mark: str, marked: str) -> Ref:
    arguments = tuple(_argument(tokens, marked) for tokens in found.arguments)
    *qualifiers, name = found.names
    return Ref(
        mark,
        found.kind,
        name,
        found.alias.casefold(),
        found.start,
        found.end,
        arguments,
        tuple(qualifiers),
    )


def _argument(tokens: Sequence[Token], marked: str) -> Argument:
    """Read `name => value`, `name := value` or a plain value."""
    name, rest = "", tokens
    if len(tokens) > 2 and tokens[1].text in {"=>", ":="}:
        name, rest = tokens[0].text, tokens[2:]
    return Argument(name, marked[rest[0].start : rest[-1].end + 1])


def _finds(text: str, tokens: Sequence[Token]) -> Iterator[_Found]:
    for i, token in enumerate(tokens):
        if token.token_type == TokenType.PARAMETER and token.text == "@":
            found = _remote(text, tokens, i)
        else:
            found = _file(tokens, i)
        if found is not None:
            yield found


def _joined(left: Token, right: Token) -> bool:
    return left.end + 1 == right.start


def _is_name(token: Token) -> bool:
    return token.token_type == TokenType.IDENTIFIER or (
        token.token_type not in {TokenType.STRING, TokenType.NUMBER}
        and _WORD.match(token.text) is not None
    )


def _remote(text: str, tokens: Sequence[Token], at: int) -> _Found | None:
    """Read the remote name around the `@` at token `at`; None where `@` is DuckDB's own."""
    if at == 0 or at + 1 >= len(tokens):
        return None
    left, sign, right = tokens[at - 1], tokens[at], tokens[at + 1]
    if not (_joined(left, sign) and _joined(sign, right) and _is_name(right)):
        return None
    before: tuple[tuple[Token, ...], ...] = ()
    last = at - 1
    if left.token_type == TokenType.R_PAREN:
        opening = _opening(tokens, last)
        before = _split_arguments(tokens, opening + 1, last)
        last = opening - 1
    names, first = _names(text, tokens, last)
    if not names:
        return None
    _refuse_path(text, tokens, first, at + 1)
    end = right.end + 1
    after: tuple[tuple[Token, ...], ...] = ()
    call = at + 2
    if _starts_call(tokens, first, call, right.text):
        closing = _closing(tokens, call)
        after = _split_arguments(tokens, call + 1, closing)
        end = tokens[closing].end + 1
    return _Found("remote", tokens[first].start, end, names, right.text, before + after)


def _refuse_path(text: str, tokens: Sequence[Token], first: int, last: int) -> None:
    """Refuse `a@b.c`: an address without quotes, or a column behind a table's full name."""
    if last + 2 >= len(tokens) or not _joined(tokens[last], tokens[last + 1]):
        return
    if tokens[last + 1].token_type == TokenType.DOT and _joined(tokens[last + 1], tokens[last + 2]):
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
        closing = _closing(tokens, call)
        return any(t.text in {"=>", ":="} for t in tokens[call:closing])
    return True


def _names(text: str, tokens: Sequence[Token], last: int) -> tuple[tuple[str, ...], int]:
    """Return the dotted names that end at token `last`, and the first token of them."""
    names: list[str] = []
    i = last
    while i >= 0:
        if tokens[i].token_type == TokenType.R_BRACKET:
            opening = _opening(tokens, i)
            names.insert(0, text[tokens[opening].end + 1 : tokens[i].start])
            i = opening
        elif _is_name(tokens[i]) and not _is_keyword(tokens[i]):
            names.insert(0, tokens[i].text)
        else:
            return (), last
        dotted = i > 0 and tokens[i - 1].token_type == TokenType.DOT
        if not (dotted and _joined(tokens[i - 1], tokens[i])):
            return tuple(names), i
        i -= 2
        if i >= 0 and tokens[i].token_type == TokenType.DOT:  # catalog..table
            names.insert(0, "")
            i -= 1
    return (), last


def _is_keyword(token: Token) -> bool:
    return token.token_type != TokenType.IDENTIFIER and token.text.casefold() in _RESERVED


_PAIRS = {
    TokenType.L_PAREN: TokenType.R_PAREN,
    TokenType.L_BRACKET: TokenType.R_BRACKET,
    TokenType.L_BRACE: TokenType.R_BRACE,
}
_OPENINGS = frozenset(_PAIRS)
_CLOSINGS = frozenset(_PAIRS.values())


def _closing(tokens: Sequence[Token], opening: int) -> int:
    """Return the token that closes the bracket at `opening`, the last token where none does."""
    depth = 0
    for i in range(opening, len(tokens)):
        depth += (tokens[i].token_type in _OPENINGS) - (tokens[i].token_type in _CLOSINGS)
        if depth == 0:
            return i
    return len(tokens) - 1


def _opening(tokens: Sequence[Token], closing: int) -> int:
    """Return the token that opens the bracket closed at `closing`, the first where none does."""
    depth = 0
    for i in range(closing, -1, -1):
        depth += (tokens[i].token_type in _CLOSINGS) - (tokens[i].token_type in _OPENINGS)
        if depth == 0:
            return i
    return 0


def _split_arguments(
    tokens: Sequence[Token], start: int, end: int
) -> tuple[tuple[Token, ...], ...]:
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


def _file(tokens: Sequence[Token], i: int) -> _Found | None:
    """Read a spreadsheet at a table position: `'book.xlsx'` or `read_excel('book.xlsx', …)`."""
    token = tokens[i]
    if token.token_type == TokenType.STRING and i > 0:
        if tokens[i - 1].token_type not in {TokenType.FROM, TokenType.JOIN}:
            return None
        if not token.text.casefold().endswith(SPREADSHEETS):
            return None
        stem = re.split(r"[/\\]", token.text)[-1].rsplit(".", 1)[0]
        return _Found("file", token.start, token.end + 1, (stem,), "", ((token,),))
    called = i + 1 < len(tokens) and tokens[i + 1].token_type == TokenType.L_PAREN
    if called and token.text.casefold() == "read_excel":
        closing = _closing(tokens, i + 1)
        arguments = _split_arguments(tokens, i + 2, closing)
        end = tokens[closing].end + 1
        return _Found("file", token.start, end, ("read_excel",), "", arguments)
    return None
