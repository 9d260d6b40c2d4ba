"""Reads constants out of a tree, and brings them to a column's type."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo

from sqlglot import exp

from sqlcrm.sdk import Column, Type

UNKNOWN = object()
"""Not a constant, or none that can be pushed."""


@dataclass(frozen=True, slots=True)
class Binds:
    """A statement's values: by the marks of `?`, which look like columns, and by `$name`."""

    marks: Mapping[str, Any] = field(default_factory=dict)
    names: Mapping[str, Any] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.marks or self.names)

    def mark(self, column: exp.Column) -> bool:
        """Whether a node is a `?`, no column."""
        return len(column.parts) == 1 and column.name in self.marks


NOTHING = Binds()


def constant(node: exp.Expr, binds: Binds) -> Any:
    """Return the value of a literal, a bind or a cast of one; UNKNOWN for anything else."""
    if isinstance(node, exp.Paren):
        return constant(node.this, binds)
    if isinstance(node, exp.Literal):
        return node.this if node.is_string else _number(node.this)
    if isinstance(node, exp.Boolean):
        return bool(node.this)
    if isinstance(node, exp.Neg):
        value = constant(node.this, binds)
        return -value if isinstance(value, int | float) else UNKNOWN
    if isinstance(node, exp.Placeholder | exp.Parameter):
        return binds.names.get(node.name, UNKNOWN)
    if isinstance(node, exp.Column) and binds.mark(node):
        return binds.marks[node.name]
    if isinstance(node, exp.Cast) and not isinstance(node, exp.TryCast):
        return _cast(constant(node.this, binds), node.to)
    return UNKNOWN


def _number(text: str) -> Any:
    try:
        return int(text)
    except ValueError:
        try:
            return float(text)
        except ValueError:
            return UNKNOWN


def _cast(value: Any, to: exp.DataType) -> Any:
    if not isinstance(value, str):
        return UNKNOWN
    try:
        if to.this == exp.DataType.Type.DATE:
            return dt.date.fromisoformat(value)
        if to.this == exp.DataType.Type.TIMESTAMPTZ:
            return dt.datetime.fromisoformat(value)
        if to.this in {exp.DataType.Type.TIMESTAMP, exp.DataType.Type.TIMESTAMPNTZ}:
            moment = dt.datetime.fromisoformat(value)
            return moment if moment.tzinfo is None else UNKNOWN
    except ValueError:
        return UNKNOWN
    return value if to.this in exp.DataType.TEXT_TYPES else UNKNOWN


def fit(value: Any, column: Column, zone: str = "UTC") -> Any:
    """Return `value` as the column's own type, UNKNOWN where DuckDB would compare otherwise."""
    if value is UNKNOWN or value is None:
        return UNKNOWN
    if column.type is Type.TEXT:
        return value if isinstance(value, str) else UNKNOWN
    if column.type is Type.INTEGER:
        return _integer(value)
    if column.type is Type.TIMESTAMP:
        return _moment(value, zone)
    if column.type is Type.DATE:
        return _date(value)
    if column.type is Type.BOOLEAN:
        return value if isinstance(value, bool) else UNKNOWN
    if column.type is Type.FLOAT:
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        return _float(value) if is_number else UNKNOWN
    return UNKNOWN


def _float(value: float) -> Any:
    try:
        return float(value)
    except OverflowError:
        return UNKNOWN


def _integer(value: Any) -> Any:
    if isinstance(value, bool):
        return UNKNOWN
    if isinstance(value, str):
        try:
            return int(value)
        except ValueError:
            return UNKNOWN
    return value if isinstance(value, int) else UNKNOWN


def _moment(value: Any, zone: str) -> Any:
    """Read a moment; one without a zone is in the session's."""
    if isinstance(value, str):
        try:
            value = dt.datetime.fromisoformat(value)
        except ValueError:
            return UNKNOWN
    if isinstance(value, dt.date) and not isinstance(value, dt.datetime):
        value = dt.datetime(value.year, value.month, value.day)  # noqa: DTZ001 - zone comes next
    if not isinstance(value, dt.datetime):
        return UNKNOWN
    return value if value.tzinfo else _zoned(value, zone)


def _zoned(value: dt.datetime, zone: str) -> Any:
    """Put a time into a zone; UNKNOWN for one that comes twice or never, where clocks change."""
    try:
        first = value.replace(tzinfo=ZoneInfo(zone))
    except (KeyError, ValueError):  # a zone that only DuckDB knows
        return UNKNOWN
    return first if first.utcoffset() == first.replace(fold=1).utcoffset() else UNKNOWN


def _date(value: Any) -> Any:
    if isinstance(value, dt.datetime):
        return UNKNOWN
    if isinstance(value, str):
        try:
            return dt.date.fromisoformat(value)
        except ValueError:
            return UNKNOWN
    return value if isinstance(value, dt.date) else UNKNOWN
