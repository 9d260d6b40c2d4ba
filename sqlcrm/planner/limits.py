"""Rule: when a LIMIT stops paging. Only where the first rows found are as good as any.

So it is for the table that a SELECT reads its rows from, through derived tables and UNION ALL,
with nothing between that gathers, orders or multiplies rows in a way of its own; LEFT JOINs only
add to them. With ORDER BY by the table's own columns, the rows wanted are the first ones in that
order. EXISTS needs one row.
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from sqlcrm.planner.ctes import cte_of
from sqlcrm.planner.lineage import remote_column, steps
from sqlcrm.planner.names import Names, real, starred
from sqlcrm.planner.plan import Limit, Order
from sqlcrm.planner.sources import Source, bare, has_subquery, own_columns, sql, volatile

_BLOCKING = ("group", "having", "qualify", "distinct", "windows", "sample", "with_", "kind")
_CUTTING = ("limit", "offset", "order", "with_")

# What sqlglot does not know by name may be an aggregate or a macro of one.
_GATHERING = (exp.AggFunc, exp.Window, exp.UDTF, exp.Explode, exp.Anonymous)


def limits(names: Names) -> dict[Source, Limit]:
    """Return the limits of remote sources; of a CTE that nothing names, no row is needed."""
    found: dict[Source, Limit] = {}
    for query in names.tree.find_all(exp.Select, exp.SetOperation):
        rows = _rows(query, names)
        if rows is not None:
            found |= dict(_limited(query, rows, names))
    named = [cte_of(table) for table in names.tree.find_all(exp.Table)]
    for cte in names.tree.find_all(exp.CTE):
        if not any(cte is one for one in named):
            found |= dict.fromkeys(_remote(names, cte), Limit(0, ""))
    return found


def _remote(names: Names, place: exp.Expr) -> Iterator[Source]:
    for select in place.find_all(exp.Select):
        yield from (source for source in names.scope(select) if source.relation is not None)


def _rows(query: exp.Query, names: Names) -> int | None:
    """Return how many rows of a query are wanted, None where nothing limits them."""
    limit, offset = query.args.get("limit"), query.args.get("offset")
    if limit is None:
        parent = query.parent
        return 1 if isinstance(parent, exp.Exists) and offset is None else None
    counts = [_count(limit, names), _count(offset, names) if offset is not None else 0]
    return None if None in counts else sum(count for count in counts if count is not None)


def _count(node: exp.Expr, names: Names) -> int | None:
    """Return the number of a LIMIT or OFFSET; None for what is no constant, and for percents."""
    if not isinstance(node, exp.Limit | exp.Offset) or node.args.get("limit_options") is not None:
        return None
    value = names.constants.value(node.expression)
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def _limited(query: exp.Expr, rows: int, names: Names) -> Iterator[tuple[Source, Limit]]:
    """Yield the sources that need no more rows than a query, with what counts these."""
    order: tuple[Order, ...] | None = ()
    if isinstance(query, exp.Select):
        found = flow(query, names)
        order = _order(query, names)
        node = names.scope(query)[0].node.copy() if found else query
        node.set("joins", None)
        where = query.args.get("where")
        condition = sql(where.this) if where is not None else ""
    else:
        found = _united(query, names) if query.args.get("order") is None else None
        whole = query.copy()
        whole.set("limit", None)
        whole.set("offset", None)
        alias = exp.TableAlias(this=exp.to_identifier("whole"))
        node, condition = exp.Subquery(this=whole, alias=alias), ""
    text = sql(node) if found else None
    if not found or text is None or condition is None or order is None:
        return
    if not isinstance(node, exp.Table):
        condition = condition or "true"  # it has conditions of its own
    for source in found if not order or len(found) == 1 else ():
        yield source, Limit(rows, text, condition, order)


def flow(select: exp.Select, names: Names) -> list[Source] | None:
    """Return the remote tables of which any rows give at least as many rows of a SELECT.

    None where it gathers or drops rows. Its own LIMIT and ORDER BY are left to the caller.
    """
    scope = names.scope(select)
    if not scope or any(select.args.get(name) for name in _BLOCKING) or volatile(select):
        return None
    if any(item.find(*_GATHERING) for item in select.expressions):
        return None
    joins = (source.join for source in scope[1:])
    if any(join is None or join.side != "LEFT" or join.method or join.kind for join in joins):
        return None
    where = select.args.get("where")
    if where is not None and not decided(where.this, scope, names):
        return None
    driver = scope[0]
    if driver.relation is not None:
        chosen = driver.node.args.get("pivots") or driver.node.args.get("sample")
        return None if chosen else [driver]
    return _within(driver.query, names)


def _within(query: exp.Query | None, names: Names) -> list[Source] | None:
    if query is None or any(query.args.get(name) for name in _CUTTING):
        return None
    return flow(query, names) if isinstance(query, exp.Select) else _united(query, names)


def _united(query: exp.Expr, names: Names) -> list[Source] | None:
    """Return the tables of a UNION ALL."""
    if type(query) is not exp.Union or query.args.get("with_"):
        return None
    if query.args.get("distinct") or query.args.get("by_name"):
        return None
    sides = [_within(bare(side), names) for side in (query.left, query.right)]
    if None in sides:
        return None
    return [source for side in sides for source in side or ()]


def decided(condition: exp.Expr, scope: list[Source], names: Names) -> bool:
    """Whether the first source's own columns decide: an item of SELECT may be named there."""
    driver = scope[0]
    columns = [c for c in own_columns(condition) if not names.binds.mark(c)]
    return not has_subquery(condition) and all(
        names.owner(c, scope) is driver and _has(driver, c.name.casefold(), names) for c in columns
    )


