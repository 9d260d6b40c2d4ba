"""What the journal knows of earlier runs: rows that were made, and how the CRM keeps values."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from sqlcrm.sdk import Table
from sqlcrm.state.journal import Journal
from sqlcrm.state.values import Operation, to_json
from sqlcrm.writing.decide import Kept, columns_of, mark
from sqlcrm.writing.rows import Row


def earlier_runs(
    journal: Journal, account: int, table: Table, rows: Sequence[Row]
) -> dict[int, tuple[int, str]]:
    """Return, by number of the row, run and state of an equal row of this account made before.

    k equal rows are k rows: of three equal ones, two are found where two were made.
    """
    made: dict[str, list[tuple[int, str]]] = defaultdict(list)
    for run, state, text in journal.made_before(account, table.name):
        made[sealed(json.loads(text))].append((run, state))
    found = {}
    for row in rows:
        if row.problem:
            continue
        values = {name: value for name, value in row.values.items() if value is not None}
        before = made.get(sealed(values))
        if before:
            found[row.number] = before.pop(0)
    return found


def made_since(
    journal: Journal, account: int, table: Table, operations: Sequence[Operation]
) -> list[Operation]:
    """Return the rows to make that other runs have made since they were planned.

    Of tables that only the journal remembers: what planning knew of stands among the operations,
    as unchanged or rejected rows of the same values.
    """
    if table.natural_key:
        return []
    known: Counter[str] = Counter()
    planned: dict[str, list[Operation]] = defaultdict(list)
    for one in operations:
        if one.verb in {"create", "link"} and one.state == "planned":
            planned[sealed(one.values)].append(one)
        else:
            known[sealed(one.values)] += 1
    if not planned:
        return []
    made: Counter[str] = Counter()
    for _run, _state, text in journal.made_before(account, table.name):
        made[sealed(json.loads(text))] += 1
    return [
        one
        for values, ours in planned.items()
        for one in ours[: max(0, made[values] - known[values])]
    ]


def sealed(values: Mapping[str, Any]) -> str:
    """Return one text for values that are equal once they have been in the journal."""
    return to_json(json.loads(to_json(values)))


def kept_forms(journal: Journal, account: int, table: Table) -> Kept:
    """Return, by natural key, what the CRM made of values that were sent: both, by column."""
    columns = columns_of(table, table.natural_key)
    found = {}
    for natural, _, sent, after in journal.stored_as(account, table.name):
        values, kept = json.loads(sent), json.loads(after)
        key = mark(columns, json.loads(natural))
        found[key] = {name: (values.get(name), value) for name, value in kept.items()}
    return found
