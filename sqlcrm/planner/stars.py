"""Rule: which columns of `SELECT *` in a derived table the query around it uses.

WITH p AS (SELECT * FROM people) SELECT email FROM p        the star stands for email
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sqlglot import exp

from sqlcrm.planner.ctes import cte_of
from sqlcrm.planner.names import Names, ordering_by_output, plain_star
from sqlcrm.planner.sources import Source


@dataclass(frozen=True, slots=True)
class Used:
    """Names by which columns of a derived table are used, in lower case.

    maybe: names that a source beside it has as well; DuckDB calls them ambiguous if it has them.
    """

    names: frozenset[str] = frozenset()
    maybe: frozenset[str] = frozenset()

    def __or__(self, other: Used) -> Used:
        return Used(self.names | other.names, self.maybe | other.maybe)


def used(names: Names, select: exp.Select) -> Used | None:
    """Return what is used of a SELECT's columns; None where all are, or nobody can tell."""
    if _by_position(select):
        return None
    place = select.parent
    if isinstance(place, exp.Exists):
        return Used()
    if isinstance(place, exp.CTE):
        return None if any(cte_of(t) is place for t in names.tree.find_all(exp.Table)) else Used()
    if not isinstance(place, exp.Subquery):
        return None
    item = place.parent if isinstance(place.parent, exp.Lateral) else place
    holder = item.parent.parent if isinstance(item.parent, exp.From | exp.Join) else None
    if not isinstance(holder, exp.Select):
        return None
    scope = names.scope(holder)
    source = next((s for s in scope if s.node is item), None)
    if source is None or source.renamed or source.query is not select:
        return None
    return _around(names, holder, scope, source)


def _by_position(select: exp.Select) -> bool:
    """Whether a SELECT's columns are counted, or compared, as a whole."""
    if select.args.get("distinct") or select.args.get("kind"):
        return True
    if any(item.find(exp.Columns) for item in select.expressions):
        return True
    clauses = [clause for word in ("group", "order") if (clause := select.args.get(word))]
    return any(
        clause.args.get("all") or clause.find(exp.Literal, exp.Var) is not None
        for clause in clauses
    )


def _around(names: Names, holder: exp.Select, scope: list[Source], source: Source) -> Used | None:
    """Return what the SELECT that has a derived table in its FROM uses of it."""
    if any(s.join is not None and s.join.method == "NATURAL" for s in scope):
        return None
    found = Used()
    for node in _outside(holder, source):
        more: Used | None = Used()
        if isinstance(node, exp.Columns):
            return None
        if isinstance(node, exp.Star) and not isinstance(node.parent, exp.Count):
            more = _starred(names, node, holder, source)
        elif isinstance(node, exp.Column):
            more = _named(names, node, holder, scope, source)
        elif isinstance(node, exp.Dot):
            more = Used(frozenset(i.name.casefold() for i in node.find_all(exp.Identifier)))
        elif isinstance(node, exp.Join):
            more = Used(frozenset(n.name.casefold() for n in node.args.get("using") or ()))
        if more is None or source.name in more.names:
            return None  # the whole row, by the table's name
        found |= more
    return found


def _outside(holder: exp.Select, source: Source) -> Iterator[exp.Expr]:
    return holder.walk(prune=lambda node: node is source.node)


def _starred(names: Names, star: exp.Star, holder: exp.Select, source: Source) -> Used | None:
    item = star.parent if isinstance(star.parent, exp.Column) else star
    qualifier = item.table.casefold() if isinstance(item, exp.Column) else ""
    if qualifier and qualifier != source.name:
        return Used()
    if item.find_ancestor(exp.Select) is not holder:
        return None if qualifier else Used()
    if item.parent is not holder or not plain_star(item):
        return None
    return used(names, holder)


def _named(
    names: Names, column: exp.Column, holder: exp.Select, scope: list[Source], source: Source
) -> Used | None:
    if isinstance(column.this, exp.Star) or names.binds.mark(column):
        return Used()
    word = column.parts[0].name.casefold()
    if len(column.parts) > 1:
        parts = frozenset(part.name.casefold() for part in column.parts)
        if word == source.name:
            return Used(parts - {word})
        around = (one for select in names.around(column) for one in names.scope(select))
        return Used() if any(one.name == word for one in around) else Used(parts)
    if ordering_by_output(column):
        return Used()
    for select in names.around(column):
        if select is holder:
            break
        if names.certain(word, names.scope(select)):
            return Used()
    beside = [s for s in scope if s is not source]
    if names.standard(word, beside):
        return Used()
    claimed = names.certain(word, beside)
    return Used(maybe=frozenset({word})) if claimed else Used(frozenset({word}))
