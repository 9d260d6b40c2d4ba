"""Rule: which columns of each remote table a query needs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from sqlglot import exp

from sqlcrm.errors import SqlError, did_you_mean
from sqlcrm.planner.names import Names, ordering_by_output, plain_star, real
from sqlcrm.planner.plan import Relation
from sqlcrm.planner.sources import Source
from sqlcrm.planner.stars import Used, used


@dataclass(slots=True)
class Need:
    """What a query needs of one relation. unknown: names that are no standard column of it."""

    everything: bool = False
    names: set[str] = field(default_factory=set)
    unknown: dict[str, exp.Expr] = field(default_factory=dict)
    maybe: bool = False

    @property
    def discovers(self) -> bool:
        """Whether the account's own columns must be read to answer."""
        return self.everything or bool(self.unknown) or self.maybe


def needs(names: Names) -> dict[str, Need]:
    """Return the Need of every relation, by mark. Never too little, at times too much."""
    found = {mark: Need() for mark in names.relations}
    placed = {s.relation.mark for _, scope in names.scopes for s in scope if s.relation}
    for mark in set(names.relations) - placed:  # DESCRIBE, PIVOT, and what this rule does not know
        found[mark].everything = True
    for select, scope in names.scopes:
        _stars(select, scope, found)
        _passed_on(names, select, scope, found)
    for column in names.tree.find_all(exp.Column):
        if isinstance(column.this, exp.Star) or names.binds.mark(column):
            continue
        if len(column.parts) > 1:
            _qualified(column, names, found)
        else:
            _plain(column, names, found)
    return found


def _stars(select: exp.Select, scope: list[Source], found: dict[str, Need]) -> None:
    """Note COLUMNS(…), NATURAL JOIN, PIVOT and USING of one SELECT."""
    remote = [s.relation.mark for s in scope if s.relation]
    if any(True for _ in _clauses(select)):
        for mark in remote:
            found[mark].everything = True
    for source in scope:
        join = source.join
        if join is not None and join.method == "NATURAL":
            for mark in remote:
                found[mark].everything = True
        for name in (join.args.get("using") or ()) if join is not None else ():
            _using(name, source, scope, found)
        if source.relation and (source.node.args.get("pivots") or source.renamed):
            found[source.relation.mark].everything = True


def _passed_on(
    names: Names, select: exp.Select, scope: list[Source], found: dict[str, Need]
) -> None:
    """Note what `*`, `t.*` and COLUMNS(…) among the items of a SELECT stand for."""
    for item in select.expressions:
        if not item.find(exp.Columns) and not any(_is_star(s) for s in item.find_all(exp.Star)):
            continue
        wanted = used(names, select) if plain_star(item) else None
        qualifier = item.table.casefold() if isinstance(item, exp.Column) else ""
        for source in scope:
            if source.relation is None or qualifier not in {"", source.name}:
                continue
            need = found[source.relation.mark]
            if wanted is None:
                need.everything = True
            else:
                _of_star(need, source.relation, wanted, names, select)


def _of_star(
    need: Need, relation: Relation, wanted: Used, names: Names, select: exp.Select
) -> None:
    """Note the columns that are used of a star; what nothing here has may be a custom field."""
    scope = names.scope(select)
    aliases = {item.alias.casefold() for item in select.expressions if item.alias}
    for name in wanted.names | wanted.maybe:
        if real(relation, name):
            need.names |= {c.name for c in relation.table.columns if c.name.casefold() == name}
        elif name in aliases or names.certain(name, scope):
            continue
        elif relation.table.more_columns and not relation.complete:
            need.maybe = True
        else:
            need.everything |= name in wanted.names  # DuckDB calls the second of two ids id_1


def _clauses(select: exp.Select) -> Iterator[exp.Expr]:
    """Yield the clauses besides SELECT in which COLUMNS(…) may stand."""
    for name in ("where", "group", "having", "qualify", "order", "distinct"):
        clause = select.args.get(name)
        if isinstance(clause, exp.Expr):
            yield from clause.find_all(exp.Columns)


def _is_star(star: exp.Star) -> bool:
    """Whether a star stands for columns, not for rows as in count(*)."""
    return not isinstance(star.parent, exp.Count)


