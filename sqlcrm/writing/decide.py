"""Decides what each checked row becomes: created, changed, deleted, unchanged or rejected."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from sqlcrm.errors import NotSupportedError
from sqlcrm.sdk import Column, Table, Write
from sqlcrm.state.values import Operation, to_json
from sqlcrm.writing.bodies import table_names
from sqlcrm.writing.checks import comparable, identical, same
from sqlcrm.writing.consent import guarded, raises, safe_default
from sqlcrm.writing.rows import Row

Before = Mapping[str, Any]

Kept = Mapping[tuple[Any, ...], Mapping[str, tuple[Any, Any]]]
"""By natural key: for columns that the CRM keeps otherwise than sent, both forms, as JSON."""


@dataclass(frozen=True, slots=True)
class Policy:
    """What decisions rest on beside the rows.

    allow: the connection's `allow_resubscribe`. kept: what the CRM is known to keep otherwise than
    it was sent: sending it once more would change nothing, for ever.
    """

    table: Table
    allow: bool | None = None
    kept: Kept = field(default_factory=dict)

    @property
    def natural(self) -> list[Column]:
        """The columns of the natural key."""
        return columns_of(self.table, self.table.natural_key)


def columns_of(table: Table, names: Sequence[str]) -> list[Column]:
    """Return the columns of these names."""
    return [column for name in names if (column := table.column(name)) is not None]


def reading_key(table: Table) -> list[Column]:
    """Return the columns by which rows that exist are looked for.

    Beside the key, where no read takes that, what one does take: the parts of the natural key, or
    whatever a table that cannot be read as a whole asks for.
    """
    names = [read.by for read in table.reads]
    more: list[str] = []
    if not set(names) & set(table.key):
        more = [name for name in table.natural_key if name in names]
        more = more or ([] if "" in names else names[:1])
    return columns_of(table, [*table.key, *more])


def mark(columns: Sequence[Column], values: Mapping[str, Any]) -> tuple[Any, ...]:
    """Return the key of a row, such that equal ones are one to the CRM."""
    return tuple(comparable(column, values.get(column.name)) for column in columns)


def natural_marks(table: Table, rows: Iterable[Mapping[str, Any]]) -> set[tuple[Any, ...]]:
    """Return the natural keys of rows."""
    columns = columns_of(table, table.natural_key)
    return {mark(columns, row) for row in rows}


def inserted(
    policy: Policy,
    row: Row,
    given: Sequence[str],
    before: Before | None,
    earlier: tuple[int, str] | None = None,
    *,
    ignore: bool = False,
) -> Operation:
    """Decide about a row to insert: one that exists is never changed by it.

    before: what was found to exist. earlier: for tables without a natural key, run and state of an
    equal row made before. ignore: ON CONFLICT DO NOTHING.
    """
    table = policy.table
    verb = "link" if table.link else "create"
    if not row.problem and before is not None:
        other = [] if ignore else _others(policy, row, given, before)
        why = f"exists with another {' and '.join(other)}"
        if table.carrier("update") is not None:
            why += "; UPDATE or ON CONFLICT changes it"
        if table.consent is not None and raises(table.consent, row.values, before):
            why += f", {table.consent.column} only WITH OPT IN"
        state = ("rejected", why) if other else ("unchanged", _exists(table, row, given))
        return _operation(table, row, verb, row.values, before, *state)
    safe_default(table.consent, row.values)
    kept = guarded(table.consent, row, row.values, None, policy.allow)
    state = _new(row, earlier)
    values = {name: value for name, value in row.values.items() if value is not None}
    return _operation(table, row, verb, values, before, state[0], state[1] or kept)


def _exists(table: Table, row: Row, given: Sequence[str]) -> str:
    """Say that a row exists, and which of its values nobody can compare: they were not written."""
    unseen = [
        column.name
        for column in columns_of(table, given)
        if column.write_only
        and column.name not in table.natural_key
        and row.values.get(column.name) not in (None, ())
    ]
    if not unseen:
        return "exists"
    docs = dict.fromkeys(c.instead for c in columns_of(table, unseen) if c.instead)
    return "; ".join([f"exists: {' and '.join(unseen)} not written", *docs])


def as_sent(policy: Policy, row: Row) -> Row:
    """Return a new row with the subscription status that it is going to be sent with."""
    found = replace(row, values=dict(row.values))
    safe_default(policy.table.consent, found.values)
    guarded(policy.table.consent, found, found.values, None, policy.allow)
    return found


def _new(row: Row, earlier: tuple[int, str] | None) -> tuple[str, str]:
    """Return state and reason of a row that the target does not have."""
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
    return "planned", ""


def _others(policy: Policy, row: Row, given: Sequence[str], before: Before) -> list[str]:
    """Return the columns in which a row that exists is another, as far as reads show them."""
    known = policy.kept.get(mark(policy.natural, before), {})
    return [
        column.name
        for column in columns_of(policy.table, given)
        if not column.write_only
        and not _says_nothing(policy.table, column, row)
        and not same(column, row.values.get(column.name), before.get(column.name))
        and not _kept_so(known, column.name, row.values.get(column.name), before)
    ]


def _says_nothing(table: Table, column: Column, row: Row) -> bool:
    """Whether a row leaves its subscription status open: NULL is no status."""
    about = table.consent is not None and column.name == table.consent.column
    return about and row.values.get(column.name) is None


def updated(
    policy: Policy, row: Row, wanted: Mapping[str, Any], *, exact: bool = True, idle: str = ""
) -> Operation:
    """Decide about a row that exists and is to have other values: only what differs is written.

    wanted: the new values by column. exact: case counts, and spaces around texts; otherwise what
    is one to the CRM counts as equal. idle: columns that alone are no reason to write.
    """
    table, before = policy.table, row.before or {}
    changed = {} if row.problem else _changed(policy, wanted, before, exact=exact)
    kept = guarded(table.consent, row, changed, before, policy.allow)
    write = table.carrier("update")
    fixed = [n for n in changed if write is not None and n in table_names(write.path)]
    if row.problem:
        state, reason = "rejected", row.problem
    elif fixed:
        state, reason = "rejected", f"{' and '.join(fixed)} cannot change: it names the row"
    elif row.same_as is not None:
        state, reason = "unchanged", f"same as row {row.same_as}"
    elif changed and not changed.keys() <= set(idle.split()):
        state, reason = "planned", kept
    elif changed:
        state, reason = "unchanged", f"only {' and '.join(sorted(changed))} differs: IGNORE CHANGES"
    else:
        state, reason = ("rejected", kept) if kept else ("unchanged", "has these values")
    values = wanted if state == "rejected" and not changed else changed
    return _operation(table, row, "update", values, before, state, reason)


def _changed(
    policy: Policy, wanted: Mapping[str, Any], before: Before, *, exact: bool
) -> dict[str, Any]:
    known = policy.kept.get(mark(policy.natural, before), {})
    found = {}
    for name, value in wanted.items():
        column = policy.table.column(name)
        equal = identical(value, before.get(name))
        if not equal and not exact and column is not None:
            equal = same(column, value, before.get(name))
        about = policy.table.consent is not None and name == policy.table.consent.column
        if not equal and (about or not _kept_so(known, name, value, before)):
            found[name] = value
    return found


def _kept_so(known: Mapping[str, tuple[Any, Any]], name: str, value: Any, before: Before) -> bool:
    """Whether a value was sent before, and what is there now is what the CRM made of it."""
    if name not in known:
        return False
    return known[name] == (plain(value), plain(before.get(name)))


def plain(value: Any) -> Any:
    """Return a value as it comes back from the journal."""
    return json.loads(to_json({"v": value}))["v"]


def deleted(policy: Policy, row: Row) -> Operation:
    """Decide about a row to delete: each is deleted once."""
    verb = "unlink" if policy.table.link else "delete"
    if row.same_as is not None:
        reason = f"same as row {row.same_as}"
        return _operation(policy.table, row, verb, {}, row.before, "unchanged", reason)
    return _operation(policy.table, row, verb, {}, row.before, "planned", "")


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
        verb=verb if state in {"planned", "rejected"} else "none",
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
