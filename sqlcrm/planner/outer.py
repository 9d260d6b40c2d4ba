"""Rule: an outer join is an inner one where WHERE drops the rows of nulls that it adds.

    FROM people p LEFT JOIN members m ON m.person_id = p.id WHERE m.role = 'x'

Then both sides may lose the rows that match nothing. Only planned with, as all of this.
"""

from __future__ import annotations

from sqlglot import exp

from sqlcrm.planner.names import Names
from sqlcrm.planner.sources import Source, conjuncts, unwrapped

_FALSE_FOR_NULL = (
    exp.EQ, exp.NEQ, exp.LT, exp.LTE, exp.GT, exp.GTE, exp.Between, exp.In, exp.Like, exp.ILike,
)  # fmt: skip


def without_outer_joins(names: Names) -> None:
    """Take the side off each LEFT or RIGHT JOIN in the tree whose rows of nulls WHERE drops."""
    for select, scope in names.scopes:
        where = select.args.get("where")
        parts = list(conjuncts(where.this)) if where is not None else []
        needed = [source for part in parts for source in _needed(part, scope, names)]
        for position, source in enumerate(scope):
            join = source.join
            if join is None or join.method or join.kind in {"SEMI", "ANTI"}:
                continue
            added = {"LEFT": [source], "RIGHT": scope[:position]}.get(join.side, [])
            if any(one in needed for one in added):
                join.set("side", None)


def _needed(condition: exp.Expr, scope: list[Source], names: Names) -> list[Source]:
    """Return the sources whose row must be there for a condition to hold."""
    tested: list[exp.Expr] = []
    if isinstance(condition, _FALSE_FOR_NULL):
        tested = [condition.this]
        if isinstance(condition, exp.Binary) and not isinstance(condition.expression, exp.Any):
            tested.append(condition.expression)
    elif isinstance(condition, exp.Not) and isinstance(condition.this, exp.Is):
        tested = [condition.this.this] if isinstance(condition.this.expression, exp.Null) else []
    columns = [one for one in map(unwrapped, tested) if isinstance(one, exp.Column)]
    owners = [names.owner(column, scope) for column in columns if len(column.parts) < 3]
    return [owner for owner in owners if owner is not None]
