"""Which columns of a FROM are equal in all rows that matter."""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from sqlcrm.planner.conditions import conditions, thinned
from sqlcrm.planner.names import Names
from sqlcrm.planner.sources import Source, unwrapped

Equality = tuple[Source, str, Source, str]
"""A source and its column, which may lose its rows that equal no row of another source's column."""


def equalities(select: exp.Select, scope: list[Source], names: Names) -> Iterator[Equality]:
    """Yield the equalities of columns in a SELECT's WHERE, ON and USING."""
    for condition, allowed in conditions(select, scope):
        if isinstance(condition, exp.EQ):
            left, right = unwrapped(condition.this), unwrapped(condition.expression)
            yield from _paired(left, right, allowed, scope, names)
            yield from _paired(right, left, allowed, scope, names)
    for position in range(1, len(scope)):
        yield from using(scope, position, names)


def _paired(
    one: exp.Expr, other: exp.Expr, allowed: list[Source], scope: list[Source], names: Names
) -> Iterator[Equality]:
    if not isinstance(one, exp.Column) or not isinstance(other, exp.Column):
        return
    origin = names.owner(other, scope)
    for target in names.owners(one, scope):
        if origin is not None and target is not origin and target in allowed:
            yield target, one.name.casefold(), origin, other.name.casefold()


def using(scope: list[Source], position: int, names: Names) -> Iterator[Equality]:
    """Yield the equalities of the USING of the join at a position of a FROM."""
    right = scope[position]
    if right.join is None:
        return
    allowed = thinned(right.join, scope, position)
    for name in (one.name.casefold() for one in right.join.args.get("using") or ()):
        left = _left(scope[:position], name, names)
        if left is not None:
            yield from ((right, name, left, name),) if right in allowed else ()
            yield from ((left, name, right, name),) if left in allowed else ()


def _left(scope: list[Source], name: str, names: Names) -> Source | None:
    """Return the source on the left of a USING whose column it means, None if not certain."""
    if len(scope) == 1:
        return scope[0]
    listed = [(source, names.columns(source)) for source in scope]
    found = [
        s for s, known in listed if names.has(s, name) or (known is not None and name in known)
    ]
    unknown = [s for s, known in listed if known is None and s not in found]
    if not found or any(source.relation is None for source in unknown):
        return None
    sides = {source.join.side for source in scope if source.join is not None}
    return None if sides & {"RIGHT", "FULL"} else found[0]
