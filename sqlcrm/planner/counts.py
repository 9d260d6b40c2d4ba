"""Rule: of which tables only the number of rows matters: `SELECT count(*) FROM t WHERE …`.

Then every condition on the way must be one that a Predicate says in full.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from sqlglot import exp

from sqlcrm.planner.constants import UNKNOWN, fit
from sqlcrm.planner.limits import flow
from sqlcrm.planner.lineage import remote_column, steps
from sqlcrm.planner.names import Names
from sqlcrm.planner.plan import Predicate
from sqlcrm.planner.shapes import Shape, shapes
from sqlcrm.planner.sources import Source, conjuncts, has_subquery


def counted(names: Names, found: Mapping[Source, list[Predicate]]) -> set[Source]:
    """Return the sources of which only the number of rows that fulfil their predicates matters."""
    tables = set()
    for select, scope in names.scopes:
        if len(scope) == 1 and _counts(select):
            source = _counted(select, scope[0], names, found)
            tables |= {source} if source is not None else set()
    return tables


def _counts(select: exp.Select) -> bool:
    """Whether a SELECT tells how many rows there are, and nothing else of them."""
    blocking = ("group", "having", "qualify", "distinct", "windows", "sample", "with_", "kind")
    if any(select.args.get(name) for name in blocking):
        return False
    clauses = [*select.expressions, *filter(None, [select.args.get("order")])]
    counts = [node for clause in clauses for node in clause.find_all(exp.AggFunc)]
    others = (exp.Column, exp.Anonymous, exp.Window, exp.UDTF, exp.Explode, exp.Filter, exp.Columns)
    if not counts or any(clause.find(*others) or has_subquery(clause) for clause in clauses):
        return False
    return all(_counts_rows(node) for node in counts)


def _counts_rows(node: exp.Expr) -> bool:
    if type(node) is not exp.Count or node.expressions:
        return False
    what = node.this
    return what is None or isinstance(what, exp.Literal) or (
        isinstance(what, exp.Star) and not any(what.args.values())
    )  # fmt: skip


def _counted(
    select: exp.Select, source: Source, names: Names, found: Mapping[Source, list[Predicate]]
) -> Source | None:
    """Return the table that is counted, where its predicates are all the conditions there are."""
    wanted: list[tuple[Source, Shape]] = []
    while True:
        where = select.args.get("where")
        for part in conjuncts(where.this if where is not None else None):
            said = shapes(part, names.constants)
            owners = [names.owner(shape.column, [source]) for shape in said]
            if not said or not all(s.exact for s in said) or any(o is not source for o in owners):
                return None
            wanted += [(source, shape) for shape in said]
        if source.relation is not None:
            break
        query = source.query
        cut = ("limit", "offset", "with_")
        if not isinstance(query, exp.Select) or any(query.args.get(name) for name in cut):
            return None
        if len(names.scope(query)) != 1 or flow(query, names) is None:
            return None
        select, source = query, names.scope(query)[0]
    if source.node.args.get("pivots") or source.node.args.get("sample"):
        return None
    exact = {p for place, shape in wanted for p in _exact(place, shape, source, names)}
    return source if None not in exact and exact == set(found[source]) else None


def _exact(place: Source, shape: Shape, table: Source, names: Names) -> Iterator[Predicate | None]:
    """Yield the predicate that a condition is, None where it is none."""
    source, name = place, shape.column.name.casefold()
    while source is not table:
        moved = steps(names, source, name)
        if len(moved) != 1:
            yield None
            return
        source, name = moved[0]
    column = remote_column(names, source, name)
    if column is None or (shape.nocase and not column.nocase):
        yield None
        return
    values = tuple(fit(value, column, names.constants.zone) for value in shape.values)
    yield None if UNKNOWN in values else Predicate(column.name, shape.op, values)
