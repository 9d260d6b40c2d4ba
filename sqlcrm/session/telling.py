"""What a report tells besides counts: keys that met nothing, the first bad rows."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from sqlcrm.errors import DatabaseError
from sqlcrm.execution.engine import quote
from sqlcrm.planner.plan import KeySource, ReadPlan
from sqlcrm.session.prepared import Prepared
from sqlcrm.state.journal import Journal
from sqlcrm.writing.report import Unmatched

SHOWN = 5
"""Rows that a report shows; the rest is in rejected@sqlcrm."""


def unmatched(prepared: Prepared, plan: ReadPlan) -> list[Unmatched]:
    """Return the keys of each join's other side that its remote table does not have."""
    found = []
    for scan in plan.scans:
        for source in scan.keys:
            if scan.relation.mark in source.needs:
                continue
            rows = _missing(prepared, source, prepared.staging.done[scan.relation.mark].table)
            if rows:
                table = f"{scan.relation.table.name}@{scan.relation.connection}"
                label = _readable(prepared, source.label)
                values = tuple((key, int(count)) for key, count in rows)
                found.append(Unmatched(label, table, source.column, values))
    return found


def _missing(prepared: Prepared, source: KeySource, table: str) -> list[tuple[Any, ...]]:
    column = quote(source.column)
    there = f"SELECT {column} FROM {table} WHERE {column} IS NOT NULL"
    missing = f"{source.query('k')} AND k NOT IN ({there})"
    try:
        return prepared.staging.run(f"SELECT k, count(*) FROM ({missing}) GROUP BY k ORDER BY k")
    except DatabaseError:
        return []  # the source cannot stand alone: nothing can be said about it


def _readable(prepared: Prepared, text: str) -> str:
    """Return a text with the user's names in place of marks."""
    for ref in prepared.statement.lexed.refs:
        text = text.replace(ref.mark, ref.name)
    return text


def first_rows(
    journal: Journal, run: int, number: int, states: Sequence[str]
) -> dict[str, list[tuple[int, Mapping[str, Any], str]]]:
    """Return, by state, number, natural key and reason of the first rows in it."""
    columns, rows = journal.relation("operations", run=run, statement=number)
    place = {name: i for i, (name, _) in enumerate(columns)}
    found: dict[str, list[tuple[int, Mapping[str, Any], str]]] = {state: [] for state in states}
    for row in rows:
        shown = found.get(row[place["state"]])
        if shown is not None and len(shown) < SHOWN:
            key = json.loads(row[place["natural_key"]] or "{}")
            shown.append((int(row[place["number"]]), key, str(row[place["reason"]])))
    return found
