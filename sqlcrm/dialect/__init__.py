"""SQL text: DuckDB's language with `table@alias`, remote DML, SYNCHRONIZE and PLAN."""

from sqlcrm.dialect.explain import Explain
from sqlcrm.dialect.lexer import LOCAL, SYSTEM, Argument, Lexed, Ref, lex, split
from sqlcrm.dialect.model import (
    Assignment,
    Case,
    Conflict,
    Merge,
    Statement,
    Step,
    Synchronize,
    repeats,
)
from sqlcrm.dialect.statements import moved, parse, statements

__all__ = [
    "LOCAL",
    "SYSTEM",
    "Argument",
    "Assignment",
    "Case",
    "Conflict",
    "Explain",
    "Lexed",
    "Merge",
    "Ref",
    "Statement",
    "Step",
    "Synchronize",
    "lex",
    "moved",
    "parse",
    "repeats",
    "split",
    "statements",
]
