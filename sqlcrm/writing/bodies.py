"""An operation becomes a request: values in wire form, at their paths, in their wrap."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from sqlcrm.planner.access import wire
from sqlcrm.sdk import Column, Request, Table, Type, Write, put
from sqlcrm.state.values import Operation
from sqlcrm.writing.consent import deliberate


def request(write: Write, table: Table, operation: Operation) -> Request:
    """Return the call that carries one operation.

    Raises: ValueError for a value that has no wire form; its text is the reason.
    """
    known = {**(operation.before or {}), **operation.key, **operation.values}
    fill = {name: wire(known[name]) for name in table_names(write.path) if name in known}
    body = None
    if write.method not in {"DELETE", "GET"}:
        row = full_row(write, table, operation)
        body = {write.wrap: row} if write.wrap else row
    return Request(write.method, write.path, body=body, fill=fill, repeatable=write.repeatable)


def full_row(write: Write, table: Table, operation: Operation) -> dict[str, Any]:
    """Return all that a write sends for an operation: its values, and what must go with them.

    Raises: ValueError for a value that has no wire form.
    """
    known = {**(operation.before or {}), **operation.key, **operation.values}
    sent = dict(operation.values)
    for name in write.whole:
        sent.setdefault(name, known.get(name))
    for group in write.together:
        if sent.keys() & set(group):
            sent = {**{name: known[name] for name in group if known.get(name) is not None}, **sent}
    for name, leader in write.follows.items():
        if leader in sent and known.get(name) is not None:
            sent.setdefault(name, known[name])
    for name in table_names(write.path):
        sent.pop(name, None)
    sent = {n: v for n, v in sent.items() if n not in write.defaults or v != write.defaults[n]}
    return {**wire_row(table, sent), **write.always, **deliberate(table, operation)}


def table_names(path: str) -> list[str]:
    """Return the placeholders of a path template."""
    return [part.split("}")[0] for part in path.split("{")[1:]]


def wire_row(table: Table, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return a row as the API takes it: nested as the columns' paths say."""
    row: dict[str, Any] = {}
    for name, value in values.items():
        column = table.column(name)
        if column is None:
            continue
        written = wire_value(column, value)
        if column.sideload is not None:
            item = {column.sideload.by: column.path, column.sideload.value: written}
            row.setdefault(column.sideload.name, []).append(item)
            continue
        put(row, column.into or column.path, written)
    return row


def wire_value(column: Column, value: Any) -> Any:
    """Return one value as the API takes it."""
    if value is None:
        return column.nulls[0] if column.nulls else None
    if column.to_wire is not None:
        return column.to_wire(value)
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, dt.datetime | dt.date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return str(value)
    if column.type is Type.TEXTS:
        return list(value)
    return value
