"""Reads EXPLAIN or PLAN off a statement's beginning."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlglot.tokens import Token

from sqlcrm.dialect.tokens import closed, is_name, split_arguments, word
from sqlcrm.errors import SqlError

FORMATS = ("text", "json")
_OFF = {"false", "off", "0"}


@dataclass(frozen=True, slots=True)
class Explain:
    """What an EXPLAIN or PLAN asks for.

    analyze: run it, and tell what it took. end: where it ends. plan: PLAN, which reads, and tells
    what a write would do.
    """

    analyze: bool = False
    format: str = "text"
    end: int = 0
    plan: bool = False


def explain(text: str, tokens: Sequence[Token], *, ours: bool) -> Explain | None:
    """Return the EXPLAIN or PLAN that a statement begins with, None where it has none.

    ours: it has tables of ours. Without them EXPLAIN is DuckDB's, but for SYNCHRONIZE.

    Raises: SqlError for options that it does not have.
    """
    words = [word(token) for token in tokens[:3]]
    if words[:1] == ["plan"] and len(words) > 1 and is_name(tokens[1]):
        return Explain(end=tokens[0].end + 1, plan=True)
    if words[:1] != ["explain"] or len(words) < 2:
        return None
    if not ours and _explained(tokens) not in {"synchronize", "sync"}:
        return None
    if words[1] in {"analyze", "analyse"}:
        return Explain(True, end=tokens[1].end + 1)
    if words[1] != "(" or len(words) < 3 or words[2] in {"select", "with", "from", "values", "("}:
        return Explain(end=tokens[0].end + 1)
    stop = closed(tokens, 1)
    if stop is None:
        raise SqlError("this parenthesis is never closed", text, tokens[1].start, tokens[1].end + 1)
    found = Explain(end=tokens[stop].end + 1)
    for option in split_arguments(tokens, 2, stop):
        found = _with(found, option, text)
    return found


def _explained(tokens: Sequence[Token]) -> str:
    """Return the first word behind EXPLAIN and its options."""
    at = 1
    if word(tokens[1]) in {"analyze", "analyse"}:
        at = 2
    elif word(tokens[1]) == "(":
        at = (closed(tokens, 1) or len(tokens)) + 1
    return word(tokens[at]) if at < len(tokens) else ""


def _with(found: Explain, option: Sequence[Token], text: str) -> Explain:
    name, value = word(option[0]), option[1].text.casefold() if len(option) > 1 else ""
    if name in {"analyze", "analyse"}:
        return Explain(value not in _OFF, found.format, found.end)
    if name == "format" and value in FORMATS:
        return Explain(found.analyze, value, found.end)
    message = "EXPLAIN of remote tables takes ANALYZE and FORMAT text or json"
    raise SqlError(message, text, option[0].start, option[-1].end + 1)
