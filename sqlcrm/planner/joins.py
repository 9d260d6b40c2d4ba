"""Rule: which joins can supply the only useful keys of a remote table.

For `R.column = expression over S` the keys are the distinct values over S, where the join lets
rows of R that match nothing fall away (see predicates.thinned): never from a nullable side.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sqlglot import exp

from sqlcrm.planner.names import Names
from sqlcrm.planner.plan import KeySource
from sqlcrm.planner.predicates import conditions, thinned
from sqlcrm.planner.sources import (
    Source,
    conjuncts,
    has_subquery,
    own_columns,
    parse,
    sources,
    sql,
    volatile,
)


def key_sources(names: Names) -> dict[str, list[KeySource]]:
    """Return, by mark, every source of keys that the query's joins and IN offer."""
    found: dict[str, list[KeySource]] = {mark: [] for mark in names.relations}
    for select, scope in names.scopes:
        with_ = _with(names.tree, select)
        if with_ is None:
            continue
        for mark, source in _of(_Place(select, scope, names, with_)):
            found[mark].append(source)
    return found


def beside(
    column: str, value: exp.Expr, origin: Source, select: exp.Select, names: Names
) -> KeySource | None:
    """Return keys from another source of the same FROM, None where it cannot stand alone."""
    with_ = _with(names.tree, select)
    if with_ is None:
        return None
    scope = next((scope for one, scope in names.scopes if one is select), [])
    return _source(column, value, origin, _Place(select, scope, names, with_))


@dataclass(frozen=True, slots=True)
class _Place:
    """A SELECT with its sources, and what is known around it.

    with_: the statement's WITH clause as text, "" where it has none.
    """

    select: exp.Select
    scope: list[Source]
    names: Names
    with_: str


def _with(tree: exp.Expr, select: exp.Select) -> str | None:
    """Return the WITH clause that a SELECT sees, as text.

    None where it sees names of an inner WITH, or its own of a recursive one: these are not known
    outside of it.
    """
    outer = tree.args.get("with_")
    place: exp.Expr | None = select
    inside: exp.Expr | None = None
    while place is not None and place is not tree:
        if place.args.get("with_") is not None:
            return None
        inside = place if isinstance(place, exp.CTE) and place.parent is outer else inside
        place = place.parent
    if outer is None:
        return ""
    clause = outer.copy()
    if inside is not None:
        if outer.args.get("recursive"):
            return None
        before = outer.expressions.index(inside)
        clause.set("expressions", clause.expressions[:before])
    return str(clause.sql(dialect="duckdb")) if clause.expressions else ""


def _of(place: _Place) -> Iterator[tuple[str, KeySource]]:
    for condition, allowed in conditions(place.select, place.scope):
        for target, column, value in _equalities(condition, place):
            if target not in allowed or target.relation is None:
                continue
            found = _join_source(column, value, target, place)
            if found is not None:
                yield target.relation.mark, found
    for position, source in enumerate(place.scope):
        for name in (source.join.args.get("using") or ()) if source.join is not None else ():
            yield from _using(name, source, position, place)


def _equalities(condition: exp.Expr, place: _Place) -> Iterator[tuple[Source, str, exp.Expr]]:
    """Yield `R.column = value` in both directions, and `R.column IN (SELECT …)`."""
    pairs: list[tuple[exp.Expr, exp.Expr]] = []
    if isinstance(condition, exp.EQ):
        pairs = [
            (condition.this, condition.expression),
            (condition.expression, condition.this),
        ]
    elif isinstance(condition, exp.In) and condition.args.get("query") is not None:
        pairs = [(condition.this, condition.args["query"])]
    for left, right in pairs:
        if not isinstance(left, exp.Column):
            continue
        for target in place.names.owners(left, place.scope):
            column = target.relation.table.column(left.name) if target.relation else None
            if column is not None:
                yield target, column.name, right


def _join_source(column: str, value: exp.Expr, target: Source, place: _Place) -> KeySource | None:
    if isinstance(value, exp.Subquery):
        return _subquery_source(column, value, place)
    if has_subquery(value):
        return None
    free = [c for c in own_columns(value) if not place.names.binds.mark(c)]
    owners = [place.names.owner(c, place.scope) for c in free]
    if not owners or any(o is None or o is not owners[0] for o in owners):
        return None
    origin = owners[0]
    if origin is None or origin is target or isinstance(origin.node, exp.Lateral):
        return None
    if not isinstance(value, exp.Column) and _nullable(origin, place.scope):
        return None  # coalesce(a.b, 5) has a value where a has no row
    return _source(column, value, origin, place)


