"""Puts the rules together: a query's text and its relations become a ReadPlan."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from sqlglot import exp

from sqlcrm.errors import ProgrammingError, SqlError, did_you_mean
from sqlcrm.planner.columns import Need, check, needs, respelled
from sqlcrm.planner.constants import NOTHING, UNKNOWN, Binds, constant, fit
from sqlcrm.planner.counts import counted
from sqlcrm.planner.ctes import inlined
from sqlcrm.planner.extremes import extremes
from sqlcrm.planner.folding import Constants, Evaluate
from sqlcrm.planner.joins import key_sources
from sqlcrm.planner.kept import kept
from sqlcrm.planner.keys import beside
from sqlcrm.planner.limits import limits
from sqlcrm.planner.names import LocalColumns, Names
from sqlcrm.planner.outer import without_outer_joins
from sqlcrm.planner.places import shared_keys, shared_predicates
from sqlcrm.planner.plan import Condition, KeySource, Limit, Predicate, ReadPlan, Relation, Scan
from sqlcrm.planner.predicates import predicates
from sqlcrm.planner.sources import Source, has_subquery, parse, sql
from sqlcrm.planner.streams import streams
from sqlcrm.sdk import Column, Param

CALL = "sqlcrm_call"
"""The name of a call's table next to its condition, so that it hides no other."""

NOT_ANALYSED = "the statement could not be analysed: its remote tables are read in full"


@dataclass(frozen=True, slots=True)
class Environment:
    """What planning may know besides the text.

    zone: the session's time zone. local: columns of a local source. evaluate: type and text of a
    constant expression's value.
    """

    binds: Binds = NOTHING
    zone: str = "UTC"
    local: LocalColumns | None = None
    evaluate: Evaluate | None = None


def wanting(
    text: str, relations: Mapping[str, Relation], environment: Environment
) -> list[Relation]:
    """Return the relations whose custom columns must be read before planning."""
    tree = parse(text)
    open_ = {mark: r for mark, r in relations.items() if not r.complete}
    if not open_:
        return []
    if tree is None:
        return list(open_.values())
    found = needs(_names(inlined(tree), relations, environment))
    return [relation for mark, relation in open_.items() if found[mark].discovers]


def read_plan(
    text: str, relations: Mapping[str, Relation], environment: Environment, original: str = ""
) -> ReadPlan:
    """Plan a marked query. `original` is the user's text, for errors that point into it.

    Raises: SqlError for columns that are not there, ProgrammingError for wrong arguments.
    """
    tree = parse(text)
    if tree is None:
        scans = [_plain(relation, environment) for relation in relations.values()]
        return ReadPlan(text, tuple(scans), (NOT_ANALYSED,) if scans else (), text)
    asked, text = text, respelled(text, _names(tree, relations, environment))
    tree = (parse(text) if text != asked else None) or tree
    names = _names(inlined(tree), relations, environment)
    without_outer_joins(names)
    wanted, found = needs(names), _findings(names)
    scans = []
    for mark, relation in relations.items():
        check(wanted[mark], relation, original or text)
        call = _Call(relation, environment, names)
        scans.append(_scan(relation, wanted[mark], found[mark], call))
    return ReadPlan(text, tuple(_with_outer(scans)), (), asked, streams(names))


def _names(tree: exp.Expr, relations: Mapping[str, Relation], environment: Environment) -> Names:
    constants = Constants(environment.binds, environment.zone, environment.evaluate)
    return Names(tree, relations, constants, environment.local)


@dataclass(frozen=True, slots=True)
class _Findings:
    """What the rules found for a relation, in all the places where it stands."""

    predicates: tuple[Predicate, ...] = ()
    keys: tuple[KeySource, ...] = ()
    limit: Limit | None = None
    counted: bool = False
    conditions: tuple[Condition, ...] = ()


def _findings(names: Names) -> dict[str, _Findings]:
    """Apply the rules, and bring together what they found for the places of each relation."""
    conditions, keys, stops = predicates(names), key_sources(names), limits(names) | extremes(names)
    counts, about = counted(names, conditions), kept(names)
    nothing = Limit(0, "") if isinstance(names.tree, exp.Describe) else None
    found = dict.fromkeys(names.relations, _Findings(limit=nothing))
    for mark, relation in names.relations.items():
        places = [source for source in conditions if source.relation is relation]
        if places:
            same = all(stops.get(place) == stops.get(places[0]) for place in places)
            found[mark] = _Findings(
                tuple(shared_predicates([conditions[place] for place in places])),
                tuple(shared_keys([keys[place] for place in places], relation.table)),
                stops.get(places[0]) if same else None,
                len(places) == 1 and places[0] in counts,
                tuple(dict.fromkeys(one for place in places for one in about.get(place, ()))),
            )
    return found


def _scan(relation: Relation, need: Need, found: _Findings, call: _Call) -> Scan:
    names = {c.name for c in relation.table.columns} if need.everything else set()
    names |= need.names | {p.column for p in (*found.predicates, *call.fixed)}
    keys = (*call.keys, *found.keys)
    names |= {k.column for k in keys}
    columns = tuple(c.name for c in relation.table.columns if c.name in names)
    free = not call.lateral and not call.fixed
    return Scan(
        relation,
        columns or (relation.table.columns[0].name,),
        found.predicates,
        keys,
        call.params,
        tuple(call.fixed),
        found.limit if free else None,
        call.lateral,
        call.aliased,
        found.counted and free and not keys,
        found.conditions,
    )


