"""SQL text: DuckDB's language with `table@alias`, remote DML and, later, SYNCHRONIZE."""

from sqlcrm.dialect.lexer import LOCAL, SYSTEM, Argument, Lexed, Ref, lex, split
from sqlcrm.dialect.statements import Assignment, Statement, moved, parse, statements

__all__ = [
    "LOCAL",
    "SYSTEM",
    "Argument",
    "Assignment",
    "Lexed",
    "Ref",
    "Statement",
    "lex",
    "moved",
    "parse",
    "split",
    "statements",
]
