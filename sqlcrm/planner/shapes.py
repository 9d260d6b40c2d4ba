"""Rule: what a condition says of single columns, by constants alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from sqlglot import exp

from sqlcrm.planner.constants import UNKNOWN
from sqlcrm.planner.folding import Constants
from sqlcrm.planner.sources import conjuncts, unwrapped

_OPERATORS: dict[type[exp.Expr], str] = {
    exp.EQ: "=",
    exp.LT: "<",
    exp.LTE: "<=",
    exp.GT: ">",
    exp.GTE: ">=",
}
_UNDERSTOOD = {"this", "expression", "expressions", "low", "high"}
_MIRRORED = {"=": "=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}


@dataclass(frozen=True, slots=True)
class Shape:
    """A condition on a column: an operator of `Predicate` and constants as Python's values.

    Each is false for NULL.
    exact: the shapes of a condition, together, are the condition; else they only follow from it.
    nocase: it follows only for a column that minds no case.
    """

    column: exp.Column
    op: str
    values: tuple[Any, ...]
    exact: bool = True
    nocase: bool = False


def shapes(condition: exp.Expr, constants: Constants) -> list[Shape]:
    """Return what a conjunct says of single columns; nothing where it says nothing certain."""
    others = (value for name, value in condition.args.items() if name not in _UNDERSTOOD)
    if any(others) and not isinstance(condition, exp.Column):
        return []  # NOT LIKE is a LIKE with a mark on it, BETWEEN SYMMETRIC a BETWEEN
    if isinstance(condition, exp.Or):
        return list(_either(condition, constants))
    found = list(_single(condition, constants))
    known = [shape for shape in found if shape.values and UNKNOWN not in shape.values]
    whole = len(known) == len(found) and not isinstance(condition, exp.ArrayContains)
    return known if whole else [replace(shape, exact=False) for shape in known]


def _single(condition: exp.Expr, constants: Constants) -> Iterator[Shape]:
    this = condition.this
    if type(condition) in _OPERATORS:
        yield from _compared(condition, constants)
    elif isinstance(condition, exp.Between):
        yield from _bounded(this, ">=", condition.args["low"], constants)
        yield from _bounded(this, "<=", condition.args["high"], constants)
    elif isinstance(condition, exp.In | exp.ArrayContains):
        items, tested = condition.expressions, this
        if isinstance(condition, exp.ArrayContains):
            items, tested = _listed(this, constants), condition.expression
        yield from _among(tested, items, constants)
    elif isinstance(condition, exp.Like | exp.ILike | exp.StartsWith | exp.Contains):
        yield from _like(condition, constants)
    elif isinstance(condition, exp.Is) and isinstance(condition.expression, exp.Boolean):
        yield from _bounded(this, "=", condition.expression, constants)
    elif isinstance(condition, exp.Column):
        yield from _bounded(condition, "=", exp.true(), constants)
    elif isinstance(condition, exp.Not) and isinstance(unwrapped(this), exp.Column):
        yield from _bounded(unwrapped(this), "=", exp.false(), constants)


def _compared(condition: exp.Expr, constants: Constants) -> Iterator[Shape]:
    left, right, op = condition.this, condition.expression, _OPERATORS[type(condition)]
    if isinstance(right, exp.Any):
        if op == "=":
            yield from _among(left, _listed(right.this, constants), constants)
        return
    found = list(_bounded(left, op, right, constants))
    yield from found or _bounded(right, _MIRRORED[op], left, constants)


def _bounded(tested: exp.Expr, op: str, bound: exp.Expr, constants: Constants) -> Iterator[Shape]:
    column, lowered = _column(tested, constants)
    if column is None or (lowered and op != "="):
        return
    value = constants.value(bound)
    if value is UNKNOWN and op in {">", ">="}:
        yield Shape(column, op, (constants.border(bound),), exact=False)
    else:
        yield Shape(column, op, (value,), not lowered, lowered)


def _among(tested: exp.Expr, items: list[exp.Expr], constants: Constants) -> Iterator[Shape]:
    column, lowered = _column(tested, constants)
    if column is None:
        return
    rows = [row for i in items for row in (i.expressions if isinstance(i, exp.Values) else [i])]
    single = [r.expressions[0] if isinstance(r, exp.Tuple) and len(r.expressions) == 1 else r
              for r in rows if not isinstance(r, exp.Null)]  # fmt: skip
    values = tuple(constants.value(one) for one in single)
    yield Shape(column, "in", values, not lowered, lowered)


def _listed(node: exp.Expr, constants: Constants) -> list[exp.Expr]:
    """Return the items of a list that is written out, or bound."""
    node = unwrapped(node)
    if isinstance(node, exp.Array):
        return list(node.expressions)
    value = constants.value(node)
    return [exp.convert(one) for one in value] if isinstance(value, list | tuple) else []


def _column(node: exp.Expr, constants: Constants) -> tuple[exp.Column | None, bool]:
    """Return a column, also as lower(column), and whether it is so."""
    node = unwrapped(node)
    lowered = isinstance(node, exp.Lower)
    node = unwrapped(node.this) if lowered else node
    if not isinstance(node, exp.Column) or constants.binds.mark(node) or len(node.parts) > 2:
        return None, lowered
    return node, lowered


def _like(condition: exp.Expr, constants: Constants) -> Iterator[Shape]:
    """Read LIKE 'x%' as a prefix and LIKE '%x%' as a part; both hold for what the API finds."""
    column, lowered = _column(condition.this, constants)
    pattern = constants.value(condition.expression)
    if column is None or lowered or not isinstance(pattern, str):
        return
    begins, inner = isinstance(condition, exp.StartsWith), pattern
    if isinstance(condition, exp.Like | exp.ILike):
        inner, begins = pattern.strip("%"), not pattern.startswith("%")
        if "%" in inner or "_" in inner or "\\" in inner:
            return
    if inner:
        folded = isinstance(condition, exp.ILike)  # an API that minds case finds less than it does
        ops = ["prefix", "contains"] if begins else ["contains"]
        yield from (Shape(column, op, (inner,), exact=False, nocase=folded) for op in ops)


def _either(condition: exp.Expr, constants: Constants) -> Iterator[Shape]:
    """Read `a = 1 OR a IN (2, 3)` as IN, and the same of what each side of an OR asks for."""
    sides = [list(conjuncts(part)) for part in condition.flatten()]
    found = [_sets([s for part in side for s in shapes(part, constants)]) for side in sides]
    for column, first in found[0].items():
        shared = [side[column] for side in found if column in side]
        if len(shared) == len(found):
            values = tuple(value for shape in shared for value in shape.values)
            alone = all(len(side) == 1 for side in sides) and all(s.exact for s in shared)
            yield replace(first, op="in", values=values, exact=alone,
                          nocase=any(shape.nocase for shape in shared))  # fmt: skip


def _sets(found: list[Shape]) -> dict[exp.Column, Shape]:
    """Return the shapes that name the only values, by column."""
    return {shape.column: shape for shape in found if shape.op in {"=", "in"}}
