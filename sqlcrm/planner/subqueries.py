"""Rule: which subqueries of IN and EXISTS supply keys, and which get some.

`x IN (SELECT y …)` lets both sides lose what the other does not have, as a condition of WHERE or
ON. Of NOT IN neither may lose any: a single NULL in it, or none at all, decides for every row. What
EXISTS asks for by equality holds for its own FROM wherever it stands (see joins.py); where it is a
condition itself, for the FROM around it, too.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import takewhile

from sqlglot import exp

from sqlcrm.planner.keys import Place, changing, marks, outer_place, over, owned, with_clause
from sqlcrm.planner.lineage import first_column, leaves
from sqlcrm.planner.plan import KeySource
from sqlcrm.planner.sources import Source, bare, conjuncts, own_columns, sql, unwrapped

Found = Iterator[tuple[Source, KeySource]]

_COUNTING = (exp.AggFunc, exp.Window, exp.Anonymous)


def in_both_ways(condition: exp.Expr, allowed: list[Source], place: Place) -> Found:
    """Read `x IN (SELECT y …)` and `x = ANY (SELECT y …)`: keys of x, and keys of y."""
    if isinstance(condition, exp.In):
        tested, query = unwrapped(condition.this), condition.args.get("query")
    elif isinstance(condition, exp.EQ) and isinstance(condition.expression, exp.Any):
        tested, query = unwrapped(condition.this), condition.expression.this
    else:
        return
    if not isinstance(query, exp.Subquery):
        return
    yield from _tested(tested, query, allowed, place)
    origin = owned(tested, place)
    for inner, name in first_column(place.names, query) if origin is not None else ():
        for source, column in leaves(place.names, inner, name):
            keys = over(column.name, tested, origin, place) if origin is not None else None
            if keys is not None:
                yield source, replace(keys, joins=False)


def _tested(tested: exp.Expr, query: exp.Subquery, allowed: list[Source], place: Place) -> Found:
    lowered = isinstance(tested, exp.Lower)
    column = unwrapped(tested.this) if lowered else tested
    if not isinstance(column, exp.Column) or len(column.parts) > 2:
        return
    for target in place.names.owners(column, place.scope):
        for source, its in leaves(place.names, target, column.name.casefold()):
            keys = of_subquery(its.name, query, place) if target in allowed else None
            if keys is not None and (its.nocase or not lowered):
                yield source, keys


def of_subquery(column: str, value: exp.Subquery, place: Place) -> KeySource | None:
    """Return the values of a subquery as keys, where it stands on its own feet."""
    inner = bare(value)
    if inner is None or len(inner.selects) != 1:
        return None
    if any(_correlated(select, place) for select in inner.find_all(exp.Select)):
        return None
    text, with_ = sql(value), with_clause(value, place)
    if text is None or with_ is None or changing(inner, with_):
        return None
    item = inner.selects[0]
    name = item.alias_or_name if not isinstance(item, exp.Star) else ""
    needs = marks(inner, with_, place)
    label = f"IN (… {name})" if name else "IN (…)"
    return KeySource(column, '"keys"."k"', f"{text} AS keys(k)", "", with_, needs, label)


def _correlated(select: exp.Select, place: Place) -> bool:
    """Whether a query may name a source of a FROM around it."""
    names = place.names
    inner = takewhile(lambda one: one is not place.select, names.around(select))
    within = {source.name for one in inner for source in names.scope(one)}
    return any(c.table and c.parts[0].name.casefold() not in within for c in own_columns(select))


def of_exists(condition: exp.Expr, allowed: list[Source], place: Place) -> Found:
    """Read `EXISTS (SELECT … WHERE t.y = R.x)` as keys of R.x from t."""
    query = bare(condition.this) if isinstance(condition, exp.Exists) else None
    if not isinstance(query, exp.Select) or not _exists_by_rows(query):
        return
    inner = Place(query, place.names.scope(query), place.names)
    where = query.args.get("where")
    for part in conjuncts(where.this if where is not None else None):
        if isinstance(part, exp.EQ):
            left, right = unwrapped(part.this), unwrapped(part.expression)
            yield from _wanted(left, right, allowed, inner, place)
            yield from _wanted(right, left, allowed, inner, place)


def _exists_by_rows(query: exp.Select) -> bool:
    """Whether a query has a row only if its WHERE lets one through; a count has one anyway."""
    blocking = ("group", "having", "qualify", "limit", "offset", "sample", "with_", "distinct")
    if any(query.args.get(word) for word in blocking):
        return False
    return not any(item.find(*_COUNTING) for item in query.expressions)


def _wanted(
    one: exp.Expr, value: exp.Expr, allowed: list[Source], inner: Place, place: Place
) -> Found:
    """Read one conjunct of an EXISTS: a column of the FROM around it equals a value within it."""
    if not isinstance(one, exp.Column) or len(one.parts) > 2:
        return
    outer = outer_place(one, inner)
    origin = owned(value, inner)
    if outer is None or outer.select is not place.select or origin is None:
        return
    for target in place.names.owners(one, outer.scope):
        for source, column in leaves(place.names, target, one.name.casefold()):
            keys = over(column.name, value, origin, inner) if target in allowed else None
            if keys is not None:
                yield source, keys
