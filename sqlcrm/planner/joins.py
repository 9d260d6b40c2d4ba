"""Rule: which joins and subqueries can supply the only useful keys of a remote table.

For `R.column = expression over S` the keys are the distinct values over S, where the join lets
rows of R that match nothing fall away (see conditions.thinned): never from a nullable side. S may
stand in the same FROM, or in one around it; R may be within a derived table (see lineage.py).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from sqlglot import exp

from sqlcrm.planner.conditions import conditions
from sqlcrm.planner.equalities import using
from sqlcrm.planner.keys import Place, outer_place, over, owned
from sqlcrm.planner.lineage import leaves
from sqlcrm.planner.names import Names
from sqlcrm.planner.plan import KeySource
from sqlcrm.planner.sources import Source, own_columns, unwrapped
from sqlcrm.planner.subqueries import in_both_ways, of_exists, of_subquery
from sqlcrm.sdk import Column

Found = Iterator[tuple[Source, KeySource]]
"""Remote sources, each with a source of keys."""


def key_sources(names: Names) -> dict[Source, list[KeySource]]:
    """Return, by remote source, every source of keys that joins, IN and EXISTS offer."""
    found: dict[Source, list[KeySource]] = {
        source: [] for _, scope in names.scopes for source in scope if source.relation
    }
    for select, scope in names.scopes:
        for source, keys in _of(Place(select, scope, names)):
            if keys not in found[source]:
                found[source].append(keys)
    return found


def _of(place: Place) -> Found:
    for condition, allowed in conditions(place.select, place.scope):
        if isinstance(condition, exp.EQ):
            left, right = unwrapped(condition.this), unwrapped(condition.expression)
            yield from _equal(left, right, allowed, place)
            yield from _equal(right, left, allowed, place)
        yield from in_both_ways(condition, allowed, place)
        yield from of_exists(condition, allowed, place)
    for position in range(1, len(place.scope)):
        for target, name, origin, its in using(place.scope, position, place.names):
            table = exp.to_identifier(origin.shown, quoted=True)
            value = exp.column(exp.to_identifier(its, quoted=True), table=table)
            for source, column in leaves(place.names, target, name):
                yield from _keys(source, column, over(column.name, value, origin, place))


def _equal(one: exp.Expr, value: exp.Expr, allowed: list[Source], place: Place) -> Found:
    """Read `R.column = value`, also with lower(R.column) where the column minds no case."""
    lowered = isinstance(one, exp.Lower)
    column = unwrapped(one.this) if lowered else one
    if not isinstance(column, exp.Column) or len(column.parts) > 2:
        return
    for target in place.names.owners(column, place.scope):
        if target not in allowed:
            continue
        for source, its in leaves(place.names, target, column.name.casefold()):
            if not lowered or its.nocase:
                yield from _keys(source, its, _supplied(its, value, target, place))


def _supplied(column: Column, value: exp.Expr, target: Source, place: Place) -> KeySource | None:
    if isinstance(value, exp.Subquery):
        return of_subquery(column.name, value, place)
    origin = owned(value, place)
    if origin is target:
        return None
    if origin is not None:
        return over(column.name, value, origin, place)
    return _around(column, value, place)


def _around(column: Column, value: exp.Expr, place: Place) -> KeySource | None:
    """Take keys from a FROM around the place: the condition of a correlated subquery."""
    free = [c for c in own_columns(value) if not place.names.binds.mark(c)]
    outer = outer_place(free[0], place) if free else None
    others = [outer_place(c, place) for c in free[1:]]
    if outer is None or any(o is None or o.select is not outer.select for o in others):
        return None
    origin = owned(value, outer)
    found = over(column.name, value, origin, outer) if origin is not None else None
    return replace(found, joins=False) if found is not None else None


def _keys(source: Source, column: Column, keys: KeySource | None) -> Found:
    if keys is not None:
        yield source, replace(keys, column=column.name)