def _nullable(origin: Source, scope: list[Source]) -> bool:
    """Whether a join may put a row of nulls in place of a row of this source."""
    position = scope.index(origin)
    own = origin.join is not None and origin.join.side in {"LEFT", "FULL"}
    later = (source.join for source in scope[position + 1 :] if source.join is not None)
    return own or any(join.side in {"RIGHT", "FULL"} for join in later)


def _source(column: str, value: exp.Expr, origin: Source, place: _Place) -> KeySource | None:
    node = origin.node.copy()
    node.set("joins", None)
    if origin.relation is not None and not node.alias:
        node = exp.alias_(node, origin.relation.name, quoted=True, table=True)
    expression, source = sql(value), sql(node)
    if expression is None or source is None or _changing(node, place) or volatile(value):
        return None
    label = f"{_label(origin)}.{value.name}" if isinstance(value, exp.Column) else expression
    where = _own_where(origin, place)
    needs = _marks(node, place)
    return KeySource(column, expression, source, where, place.with_, needs, label)


def _changing(node: exp.Expr, place: _Place) -> bool:
    """Whether a source, or the WITH clause before it, gives other rows each time it is run."""
    clause = parse(f"{place.with_} SELECT 1") if place.with_ else None
    return volatile(node) or (clause is not None and volatile(clause))


def _label(origin: Source) -> str:
    if origin.relation is not None:
        return f"{origin.relation.name}@{origin.relation.connection}"
    node = origin.node
    return node.name or origin.name if isinstance(node, exp.Table) else origin.name


def _own_where(origin: Source, place: _Place) -> str:
    """Return the conditions of WHERE that are about this source alone, as text."""
    where = place.select.args.get("where")
    texts = []
    for part in conjuncts(where.this if where is not None else None):
        columns = [c for c in own_columns(part) if not place.names.binds.mark(c)]
        if has_subquery(part) or not columns or volatile(part):
            continue
        if all(place.names.owner(c, place.scope) is origin for c in columns):
            text = sql(part)
            texts += [f"({text})"] if text else []
    return " AND ".join(texts)


def _subquery_source(column: str, value: exp.Subquery, place: _Place) -> KeySource | None:
    """Keys from `IN (SELECT …)`, where the inner query stands on its own feet."""
    inner = value.this
    if not isinstance(inner, exp.Select) or len(inner.expressions) != 1:
        return None
    scope = sources(inner, place.names.relations)
    for node in own_columns(inner):
        if node.table and all(s.name != node.table.casefold() for s in scope):
            return None  # it may be correlated
    if _changing(inner, place):
        return None
    text = sql(value)
    name = inner.expressions[0].alias_or_name
    if text is None or not name or isinstance(inner.expressions[0], exp.Star):
        return None
    quoted = exp.to_identifier(name, quoted=True).sql(dialect="duckdb")
    needs = _marks(inner, place)
    return KeySource(column, quoted, f"{text} AS keys", "", place.with_, needs, f"IN (… {name})")


def _using(
    name: exp.Identifier, right: Source, position: int, place: _Place
) -> Iterator[tuple[str, KeySource]]:
    """Read `R JOIN S USING (column)` of two tables as an equality."""
    if position != 1 or right.join is None:
        return
    allowed = thinned(right.join, place.scope, position)
    left = place.scope[0]
    for target, origin in ((left, right), (right, left)):
        if target.relation is None or target.renamed or target not in allowed:
            continue
        column = target.relation.table.column(name.name)
        value = exp.column(name.copy(), table=exp.to_identifier(origin.shown, quoted=True))
        found = _source(column.name, value, origin, place) if column is not None else None
        if found is not None:
            yield target.relation.mark, found


def _marks(node: exp.Expr, place: _Place) -> frozenset[str]:
    """Return the marks that a source's text needs, those within the WITH clause included."""
    relations = place.names.relations
    own = {t.name for t in node.find_all(exp.Table) if t.name in relations}
    return frozenset(own | {mark for mark in relations if mark in place.with_})
