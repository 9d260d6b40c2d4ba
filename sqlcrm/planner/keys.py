"""Builds the text of a source of keys: an expression over one source of a FROM."""

from __future__ import annotations

from dataclasses import dataclass

from sqlglot import exp

from sqlcrm.planner.names import Names
from sqlcrm.planner.plan import KeySource
from sqlcrm.planner.sources import (
    Source,
    conjuncts,
    has_subquery,
    own_columns,
    parse,
    sql,
    volatile,
)


@dataclass(frozen=True, slots=True)
class Place:
    """A SELECT with its sources, and what is known around it."""

    select: exp.Select
    scope: list[Source]
    names: Names


def beside(
    column: str, value: exp.Expr, origin: Source, select: exp.Select, names: Names
) -> KeySource | None:
    """Return keys from another source of the same FROM, None where it cannot stand alone."""
    return over(column, value, origin, Place(select, names.scope(select), names))


def outer_place(column: exp.Column, place: Place) -> Place | None:
    """Return the nearest SELECT around a place that certainly has a column, None if not certain.

    None, too, for a column of the place itself.
    """
    names, inner = place.names, place.select
    if not _lacks(column, place.scope, names):
        return None
    for select in names.around(place.select):
        if select is not place.select:
            scope = _seen(names.scope(select), select, inner)
            if names.owner(column, scope) is not None:
                return Place(select, scope, names)
            if not _lacks(column, scope, names):
                return None
        inner = select
    return None


def _seen(scope: list[Source], select: exp.Select, inner: exp.Expr) -> list[Source]:
    """Return the sources of a SELECT that a query within it sees: in FROM, those before it."""
    part = inner
    while part.parent is not None and part.parent is not select:
        part = part.parent
    if isinstance(part, exp.From):
        return []
    joins = select.args.get("joins") or []
    place = next((i for i, join in enumerate(joins) if join is part), len(joins))
    hidden = [join for join in joins[place:] if join is not part or not _is_on(inner, join)]
    return [s for s in scope if not any(s.join is join for join in hidden)]


def _is_on(inner: exp.Expr, join: exp.Expr) -> bool:
    on = join.args.get("on")
    return on is not None and any(one is inner for one in on.walk())


def _lacks(column: exp.Column, scope: list[Source], names: Names) -> bool:
    """Whether a column certainly belongs to none of the sources of a FROM."""
    word, qualified = column.parts[0].name.casefold(), len(column.parts) > 1
    for source in scope:
        if source.name == word:
            return False
        if qualified and source.relation is not None:
            continue  # the word could only be a struct's name
        listed = names.columns(source)
        if listed is None or word in listed:
            return False
    return True


def owned(value: exp.Expr, place: Place) -> Source | None:
    """Return the only source that an expression is over, None where it may be nulls' or several.

    Where a join puts nulls in place of its rows, coalesce(a.b, 5) has a value that no row of a has.
    """
    free = [c for c in own_columns(value) if not place.names.binds.mark(c)]
    owners = [place.names.owner(c, place.scope) for c in free]
    if has_subquery(value) or not owners or any(o is None or o is not owners[0] for o in owners):
        return None
    origin = owners[0]
    if origin is None or isinstance(origin.node, exp.Lateral):
        return None
    bare = isinstance(value, exp.Column)
    return None if not bare and _nullable(origin, place.scope) else origin


def _nullable(origin: Source, scope: list[Source]) -> bool:
    """Whether a join may put a row of nulls in place of a row of this source."""
    position = scope.index(origin)
    own = origin.join is not None and origin.join.side in {"LEFT", "FULL"}
    later = (source.join for source in scope[position + 1 :] if source.join is not None)
    return own or any(join.side in {"RIGHT", "FULL"} for join in later)


def over(column: str, value: exp.Expr, origin: Source, place: Place) -> KeySource | None:
    """Return the values of an expression over one source of a place as keys of a column."""
    node = origin.node.copy()
    node.set("joins", None)
    if origin.relation is not None and not node.alias:
        node = exp.alias_(node, origin.relation.name, quoted=True, table=True)
    expression, source = sql(value), sql(node)
    with_ = with_clause(node, place)
    if expression is None or source is None or with_ is None or volatile(value):
        return None
    if changing(node, with_):
        return None
    label = f"{_label(origin)}.{value.name}" if isinstance(value, exp.Column) else expression
    where = _own_where(origin, place)
    return KeySource(column, expression, source, where, with_, marks(node, with_, place), label)


def changing(node: exp.Expr, with_: str) -> bool:
    """Whether a source, or the WITH clause before it, gives other rows each time it is run."""
    clause = parse(f"{with_} SELECT 1") if with_ else None
    return volatile(node) or (clause is not None and volatile(clause))


def marks(node: exp.Expr, with_: str, place: Place) -> frozenset[str]:
    """Return the marks that a source's text needs, those within the WITH clause included."""
    relations = place.names.relations
    own = {t.name for t in node.find_all(exp.Table) if t.name in relations}
    return frozenset(own | {mark for mark in relations if mark in with_})


def with_clause(node: exp.Expr, place: Place) -> str | None:
    """Return the WITH clause that a source of a SELECT needs, as text; "" where it needs none.

    None where it sees names of an inner WITH, or its own of a recursive one: these are not known
    outside of it.
    """
    tree = place.names.tree
    outer = tree.args.get("with_")
    where: exp.Expr | None = place.select
    inside: exp.Expr | None = None
    while where is not None and where is not tree:
        if where.args.get("with_") is not None:
            return None
        inside = where if isinstance(where, exp.CTE) and where.parent is outer else inside
        where = where.parent
    if outer is None:
        return ""
    names = {cte.alias.casefold() for cte in outer.expressions}
    if not any(table.name.casefold() in names for table in node.find_all(exp.Table)):
        return ""
    clause = outer.copy()
    if inside is not None:
        if outer.args.get("recursive"):
            return None
        clause.set("expressions", clause.expressions[: outer.expressions.index(inside)])
    return str(clause.sql(dialect="duckdb")) if clause.expressions else ""


def _label(origin: Source) -> str:
    if origin.relation is not None:
        return f"{origin.relation.name}@{origin.relation.connection}"
    node = origin.node
    return node.name or origin.name if isinstance(node, exp.Table) else origin.name


def _own_where(origin: Source, place: Place) -> str:
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
