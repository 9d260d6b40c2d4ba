"""Which rows a condition may thin out before the query itself is run.

A condition may travel to a source when dropping the rows that fail it cannot change the result,
since DuckDB applies every condition again: from WHERE always (each of these conditions is false
for NULL, so null-extended rows fail it too), from ON only where its side is not preserved.
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from sqlcrm.planner.sources import Source, conjuncts, has_subquery


def conditions(select: exp.Select, scope: list[Source]) -> Iterator[tuple[exp.Expr, list[Source]]]:
    """Yield each conjunct with the sources whose rows it may thin out."""
    where = select.args.get("where")
    free = unfixed(scope)
    for part in (*conjuncts(where.this if where is not None else None), *_of_groups(select)):
        yield part, free
    for position, source in enumerate(scope):
        if source.join is None:
            continue
        allowed = thinned(source.join, scope, position)
        for part in conjuncts(source.join.args.get("on")):
            yield part, allowed


def _of_groups(select: exp.Select) -> Iterator[exp.Expr]:
    """Yield the conditions of HAVING that are about columns of GROUP BY: rows fail them already."""
    having, group = select.args.get("having"), select.args.get("group")
    if (
        having is None
        or group is None
        or any(v for k, v in group.args.items() if k != "expressions")
    ):
        return
    shown = {
        i.alias.casefold() for i in select.expressions if i.alias and i.alias != i.unalias().name
    }
    columns = [
        g for g in group.expressions if isinstance(g, exp.Column) and g.name.casefold() not in shown
    ]
    for part in conjuncts(having.this):
        named = list(part.find_all(exp.Column))
        gathers = part.find(exp.AggFunc, exp.Anonymous, exp.Window) is not None
        if named and all(c in columns for c in named) and not gathers and not has_subquery(part):
            yield part


def unfixed(scope: list[Source]) -> list[Source]:
    """Return the sources that WHERE may thin out."""
    fixed = _fixed(scope)
    return [source for source in scope if source not in fixed]


def _fixed(scope: list[Source]) -> list[Source]:
    """Return the sources of which no row may be missing: other rows would take its place."""
    fixed: list[Source] = []
    for position, source in enumerate(scope):
        method = source.join.method if source.join is not None else ""
        if method == "POSITIONAL":
            fixed += scope[: position + 1]
        elif method == "ASOF":
            fixed.append(source)
    return fixed


def thinned(join: exp.Join, scope: list[Source], position: int) -> list[Source]:
    """Return the sources that a join's condition may thin out: those it does not preserve."""
    free = unfixed(scope)
    left = [source for source in scope[:position] if source in free]
    right = [source for source in scope[position : position + 1] if source in free]
    kind, side = join.kind, join.side
    if side == "FULL" or join.method in {"ASOF", "POSITIONAL"}:
        return []
    if kind == "ANTI" or side == "LEFT":
        return right
    if side == "RIGHT":
        return left
    return [*left, *right]
