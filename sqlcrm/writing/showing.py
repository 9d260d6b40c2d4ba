"""A plan as people read it: rows of a table, and lines that sum it up."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from sqlcrm.state.values import Operation, to_json
from sqlcrm.writing.checks import identical
from sqlcrm.writing.plan import WritePlan

PLANNED = (
    ("number", "BIGINT"),
    ("action", "VARCHAR"),
    ("row", "VARCHAR"),
    ("changes", "VARCHAR"),
    ("reason", "VARCHAR"),
    ("batch", "BIGINT"),
)
"""The columns of a plan; an action is the verb of what is planned, the outcome of the rest."""


REJECTED = 5
"""Rejected rows that the lines name; the others are counted."""


def plan_rows(plan: WritePlan) -> Iterator[tuple[Any, ...]]:
    """Yield one row for each operation, in the columns of PLANNED."""
    for one in plan.operations:
        action = one.verb if one.state == "planned" else one.state
        yield one.number, action, named(one), changes(one), one.reason or None, one.batch


def named(operation: Operation) -> str:
    """Return what names an operation's row: its natural key, else the CRM's."""
    names = {k: v for k, v in operation.natural_key.items() if v is not None} or operation.key
    return ", ".join(f"{name} {value}" for name, value in names.items())


def changes(operation: Operation) -> str | None:
    """Return what is written, column by column, with what was there before."""
    before = operation.before
    if operation.verb in {"delete", "unlink"} or operation.state == "unchanged":
        return None
    parts = []
    for name, value in operation.values.items():
        if before is not None and identical(value, before.get(name)):
            continue
        if before is not None and name in before:
            parts.append(f"{name}: {_shown(before[name])} → {_shown(value)}")
        elif name not in operation.natural_key:
            parts.append(f"{name}: {_shown(value)}")
    return ", ".join(parts) or None


def _shown(value: Any) -> str:
    if value is None:
        return "NULL"
    text = json.loads(to_json({"v": value}))["v"]
    text = text if isinstance(text, str) else json.dumps(text, ensure_ascii=False)
    return text if len(text) <= 60 else f"{text[:59]}…"


def plan_lines(plan: WritePlan) -> list[str]:
    """Return a plan in a few lines: what becomes of how many rows, in how many calls."""
    counts = ", ".join(f"{number:,} {word}" for word, number in _counted(plan.counts))
    found = [f"{plan.verb.upper()} {plan.target}: {counts or 'no rows'}"]
    changed: dict[str, int] = {}
    for one in plan.planned:
        for name in one.values if one.verb == "update" else ():
            changed[name] = changed.get(name, 0) + 1
    if changed:
        found.append("  changes " + ", ".join(f"{n:,} {name}" for name, n in changed.items()))
    if plan.planned:
        found.append("  " + forecast_line(plan))
    rejected = [one for one in plan.operations if one.state == "rejected"]
    found += [f"  rejected row {o.number}: {named(o)}: {o.reason}" for o in rejected[:REJECTED]]
    if len(rejected) > REJECTED:
        found.append(f"  … and {len(rejected) - REJECTED:,} more")
    return found + [f"  note: {notice}" for notice in plan.notices]


def forecast_line(plan: WritePlan) -> str:
    """Return the calls that applying and undoing a plan take, and the time under the limits."""
    f = plan.forecast
    parts = [f"{f.made:,} made to plan it"] if f.made else []
    parts += [f"{f.writes:,} to write"]
    parts += [f"up to {f.status:,} for status"] if f.status else []
    parts += [f"up to {f.reads:,} to read back"] if f.reads else []
    time = f", {_time(f.seconds)} under the rate limit" if f.seconds is not None else ""
    undo = f"undoing it {f.undo:,}" if f.undo is not None else "the API cannot undo it"
    return f"calls: {', '.join(parts)}{time}; {undo}"


_ORDER = ("create", "link", "update", "delete", "unlink", "unchanged", "rejected", "skipped")


def _counted(counts: Mapping[str, int]) -> Iterator[tuple[str, int]]:
    for word in _ORDER:
        if counts.get(word):
            yield f"to {word}" if word in _ORDER[:5] else word, counts[word]


def _time(seconds: float) -> str:
    if seconds < 60:
        return f"{max(1, round(seconds))} s"
    minutes = round(seconds / 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min"