def _has(source: Source, name: str, names: Names) -> bool:
    if source.relation is not None and not source.renamed:
        return real(source.relation, name)
    return names.has(source, name) or bool(steps(names, source, name))


def _order(query: exp.Select, names: Names) -> tuple[Order, ...] | None:
    """Return an ORDER BY by columns of the first source's own table, None for any other."""
    clause = query.args.get("order")
    if clause is None:
        return ()
    direction, nulls = (
        names.constants.setting(f"default_{name}") for name in ("order", "null_order")
    )
    if direction[:3] not in {"", "asc"} or nulls not in {"", "nulls_last"}:
        return None
    found = [_ordered(item, query, names) for item in clause.expressions]
    return None if None in found else tuple(item for item in found if item is not None)


def _ordered(item: exp.Expr, query: exp.Select, names: Names) -> Order | None:
    if (
        not isinstance(item, exp.Ordered)
        or item.args.get("nulls_first")
        or item.args.get("with_fill")
    ):
        return None
    column, items = item.this, query.expressions
    if any(one.find(exp.Columns) or _respells(one) for one in items):
        return None  # the star's own output may be what is sorted by
    if isinstance(column, exp.Literal) and column.this.isdigit():
        place = int(column.this) - 1
        stars = any(starred(one) for one in items)
        column = items[place].unalias() if not stars and 0 <= place < len(items) else column
    elif isinstance(column, exp.Column) and len(column.parts) == 1:
        called = [one for one in items if one.alias.casefold() == column.name.casefold()]
        column = called[0].unalias() if called else column
    if not isinstance(column, exp.Column) or len(column.parts) > 2:
        return None
    scope = names.scope(query)
    if not scope or names.owner(column, scope) is not scope[0]:
        return None
    return sorted_by(scope[0], column.name.casefold(), bool(item.args.get("desc")), names)


def _respells(item: exp.Expr) -> bool:
    """Whether an item is a star that gives columns other values or names."""
    stars = item.find_all(exp.Star)
    return any(star.args.get("replace") or star.args.get("rename") for star in stars)


def sorted_by(source: Source, name: str, descending: bool, names: Names) -> Order | None:
    """Return the order by a column of a table, which derived tables may have renamed."""
    while source.relation is None:
        places = steps(names, source, name)
        if len(places) != 1:
            return None
        source, name = places[0]
    found = remote_column(names, source, name)
    return Order(found.name, descending) if found is not None else None
