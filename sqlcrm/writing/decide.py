"""Decides what each checked row becomes: created, changed, deleted, unchanged or rejected."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlcrm.errors import NotSupportedError
from sqlcrm.planner.plan import Relation
from sqlcrm.sdk import Column, Consent, Table, Write
from sqlcrm.state.values import Operation
from sqlcrm.writing.checks import comparable, identical, same
from sqlcrm.writing.plan import WritePlan
from sqlcrm.writing.rows import Row

Before = Mapping[str, Any]


def mark(columns: Sequence[Column], values: Mapping[str, Any]) -> tuple[Any, ...]:
    """Return the natural key of a row, such that equal ones are one to the CRM."""
    return tuple(comparable(column, values.get(column.name)) for column in columns)


def insert_plan(
    relation: Relation,
    rows: Sequence[Row],
    given: Sequence[str],
    existing: Mapping[tuple[Any, ...], Before],
    earlier: Mapping[int, tuple[int, str]] | None = None,
) -> WritePlan:
    """Plan an INSERT: rows found to exist are never changed by it.

    existing: what was found, by natural key. earlier: for tables without one, run and state of
    an equal row made before, by number of the row.
    """
    table = relation.table
    verb = "link" if table.link else "create"
    found = []
    for row in rows:
        if table.consent is not None and row.values.get(table.consent.column) is None:
            row.values[table.consent.column] = table.consent.safe
        before = existing.get(row.mark) if table.natural_key and not row.problem else None
        values = {name: value for name, value in row.values.items() if value is not None}
        state, reason = _inserted(table, row, given, before, (earlier or {}).get(row.number))
        found.append(_operation(table, row, verb, values, before, state, reason))
    write = carrier(table, "insert")
    notices = _consent_notice(table, given, found)
    return WritePlan("insert", relation, tuple(found), {verb: write}, {}, notices)


def _consent_notice(
    table: Table, given: Sequence[str], operations: Sequence[Operation]
) -> tuple[str, ...]:
    """Say what new rows without a subscription status are recorded as."""
    number = sum(one.state == "planned" for one in operations)
    if table.consent is None or table.consent.column in given or not number:
        return ()
    name, safe = table.consent.column, table.consent.safe
    return (
        f"{number:,} new rows of {table.name} give no {name}: they are recorded with {name} "
        f"{safe}, which subscribes nobody",
    )


def _inserted(
    table: Table,
    row: Row,
    given: Sequence[str],
    before: Before | None,
    earlier: tuple[int, str] | None,
) -> tuple[str, str]:
    """Return state and reason of one row to insert."""
    if row.problem:
        return "rejected", row.problem
    if row.same_as is not None:
        return "unchanged", f"same as row {row.same_as}"
    if earlier is not None and earlier[1] == "done":
        return "unchanged", f"done by run {earlier[0]}"
    if earlier is not None:
        return "rejected", (
            f"run {earlier[0]} may have made it, its answer was lost: look whether it is there; "
            "INSERT /*+ repeat */ INTO … makes it again"
        )
    if before is None:
        return "planned", ""
    other = [name for name in given if not _same(table, name, row.values.get(name), before)]
    if other:
        return "rejected", f"exists with another {' and '.join(other)}; UPDATE changes it"
    return "unchanged", "exists"


def _same(table: Table, name: str, value: Any, before: Before) -> bool:
    column = table.column(name)
    return column is not None and same(column, value, before.get(name))


def update_plan(
    relation: Relation,
    rows: Sequence[Row],
    sets: Sequence[str],
    allow: bool | None,
    total: int | None = None,
) -> WritePlan:
    """Plan an UPDATE: of each row only the columns that change.

    allow: the connection's `allow_resubscribe`; False refuses even an opt-in. total: rows of the
    whole table, where that is known.
    """
    table = relation.table
    found, extra = [], {}
    for row in rows:
        before = row.before or {}
        changed = {
            name: row.values.get(name)
            for name in sets
            if not row.problem and not identical(row.values.get(name), before.get(name))
        }
        kept = _guarded(table.consent, row, changed, allow)
        state, reason = _updated(row, changed, kept)
        found.append(_operation(table, row, "update", changed, before, state, reason))
        if table.consent is not None and table.consent.column in changed and row.opt_in:
            extra[row.number] = table.consent.opted_in
    write = {"update": carrier(table, "update")}
    return WritePlan("update", relation, tuple(found), write, extra, total=total)


def _updated(row: Row, changed: Mapping[str, Any], kept: str) -> tuple[str, str]:
    if row.problem:
        return "rejected", row.problem
    if row.same_as is not None:
        return "unchanged", f"same as row {row.same_as}"
    if changed:
        return "planned", kept
    return ("rejected", kept) if kept else ("unchanged", "has these values")


def _guarded(consent: Consent | None, row: Row, changed: dict[str, Any], allow: bool | None) -> str:
    """Take a raised subscription out of the changes unless it is meant; return what was kept."""
    if consent is None or changed.get(consent.column) not in consent.subscribed:
        return ""
    if row.opt_in and allow is not False:
        return ""
    before = (row.before or {}).get(consent.column)
    del changed[consent.column]
    why = "allow_resubscribe is false" if row.opt_in else "that needs WITH OPT IN"
    return f"{consent.column} stays {before}: this would subscribe a person again, and {why}"


def delete_plan(relation: Relation, rows: Sequence[Row]) -> WritePlan:
    """Plan a DELETE, each row once."""
    table = relation.table
    verb = "unlink" if table.link else "delete"
    found = [
        _operation(
            table,
            row,
            verb,
            {},
            row.before,
            "unchanged" if row.same_as is not None else "planned",
            f"same as row {row.same_as}" if row.same_as is not None else "",
        )
        for row in rows
    ]
    write = carrier(table, "delete")
    return WritePlan("delete", relation, tuple(found), {verb: write}, {})


def _operation(
    table: Table,
    row: Row,
    verb: str,
    values: Mapping[str, Any],
    before: Before | None,
    state: str,
    reason: str,
) -> Operation:
    known = {**row.values, **(before or {})}
    return Operation(
        number=row.number,
        table=table.name,
        verb=verb if state == "planned" or state == "rejected" else "none",
        key={name: known.get(name) for name in table.key if known.get(name) is not None},
        natural_key={name: known.get(name) for name in table.natural_key},
        values=dict(values),
        before=dict(before) if before is not None else None,
        state=state,
        reason=reason,
        same_as=row.same_as,
    )


def carrier(table: Table, verb: str) -> Write:
    """Return the declared write that carries single rows of a verb.

    Raises: NotSupportedError where there is none.
    """
    found = table.carrier(verb)
    if found is None:
        raise NotSupportedError(f"the API of {table.name} has no {verb.upper()}")
    return found
