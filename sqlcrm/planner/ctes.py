"""Rule: a CTE is a derived table in each place that names it.

The tree so made is only planned with; DuckDB runs the query as it was written. Each reference gets
a copy of its own, so that what one of them needs is not taken for what all of them need.
"""

from __future__ import annotations

from sqlglot import exp

MOST = 40
"""Copies of CTEs in one query; where there would be more, they stay as they are."""

OWNER = "sqlcrm_with"
"""In the `meta` of a query that had a WITH: its number."""

COPY = "sqlcrm_cte"
"""In the `meta` of a copy of a CTE: the number of the query that had it."""

_PLAIN = "sqlcrm_table"
"""In the `meta` of a table: it is none of the CTEs around its new place."""


def cte_of(node: exp.Expr) -> exp.CTE | None:
    """Return the CTE that a table's name means, None where it is a table."""
    if not isinstance(node, exp.Table) or node.args.get("db") or node.meta.get(_PLAIN):
        return None
    place: exp.Expr | None = node
    inside: exp.Expr | None = None
    while place is not None:
        inside = place if isinstance(place, exp.CTE) else inside
        with_ = place.args.get("with_") or exp.With()
        for cte in with_.expressions:
            if cte is inside and not with_.args.get("recursive"):
                break  # it sees those before it
            if cte.alias.casefold() == node.name.casefold():
                return cte if isinstance(cte, exp.CTE) else None
        place = place.parent
    return None


def inlined(tree: exp.Expr) -> exp.Expr:
    """Return a copy of a tree with derived tables for CTEs; a CTE that nothing names stays.

    The tree itself where that cannot be done: recursion, too many copies, a name that would
    mean something else.
    """
    clauses = list(tree.find_all(exp.With))
    if not clauses or any(clause.args.get("recursive") for clause in clauses):
        return tree
    copy = tree.copy()
    for number, clause in enumerate(copy.find_all(exp.With)):
        if clause.parent is not None:
            clause.parent.meta[OWNER] = number
    copies = 0
    while found := _next(copy):
        cte, places = found
        copies += len(places)
        if copies > MOST:
            return tree
        _replace(cte, places)
    left = {cte.alias.casefold() for cte in copy.find_all(exp.CTE)}
    named = any(table.name.casefold() in left for table in copy.find_all(exp.Table))
    return tree if named else copy


def _next(tree: exp.Expr) -> tuple[exp.CTE, list[exp.Table]] | None:
    """Return a CTE that names no other, and the places that name it; None where all are done."""
    places: dict[int, tuple[exp.CTE, list[exp.Table]]] = {}
    for table in tree.find_all(exp.Table):
        cte = cte_of(table)
        if cte is not None:
            places.setdefault(id(cte), (cte, []))[1].append(table)
    for cte, named in places.values():
        if not any(cte_of(table) for table in cte.this.find_all(exp.Table)):
            return cte, named
    return None


def _replace(cte: exp.CTE, places: list[exp.Table]) -> None:
    clause = cte.parent
    assert isinstance(clause, exp.With)  # noqa: S101 - the parser puts it nowhere else
    owner = clause.parent.meta[OWNER] if clause.parent is not None else None
    for table in cte.this.find_all(exp.Table):
        table.meta[_PLAIN] = True
    for table in places:
        names = [*(table.args["alias"].columns if table.args.get("alias") else ())]
        columns = [*names, *cte.args["alias"].columns[len(names) :]]
        alias = table.args["alias"].this if table.alias else table.this
        body = exp.Subquery(
            this=cte.this.copy(),
            alias=exp.TableAlias(this=alias.copy(), columns=[name.copy() for name in columns]),
        )
        for name, value in table.args.items():
            if name not in {"this", "alias"} and value:
                body.set(name, value)
        body.meta[COPY] = owner
        table.replace(body)
    cte.pop()
    if not clause.expressions:
        clause.pop()
