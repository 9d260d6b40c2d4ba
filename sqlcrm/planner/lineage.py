"""Where a condition on a column of a derived table may travel to: columns of what is in it.

    SELECT … FROM (SELECT id AS k FROM people WHERE active) s WHERE s.k = 5     s.k is people.id

It travels through renaming, joins, GROUP BY, DISTINCT and UNION, where only columns are passed on
as they are; not where other rows would take the place of those that it drops: LIMIT, windows,
samples, DISTINCT ON.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sqlglot import exp

from sqlcrm.planner.conditions import unfixed
from sqlcrm.planner.names import Names, plain_star, real, starred
from sqlcrm.planner.sources import Source, bare, volatile
from sqlcrm.sdk import Column, Type

Place = tuple[Source, str]
"""A source and the name of a column of it, in lower case."""

_PASSING = {"expressions", "from_", "joins", "where", "group", "having", "order", "distinct"}
_GROUPINGS = ("all", "expressions")


@dataclass(frozen=True, slots=True)
class _Output:
    """What one SELECT of a query gives for a column: columns of its FROM, None if another value.

    open: whether a condition on it may move into the SELECT.
    """

    places: list[Place] | None
    open: bool


def leaves(names: Names, source: Source, name: str) -> Iterator[tuple[Source, Column]]:
    """Yield the columns of remote tables that a condition on a source's column is about, too."""
    if source.relation is not None:
        column = remote_column(names, source, name)
        if column is not None:
            yield source, column
    for inner, its in steps(names, source, name):
        yield from leaves(names, inner, its)


def steps(names: Names, source: Source, name: str) -> list[Place]:
    """Return the places in a derived table that a condition on a column of it may move to."""
    query = source.query
    if query is None:
        return []
    return _moved(names, _of_source(names, source, query, name))


def first_column(names: Names, query: exp.Expr) -> list[Place]:
    """Return the places that a condition on the only column of a subquery may move to."""
    found = bare(query)
    if found is None or len(found.selects) != 1:
        return []
    return _moved(names, _outputs(names, found, "", 0))


def remote_column(names: Names, source: Source, name: str) -> Column | None:
    """Return the column that a name means in a remote source, by its place where it is renamed."""
    relation = source.relation
    if relation is None:
        return None
    if not source.renamed:
        return relation.table.column(name) if real(relation, name) else None
    listed = names.columns(source) or []
    return relation.table.columns[listed.index(name)] if listed.count(name) == 1 else None


def kind(names: Names, source: Source, name: str) -> tuple[Type, bool] | None:
    """Return the type of a column that comes from remote tables, and whether it minds no case.

    None where it comes from elsewhere or is of several types.
    """
    column = remote_column(names, source, name)
    if column is not None:
        return column.type, column.nocase
    query = source.query
    return _kind(names, _of_source(names, source, query, name)) if query is not None else None


def _kind(names: Names, outputs: list[_Output]) -> tuple[Type, bool] | None:
    found: set[tuple[Type, bool] | None] = set()
    for output in outputs:
        if output.places is None:
            return None
        found |= {kind(names, source, name) for source, name in output.places}
    return found.pop() if len(found) == 1 else None


def _moved(names: Names, outputs: list[_Output]) -> list[Place]:
    if len(outputs) > 1 and _kind(names, outputs) is None:
        return []  # what is one type in a part of a UNION may be another one in the whole
    return [place for output in outputs if output.open for place in output.places or ()]


def _of_source(names: Names, source: Source, query: exp.Query, name: str) -> list[_Output]:
    """Return what the parts of a derived table give for its column of a name."""
    if not source.renamed:
        return _outputs(names, query, name, None)
    listed = names.columns(source) or []
    return _outputs(names, query, "", listed.index(name)) if listed.count(name) == 1 else []


def _outputs(names: Names, query: exp.Expr, name: str, position: int | None) -> list[_Output]:
    found = bare(query)
    if isinstance(found, exp.Select):
        places = _passed(names, found, name, position)
        free = unfixed(names.scope(found))
        within = places is not None and all(source in free for source, _ in places)
        return [_Output(places, within and _passes(found))]
    if not isinstance(found, exp.SetOperation) or found.args.get("by_name"):
        return [_Output(None, open=False)]
    if position is None:
        listed = names.output(found) or []
        if listed.count(name) != 1:
            return [_Output(None, open=False)]
        position = listed.index(name)
    sides = [
        *_outputs(names, found.left, "", position),
        *_outputs(names, found.right, "", position),
    ]
    if any(found.args.get(word) for word in ("limit", "offset", "with_", "on", "side", "kind")):
        return [_Output(side.places, open=False) for side in sides]
    return sides


def _passes(select: exp.Select) -> bool:
    """Whether a condition on a SELECT's result may be one on its rows already."""
    if any(value for word, value in select.args.items() if word not in _PASSING):
        return False
    distinct, group = select.args.get("distinct"), select.args.get("group")
    if distinct is not None and distinct.args.get("on") is not None:
        return False
    if group is not None and any(v for k, v in group.args.items() if k not in _GROUPINGS):
        return False
    if group is not None and group.find(exp.Rollup, exp.Cube, exp.GroupingSets) is not None:
        return False
    return select.find(exp.Window) is None and not volatile(select)


def _passed(
    names: Names, select: exp.Select, name: str, position: int | None
) -> list[Place] | None:
    """Return the columns that an output column of a SELECT is, None where it is no column."""
    scope = names.scope(select)
    if position is not None:
        item = _at(names, select.expressions, scope, position)
    else:
        item = _called(names, select.expressions, scope, name)
    if not isinstance(item, exp.Column) or len(item.parts) > 2 or names.binds.mark(item):
        return None
    places = [(source, item.name.casefold()) for source in names.owners(item, scope)]
    hidden = any(s.join is not None and s.join.kind in {"SEMI", "ANTI"} for s, _ in places)
    return None if hidden else places or None


def _called(names: Names, items: list[exp.Expr], scope: list[Source], name: str) -> exp.Expr | None:
    """Return the item of a SELECT that has a name, None where it is not certain which."""
    found: list[exp.Expr | None] = []
    for item in items:
        if not starred(item):
            found += [item.unalias()] if item.alias_or_name.casefold() == name else []
        elif not plain_star(item):
            return None
        elif _may_hold(names, item, scope, name):
            table = item.args["table"].copy() if isinstance(item, exp.Column) else None
            found.append(exp.column(exp.to_identifier(name, quoted=True), table=table))
    return found[0] if len(found) == 1 else None


def _at(names: Names, items: list[exp.Expr], scope: list[Source], position: int) -> exp.Expr | None:
    """Return the item of a SELECT at a place, None where a star may hold it."""
    if not any(starred(item) for item in items):
        return items[position].unalias() if position < len(items) else None
    if len(items) > 1 or len(scope) > 1 or not plain_star(items[0]):
        return None
    listed = names.columns(scope[0]) or []
    if position >= len(listed) or listed.count(listed[position]) > 1:
        return None
    return exp.column(exp.to_identifier(listed[position], quoted=True))


def _may_hold(names: Names, star: exp.Expr, scope: list[Source], name: str) -> bool:
    qualifier = star.table.casefold() if isinstance(star, exp.Column) else ""
    for source in scope:
        listed = names.columns(source)
        if qualifier in {"", source.name} and (listed is None or name in listed):
            return True
    return False
