"""Rule: when a LIMIT stops paging. Only where the first rows found are as good as any."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from math import isnan

from sqlglot import exp

from sqlcrm.planner.plan import Limit, Relation
from sqlcrm.planner.sources import has_subquery, sources, sql, volatile

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


def limits(
    tree: exp.Expr, relations: Mapping[str, Relation], binds: Collection[str]
) -> dict[str, Limit]:
    """Return the Limit of the one table of a plain `SELECT … FROM t WHERE … LIMIT n`.

    DESCRIBE needs no row of any table.
    """
    if isinstance(tree, exp.Describe):
        return {mark: Limit(0, "") for mark in relations}
    query = _query(tree)
    if not isinstance(query, exp.Select) or any(query.args.get(name) for name in _BLOCKING):
        return {}
    tree = query
    scope = sources(tree, relations)
    if len(scope) != 1 or scope[0].relation is None or binds:
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
    text = None if has_subquery(where.this) else sql(where.this)
    return {} if text is None else {relation.mark: Limit(int(rows), source, text)}


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
