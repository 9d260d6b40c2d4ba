"""Rule: which conditions of a query an API may be given.

A condition may travel to a table when dropping the rows that fail it cannot change the result,
since DuckDB applies every condition again: from WHERE always (each of these conditions is false
for NULL, so null-extended rows fail it too), from ON only where its side is not preserved.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlglot import exp

from sqlcrm.planner.constants import UNKNOWN, Binds, constant, fit
from sqlcrm.planner.names import Names
from sqlcrm.planner.plan import Predicate
from sqlcrm.planner.sources import Source, conjuncts

_OPERATORS: dict[type[exp.Expr], str] = {
    exp.EQ: "=",
    exp.LT: "<",
    exp.LTE: "<=",
    exp.GT: ">",
    exp.GTE: ">=",
}
_UNDERSTOOD = {"this", "expression", "expressions", "low", "high"}
_MIRRORED = {"=": "=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}


def predicates(names: Names, zone: str) -> dict[str, list[Predicate]]:
    """Return, by mark, the conditions on single columns that constants decide."""
    found: dict[str, list[Predicate]] = {mark: [] for mark in names.relations}
    for select, scope in names.scopes:
        for condition, allowed in conditions(select, scope):
            for source, predicate in _read(condition, scope, names, zone):
                if source.relation and source in allowed:
                    found[source.relation.mark].append(predicate)
    return found


def conditions(select: exp.Select, scope: list[Source]) -> Iterator[tuple[exp.Expr, list[Source]]]:
    """Yield each conjunct with the sources whose rows it may thin out."""
    where = select.args.get("where")
    fixed = _fixed(scope)
    for part in conjuncts(where.this if where is not None else None):
        yield part, [source for source in scope if source not in fixed]
    for position, source in enumerate(scope):
        if source.join is None:
            continue
        allowed = thinned(source.join, scope, position)
        for part in conjuncts(source.join.args.get("on")):
            yield part, allowed


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
    fixed = _fixed(scope)
    left = [source for source in scope[:position] if source not in fixed]
    right = [source for source in scope[position : position + 1] if source not in fixed]
    kind, side = join.kind, join.side
    if side == "FULL" or join.method in {"ASOF", "POSITIONAL"}:
        return []
    if kind == "ANTI" or side == "LEFT":
        return right
    if side == "RIGHT":
        return left
    return [*left, *right]


def _read(
    condition: exp.Expr, scope: list[Source], names: Names, zone: str
) -> Iterator[tuple[Source, Predicate]]:
    for column, op, values in _shapes(condition, names.binds):
        for source in names.owners(column, scope):
            if source.relation is None:
                continue
            known = source.relation.table.column(column.name)
            if known is None or (isinstance(condition, exp.ILike) and not known.nocase):
                continue  # an API that minds case finds less than ILIKE does
            fitted = tuple(fit(value, known, zone) for value in values)
            if UNKNOWN not in fitted and fitted:
                yield source, Predicate(known.name, op, fitted)


def _shapes(condition: exp.Expr, binds: Binds) -> Iterator[tuple[exp.Column, str, list[Any]]]:
    """Yield a condition as column, operator and constants, where it has that shape."""
    if any(value for name, value in condition.args.items() if name not in _UNDERSTOOD):
        return  # NOT LIKE is a LIKE with a mark on it, BETWEEN SYMMETRIC a BETWEEN
    op = _OPERATORS.get(type(condition))
    if op is not None:
        left, right = condition.this, condition.expression
        if _is_column(left, binds):
            yield left, op, [constant(right, binds)]
        elif _is_column(right, binds):
            yield right, _MIRRORED[op], [constant(left, binds)]
    elif isinstance(condition, exp.Between) and _is_column(condition.this, binds):
        yield condition.this, ">=", [constant(condition.args["low"], binds)]
        yield condition.this, "<=", [constant(condition.args["high"], binds)]
    elif isinstance(condition, exp.In) and _is_column(condition.this, binds):
        if condition.expressions and not condition.args.get("query"):
            yield condition.this, "in", [constant(e, binds) for e in condition.expressions]
    elif isinstance(condition, exp.Like | exp.ILike) and _is_column(condition.this, binds):
        yield from _like(condition, binds)
    elif isinstance(condition, exp.Or):
        yield from _either(condition, binds)


def _is_column(node: exp.Expr, binds: Binds) -> bool:
    return isinstance(node, exp.Column) and not binds.mark(node)


def _like(condition: exp.Expr, binds: Binds) -> Iterator[tuple[exp.Column, str, list[Any]]]:
    """Read LIKE 'x%' as a prefix and LIKE '%x%' as a part; both hold for what the API finds."""
    pattern = constant(condition.expression, binds)
    if not isinstance(pattern, str):
        return
    inner = pattern.strip("%")
    if not inner or "%" in inner or "_" in inner or "\\" in inner:
        return
    if not pattern.startswith("%"):
        yield condition.this, "prefix", [inner]
    yield condition.this, "contains", [inner]


def _either(condition: exp.Expr, binds: Binds) -> Iterator[tuple[exp.Column, str, list[Any]]]:
    """Read `a = 1 OR a = 2 OR a IN (3, 4)` as IN."""
    values: list[Any] = []
    first: exp.Column | None = None
    for part in condition.flatten():
        shapes = [s for s in _shapes(part.unnest(), binds) if s[1] in {"=", "in"}]
        if not shapes or shapes[0][0] != (first or shapes[0][0]):
            return
        first = shapes[0][0]
        values += shapes[0][2]
    if first is not None:
        yield first, "in", values
