"""What a report tells besides counts: keys that met nothing, the first bad rows."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from sqlcrm.errors import DatabaseError
from sqlcrm.execution.engine import quote
from sqlcrm.execution.staging import Staged
from sqlcrm.planner.plan import KeySource, Predicate, ReadPlan
from sqlcrm.planner.sources import parse, selects, sources
from sqlcrm.session.prepared import Prepared
from sqlcrm.state.journal import Journal
from sqlcrm.writing.report import Unmatched

SHOWN = 5
"""Rows that a report shows; the rest is in rejected@sqlcrm."""


def unmatched(prepared: Prepared, plan: ReadPlan) -> list[Unmatched]:
    """Return the keys of each join's other side that its remote table does not have.

    A constant that a natural key is compared with counts as such a key: a mistyped tag.
    """
    found = []
    for scan in plan.scans:
        staged = prepared.staging.done[scan.relation.mark]
        table = f"{scan.relation.table.name}@{scan.relation.connection}"
        for source in scan.keys:
            if not source.joins or scan.relation.mark in source.needs:
                continue
            if not _holds_all(staged, source.column):
                continue
            rows = _missing(prepared, source, staged.table)
            if rows:
                label = prepared.readable(source.label)
                values = tuple((key, int(count)) for key, count in rows)
                found.append(Unmatched(label, table, source.column, values))
        for predicate in scan.predicates:
            strange = _strange(prepared, staged, predicate)
            if strange:
                label = "the statement's values"
                found.append(Unmatched(label, table, predicate.column, strange))
    return found


def unclear(prepared: Prepared, plan: ReadPlan) -> list[str]:
    """Return notices on joined tables of which nobody can tell what met nothing in them."""
    tree = parse(plan.text)
    scopes = [sources(select, prepared.relations) for select in selects(tree)] if tree else []
    joined = {s.relation.mark for scope in scopes if len(scope) > 1 for s in scope if s.relation}
    return [
        f"{scan.relation.name}@{scan.relation.connection} was read without keys, so what met "
        "nothing in it is not told; a join on its own column, with no function around it, has keys"
        for scan in plan.scans
        if not scan.keys
        and not any(p.op in {"=", "in"} for p in (*scan.predicates, *scan.fixed))
        and scan.relation.mark in joined
    ]


def _holds_all(staged: Staged, column: str) -> bool:
    """Whether a stage holds every row whose `column` is what was asked for.

    Other conditions that the API applied may have thinned it: then a row that is not in it may
    well be in the CRM.
    """
    access = staged.access
    others = [predicate for predicate in access.pushed if predicate.column != column]
    return not others and not staged.scan.params and access.read.by in {"", column}


def _strange(
    prepared: Prepared, staged: Staged, predicate: Predicate
) -> tuple[tuple[Any, int], ...]:
    """Return constants of a condition on a natural key that no row has."""
    table = staged.scan.relation.table
    if predicate.op not in {"=", "in"} or not _holds_all(staged, predicate.column):
        return ()
    if predicate.column not in {*table.natural_key[:1], *table.key}:
        return ()
    column = quote(predicate.column)
    query = f"SELECT count(*) FROM {staged.table} WHERE {column} = $value"
    engine = prepared.session.engine
    return tuple(
        (value, 1)
        for value in dict.fromkeys(predicate.values)
        if engine.query(query, {"value": value})[0][0] == 0
    )


def _missing(prepared: Prepared, source: KeySource, table: str) -> list[tuple[Any, ...]]:
    column = quote(source.column)
    there = f"SELECT {column} FROM {table} WHERE {column} IS NOT NULL"
    missing = f"{source.query('k')} AND k NOT IN ({there})"
    try:
        return prepared.staging.run(f"SELECT k, count(*) FROM ({missing}) GROUP BY k ORDER BY k")
    except DatabaseError:
        return []  # the source cannot stand alone: nothing can be said about it


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
            natural = json.loads(row[place["natural_key"]] or "{}")
            key = natural or json.loads(row[place["new_values"]] or "{}")
            shown.append((int(row[place["number"]]), key, str(row[place["reason"]])))
    return found
