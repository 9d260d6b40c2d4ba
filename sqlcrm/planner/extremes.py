"""Rule: SELECTs that need no row, or the first one in an order: WHERE false, max(id), min(id)."""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from sqlcrm.planner.limits import decided, sorted_by
from sqlcrm.planner.names import Names
from sqlcrm.planner.plan import Limit
from sqlcrm.planner.sources import Source, conjuncts, sql, volatile

_BLOCKING = (
    "group",
    "having",
    "qualify",
    "distinct",
    "windows",
    "sample",
    "with_",
    "order",
    "kind",
)


def extremes(names: Names) -> dict[Source, Limit]:
    """Return the limits of tables in SELECTs of these kinds."""
    found: dict[Source, Limit] = {}
    for select, scope in names.scopes:
        if _is_never(select, names):
            found |= dict.fromkeys(_within(select, names), Limit(0, ""))
        elif len(scope) == 1 and (limit := _extreme(select, scope[0], names)) is not None:
            found[scope[0]] = limit
    return found


def _is_never(select: exp.Select, names: Names) -> bool:
    """Whether no row fulfils WHERE, whatever the tables hold."""
    where = select.args.get("where")
    parts = conjuncts(where.this if where is not None else None)
    return any(isinstance(part, exp.Null) or names.constants.value(part) is False for part in parts)


def _within(select: exp.Select, names: Names) -> Iterator[Source]:
    """Yield the remote tables that the rows of a SELECT come from."""
    parts = [select.args.get("from_"), *(select.args.get("joins") or ())]
    for part in filter(None, parts):
        for inner in part.find_all(exp.Select):
            yield from (s for s in names.scope(inner) if s.relation is not None)
    yield from (source for source in names.scope(select) if source.relation is not None)


def _extreme(select: exp.Select, source: Source, names: Names) -> Limit | None:
    """Read `SELECT max(column) FROM t [WHERE …]` as the first row in the order of the column."""
    node, items = source.node, [item.unalias() for item in select.expressions]
    if source.relation is None or source.renamed or volatile(select):
        return None
    if node.args.get("pivots") or node.args.get("sample"):
        return None
    if any(select.args.get(name) for name in _BLOCKING) or len(items) != 1:
        return None
    (item,) = items
    more = [value for name, value in item.args.items() if name != "this" and value]
    if type(item) not in {exp.Max, exp.Min} or more:
        return None  # max(x, 3) is a list of three
    column = item.this
    if not isinstance(column, exp.Column) or names.owner(column, [source]) is not source:
        return None
    order = sorted_by(source, column.name.casefold(), isinstance(item, exp.Max), names)
    where = select.args.get("where")
    if order is None or (where is not None and not decided(where.this, [source], names)):
        return None
    condition = sql(where.this) if where is not None else "true"
    text, name = sql(node), sql(column)
    if condition is None or text is None or name is None:
        return None
    return Limit(1, text, f"({condition}) AND {name} IS NOT NULL", (order,))
