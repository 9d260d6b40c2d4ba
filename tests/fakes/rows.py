"""Hypothesis strategies: rows for the small CRM, local tables, and queries over both."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from fakes.crm import Crm
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

REMOTE = "§"
"""Stands before a remote table's name in a generated query."""

_TEXTS = ["Ana", "ANA", "ana", "Bo", "Zoë", "ZOË", "o'neil", "50%", "a_b", "x@y.org", " x ", "ß"]
_MOMENTS = [
    dt.datetime(2026, 1, 1, 0, 0, tzinfo=dt.UTC),
    dt.datetime(2026, 1, 1, 5, 59, 59, 500_000, tzinfo=dt.UTC),
    dt.datetime(2026, 6, 30, 23, 30, tzinfo=dt.UTC),
    dt.datetime(2026, 7, 1, 4, 0, tzinfo=dt.UTC),
    dt.datetime(2026, 11, 1, 6, 30, tzinfo=dt.UTC),  # the hour that comes twice in Chicago
    dt.datetime(2026, 11, 1, 7, 30, tzinfo=dt.UTC),
    dt.datetime(1999, 12, 31, 12, 0, tzinfo=dt.UTC),
]
_DAYS = [dt.date(2026, 1, 1), dt.date(1970, 1, 1), dt.date(2026, 6, 30), dt.date(1890, 2, 3)]
_SMALL = st.integers(1, 9)
_MAYBE = st.none() | _SMALL


@st.composite
def crms(draw: DrawFn) -> Crm:
    """Draw the rows of a CRM; keys are unique, everything else may repeat or be missing."""
    custom = {i: f"field_{i}" for i in range(1, 1 + draw(st.integers(0, 2)))}
    texts = st.none() | st.sampled_from(_TEXTS)
    ids = draw(st.sets(st.integers(1, 14), max_size=10))
    people = [
        {
            "id": id_,
            "email": draw(texts),
            "name": draw(texts),
            "city": draw(st.none() | st.sampled_from(["", "Ana", "Bo"])),
            "score": draw(st.none() | st.sampled_from([-1.5, 0.0, 2.0, 2.5])),
            "active": draw(st.none() | st.booleans()),
            "born": draw(st.none() | st.sampled_from(_DAYS)),
            "seen_at": draw(st.none() | st.sampled_from(_MOMENTS)),
            "group_id": draw(_MAYBE),
        }
        | {name: draw(texts) for name in custom.values()}
        for id_ in sorted(ids)
    ]
    pairs = draw(st.lists(st.tuples(_SMALL, _SMALL), unique=True, max_size=8))
    return Crm(
        people=people,
        groups=[
            {"id": i, "title": draw(texts), "size": draw(_MAYBE), "leader_id": draw(_MAYBE)}
            for i in sorted(draw(st.sets(_SMALL, max_size=7)))
        ],
        members=[{"person_id": p, "group_id": g, "role": draw(texts)} for p, g in pairs],
        notes=_of_people(draw, "body", 6),
        events=_of_people(draw, "kind", 9),
        tickets=_of_people(draw, "state", 7),
        visits=_of_people(draw, "page", 6),
        custom=custom,
    )


def _of_people(draw: DrawFn, text: str, most: int) -> list[dict[str, Any]]:
    return [
        {"id": i, "person_id": draw(_SMALL), text: draw(st.none() | st.sampled_from(_TEXTS))}
        for i in range(1, 1 + draw(st.integers(0, most)))
    ]


@st.composite
def locals_(draw: DrawFn) -> list[tuple[Any, ...]]:
    """Draw the rows of the local table `loc (k BIGINT, who VARCHAR, n INTEGER, code VARCHAR)`."""
    texts = st.none() | st.sampled_from(_TEXTS)
    row = st.tuples(_MAYBE, texts, _MAYBE, st.none() | st.sampled_from(["1", "2", "3", "x"]))
    return draw(st.lists(row, max_size=12))


