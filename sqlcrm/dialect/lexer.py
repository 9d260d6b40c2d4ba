"""Finds what is ours in a statement's text: `table@alias`, spreadsheets, binds.

Every find is replaced by a quoted mark of the same length, so that the text stays parseable by any
DuckDB parser and every position in it stays true. A mark is one character of Unicode's private
use area that does not occur in the text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from sqlglot.tokens import Token

from sqlcrm.dialect.finds import LOCAL as LOCAL
from sqlcrm.dialect.finds import Found, finds
from sqlcrm.dialect.tokens import split as split
from sqlcrm.dialect.tokens import tokenize as tokenize
from sqlcrm.errors import SqlError

SYSTEM = "sqlcrm"

_GLUE = re.compile(r"[\w$]")
_BINDS = {"?", "?::"}
_NUMBER = re.compile(r"[1-9][0-9]{0,4}")
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
    numbers: which value each of them stands for, from 1. gaps: places at which a bind's mark
    touches a word, and would become a part of it.
    """

    text: str
    marked: str
    refs: tuple[Ref, ...]
    binds: tuple[str, ...]
    tokens: tuple[Token, ...] = field(repr=False)
    numbers: tuple[int, ...] = ()
    gaps: tuple[int, ...] = ()

    def query(self, start: int = 0, end: int | None = None) -> str:
        """Return the marked text between two offsets, with a space in each gap."""
        end = len(self.marked) if end is None else end
        cuts = [start, *(gap for gap in self.gaps if start < gap < end), end]
        return " ".join(self.marked[a:b] for a, b in pairwise(cuts))

    def place(self, offset: int) -> int:
        """Return the offset into the text of an offset into `query()`."""
        for gap in self.gaps:
            offset -= gap < offset
        return offset

    def ref(self, name: str) -> Ref | None:
        """Return the ref whose mark `name` is."""
        return next((ref for ref in self.refs if ref.mark == name), None)


def lex(text: str) -> Lexed:
    """Find every remote table, spreadsheet and bind of one statement."""
    tokens = tokenize(text)
    marks = (chr(c) for c in range(_FIRST_MARK, _LAST_MARK) if chr(c) not in text)
    binds, numbers, gaps, marked = [], [], [], text
    for start, end, number in _binds(text, tokens):
        binds.append(next(marks))
        numbers.append(number)
        marked = marked[:start] + binds[-1] + " " * (end - start - 1) + marked[end:]
        gaps += [start] if _GLUE.match(text[start - 1 : start]) else []
        gaps += [end] if end == start + 1 and _GLUE.match(text[end : end + 1]) else []
    refs: list[Ref] = []
    for found in sorted(finds(text, tokens), key=lambda f: -f.start):
        ref = _ref(found, next(marks), marked)
        rest = text[found.start + 3 : found.end]
        pad = "".join("\n" if c == "\n" else " " for c in rest)  # lines keep their numbers
        marked = marked[: found.start] + ref.quoted + pad + marked[found.end :]
        refs.append(ref)
    return Lexed(
        text, marked, tuple(reversed(refs)), tuple(binds), tuple(tokens), tuple(numbers),
        tuple(dict.fromkeys(gaps)),
    )  # fmt: skip


def _binds(text: str, tokens: Sequence[Token]) -> Iterator[tuple[int, int, int]]:
    """Yield start, end and number of each `?`; the number may be written behind it: `?2`.

    Raises: SqlError where some are numbered and others are not.
    """
    written: set[bool] = set()
    found = [t for t in tokens if t.text in _BINDS and text[t.start] == "?"]
    for count, token in enumerate(found, 1):
        end = token.start + 1  # of `?::`, which sqlglot takes for one token, the ? alone
        number = _NUMBER.match(text, end)
        written.add(number is not None)
        if len(written) > 1:
            message = "either all ? have a number, as in ?1, or none of them"
            raise SqlError(message, text, token.start, end)
        if number is None:
            yield token.start, end, count
        else:
            yield token.start, number.end(), int(number[0])


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
