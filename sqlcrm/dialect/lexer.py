"""Finds what is ours in a statement's text: `table@alias`, spreadsheets, binds.

Every find is replaced by a quoted mark of the same length, so that the text stays parseable by any
DuckDB parser and every position in it stays true. A mark is one character of Unicode's private
use area that does not occur in the text.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlglot.tokens import Token, TokenType

from sqlcrm.dialect.finds import LOCAL as LOCAL
from sqlcrm.dialect.finds import Found, finds
from sqlcrm.dialect.tokens import split as split
from sqlcrm.dialect.tokens import tokenize as tokenize

SYSTEM = "sqlcrm"

_FIRST_MARK = 0xE000
_LAST_MARK = 0xF8FF


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
    for found in sorted(finds(text, tokens), key=lambda f: -f.start):
        ref = _ref(found, next(marks), marked)
        rest = text[found.start + 3 : found.end]
        pad = "".join("\n" if c == "\n" else " " for c in rest)  # lines keep their numbers
        marked = marked[: found.start] + ref.quoted + pad + marked[found.end :]
        refs.append(ref)
    return Lexed(text, marked, tuple(reversed(refs)), tuple(binds), tuple(tokens))


def _ref(found: Found, mark: str, marked: str) -> Ref:
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
