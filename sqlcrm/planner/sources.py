"""What stands in a SELECT's FROM, and which of it a column belongs to."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from sqlcrm.planner.plan import Relation

DIALECT = "duckdb"

# It says on stderr that it leaves a statement to DuckDB, which is nothing a user can act on.
logging.getLogger("sqlglot").addFilter(lambda record: "Falling back" not in str(record.msg))


@dataclass(frozen=True, slots=True, eq=False)
class Source:
    """One item of a FROM: its name in lower case, its node, its relation if it is remote.

    join: the JOIN that brings it in; None for the first item. A source equals itself alone.
    """

    name: str
    node: exp.Expr
    relation: Relation | None
    join: exp.Join | None

    @property
    def shown(self) -> str:
        """The name by which its columns can be qualified, "" where it has none."""
        if self.relation is not None and not self.node.alias:
            return self.relation.name
        return str(self.node.alias_or_name)

    @property
    def renamed(self) -> bool:
        """Whether the query gives its columns names of its own: `t AS x(a, b)`."""
        return bool(self.node.alias_column_names)

    @property
    def query(self) -> exp.Query | None:
        """The query of a derived table, None for any other source."""
        node = self.node
        if isinstance(node, exp.Lateral):
            node = node.this
        chosen = (v for k, v in node.args.items() if k not in {"this", "alias", "joins"})
        if not isinstance(node, exp.Subquery) or any(chosen):
            return None
        return bare(node.this)


def bare(query: exp.Expr) -> exp.Query | None:
    """Return a query without parentheses; None where more than a query stands in them."""
    while isinstance(query, exp.Subquery):
        if any(value for name, value in query.args.items() if name != "this"):
            return None
        query = query.this
    return query if isinstance(query, exp.Select | exp.SetOperation) else None


def parse(text: str) -> exp.Expr | None:
    """Return the tree of a marked text, None where sqlglot cannot read what DuckDB may."""
    try:
        return sqlglot.parse_one(text, dialect=DIALECT)
    except (SqlglotError, RecursionError):
        return None


def sql(node: exp.Expr) -> str | None:
    """Return a node as text; None where the text would not mean the same when read again."""
    text = node.sql(dialect=DIALECT)
    place = isinstance(node, exp.Table | exp.Subquery | exp.UDTF | exp.Values)
    again = parse(f"SELECT * FROM {text}" if place else f"SELECT {text}")
    if not isinstance(again, exp.Select) or not (again.args.get("from_") or again.expressions):
        return None
    read = again.args["from_"].this if place else again.expressions[0]
    return text if read == node else None


def selects(tree: exp.Expr) -> Iterator[exp.Select]:
    """Yield every SELECT of a tree."""
    yield from tree.find_all(exp.Select)


def sources(select: exp.Select, relations: Mapping[str, Relation]) -> list[Source]:
    """Return the items of a SELECT's own FROM, in order."""
    found: list[Source] = []
    start = select.args.get("from_")
    if start is not None:
        found += _item(start.this, None, relations)
    for join in select.args.get("joins") or ():
        found += _item(join.this, join, relations)
    return found


def _item(
    node: exp.Expr, join: exp.Join | None, relations: Mapping[str, Relation]
) -> Iterator[Source]:
    relation = relations.get(node.name) if isinstance(node, exp.Table) else None
    name = node.alias_or_name
    if relation is not None and not node.alias:
        name = relation.name
    yield Source(name.casefold(), node, relation, join)
    for inner in node.args.get("joins") or ():  # FROM (a JOIN b …)
        yield from _item(inner.this, inner, relations)


def unwrapped(node: exp.Expr) -> exp.Expr:
    """Return an expression without parentheses around it; a subquery keeps its own."""
    while isinstance(node, exp.Paren):
        node = node.this
    return node


def own_columns(node: exp.Expr) -> Iterator[exp.Column]:
    """Yield the columns below a node."""
    yield from node.find_all(exp.Column)


def has_subquery(node: exp.Expr) -> bool:
    """Whether a query stands anywhere below a node."""
    return node.find(exp.Query) is not None


_VOLATILE = {"nextval", "currval", "uuidv4", "uuidv7", "gen_random_uuid", "setseed"}


def volatile(node: exp.Expr) -> bool:
    """Whether a text gives other rows each time: it must then be run once only."""
    if node.find(exp.Rand, exp.Randn, exp.Uuid, exp.TableSample) is not None:
        return True
    return any(call.name.casefold() in _VOLATILE for call in node.find_all(exp.Anonymous))


def conjuncts(node: exp.Expr | None) -> Iterator[exp.Expr]:
    """Yield the parts of a condition that must all hold."""
    if node is None:
        return
    if isinstance(node, exp.Paren):
        yield from conjuncts(node.this)
    elif isinstance(node, exp.And):
        yield from conjuncts(node.this)
        yield from conjuncts(node.expression)
    else:
        yield node
