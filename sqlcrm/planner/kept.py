"""Rule: which conditions are about one remote table; EXPLAIN shows those that no API applies."""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from sqlcrm.planner.conditions import conditions
from sqlcrm.planner.names import Names
from sqlcrm.planner.plan import Condition
from sqlcrm.planner.sources import Source, own_columns, sql


def kept(names: Names) -> dict[Source, list[Condition]]:
    """Return the conditions on single remote tables, as text and with the columns they name."""
    found: dict[Source, list[Condition]] = {}
    for select, scope in names.scopes:
        for part, _ in conditions(select, scope):
            for source, condition in _about(part, scope, names):
                found.setdefault(source, []).append(condition)
    return found


def _about(part: exp.Expr, scope: list[Source], names: Names) -> Iterator[tuple[Source, Condition]]:
    columns = [column for column in own_columns(part) if not names.binds.mark(column)]
    owners = [names.owner(column, scope) for column in columns]
    source, text = (owners[0] if owners else None), sql(part)
    if source is None or source.relation is None or text is None:
        return
    if all(owner is source for owner in owners):
        yield source, Condition(text, frozenset(column.name.casefold() for column in columns))
