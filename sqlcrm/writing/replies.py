"""What a reply says of the row that was written: what the CRM keeps otherwise than it was sent."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from sqlcrm.errors import ShapeChanged
from sqlcrm.execution.decode import Decoder
from sqlcrm.sdk import Column, Table, Write, dig
from sqlcrm.sdk.paths import steps
from sqlcrm.state.values import Operation
from sqlcrm.writing.checks import identical


def kept_otherwise(
    table: Table, operation: Operation, body: Any, wrap: str, zone: str
) -> Mapping[str, Any] | None:
    """Return the written columns that the reply shows with another value, None where none is.

    A column that the reply leaves out says nothing.
    """
    row = dig(body, wrap) if wrap else body
    if not isinstance(row, dict) or not operation.values:
        return None
    columns = [
        column
        for name in operation.values
        if (column := table.column(name)) is not None and _held(column, row, body)
    ]
    if not columns:
        return None
    try:
        (shown,) = Decoder(columns, table.name, zone).batch([row], body).to_pylist()
    except ShapeChanged:
        return None  # such a reply is not a row as reads bring them
    return differing(operation, shown)


def differing(operation: Operation, shown: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Return the columns that hold another value than was sent; None where there is none.

    What is still as it was before says nothing of how the CRM keeps the new value.
    """
    before = operation.before or {}
    found = {
        name: value
        for name, value in shown.items()
        if name in operation.values
        and not identical(operation.values[name], value)
        and not (name in before and identical(before[name], value))
    }
    return found or None


def _held(column: Column, row: Mapping[str, Any], body: Any) -> bool:
    """Whether a reply says anything of a column."""
    if column.sideload is not None:
        return isinstance(body, dict) and column.sideload.name in body
    return steps(column.path)[0][0] in row


def told_id(table: Table, write: Write, body: Any) -> str:
    """Return the id that a reply gives the row that was made, "" where it tells none."""
    at = write.id_at or (f"{write.row_at}.id" if write.row_at else "")
    found = dig(body, at) if at else None
    key = table.column(table.key[0]) if table.key else None
    if found is not None and key is not None and key.path == at and key.from_wire is not None:
        with suppress(ValueError, TypeError, LookupError, AttributeError):
            found = key.from_wire(found)
    return "" if found is None else str(found)
