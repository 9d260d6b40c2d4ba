"""The values that planning ends in. They are frozen, and hold no connection and no secret."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlcrm.sdk import Table


@dataclass(frozen=True, slots=True)
class Relation:
    """What a ref means: a table of a connection, with the account's own columns if read.

    name: as the user wrote it. by: the column that the first positional argument gives.
    complete: whether `table` holds the custom columns too. custom: their names, in lower case.
    """

    mark: str
    name: str
    connection: str
    table: Table
    by: str = ""
    arguments: tuple[tuple[str, str], ...] = ()
    start: int = -1
    end: int = -1
    complete: bool = True
    custom: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Predicate:
    """A condition on one column: `op` is "=", "in", "<", "<=", ">", ">=", "contains", "prefix"."""

    column: str
    op: str
    values: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition on columns of one table, as marked text, whoever applies it."""

    text: str
    columns: frozenset[str]


@dataclass(frozen=True, slots=True)
class KeySource:
    """Where the only useful values of a column come from: `expression` over `source`.

    All texts are marked SQL. needs: marks that must be staged before. label: for people.
    joins: whether a row of the source that meets nothing is news; to a NOT EXISTS it is none.
    """

    column: str
    expression: str
    source: str
    where: str = ""
    with_: str = ""
    needs: frozenset[str] = frozenset()
    label: str = ""
    joins: bool = True

    def query(self, select: str) -> str:
        """Return a SELECT of `select` (over the expression, named k) from this source."""
        where = f" WHERE {self.where}" if self.where else ""
        inner = f"SELECT {self.expression} AS k FROM {self.source}{where}"
        return f"{self.with_} SELECT {select} FROM ({inner}) WHERE k IS NOT NULL".strip()


@dataclass(frozen=True, slots=True)
class Order:
    """One item of ORDER BY that is a column of the one table; NULLs come last, as DuckDB's do."""

    column: str
    descending: bool = False


@dataclass(frozen=True, slots=True)
class Limit:
    """Stop paging once `rows` rows of `source` fulfil `where`; marked texts, "" for any row.

    order: the rows wanted are the first ones in this order; empty, any rows will do.
    """

    rows: int
    source: str
    where: str = ""
    order: tuple[Order, ...] = ()


@dataclass(frozen=True, slots=True)
class Scan:
    """One remote table to stage: which columns, which conditions help, which keys.

    params: API arguments that are no column. fixed: conditions from a table call, which the
    staged rows must fulfil since the text no longer holds them.
    counted: only how many rows fulfil the predicates matters, nothing else of them; the
    predicates are then all the conditions there are. conditions: all that are about this table
    alone, for people.
    """

    relation: Relation
    columns: tuple[str, ...]
    predicates: tuple[Predicate, ...] = ()
    keys: tuple[KeySource, ...] = ()
    params: Mapping[str, Any] = field(default_factory=dict)
    fixed: tuple[Predicate, ...] = ()
    limit: Limit | None = None
    lateral: str = ""
    aliased: bool = True
    counted: bool = False
    conditions: tuple[Condition, ...] = ()


@dataclass(frozen=True, slots=True)
class ReadPlan:
    """A query and what must be staged before DuckDB runs it.

    asked: the query as it was given; in `text`, columns have their main names.
    streams: whether the rows of its one table may come in batches.
    """

    text: str
    scans: tuple[Scan, ...]
    notices: tuple[str, ...] = ()
    asked: str = ""
    streams: bool = False
