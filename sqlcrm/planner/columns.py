"""Rule: which columns of each remote table a query needs."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field

from sqlglot import exp

from sqlcrm.errors import SqlError, did_you_mean
from sqlcrm.planner.plan import Relation
from sqlcrm.planner.sources import Source, selects, sources

LocalColumns = Callable[[exp.Expr], Collection[str] | None]


@dataclass(slots=True)
class Need:
    """What a query needs of one relation. unknown: names that are no standard column of it."""

    everything: bool = False
    names: dict[str, str] = field(default_factory=dict)
    unknown: dict[str, exp.Column] = field(default_factory=dict)
    maybe: dict[str, exp.Column] = field(default_factory=dict)

    @property
    def discovers(self) -> bool:
        """Whether the account's own columns must be read to answer."""
        return self.everything or bool(self.unknown) or bool(self.maybe)


def needs(
    tree: exp.Expr,
    relations: Mapping[str, Relation],
    binds: Collection[str] = (),
    local: LocalColumns | None = None,
) -> dict[str, Need]:
    """Return the Need of every relation, by mark. Never too little, at times too much."""
    found = {mark: Need() for mark in relations}
    scopes = [sources(select, relations) for select in selects(tree)]
    placed = {s.relation.mark for scope in scopes for s in scope if s.relation}
    for mark in set(relations) - placed:  # DESCRIBE, PIVOT, and what this rule does not know
        found[mark].everything = True
    for select, scope in zip(selects(tree), scopes, strict=True):
        _stars(select, scope, found)
    every = [s for scope in scopes for s in scope if s.relation]
    for column in tree.find_all(exp.Column):
        if isinstance(column.this, exp.Star) or column.name in binds:
            continue
        _column(column, every, found, relations, local)
    return found


def _stars(select: exp.Select, scope: list[Source], found: dict[str, Need]) -> None:
    """Note `*`, `t.*`, COLUMNS(…), NATURAL JOIN, PIVOT and USING of one SELECT."""
    remote = {s.name: s.relation.mark for s in scope if s.relation}
    for item in (*select.expressions, *_clauses(select)):
        if item.find(exp.Columns) or any(_is_star(star) for star in item.find_all(exp.Star)):
            qualifier = item.table if isinstance(item, exp.Column) else ""
            for name, mark in remote.items():
                found[mark].everything |= not qualifier or qualifier.casefold() == name
    for source in scope:
        join = source.join
        if join is not None and join.method == "NATURAL":
            for mark in remote.values():
                found[mark].everything = True
        for name in (join.args.get("using") or ()) if join is not None else ():
            _using(name.name, scope, found)
        if source.relation and source.node.args.get("pivots"):
            found[source.relation.mark].everything = True


def _clauses(select: exp.Select) -> Iterator[exp.Expr]:
    """Yield the clauses besides SELECT in which COLUMNS(…) may stand."""
    for name in ("where", "group", "having", "qualify", "order", "distinct"):
        clause = select.args.get(name)
        if isinstance(clause, exp.Expr):
            yield from clause.find_all(exp.Columns)


def _is_star(star: exp.Star) -> bool:
    """Whether a star stands for columns, not for rows as in count(*)."""
    return not isinstance(star.parent, exp.Count)


def _using(name: str, scope: list[Source], found: dict[str, Need]) -> None:
    for source in scope:
        if source.relation is None:
            continue
        column = source.relation.table.column(name)
        if column is not None:
            found[source.relation.mark].names[name.casefold()] = column.name


def _column(
    column: exp.Column,
    every: list[Source],
    found: dict[str, Need],
    relations: Mapping[str, Relation],
    local: LocalColumns | None,
) -> None:
    parts = [part.name for part in column.parts]
    named = [s.relation for s in every if s.relation and s.name == parts[0].casefold()]
    remote = [s.relation for s in every if s.relation]
    if len(parts) > 1:
        for relation in _nearest(column, parts[0].casefold(), relations, named):
            _note(found[relation.mark], relation, parts[1], column, certain=True)
        return
    for relation in named:  # the whole row, by the table's name
        found[relation.mark].everything = True
    having = [relation for relation in remote if relation.table.column(parts[0])]
    for relation in having:
        _note(found[relation.mark], relation, parts[0], column, certain=True)
    if having or named or _elsewhere(column, parts[0], relations, local):
        return
    for relation in remote:
        if relation.table.more_columns:
            _note(found[relation.mark], relation, parts[0], column, certain=False)


def _nearest(
    column: exp.Column, name: str, relations: Mapping[str, Relation], named: list[Relation]
) -> list[Relation]:
    """Return the relations that a qualifier means: those of the nearest FROM that has the name."""
    select = column.find_ancestor(exp.Select)
    while select is not None:
        here = [source.relation for source in sources(select, relations) if source.name == name]
        if here:
            return [relation for relation in here if relation is not None]
        select = select.find_ancestor(exp.Select)
    return named


def _note(need: Need, relation: Relation, name: str, column: exp.Column, *, certain: bool) -> None:
    known = relation.table.column(name)
    if known is not None:
        need.names[name.casefold()] = known.name
    elif certain:
        need.unknown[name] = column
    else:
        need.maybe[name] = column


def _elsewhere(
    column: exp.Column, name: str, relations: Mapping[str, Relation], local: LocalColumns | None
) -> bool:
    """Whether an unqualified name is an output name or a column of a local source."""
    select = column.find_ancestor(exp.Select)
    while select is not None:
        if any(item.alias.casefold() == name.casefold() for item in select.expressions):
            return True
        for source in sources(select, relations):
            if source.relation is None and local is not None:
                known = local(source.node)
                if known is None or name.casefold() in known:
                    return True
        select = _around(select)
    return False


def _around(select: exp.Select) -> exp.Select | None:
    """Return the SELECT whose columns a query sees: none for one that stands in a FROM or WITH."""
    place = select.parent
    while place is not None and not isinstance(place, exp.Select):
        if isinstance(place, exp.From | exp.Join | exp.CTE):
            return None
        place = place.parent
    return place


def check(need: Need, relation: Relation, text: str) -> None:
    """Refuse names that the relation does not have.

    Raises: SqlError that underlines the name and offers the nearest ones.
    """
    if relation.table.more_columns and not relation.complete:
        return
    for name, column in need.unknown.items():
        meta = column.parts[-1].meta
        hint = did_you_mean(name, [c.name for c in relation.table.columns])
        where = f"{relation.table.name}@{relation.connection}"
        message = f"{where} has no column {name!r}. {hint}"
        raise SqlError(message, text, *_place(name, text, meta.get("start", -1)))


def _place(name: str, text: str, start: int) -> tuple[int, int]:
    """Return where a name stands; what was parsed may be a part of the user's text only."""
    for at in (start, start + 1):  # a quoted name begins behind its quote
        if start >= 0 and text[at : at + len(name)].casefold() == name.casefold():
            return at, at + len(name)
    found = re.search(rf"\b{re.escape(name)}\b", text, re.IGNORECASE)
    return found.span() if found is not None else (-1, -1)
