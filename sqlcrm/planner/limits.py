"""Rule: when a LIMIT stops paging. Only where the first rows found are as good as any."""

from __future__ import annotations

from math import isnan

from sqlglot import exp

from sqlcrm.planner.names import Names, real
from sqlcrm.planner.plan import Limit
from sqlcrm.planner.sources import Source, has_subquery, own_columns, sources, sql, volatile

_BLOCKING = (
    "group",
    "having",
    "qualify",
    "order",
    "distinct",
    "windows",
    "sample",
    "with_",
    "kind",
)

# What sqlglot does not know by name may be an aggregate or a macro of one.
_GATHERING = (exp.AggFunc, exp.Window, exp.UDTF, exp.Explode, exp.Anonymous)


def limits(names: Names) -> dict[str, Limit]:
    """Return the Limit of the one table of a plain `SELECT … FROM t WHERE … LIMIT n`.

    DESCRIBE needs no row of any table.
    """
    if isinstance(names.tree, exp.Describe):
        return {mark: Limit(0, "") for mark in names.relations}
    query = _query(names.tree)
    if not isinstance(query, exp.Select) or any(query.args.get(name) for name in _BLOCKING):
        return {}
    tree = query
    scope = sources(tree, names.relations)
    if len(scope) != 1 or scope[0].relation is None or names.binds:
        return {}
    if any(item.find(*_GATHERING) for item in tree.expressions):
        return {}
    node = scope[0].node
    if node.args.get("pivots") or node.args.get("sample") or volatile(tree):
        return {}
    rows = _count(tree.args.get("limit")) + _count(tree.args.get("offset"))
    if tree.args.get("limit") is None or isnan(rows):
        return {}
    relation = scope[0].relation
    source = sql(node)
    if source is None:
        return {}
    where = tree.args.get("where")
    if where is None:
        return {relation.mark: Limit(int(rows), source)}
    text = sql(where.this) if _decided(where.this, scope[0], names) else None
    return {} if text is None else {relation.mark: Limit(int(rows), source, text)}


def _decided(condition: exp.Expr, source: Source, names: Names) -> bool:
    """Whether a table's own columns decide a condition: an item of SELECT may be named there."""
    relation = source.relation
    return not has_subquery(condition) and all(
        relation is not None and names.owner(c, [source]) is source and real(relation, c.name)
        for c in own_columns(condition)
    )


def _query(tree: exp.Expr) -> exp.Expr | None:
    """Return the query that a statement keeps the result of: CREATE TABLE … AS, COPY (…) TO."""
    if isinstance(tree, exp.Create | exp.Insert):
        tree = tree.expression
    elif isinstance(tree, exp.Copy):
        tree = tree.this
    return tree.unnest() if isinstance(tree, exp.Subquery) else tree


def _count(node: exp.Expr | None) -> float:
    """Return the number of a LIMIT or OFFSET, 0 where there is none, NaN for anything else."""
    if node is None:
        return 0
    value = node.args.get("expression")
    if node.args.get("limit_options") is not None:
        return float("nan")  # LIMIT 10%
    if isinstance(node, exp.Limit | exp.Offset) and isinstance(value, exp.Literal):
        return int(value.this) if value.this.isdigit() else float("nan")
    return float("nan")
