"""Slices of a statement's marked text by token."""

from __future__ import annotations

from collections.abc import Sequence

from sqlglot.tokens import Token

from sqlcrm.dialect.lexer import Lexed
from sqlcrm.dialect.tokens import outside, word
from sqlcrm.errors import SqlError


class Cut:
    """Slices of a statement's marked text by token."""

    def __init__(self, lexed: Lexed, tokens: Sequence[Token]) -> None:
        self.lexed = lexed
        self.tokens = tokens

    def index_after(self, offset: int) -> int:
        """Return the first token that starts at or after a character offset."""
        starts = (i for i, t in enumerate(self.tokens) if t.start >= offset)
        return next(starts, len(self.tokens))

    def word(self, i: int) -> str:
        """Return token `i` as a keyword in lower case, "" behind the end."""
        return word(self.tokens[i]) if i < len(self.tokens) else ""

    def slice(self, start: int, end: int) -> str:
        """Return the marked text from token `start` to token `end`, exclusive."""
        if start >= end:
            return ""
        return self.lexed.query(self.tokens[start].start, self.tokens[end - 1].end + 1)

    def find(self, start: int, *words: str) -> int:
        """Return where `words` stand in a row outside brackets, from `start` on; else the end."""
        for i, token in outside(self.tokens, start):
            if word(token) != words[0]:
                continue
            if words[0] == "from" and self.word(i - 1) == "distinct":
                continue  # IS [NOT] DISTINCT FROM
            if all(self.word(i + k) == w for k, w in enumerate(words)):
                return i
        return len(self.tokens)

    def until(self, end: int) -> Cut:
        """Return the same statement without the tokens from `end` on."""
        return Cut(self.lexed, self.tokens[:end])

    def error(self, message: str, start: int, end: int) -> SqlError:
        """Return an error that underlines tokens `start` to `end`, exclusive."""
        first = self.tokens[min(start, len(self.tokens) - 1)]
        last = self.tokens[min(end, len(self.tokens)) - 1]
        return SqlError(message, self.lexed.text, first.start, last.end + 1)