INTEGERS = {
    "people": ["id", "group_id"],
    "groups": ["id", "size", "leader_id"],
    "members": ["person_id", "group_id"],
    "events": ["id", "person_id"],
    "tickets": ["id", "person_id"],
    "visits": ["id", "person_id"],
    "loc": ["k", "n"],
}
TEXTS = {
    "people": ["email", "name", "city"],
    "groups": ["title"],
    "members": ["role"],
    "events": ["kind"],
    "tickets": ["state"],
    "visits": ["page"],
    "loc": ["who"],
}
NOCASE = {("people", "email"), ("events", "kind")}
_KINDS = ["JOIN", "LEFT JOIN", "RIGHT JOIN", "FULL JOIN", "SEMI JOIN", "ANTI JOIN"]


@dataclass(frozen=True)
class Query:
    """A query with REMOTE before its remote names. limit: rows of its LIMIT, None without one."""

    text: str
    limit: int | None = None

    def over(self, prefix: str = "", suffix: str = "") -> str:
        """Return the text with remote names written as `prefix` + name + `suffix`."""
        text = self.text
        for name in INTEGERS:
            text = text.replace(f"{REMOTE}{name}", f"{prefix}{name}{suffix}")
        return text


Scope = list[tuple[str, str]]
"""Visible sources: alias and table."""