def _with_outer(scans: list[Scan]) -> list[Scan]:
    """Make sure that columns used as keys of other scans are staged too."""
    found = []
    for scan in scans:
        alias = scan.relation.mark
        extra = {c for other in scans for k in other.keys if alias in k.needs
                 for c in _named(k.expression, scan.relation)}  # fmt: skip
        columns = tuple(
            c.name for c in scan.relation.table.columns if c.name in {*scan.columns, *extra}
        )
        found.append(replace(scan, columns=columns))
    return found


def _named(expression: str, relation: Relation) -> list[str]:
    tree = parse(f"SELECT {expression}")
    columns = tree.find_all(exp.Column) if tree is not None else ()
    return [known.name for c in columns if (known := relation.table.column(c.name))]


def _plain(relation: Relation, environment: Environment) -> Scan:
    """Return a full scan, for a text that cannot be analysed."""
    call = _Call(relation, environment, None)
    columns = tuple(c.name for c in relation.table.columns)
    return Scan(relation, columns, params=call.params, fixed=tuple(call.fixed))


class _Call:
    """The arguments of a table call: parameters of the API, fixed columns, lateral keys."""

    def __init__(
        self,
        relation: Relation,
        environment: Environment,
        names: Names | None,
    ) -> None:
        self.relation = relation
        self.environment = environment
        self.params: dict[str, Any] = {}
        self.fixed: list[Predicate] = []
        self.keys: list[KeySource] = []
        self.lateral = ""
        self.aliased = True
        self.names = names
        self.select: exp.Select | None = None
        self.before: list[Source] = []
        for select, scope in names.scopes if names is not None else ():
            for position, source in enumerate(scope):
                if source.relation is relation:
                    self.select, self.before = select, scope[:position]
                    self.aliased = bool(source.node.alias)
        for position, (name, text) in enumerate(relation.arguments):
            self._argument(position, name, text)

    def _argument(self, position: int, name: str, text: str) -> None:
        relation = self.relation
        value_tree = parse(f"SELECT {text}")
        node = value_tree.expressions[0] if isinstance(value_tree, exp.Select) else None
        if node is None:
            raise self._error(f"the argument {text!r} cannot be read")
        if not name and position == 0 and relation.by:
            name = relation.by
        if not name:
            raise self._error(f"{relation.name} takes arguments by name: {relation.name}"
                              f"@{relation.connection}(name => value)")  # fmt: skip
        value = constant(node, self.environment.binds)
        column = relation.table.column(name)
        if column is None:
            self._param(name, value, text)
            return
        if value is UNKNOWN:
            self._lateral(column.name, node, text)
            return
        fitted = fit(value, column, self.environment.zone)
        if fitted is UNKNOWN:
            raise self._error(f"{name} is {column.type}, and {value!r} is not")
        self.fixed.append(Predicate(column.name, "=", (fitted,)))

    def _param(self, name: str, value: Any, text: str) -> None:
        table = self.relation.table
        params = [p for read in table.reads for p in read.params]
        known = {p.param.casefold(): p.name for p in params}  # the API's own spelling, too
        known |= {p.name.casefold(): p.name for p in params}
        if name.casefold() not in known:
            names = [*(p.name for p in params), *(c.name for c in table.columns)]
            raise self._error(
                f"{table.name} has no parameter {name!r}. {did_you_mean(name, names)}"
            )
        if value is UNKNOWN or value is None:
            raise self._error(f"the parameter {name} needs a constant, not {text}")
        param = next(p for p in params if p.name == known[name.casefold()])
        self.params[param.name] = self._checked(param, value)

    def _checked(self, param: Param, value: Any) -> Any:
        """Return a parameter's value in its type: an API ignores what it does not understand."""
        fitted = fit(value, Column(param.name, param.type), self.environment.zone)
        if fitted is UNKNOWN or (isinstance(fitted, str) and not fitted.strip()):
            raise self._error(f"{param.name} is {param.type}, and {value!r} is not")
        if param.least is not None and fitted < param.least:
            raise self._error(f"{param.name} is {param.least} or more, and {value!r} is not")
        if param.choices and fitted not in param.choices:
            choices = ", ".join(str(choice) for choice in param.choices)
            raise self._error(f"{param.name} is one of {choices}, and {value!r} is not")
        return fitted

    def _lateral(self, column: str, node: exp.Expr, text: str) -> None:
        """Take keys from a source before it in the same FROM: `f@a(c.id)`."""
        names, select = self.names, self.select
        free = [c for c in node.find_all(exp.Column) if not self.environment.binds.mark(c)]
        found = [names.argument(c, self.before) for c in free] if names is not None else []
        origin = found[0] if found else None
        if origin is None or any(one is not origin for one in found) or has_subquery(node):
            raise self._error(
                f"the argument {text} is neither a constant nor certainly a column of one table "
                "before it: write the table's name before the column"
            )
        if not origin.shown:
            raise self._error(f"the source of the argument {text} needs an alias")
        own = node.transform(_qualified, origin, self.environment.binds)
        expression = sql(own)
        if expression is None or names is None or select is None:
            raise ProgrammingError(f"the argument {text} cannot be used here; write a join")
        keys = beside(column, own, origin, select, names)
        self.keys += [replace(keys, label=text)] if keys is not None else []
        self.lateral = f'"{CALL}"."{column}" = ({expression})'

    def _error(self, message: str) -> SqlError:
        return SqlError(message)


def _qualified(node: exp.Expr, origin: Source, binds: Binds) -> exp.Expr:
    """Return a column with its source's name before it, in its main spelling."""
    if not isinstance(node, exp.Column) or binds.mark(node):
        return node
    known = origin.relation.table.column(node.name) if origin.relation is not None else None
    name = exp.to_identifier(known.name, quoted=True) if known is not None else node.this.copy()
    return exp.column(name, table=exp.to_identifier(origin.shown, quoted=True))
