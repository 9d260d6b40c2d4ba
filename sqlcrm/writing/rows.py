"""Source rows become checked rows: each fit to be planned, or rejected with its reason."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlcrm.sdk import Column, Table
from sqlcrm.writing.checks import Unfit, comparable, fitted


@dataclass(slots=True)
class Row:
    """One source row. `values`: by column name, checked. `problem`: why it is rejected, or "".

    before: the target's row, where it exists. opted_out: the status in which the journal remembers
    a person who is not in the target.
    """

    number: int
    values: dict[str, Any]
    problem: str = ""
    same_as: int | None = None
    opt_in: bool = False
    before: dict[str, Any] | None = None
    mark: tuple[Any, ...] = field(default=())
    opted_out: Any = None


def checked(
    number: int,
    columns: Sequence[Column],
    values: Sequence[Any],
    *,
    insert: bool,
    table: Table,
    zone: str = "UTC",
) -> Row:
    """Return a row with every value in its column's form, or with its first problem.

    zone: of times that carry none, the session's.
    """
    row = fitted_row(number, columns, values, table=table, zone=zone)
    if not row.problem:
        row.problem = completed(row, table) if insert else emptied(row.values, table)
    return row


def fitted_row(
    number: int, columns: Sequence[Column], values: Sequence[Any], *, table: Table, zone: str
) -> Row:
    """Return a row with every value in its column's form, whether or not one is missing."""
    row = Row(number, {})
    for column, value in zip(columns, values, strict=True):
        try:
            found = fitted(column, value, zone)
            named = column.name in table.natural_key
            row.values[column.name] = found.strip() if named and isinstance(found, str) else found
        except Unfit as problem:
            row.values[column.name] = value
            row.problem = row.problem or str(problem)
    return row


def emptied(values: Mapping[str, Any], table: Table) -> str:
    """Return which columns an UPDATE would empty that must have a value, or ""."""
    needed = {c.name for c in table.columns if c.required} | set(table.natural_key)
    needed -= set(table.optional)
    empty = [name for name, value in values.items() if value is None and name in needed]
    return f"{' and '.join(empty)} cannot be empty" if empty else ""


def completed(row: Row, table: Table) -> str:
    """Fill in declared defaults; return what is missing still, or ""."""
    for column in table.columns:
        if column.default is not None and row.values.get(column.name) is None:
            row.values[column.name] = column.default
    needed = [c.name for c in table.columns if c.required]
    needed += [n for n in table.natural_key if n not in needed and n not in table.optional]
    missing = [name for name in needed if row.values.get(name) is None]
    return f"{' and '.join(missing)} must be given" if missing else ""


def settle_repeats(rows: Sequence[Row], key: Sequence[Column], table: Table) -> None:
    """Let equal rows be one, and reject rows that want different values for one key."""
    groups: dict[tuple[Any, ...], list[Row]] = {}
    for row in rows:
        if row.problem:
            continue
        known = row.values if row.before is None else row.before
        row.mark = tuple(comparable(column, known.get(column.name)) for column in key)
        groups.setdefault(row.mark, []).append(row)
    for group in groups.values():
        first = group[0]
        if all(_plain(row, table) == _plain(first, table) for row in group):
            first.opt_in = all(row.opt_in for row in group)
            for row in group[1:]:
                row.same_as = first.number
            continue
        numbers = ", ".join(str(row.number) for row in group[:5])
        for row in group:
            row.problem = f"rows {numbers} have the same key and different values"


def _plain(row: Row, table: Table) -> dict[str, Any]:
    """Return a row's values such that rows that are one to the CRM are equal."""
    return {
        name: value if (column := table.column(name)) is None else comparable(column, value)
        for name, value in row.values.items()
    }