class _Writer:
    """Draws a query, clause by clause."""

    def __init__(self, draw: DrawFn) -> None:
        self.draw = draw
        self.aliases = 0
        self.wrapped: set[str] = set()

    def pick(self, options: Any) -> Any:
        return self.draw(st.sampled_from(list(options)))

    def chance(self, one_in: int) -> bool:
        return self.draw(st.integers(1, one_in)) == 1

    def alias(self) -> str:
        self.aliases += 1
        return f"t{self.aliases}"

    def place(self, table: str) -> str:
        return table if table == "loc" else f"{REMOTE}{table}"

    def source(self) -> tuple[str, str, str]:
        """Return a FROM item's text, its alias and the table that its columns are of."""
        table = self.pick(["people", "people", "groups", "members", "events", "loc", *INTEGERS])
        alias = self.alias()
        text = self.place(table)
        if self.chance(6):
            inner: Scope = [("i", table)]
            self.wrapped.add(alias)
            text = f"(SELECT * FROM {text} i WHERE {self.condition(inner, 0)})"
        return f"{text} {'AS ' if self.chance(2) else ''}{alias}", alias, table

    def from_(self) -> tuple[str, Scope]:
        text, alias, table = self.source()
        scope: Scope = [(alias, table)]
        for _ in range(self.pick([0, 0, 1, 1, 1, 2, 2])):
            right, alias, table = self.source()
            kind = self.pick([*_KINDS, "JOIN", "LEFT JOIN", ",", "CROSS JOIN", "USING", "ASOF"])
            text += self.join(kind, right, alias, table, scope)
            if kind not in {"SEMI JOIN", "ANTI JOIN"}:
                scope.append((alias, table))
        return text, scope

    def join(self, kind: str, right: str, alias: str, table: str, scope: Scope) -> str:
        if kind in {",", "CROSS JOIN"}:
            return f"{',' if kind == ',' else ' CROSS JOIN'} {right}"
        both: Scope = [*scope, (alias, table)]
        left = self.integer(scope)
        mine = f"{alias}.{self.pick(INTEGERS[table])}"
        if kind == "ASOF" and "id" in INTEGERS[table]:
            side = self.pick(["ASOF JOIN", "ASOF LEFT JOIN"])
            return f" {side} {right} ON {left} >= {alias}.id"
        shared = set(INTEGERS[table]) & set(INTEGERS[scope[0][1]])
        if kind == "USING" and shared and len(scope) == 1:
            return f" {self.pick(_KINDS[:4])} {right} USING ({self.pick(sorted(shared))})"
        if self.chance(5):
            left = self.pick([f"coalesce({left}, {self.constant()})", f"{left} + 1"])
        on = f"{mine} = {left}" if self.chance(2) else f"{left} = {mine}"
        if self.chance(3):
            on += f" AND {self.condition(both, 0)}"
        if kind not in _KINDS:
            kind = "JOIN"
        return f" {kind} {right} ON {on}"

    def integer(self, scope: Scope) -> str:
        alias, table = self.pick(scope)
        return f"{alias}.{self.pick(INTEGERS[table])}"

    def constant(self) -> int:
        return int(self.draw(st.integers(0, 10)))

    def quoted(self) -> str:
        text = self.pick(_TEXTS).replace("'", "''")
        return f"'{text}'"

    def condition(self, scope: Scope, depth: int = 1) -> str:
        kinds = [self.on_integer, self.on_text, self.on_person]
        if depth:
            kinds += [self.either, self.negated, self.within, self.existing, self.equal]
        return str(self.pick(kinds)(scope))

    def on_integer(self, scope: Scope) -> str:
        column = self.integer(scope)
        a, b = self.constant(), self.constant()
        return str(
            self.pick(
                [
                    f"{column} = {a}",
                    f"{a} = {column}",
                    f"{column} = '{a}'",
                    f"{column} IN ({a}, {b})",
                    f"{column} NOT IN ({a}, {b})",
                    f"{column} IN ({a}, NULL)",
                    f"{column} BETWEEN {a} AND {b}",
                    f"{column} >= {a}",
                    f"{column} < {a}",
                    f"{a} < {column}",
                    f"{column} <> {a}",
                    f"{column} IS NULL",
                    f"{column} > {a}.5",
                    f"({column} = {a} OR {column} = {b} OR {column} IN ({b}, {a}))",
                    f"({column} = {a} OR {column} IS NULL)",
                    f"coalesce({column}, {a}) = {b}",
                ]
            )
        )

    def on_text(self, scope: Scope) -> str:
        alias, table = self.pick(scope)
        column = f"{alias}.{self.pick(TEXTS[table])}"
        word = self.pick(["a", "A", "an", "o'", "Z", "50", "_"]).replace("'", "''")
        return str(
            self.pick(
                [
                    f"{column} = {self.quoted()}",
                    f"{column} IN ({self.quoted()}, {self.quoted()})",
                    f"{column} LIKE '{word}%'",
                    f"{column} LIKE '%{word}%'",
                    f"{column} LIKE '%{word}'",
                    f"{column} ILIKE '{word}%'",
                    f"{column} ILIKE '%{word}%'",
                    f"{column} NOT LIKE '{word}%'",
                    f"{column} <> {self.quoted()}",
                    f"{column} IS NOT NULL",
                    f"lower({column}) = {self.quoted()}",
                    f"{column} IS NOT DISTINCT FROM {self.quoted()}",
                ]
            )
        )

    def on_person(self, scope: Scope) -> str:
        people = [alias for alias, table in scope if table == "people"]
        if not people:
            return self.on_integer(scope)
        alias = self.pick(people)
        when = self.pick(
            ["'2026-01-01'", "DATE '2026-07-01'", "TIMESTAMP '2026-06-30 23:30:00'",
             "TIMESTAMPTZ '2026-01-01 05:59:59+00'", "'2026-11-01 01:30:00-06:00'",
             "TIMESTAMP '2026-11-01 01:30:00'"]
        )  # fmt: skip
        sign = self.pick(["<", "<=", ">", ">=", "="])
        return str(
            self.pick(
                [
                    f"{alias}.seen_at {sign} {when}",
                    f"{alias}.seen_at BETWEEN DATE '2026-01-01' AND {when}",
                    f"{alias}.born {sign} DATE '2026-01-01'",
                    f"{alias}.born = '1890-02-03'",
                    f"{alias}.active",
                    f"{alias}.active = true",
                    f"{alias}.active IS NOT TRUE",
                    f"{alias}.score {sign} 2.0",
                    f"{alias}.score {sign} 2",
                    f"{alias}.{'group_id' if alias in self.wrapped else 'team'} = 3",
                ]
            )
        )

    def either(self, scope: Scope) -> str:
        return f"({self.condition(scope, 0)} OR {self.condition(scope, 0)})"

    def negated(self, scope: Scope) -> str:
        return f"NOT ({self.condition(scope, 0)})"

    def equal(self, scope: Scope) -> str:
        return f"{self.integer(scope)} = {self.integer(scope)}"

    def within(self, scope: Scope) -> str:
        """Return an IN over a subquery, standing alone or correlated."""
        table = self.pick(INTEGERS)
        where = self.condition([("s", table)], 0)
        if self.chance(4):
            where += f" AND s.{self.pick(INTEGERS[table])} <> {self.integer(scope)}"
        column = self.pick(INTEGERS[table])
        query = f"SELECT s.{column} FROM {self.place(table)} s WHERE {where}"
        negation = "NOT " if self.chance(3) else ""
        return f"{self.integer(scope)} {negation}IN ({query})"

    def existing(self, scope: Scope) -> str:
        table = self.pick(INTEGERS)
        column = self.pick(INTEGERS[table])
        inner = f"SELECT 1 FROM {self.place(table)} e WHERE e.{column} = {self.integer(scope)}"
        return f"{'NOT ' if self.chance(2) else ''}EXISTS ({inner})"

    def columns(self, scope: Scope) -> list[str]:
        """Return columns that compare by themselves: no text that two spellings share."""
        found = [self.integer(scope) for _ in range(self.draw(st.integers(1, 3)))]
        return [f"{column} AS c{i}" for i, column in enumerate(found)]

    def select(self, *, plain: bool) -> str:
        text, scope = self.from_()
        items = ", ".join(self.columns(scope))
        if not plain and self.chance(3):
            items = self.pick(["*", f"{scope[0][0]}.*", "count(*)"])
        elif not plain and self.chance(4):
            alias, table = self.pick(scope)
            items += f", {alias}.{self.pick(TEXTS[table])}"
        where = [self.condition(scope) for _ in range(self.pick([0, 1, 1, 2]))]
        return f"SELECT {items} FROM {text}" + (f" WHERE {' AND '.join(where)}" if where else "")

    def query(self) -> Query:
        form = self.pick(["plain"] * 5 + ["cte", "union", "group", "limit", "limit"])
        if form == "limit":
            limit = self.draw(st.integers(0, 6))
            offset = self.draw(st.integers(0, 3)) if self.chance(3) else 0
            text = self.one_table() if self.chance(2) else self.select(plain=False)
            tail = f" LIMIT {limit}" + (f" OFFSET {offset}" if offset else "")
            return Query(text + tail, limit)
        if form == "cte":
            return Query(self.cte())
        if form == "union":
            word = self.pick(["UNION", "UNION ALL", "EXCEPT", "INTERSECT"])
            sides = [f"SELECT c0 FROM ({self.select(plain=True)})" for _ in range(2)]
            return Query(f" {word} ".join(sides))
        if form == "group":
            text, scope = self.from_()
            column = self.integer(scope)
            where = f" WHERE {self.condition(scope)}" if self.chance(2) else ""
            return Query(f"SELECT {column}, count(*) FROM {text}{where} GROUP BY {column}")
        return Query(self.select(plain=False))

    def one_table(self) -> str:
        table = self.pick(["people", "members", "groups", "events"])
        where = f" WHERE {self.condition([('x', table)])}" if self.chance(2) else ""
        return f"SELECT {self.pick(['*', 'x.*', INTEGERS[table][0]])} FROM {REMOTE}{table} x{where}"

    def cte(self) -> str:
        inner = self.select(plain=True)
        table = self.pick(["people", "groups", "members", "loc"])
        column = self.pick(INTEGERS[table])
        kind = self.pick(_KINDS[:4])
        other = f"{self.place(table)} o"
        if self.chance(3):  # the CTE's name hides the local table's
            where = self.condition([("loc", "loc")], 0)
            return (
                f"WITH loc AS (SELECT k + 1 AS k FROM loc WHERE {where}) "
                f"SELECT o.{column} FROM {other} {kind} loc l ON l.k = o.{column}"
            )
        if self.chance(3):
            inner = f"SELECT o.{column} FROM {other} JOIN loc l ON l.k = o.{column}"
            return f"SELECT * FROM (WITH loc AS (SELECT 4 AS k) SELECT * FROM ({inner}) z) y"
        return (
            f"WITH cte AS ({inner}), more AS (SELECT o.* FROM {other} JOIN cte "
            f"ON cte.c0 = o.{column}) "
            f"SELECT more.{column}, cte.c0 FROM more {kind} cte ON more.{column} = cte.c0"
        )


@st.composite
def queries(draw: DrawFn) -> Query:
    """Draw a SELECT over remote tables and `loc`."""
    return _Writer(draw).query()
