"""Refuses what would change a CRM's table in a way that is not ours: nothing would happen.

DuckDB gets a copy in place of a remote table, so whatever it does to that copy "succeeds". A table
that is not a statement's own target may therefore only stand where it is read.
"""

from __future__ import annotations

from sqlcrm.dialect.cut import Cut
from sqlcrm.dialect.lexer import LOCAL, SYSTEM, Ref
from sqlcrm.dialect.tokens import in_from
from sqlcrm.errors import SqlError

_READING = {
    "from", "join", "using", "lateral", "describe", "desc", "summarize", "show", "pivot",
    "unpivot", "pivot_wider", "pivot_longer",
}  # fmt: skip
_DEFINING = {"create", "alter", "drop", "truncate", "vacuum", "analyze", "comment"}


def refuse_effects(cut: Cut, *known: Ref | None) -> None:
    """Let every table of ours be read, and nothing else; `known` ones may stand where they do.

    Raises: SqlError that points at the table.
    """
    for ref in cut.lexed.refs:
        if ref in known or ref.alias == LOCAL:
            continue
        at = cut.index_after(ref.start)
        if not _read(cut, at):
            raise SqlError(_message(cut, at, ref), cut.lexed.text, ref.start, ref.end)


def _read(cut: Cut, at: int) -> bool:
    """Whether a table at token `at` is read there."""
    before, earlier = cut.word(at - 1) if at else "", cut.word(at - 2) if at > 1 else ""
    if before == "from":
        return earlier != "delete"
    if before == ",":
        return in_from(cut.tokens, at) or _in_using(cut, at)
    if before == "(":
        return True  # a bracket within FROM; DuckDB takes a table's name nowhere else
    if before == "copy":
        return cut.find(at, "from") >= len(cut.tokens)
    if before == "table":  # TABLE t is a query
        return earlier not in {*_DEFINING, "on", "or", "replace", "temp", "temporary"}
    return before in _READING


def _in_using(cut: Cut, at: int) -> bool:
    """Whether a comma before token `at` belongs to DELETE … USING a, b."""
    found = cut.find(0, "using")
    return found < at and cut.find(0, "where") > at


def _message(cut: Cut, at: int, ref: Ref) -> str:
    """Say why a table cannot stand where it does."""
    if ref.kind == "file":
        return "a spreadsheet can only be read"
    if ref.alias == SYSTEM:
        return f"tables of @{SYSTEM} are read-only"
    before = {cut.word(at - 1), cut.word(at - 2) if at > 1 else ""} if at else set()
    verb = cut.word(0)
    if before & {"into", "update", "delete"}:
        return (
            "a remote table can be written by a statement of its own only: "
            "INSERT INTO, UPDATE, DELETE FROM or MERGE INTO, not within another one"
        )
    if verb == "copy":
        return "COPY cannot write to a CRM; use INSERT INTO … SELECT … FROM 'file.csv'"
    if verb in _DEFINING:
        return f"{verb.upper()} does not reach into a CRM; x@inmemorystorage is a local table"
    return (
        "a remote table is read behind FROM or JOIN, or is what a statement writes: "
        "is the word before it right?"
    )
