"""Constant expressions, evaluated by DuckDB itself, so that they mean what they mean to it.

Only what is the same each time is folded. What the clock decides grows from planning to running:
it may serve as a lower border, which then lets a few rows more through, and as nothing else.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from sqlglot import exp

from sqlcrm.planner.constants import NOTHING, UNKNOWN, Binds, constant

Evaluate = Callable[[str], tuple[str, str] | None]
"""Gives the type and the text of an expression's value; None for NULL and for errors."""

SLACK = dt.timedelta(hours=3)
"""Taken off a border of the clock where the session's zone may set its clocks back."""

_STEADY: tuple[type[exp.Expr], ...] = (
    exp.Literal, exp.Boolean, exp.Paren, exp.Neg, exp.Add, exp.Sub, exp.Mul, exp.Div, exp.IntDiv,
    exp.Mod, exp.DPipe, exp.Concat, exp.Lower, exp.Upper, exp.Trim, exp.Replace, exp.Substring,
    exp.Cast, exp.DataType, exp.DataTypeParam, exp.Interval, exp.Var, exp.DateFromParts,
    exp.TimestampTrunc, exp.DateTrunc, exp.Coalesce, exp.Abs, exp.Round, exp.Left, exp.Right,
    exp.Placeholder, exp.Parameter,
)  # fmt: skip
_STEADY_CALLS = {"last_run"}
_CLOCKS = (exp.CurrentTimestamp, exp.CurrentDate)
_CLOCK_CALLS = {"now", "today", "get_current_timestamp", "transaction_timestamp"}
_INTEGERS = {"TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UTINYINT", "USMALLINT",
             "UINTEGER", "UBIGINT", "UHUGEINT"}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Constants:
    """What is constant in a statement: its literals, its binds, and what DuckDB makes of them.

    zone: the session's. evaluate: asks DuckDB; without it, only plain constants are known.
    """

    binds: Binds = NOTHING
    zone: str = "UTC"
    evaluate: Evaluate | None = None
    _known: dict[str, Any] = field(default_factory=dict)

    def value(self, node: exp.Expr) -> Any:
        """Return the value of a constant expression; UNKNOWN for anything else."""
        found = constant(node, self.binds)
        if found is UNKNOWN and self.evaluate is not None and self._steady(node):
            return self._evaluated(node)
        return found

    def border(self, node: exp.Expr) -> Any:
        """Return a value that an expression of the clock exceeds from now on; else UNKNOWN."""
        if self.evaluate is None or not self._growing(node):
            return UNKNOWN
        found = self._evaluated(node)
        if isinstance(found, dt.date) and self.zone != "UTC":
            return found - (SLACK if isinstance(found, dt.datetime) else dt.timedelta(days=1))
        return found if isinstance(found, dt.date) else UNKNOWN

    def setting(self, name: str) -> str:
        """Return a setting of DuckDB in lower case, "" where nobody can tell."""
        found = self.evaluate(f"current_setting('{name}')") if self.evaluate is not None else None
        return found[1].casefold() if found is not None else ""

    def _steady(self, node: exp.Expr) -> bool:
        parts = [part for part in node.walk() if not isinstance(part, exp.Identifier)]
        return all(
            self.binds.mark(part)
            if isinstance(part, exp.Column)
            else type(part) in _STEADY or _is_steady_call(part)
            for part in parts
        )

    def _growing(self, node: exp.Expr) -> bool:
        """Whether an expression of the clock gives no less the later it is evaluated."""
        if isinstance(node, _CLOCKS):
            return not any(node.args.values())
        if isinstance(node, exp.Anonymous):
            return node.name.casefold() in _CLOCK_CALLS and not node.expressions
        if isinstance(node, exp.Add | exp.Sub):
            return self._growing(node.this) and self._steady(node.expression)
        if isinstance(node, exp.Paren):
            return self._growing(node.this)
        if isinstance(node, exp.TimestampTrunc | exp.DateTrunc):
            return self._growing(node.this) and node.args.get("zone") is None
        if type(node) is exp.Cast:
            kinds = {exp.DataType.Type.DATE, exp.DataType.Type.TIMESTAMPTZ}
            return node.to.this in kinds and self._growing(node.this)
        return False

    def _evaluated(self, node: exp.Expr) -> Any:
        text = node.sql(dialect="duckdb")
        if text not in self._known and self.evaluate is not None:
            told = self.evaluate(text)
            self._known[text] = UNKNOWN if told is None else _read(*told)
        return self._known.get(text, UNKNOWN)


def _is_steady_call(node: exp.Expr) -> bool:
    """Whether a node calls a function of ours whose value a statement does not change."""
    return isinstance(node, exp.Anonymous) and node.name.casefold() in _STEADY_CALLS


def _read(kind: str, text: str) -> Any:
    """Return a value of DuckDB as Python's, UNKNOWN for a type that is not compared here."""
    try:
        if kind == "VARCHAR":
            return text
        if kind in _INTEGERS:
            return int(text)
        if kind in {"FLOAT", "DOUBLE"} or kind.startswith("DECIMAL"):
            return float(text)
        if kind == "BOOLEAN":
            return text == "true"
        if kind == "DATE":
            return dt.date.fromisoformat(text)
        if kind == "TIMESTAMP WITH TIME ZONE":
            return dt.datetime.fromisoformat(text)
        if kind == "TIMESTAMP":
            moment = dt.datetime.fromisoformat(text)
            return moment.date() if moment.time() == dt.time() else moment
    except ValueError:
        pass
    return UNKNOWN
