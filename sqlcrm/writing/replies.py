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
from sqlcrm.writing.checks import identical, same


def kept_otherwise(
    table: Table, operation: Operation, body: Any, wrap: str, zone: str
) -> Mapping[str, Any] | None:
    """Return the written columns that the reply shows with another value, None where none is.

    A column that the reply leaves out says nothing.
    """
    shown = _shown(table, operation, body, wrap, zone)
    return differing(operation, shown) if shown else None


def unwritten(
    table: Table, operation: Operation, body: Any, wrap: str, zone: str
) -> Mapping[str, Any]:
    """Return the columns to change that the reply shows as they were, or empty; with what it shows.

    Anything else there is the CRM's form of what was sent.
    """
    before = operation.before or {}
    shown = _shown(table, operation, body, wrap, zone)
    return {
        name: value
        for name, value in shown.items()
        if not identical(operation.values[name], value)
        and (identical(None, value) or (name in before and identical(before[name], value)))
    }


def _shown(
    table: Table, operation: Operation, body: Any, wrap: str, zone: str
) -> Mapping[str, Any]:
    """Return the written columns as the reply shows them, without those that it leaves out."""
    row = _row(table, operation, dig(body, wrap) if wrap else body)
    if not isinstance(row, dict) or not operation.values:
        return {}
    columns = [
        column
        for name in operation.values
        if (column := table.column(name)) is not None and _held(column, row, body)
    ]
    if not columns:
        return {}
    try:
        (shown,) = Decoder(columns, table.name, zone).batch([row], body).to_pylist()
    except ShapeChanged:
        return {}  # such a reply is not a row as reads bring them
    found: Mapping[str, Any] = shown
    return found


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


def lacks(table: Table, operation: Operation, body: Any, wrap: str) -> bool:
    """Whether a reply that has a row's whole object does not show the row in it."""
    found = dig(body, wrap) if wrap else body
    return table.each is not None and _row(table, operation, found) is None


def _row(table: Table, operation: Operation, found: Any) -> Any:
    """Return the operation's row in a reply's object, None where that does not show it."""
    if table.each is None or not isinstance(found, dict):
        return found
    names = table.key if operation.before is not None else table.natural_key
    columns = [column for name in names if (column := table.column(name)) is not None]
    wanted = {**operation.natural_key, **operation.key}
    for row in table.within([found]):
        try:
            (shown,) = Decoder(columns, table.name, "UTC").batch([row], {}).to_pylist()
        except ShapeChanged:
            continue
        told = [c for c in columns if shown[c.name] is not None]  # its address named the others
        if all(same(c, shown[c.name], wanted.get(c.name)) for c in told):
            return row
    return None


def _held(column: Column, row: Mapping[str, Any], body: Any) -> bool:
    """Whether a reply says anything of a column."""
    if column.sideload is not None:
        return isinstance(body, dict) and column.sideload.name in body
    return steps(column.path)[0][0] in row


def told_id(table: Table, write: Write, operation: Operation, body: Any) -> str:
    """Return the id that a reply gives the row that was made, "" where it tells none."""
    at = write.id_at or (f"{write.row_at}.id" if write.row_at else "")
    key = table.column(table.key[0]) if table.key else None
    if table.each is not None and key is not None:
        at = key.path
        body = _row(table, operation, dig(body, write.row_at))
    found = dig(body, at) if at else None
    if found is not None and key is not None and key.path == at and key.from_wire is not None:
        with suppress(ValueError, TypeError, LookupError, AttributeError):
            found = key.from_wire(found)
    return "" if found is None else str(found)
