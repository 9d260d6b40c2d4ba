"""Views over remote tables: texts that the session puts in place of their names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlglot.tokens import Token, TokenType

from sqlcrm.dialect import Statement
from sqlcrm.dialect.statements import parse
from sqlcrm.dialect.tokens import closed, in_from, word
from sqlcrm.errors import SqlError

_SKIPPED = {"or", "replace", "temp", "temporary", "if", "not", "exists"}
_NO_ALIAS = """where on using join inner left right full cross natural semi anti asof positional
group having order limit offset window qualify union intersect except returning set sample
tablesample pivot unpivot lateral with select from values"""
_AFTER = frozenset(_NO_ALIAS.split())


@dataclass(frozen=True, slots=True)
class View:
    """A view: its name as written, its columns' names as text, its query."""

    name: str
    columns: str
    query: str

    @property
    def quoted(self) -> str:
        """Its name, quoted."""
        return '"' + self.name.replace('"', '""') + '"'


class Views:
    """The views of a session that read remote tables; DuckDB keeps the others."""

    def __init__(self) -> None:
        self._views: dict[str, View] = {}

    def define(self, statement: Statement) -> bool:
        """Keep the view that a CREATE VIEW defines; return whether the statement is one.

        Raises: SqlError where a view of that name exists and is not to be replaced.
        """
        tokens = statement.lexed.tokens
        words = [word(token) for token in tokens]
        if words[:1] != ["create"] or "view" not in words[:5]:
            return False
        at = words.index("view") + 1
        before = set(words[1:at])
        while words[at] in _SKIPPED:
            before.add(words[at])
            at += 1
        name, text = tokens[at].text, statement.text
        stop, columns = at, ""
        if words[at + 1] == "(":
            stop = closed(tokens, at + 1) or at
            columns = text[tokens[at + 1].start : tokens[stop].end + 1]
        if name.casefold() in self._views and "replace" not in before:
            if "exists" in before:
                return True
            message = f"there is a view {name}: CREATE OR REPLACE VIEW takes its place"
            raise SqlError(message, text, tokens[at].start, tokens[at].end + 1)
        self._views[name.casefold()] = View(name, columns, text[tokens[stop + 2].start :])
        return True

    def drop(self, statement: Statement) -> bool:
        """Forget the view that a DROP VIEW names; return whether it was one of these."""
        words = [word(token) for token in statement.lexed.tokens]
        name = statement.lexed.tokens[-1].text.casefold() if words else ""
        if words[:2] != ["drop", "view"] or name not in self._views:
            return False
        del self._views[name]
        return True

    def expanded(self, statement: Statement) -> Statement:
        """Return a statement with each of these views' texts in place of its name."""
        if not self._views:
            return statement
        tokens, text = statement.lexed.tokens, statement.text
        edits = [
            (token, view, _aliased(tokens, i))
            for i, token in enumerate(tokens)
            if (view := self._views.get(token.text.casefold())) and _is_source(tokens, i)
        ]
        if not edits:
            return statement
        for token, view, aliased in reversed(edits):
            query = f"({view.query})"
            if view.columns:  # the names go to a table inside, as an alias may follow
                query = f"(SELECT * FROM {query} AS {view.quoted}{view.columns})"
            name = "" if aliased else f" AS {view.quoted}"
            text = text[: token.start] + query + name + text[token.end + 1 :]
        return replace(parse(text), offset=statement.offset)


def _is_source(tokens: Sequence[Token], i: int) -> bool:
    """Whether token `i` is a table's name by itself in a FROM."""
    if tokens[i].token_type == TokenType.STRING or i == 0:
        return False
    behind = tokens[i + 1].text if i + 1 < len(tokens) else ""
    before = word(tokens[i - 1])
    if behind in {".", "(", "@"} or before in {".", "@"}:
        return False
    return before in {"from", "join"} or (before == "," and in_from(tokens, i))


def _aliased(tokens: Sequence[Token], i: int) -> bool:
    """Whether an alias stands behind token `i`."""
    if i + 1 >= len(tokens):
        return False
    token = tokens[i + 1]
    if token.token_type == TokenType.IDENTIFIER:
        return True
    found = word(token).partition(" ")[0]  # ORDER BY is one token
    return found.isidentifier() and found not in _AFTER
