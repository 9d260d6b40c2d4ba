"""What a statement is once it is taken apart. All texts are marked texts (see lexer)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from sqlcrm.dialect.explain import Explain
from sqlcrm.dialect.lexer import LOCAL, Lexed, Ref


def repeats(text: str) -> bool:
    """Whether the hint `/*+ repeat */` asks to make rows again that were made before."""
    return re.search(r"/\*\+\s*repeat\s*\*/", text, re.IGNORECASE) is not None


@dataclass(frozen=True, slots=True)
class Assignment:
    """`column = expression` of an UPDATE; `start` is the column's offset in the text."""

    column: str
    expression: str
    start: int = 0


@dataclass(frozen=True, slots=True)
class Conflict:
    """`ON CONFLICT (key) DO …` of an INSERT.

    key: () where the statement names none. update: DO UPDATE, else DO NOTHING. assignments: of
    its SET, () where there is none: then every column that is given.
    """

    key: tuple[str, ...]
    update: bool
    assignments: tuple[Assignment, ...] = ()


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that a SYNCHRONIZE does.

    verb: "insert", "update" or "delete". columns: () for all of them but the `excluded`.
    limit: rows of `… AFTER n ROWS`. exits: EXIT, the first n are done; else ERROR, none is.
    """

    verb: str
    columns: tuple[str, ...] = ()
    excluded: tuple[str, ...] = ()
    limit: int | None = None
    exits: bool = False


@dataclass(frozen=True, slots=True)
class Synchronize:
    """`SYNCHRONIZE source TO target WITH …`; a remote target is the statement's own.

    source: what may stand behind FROM; `start` is its offset in the text. source_name: the same as
    the user wrote it, on one line.
    target_name: a local target, as it may stand behind FROM; "" where it is remote.
    where: the condition that the target's rows are limited to, "" for all. ignore_nulls: "",
    "all", "identified by" or "values". errors: n of CONTINUE ON FIRST n ERRORS.
    """

    source: str
    source_name: str
    target_name: str
    where: str
    steps: tuple[Step, ...]
    key: tuple[str, ...]
    ignore_nulls: str = ""
    ignore_changes: tuple[str, ...] = ()
    errors: int | None = None
    start: int = 0

    def step(self, verb: str) -> Step | None:
        """Return the step of a verb, None where the statement does not have it."""
        return next((step for step in self.steps if step.verb == verb), None)


@dataclass(frozen=True, slots=True)
class Case:
    """One WHEN of a MERGE, in the order written.

    matched: WHEN MATCHED. by_source: WHEN NOT MATCHED BY SOURCE, rows of the target alone.
    condition: behind AND, "" for none. action: "update", "insert", "delete" or "nothing".
    assignments: of UPDATE SET. columns and values: of INSERT. Where an UPDATE or INSERT has none
    of them, it takes every column of the source, by name.
    """

    matched: bool
    by_source: bool
    condition: str
    action: str
    columns: tuple[str, ...] = ()
    assignments: tuple[Assignment, ...] = ()
    values: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Merge:
    """`MERGE INTO target alias USING source ON on WHEN …`.

    source: what may stand behind FROM, its alias included. source_alias: the name it goes by, ""
    for a query without one. alias: of the target, "" for none. on: the condition. key: the
    columns of USING (…) in its place.
    """

    source: str
    alias: str
    source_alias: str
    on: str
    cases: tuple[Case, ...]
    key: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement, taken apart. All texts are marked texts (see lexer).

    offset: where it starts in its script.
    verb: "select", "insert", "update", "delete" or "merge" where remote tables are read or
    written by us; "synchronize" always, also between local tables; "local" for everything that
    DuckDB does itself, with remote tables read for it.
    target: the remote table that is written. opt_in: None without `WITH OPT IN`, its condition
    otherwise, "" where it has none. explain: the EXPLAIN or PLAN before it, which is then blank
    in the text. returning: the list behind RETURNING.
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
    conflict: Conflict | None = None
    returning: str | None = None
    sync: Synchronize | None = None
    merge: Merge | None = None

    @property
    def repeat(self) -> bool:
        """Whether the hint `/*+ repeat */` asks to make rows again that were made before."""
        return repeats(self.text)

    @property
    def text(self) -> str:
        """The user's own text."""
        return self.lexed.text

    @property
    def plain(self) -> bool:
        """Whether nothing in it is ours: DuckDB takes the user's text as it is."""
        return not self.lexed.refs and self.sync is None

    @property
    def standard(self) -> bool:
        """Whether all of its syntax is DuckDB's, so that DuckDB can judge the marked text."""
        upsert = self.conflict is not None and self.conflict.update
        shortened = upsert and self.conflict is not None and not self.conflict.assignments
        return self.opt_in is None and self.sync is None and not shortened

    @property
    def reads(self) -> tuple[Ref, ...]:
        """The refs that are read: all but the target and local names."""
        unread = self.target is not None and self.verb in {"insert", "synchronize"}
        target = self.target.mark if self.target and unread else ""
        return tuple(r for r in self.lexed.refs if r.mark != target and r.alias != LOCAL)
