"""What a name in a query means: the source that it belongs to, and that source's own column.

A name means what it means to DuckDB over full copies of the tables: a column of the nearest FROM
that has one, else of a FROM around it. Two things are ours. An unqualified name means no custom
field where a standard column of a remote table in the same FROM has that name: custom fields are
not asked for then. And another spelling of a column is used only where nothing else is called so.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping

from sqlglot import exp

from sqlcrm.planner.ctes import COPY, OWNER, cte_of
from sqlcrm.planner.folding import Constants
from sqlcrm.planner.plan import Relation
from sqlcrm.planner.sources import Source, selects, sources

LocalColumns = Callable[[exp.Expr], Collection[str] | None]


class Names:
    """The names of one query. `local` tells the columns of a local source."""

    def __init__(
        self,
        tree: exp.Expr,
        relations: Mapping[str, Relation],
        constants: Constants,
        local: LocalColumns | None = None,
    ) -> None:
        self.tree = tree
        self.relations = relations
        self.constants = constants
        self.binds = constants.binds
        self._local = local
        self.scopes = [(select, sources(select, relations)) for select in selects(tree)]
        self._by_select = {id(select): scope for select, scope in self.scopes}
        self._columns: dict[int, list[str] | None] = {}

    def scope(self, select: exp.Select) -> list[Source]:
        """Return the items of a SELECT's FROM."""
        return self._by_select.get(id(select), [])

    def around(self, node: exp.Expr) -> Iterator[exp.Select]:
        """Yield every SELECT whose FROM's columns a node may name, the nearest first.

        A CTE does not see the FROM of its own query, wherever a copy of it stands.
        """
        place: exp.Expr | None = node
        hidden: exp.Expr | None = None
        owner: int | None = None
        while place is not None:
            if isinstance(place, exp.CTE) and place.parent is not None:
                hidden = place.parent.parent
            elif owner is not None:
                owner = None if place.meta.get(OWNER) == owner else owner
            elif isinstance(place, exp.Subquery):
                owner = place.meta.get(COPY)
            elif isinstance(place, exp.Select) and place is not hidden:
                yield place
            place = place.parent

    def visible(self, node: exp.Expr) -> Iterator[list[Source]]:
        """Yield every FROM whose columns a node may name, the nearest first."""
        return (self.scope(select) for select in self.around(node))

    def columns(self, source: Source) -> list[str] | None:
        """Return all column names of a source in lower case, None where they are not known."""
        key = id(source.node)
        if key not in self._columns:
            self._columns[key] = None  # what a recursive CTE says of itself
            self._columns[key] = self._listed(source)
        return self._columns[key]

    def _listed(self, source: Source) -> list[str] | None:
        node, relation = source.node, source.relation
        if node.args.get("pivots"):
            return None
        renamed = [name.casefold() for name in node.alias_column_names]
        if relation is not None:
            whole = relation.complete or relation.table.more_columns is None
            found = [c.name.casefold() for c in relation.table.columns] if whole else None
        elif (cte := cte_of(node)) is not None:
            found = self.output(cte.this)
            inner = [name.casefold() for name in cte.alias_column_names]
            found = None if found is None else inner + found[len(inner) :]
        elif isinstance(node, exp.Subquery | exp.Lateral):
            found = self.output(node.this)
        else:
            known = self._local(node) if self._local is not None else None
            return None if known is None else [name.casefold() for name in known]
        return None if found is None else renamed + found[len(renamed) :]

    def output(self, query: exp.Expr) -> list[str] | None:
        """Return the names of a query's columns, None where they are not known."""
        while isinstance(query, exp.Subquery | exp.SetOperation):
            query = query.this
        if not isinstance(query, exp.Select):
            return None
        scope = self._by_select.get(id(query), [])
        found: list[str] = []
        for item in query.expressions:
            names: list[str] | None = [item.alias_or_name.casefold()]
            if starred(item):
                names = self._starred(item, scope) if plain_star(item) else None
            if names is None:
                return None
            found += names
        return found

    def _starred(self, item: exp.Expr, scope: list[Source]) -> list[str] | None:
        """Return the names that `*` or `t.*` stands for."""
        wanted = item.table.casefold() if isinstance(item, exp.Column) else ""
        found: list[str] = []
        for source in scope:
            if wanted in {"", source.name}:
                names = self.columns(source)
                if names is None:
                    return None
                found += names
        return found

    def has(self, source: Source, name: str) -> bool:
        """Whether a source certainly has a standard or local column of that name (lower case)."""
        relation = source.relation
        if relation is None or source.renamed:
            return name in (self.columns(source) or ())
        return name not in relation.custom and real(relation, name)

    def standard(self, name: str, scope: list[Source]) -> bool:
        """Whether an unqualified name means a standard column of a remote table of this FROM."""
        return any(source.relation is not None and self.has(source, name) for source in scope)

    def certain(self, name: str, scope: list[Source]) -> bool:
        """Whether an unqualified name means a standard or local column of this FROM."""
        return any(self.has(source, name) for source in scope)

    def owners(self, column: exp.Column, scope: list[Source]) -> list[Source]:
        """Return the sources of a FROM whose own column a condition on this one is about, too.

        More than one only where USING made one column of several; none where it is not certain.
        """
        if self.binds.mark(column):
            return []
        parts = [part.name for part in column.parts]
        if len(parts) > 1:
            named = next((s for s in scope if s.name == parts[0].casefold()), None)
            return [] if named is None else [named]
        name = parts[0].casefold()
        if any(s.join is not None and s.join.method == "NATURAL" for s in scope):
            return []
        merged = _merging(name, scope)
        if merged:
            return [s for s in scope[: merged[-1] + 1] if self.has(s, name)]
        found = [s for s in scope if self.has(s, name)] or [
            s for s in scope if s.relation and not s.renamed and name in s.relation.custom
        ]
        if not found:
            found = [s for s in scope if s.relation is None and self.columns(s) is None]
        return found if len(found) == 1 else []

    def owner(self, column: exp.Column, scope: list[Source]) -> Source | None:
        """Return the source whose value a column has, None where that is not certain.

        What USING merges has the value of the left side, unless a join puts nulls there.
        """
        if len(column.parts) == 1 and not self.binds.mark(column):
            merged = _merging(column.name.casefold(), scope)
            if merged:
                left = all(scope[i].join.side not in {"RIGHT", "FULL"} for i in merged)  # type: ignore[union-attr]
                return scope[0] if left and merged[0] == 1 else None
        found = self.owners(column, scope)
        return found[0] if len(found) == 1 else None

    def argument(self, column: exp.Column, scope: list[Source]) -> Source | None:
        """Return the owner of a call's argument, which may have another spelling, too."""
        name = column.name.casefold()
        found = self.owner(column, scope)
        if found is not None or len(column.parts) > 1 or self.certain(name, scope):
            return found
        spelled = [source for source in scope if _spelled(source, name) is not None]
        return spelled[0] if len(spelled) == 1 else None

    def spelling(self, column: exp.Column) -> str | None:
        """Return the main name of a column that is written in another spelling, else None."""
        parts = [part.name.casefold() for part in column.parts]
        if isinstance(column.this, exp.Star) or self.binds.mark(column):
            return None
        if len(parts) > 1:
            for scope in self.visible(column):
                named = [source for source in scope if source.name == parts[0]]
                if named:
                    return _spelled(named[0], parts[1])
            return None
        if _output_name(column, parts[0]):
            return None
        found: list[str] = []
        for scope in self.visible(column):
            if any(self.has(s, parts[0]) or self._unsure(s, parts[0]) for s in scope):
                return None
            here = [name for s in scope if (name := _spelled(s, parts[0])) is not None]
            found = found or here
        return found[0] if len(found) == 1 else None

    def _unsure(self, source: Source, name: str) -> bool:
        """Whether a source may have a column of that name besides those that are known."""
        if source.relation is not None and not source.renamed:
            return name in source.relation.custom
        return self.columns(source) is None