def _using(
    name: exp.Identifier, right: Source, scope: list[Source], found: dict[str, Need]
) -> None:
    for source in scope:
        relation = source.relation
        if relation is None:
            continue
        need = found[relation.mark]
        if real(relation, name.name):
            _note(need, relation, name.name, name)
        elif relation.table.column(name.name) is not None and source is right:
            need.unknown[name.name] = name  # another spelling: both sides need the same name
        elif relation.table.more_columns and not relation.complete:
            need.maybe = True


def _qualified(column: exp.Column, names: Names, found: dict[str, Need]) -> None:
    """Note a column of the nearest FROM that has its qualifier."""
    qualifier = column.parts[0].name.casefold()
    for scope in names.visible(column):
        here = [source for source in scope if source.name == qualifier]
        for source in here:
            if source.relation is not None and not source.renamed:
                name = column.parts[1]
                _note(found[source.relation.mark], source.relation, name.name, name)
        if here:
            return
    for source in _remote(names):
        if source.name == qualifier and source.relation is not None:
            name = column.parts[1]
            _note(found[source.relation.mark], source.relation, name.name, name)


def _plain(column: exp.Column, names: Names, found: dict[str, Need]) -> None:
    """Note a column without a qualifier in every relation that has it, or may have it."""
    name = column.name.casefold()
    whole_row = False
    for source in _remote(names):
        relation = source.relation
        if relation is None:
            continue
        if source.name == name:  # the whole row, by the table's name
            found[relation.mark].everything = whole_row = True
        if relation.table.column(name) is not None and name not in relation.custom:
            _note(found[relation.mark], relation, name, column.parts[0])
    if not whole_row and not ordering_by_output(column):
        _custom(column, name, names, found)


def _custom(column: exp.Column, name: str, names: Names, found: dict[str, Need]) -> None:
    """Note a name that no standard column of its FROM has: a custom field's, perhaps.

    A local column of that name settles nothing in its own FROM, where DuckDB calls it ambiguous.
    """
    for scope in names.visible(column):
        if names.standard(name, scope):
            return
        relations = [s.relation for s in scope if s.relation and not s.renamed]
        for relation in relations:
            need = found[relation.mark]
            if name in relation.custom:
                _note(need, relation, name, column.parts[0])
            elif relation.table.more_columns and relation.table.column(name) is None:
                need.maybe |= not relation.complete
        if names.certain(name, scope) or any(name in r.custom for r in relations):
            return


def _remote(names: Names) -> Iterator[Source]:
    """Yield every remote source of a query."""
    for _, scope in names.scopes:
        yield from (source for source in scope if source.relation is not None)


def _note(need: Need, relation: Relation, name: str, place: exp.Expr) -> None:
    known = relation.table.column(name)
    if known is not None:
        need.names.add(known.name)
    else:
        need.unknown[name] = place


def check(need: Need, relation: Relation, text: str) -> None:
    """Refuse names that the relation does not have.

    Raises: SqlError that underlines the name and offers the nearest ones.
    """
    if relation.table.more_columns and not relation.complete:
        return
    for name, node in need.unknown.items():
        hint = did_you_mean(name, [c.name for c in relation.table.columns])
        where = f"{relation.table.name}@{relation.connection}"
        message = f"{where} has no column {name!r}. {hint}"
        raise SqlError(message, text, *_place(name, text, node.meta.get("start", -1)))


def _place(name: str, text: str, start: int) -> tuple[int, int]:
    """Return where a name stands; what was parsed may be a part of the user's text only."""
    for at in (start, start + 1):  # a quoted name begins behind its quote
        if start >= 0 and text[at : at + len(name)].casefold() == name.casefold():
            return at, at + len(name)
    found = re.search(rf"\b{re.escape(name)}\b", text, re.IGNORECASE)
    return found.span() if found is not None else (-1, -1)


def respelled(text: str, names: Names) -> str:
    """Return a query with main names in place of columns' other spellings.

    An item of SELECT keeps the user's word as the name of the result's column.
    """
    edits = []
    for column in names.tree.find_all(exp.Column):
        name, meta = names.spelling(column), column.parts[-1].meta
        if name is None or "start" not in meta:
            continue
        start, end = meta["start"], meta["end"] + 1
        item = isinstance(column.parent, exp.Select) and column.arg_key == "expressions"
        shown = f" AS {text[start:end]}" if item else ""
        edits.append((start, end, f'"{name}"{shown}'))
    for start, end, new in sorted(edits, reverse=True):
        text = text[:start] + new + text[end:]
    return text
