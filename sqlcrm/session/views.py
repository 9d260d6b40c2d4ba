"""Views over remote tables: texts that the session puts in place of their names."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from sqlglot import exp

from sqlcrm.dialect import Statement
from sqlcrm.dialect.statements import parse
from sqlcrm.dialect.tokens import closed, word
from sqlcrm.errors import SqlError
from sqlcrm.planner.ctes import cte_of
from sqlcrm.planner.sources import parse as tree_of

_BEFORE = ("create", "or", "replace", "temp", "temporary")
_FROM = "SELECT * FROM "
_CONDITION = {"if", "not", "exists"}


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

    @property
    def text(self) -> str:
        """What stands for its name in a FROM."""
        query = f"({self.query})"
        if not self.columns:
            return query
        return f"(SELECT * FROM {query} AS {self.quoted}{self.columns})"


@dataclass(frozen=True, slots=True)
class _Head:
    """The beginning of a CREATE: what it makes, its name with its place, where it goes on."""

    kind: str
    name: str
    start: int
    end: int
    replaces: bool
    unless_there: bool
    behind: int


def _head(statement: Statement) -> _Head | None:
    """Read `CREATE [OR REPLACE] [TEMP] VIEW|TABLE [IF NOT EXISTS] name`; None for any other."""
    tokens = statement.lexed.tokens
    words = [word(token) for token in tokens]
    at = next((i for i, one in enumerate(words) if one not in _BEFORE), len(words))
    if words[:1] != ["create"] or at + 1 >= len(words) or words[at] not in {"view", "table"}:
        return None
    name = next((i for i in range(at + 1, len(words)) if words[i] not in _CONDITION), at + 1)
    token = tokens[name]
    return _Head(
        words[at],
        token.text,
        token.start,
        token.end + 1,
        "replace" in words[:at],
        name > at + 1,
        name + 1,
    )


class Views:
    """The views of a session that read remote tables; DuckDB keeps the others."""

    def __init__(self) -> None:
        self._views: dict[str, View] = {}
        self._before: dict[str, View] = {}

    def undo(self) -> None:
        """Take back the last definition: what it reads is not there."""
        self._views = dict(self._before)

    def define(self, statement: Statement, taken: Callable[[str], bool]) -> bool:
        """Keep the view that a CREATE VIEW defines; return whether the statement is one.

        taken: whether DuckDB has a table or view of a name.
        Raises: SqlError where the name is taken, or the view cannot be kept.
        """
        head = _head(statement)
        if head is None or head.kind != "view":
            return False
        tokens, text = statement.lexed.tokens, statement.text
        place = (head.start, head.end)
        behind = word(tokens[head.behind])
        if behind == ".":
            raise SqlError("a view over remote tables has no schema: write its name alone",
                           text, *place)  # fmt: skip
        if statement.lexed.binds:
            raise SqlError("a view cannot hold ?: it would have no value when it is read",
                           text, *place)  # fmt: skip
        if head.name.casefold() in self._views and not head.replaces:
            if head.unless_there:
                return True
            message = f"there is a view {head.name}: CREATE OR REPLACE VIEW takes its place"
            raise SqlError(message, text, *place)
        if head.name.casefold() not in self._views and taken(head.name):
            message = f"DuckDB has a table or view {head.name}: take another name, or DROP it"
            raise SqlError(message, text, *place)
        stop, columns = head.behind - 1, ""
        if behind == "(":
            stop = closed(tokens, head.behind) or stop
            columns = text[tokens[head.behind].start : tokens[stop].end + 1]
        query = text[tokens[stop + 2].start :]
        self._before = dict(self._views)
        self._views[head.name.casefold()] = View(head.name, columns, query)
        return True

    def is_definition(self, statement: Statement) -> bool:
        """Whether a statement is a CREATE VIEW."""
        head = _head(statement)
        return head is not None and head.kind == "view"

    def forget(self, name: str) -> None:
        """Let go of a view."""
        self._views.pop(name.casefold(), None)

    def local(self, statement: Statement) -> bool:
        """Look at a statement that is DuckDB's alone; return whether it dropped a view of ours.

        Raises: SqlError where it makes something by the name of a view of ours.
        """
        words = [word(token) for token in statement.lexed.tokens]
        named = [token.text.casefold() for token in statement.lexed.tokens[2:]]
        if words[:2] == ["drop", "view"]:
            ours = [name for name in named if name in self._views]
            others = {*named} - {*ours, ",", "if", "exists", "cascade", "restrict"}
            if ours and others:
                raise SqlError("drop views over remote tables in a statement of their own")
            for name in ours:
                self.forget(name)
            return bool(ours)
        head = _head(statement)
        if head is not None and head.name.casefold() in self._views:
            if head.kind != "view" or not head.replaces:
                message = f"there is a view {head.name} over remote tables: DROP VIEW it first"
                raise SqlError(message, statement.text, head.start, head.end)
            self.forget(head.name)
        return False

    def expanded(self, statement: Statement) -> Statement:
        """Return a statement with each of these views' texts in place of its name."""
        if not self._views:
            return statement
        edits = list(self._edits(statement))
        if not edits:
            return statement
        text = statement.text
        for start, end, put in sorted(edits, reverse=True):
            text = text[:start] + put + text[end:]
        found = replace(parse(text), offset=statement.offset)
        return found if statement.explain is None else replace(found, explain=statement.explain)

    def _edits(self, statement: Statement) -> Iterator[tuple[int, int, str]]:
        """Yield where a view is read: start, end, and what stands there instead."""
        text, offset = statement.lexed.marked, 0
        if statement.sync is not None:  # of ours alone: only its source can be parsed
            text = f"{_FROM}{statement.sync.source}"
            offset = statement.sync.start - len(_FROM)
        tree = tree_of(text)
        for table in tree.find_all(exp.Table) if tree is not None else ():
            view = self._views.get(table.name.casefold())
            place = table.this.meta
            if view is None or table.args.get("db") is not None or "start" not in place:
                continue
            if cte_of(table) is not None or not _is_read(table):
                continue
            whole = isinstance(table.parent, exp.Describe | exp.Summarize)
            alone = statement.sync is not None and table.parent_select is tree
            name = "" if table.alias or alone else f" AS {view.quoted}"
            put = f"SELECT * FROM {view.text}{name}" if whole else view.text + name
            yield place["start"] + offset, place["end"] + 1 + offset, put


def _is_read(table: exp.Table) -> bool:
    """Whether a table's name stands where rows are read from it."""
    parent = table.parent
    if isinstance(parent, exp.Describe | exp.Summarize):
        return True
    if isinstance(parent, exp.Merge):
        return table.arg_key == "using"
    return isinstance(parent, exp.From | exp.Join) or (
        isinstance(parent, exp.Table | exp.Subquery | exp.Paren) and table.arg_key == "this"
    )