def starred(item: exp.Expr) -> bool:
    """Whether an item of SELECT stands for several columns."""
    if isinstance(item, exp.Star) or item.find(exp.Columns) is not None:
        return True
    return isinstance(item, exp.Column) and isinstance(item.this, exp.Star)


def plain_star(item: exp.Expr) -> bool:
    """Whether an item of SELECT is `*` or `t.*`, and nothing more."""
    star = item.this if isinstance(item, exp.Column) else item
    return isinstance(star, exp.Star) and not any(star.args.values())


def real(relation: Relation, name: str) -> bool:
    """Whether a relation has a column of that main name, in any case."""
    known = relation.table.column(name)
    return known is not None and known.name.casefold() == name.casefold()


def _merging(name: str, scope: list[Source]) -> list[int]:
    """Return the places in a FROM whose USING holds a name."""
    return [
        i
        for i, source in enumerate(scope)
        if source.join is not None
        and any(one.name.casefold() == name for one in source.join.args.get("using") or ())
    ]


def _spelled(source: Source, name: str) -> str | None:
    """Return the column of a source that a name is another spelling of."""
    if source.relation is None or source.renamed or real(source.relation, name):
        return None
    known = source.relation.table.column(name)
    return None if known is None else known.name


def _output_name(column: exp.Column, name: str) -> bool:
    """Whether a query's own output column of that name can be meant."""
    query = column.find_ancestor(exp.Select, exp.SetOperation)
    if not isinstance(query, exp.Select):
        return query is not None  # ORDER BY of a UNION
    part: exp.Expr = column
    while part.parent is not None and part.parent is not query:
        part = part.parent
    if part.arg_key in {"from_", "joins", "laterals", "with_"}:
        return False
    items = query.expressions
    before = items[: part.index] if part.arg_key == "expressions" else items
    return any(item.alias.casefold() == name for item in before)


def ordering_by_output(column: exp.Column) -> bool:
    """Whether a column is all of an ORDER BY item: an output name comes first there."""
    ordered = column.parent
    return isinstance(ordered, exp.Ordered) and _output_name(column, column.name.casefold())
