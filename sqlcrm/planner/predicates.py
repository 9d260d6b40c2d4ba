"""Rule: which conditions of a query an API may be given.

What a conjunct says of one column by constants (shapes.py) travels to that column's source, where
it may thin it out (conditions.py); from there to columns that a join makes equal, and into derived
tables (lineage.py), down to remote tables.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any
from zoneinfo import ZoneInfo

from sqlcrm.planner.conditions import conditions
from sqlcrm.planner.constants import UNKNOWN, fit
from sqlcrm.planner.equalities import Equality, equalities
from sqlcrm.planner.lineage import kind, remote_column, steps
from sqlcrm.planner.names import Names
from sqlcrm.planner.plan import Predicate
from sqlcrm.planner.shapes import Shape, shapes
from sqlcrm.planner.sources import Source
from sqlcrm.sdk import Type


@dataclass(frozen=True, slots=True)
class Fact:
    """What is certain of a source's column in all rows that matter: a Shape's operator and values.

    nocase: it is certain only if the column minds no case.
    """

    name: str
    op: str
    values: tuple[Any, ...]
    nocase: bool = False


Facts = dict[Source, list[Fact]]
"""What is certain of the columns of each source."""


def predicates(names: Names) -> dict[Source, list[Predicate]]:
    """Return, by remote source, the conditions on single columns that constants decide."""
    facts: Facts = {source: [] for _, scope in names.scopes for source in scope}
    for select, scope in names.scopes:  # outer ones come first
        for condition, allowed in conditions(select, scope):
            for shape in shapes(condition, names.constants):
                for source in names.owners(shape.column, scope):
                    if source in allowed:
                        _add(facts[source], _fact(shape))
        _spread(facts, list(equalities(select, scope, names)), names)
        for source in scope:
            for fact in facts[source]:
                for inner, name in steps(names, source, fact.name):
                    _add(facts[inner], replace(fact, name=name))
    return {
        source: [*dict.fromkeys(_fitted(facts[source], source, names))]
        for source in facts
        if source.relation is not None
    }


def _fact(shape: Shape) -> Fact:
    return Fact(shape.column.name.casefold(), shape.op, shape.values, shape.nocase)


def _add(facts: list[Fact], fact: Fact) -> bool:
    if fact in facts:
        return False
    facts.append(fact)
    return True


def _spread(facts: Facts, equalities: list[Equality], names: Names) -> None:
    """Carry what is certain of a column over to those that are equal to it."""
    news = True
    while news:
        news = False
        for target, name, origin, its in equalities:
            for fact in [fact for fact in facts[origin] if fact.name == its]:
                if _alike(names, origin, target, fact, name):
                    news |= _add(facts[target], replace(fact, name=name))


def _alike(names: Names, origin: Source, target: Source, fact: Fact, name: str) -> bool:
    """Whether equal values of two columns compare to constants alike, too."""
    one, other = kind(names, origin, fact.name), kind(names, target, name)
    if one is None or other is None or one[0] != other[0]:
        return False
    return one == other or (fact.op in {"=", "in"} and other[1] and one[0] is Type.TEXT)


def _fitted(facts: list[Fact], source: Source, names: Names) -> Iterator[Predicate]:
    """Yield facts in the column's own type, where DuckDB would compare in that type."""
    for fact in facts:
        column = remote_column(names, source, fact.name)
        if column is None or (fact.nocase and not column.nocase):
            continue
        found = _on_days(fact, names.constants.zone) if column.type is Type.DATE else fact
        values = tuple(fit(value, column, names.constants.zone) for value in found.values)
        if UNKNOWN not in values and values:
            yield Predicate(column.name, found.op, values)


def _on_days(fact: Fact, zone: str) -> Fact:
    """Return what a border in time says of days: a day is compared as its first moment."""
    value = fact.values[0] if len(fact.values) == 1 else None
    if not isinstance(value, dt.datetime) or value.tzinfo is None or fact.op in {"=", "in"}:
        return fact
    try:
        day = value.astimezone(ZoneInfo(zone)).date()
    except (KeyError, ValueError, OverflowError):
        return fact
    return replace(fact, op=">=" if fact.op in {">", ">="} else "<=", values=(day,))
