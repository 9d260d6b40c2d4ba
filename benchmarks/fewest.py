"""How few calls a query can take: a small arithmetic that writes its own reasoning.

The numbers of rows come from full local copies of the tables, or from the API's own totals; what a
call can give comes from ActiveCampaign's reference: 100 rows a page, and 100 `ids[]` a call, as
many as its answer has rows and a URL below 2 kB has room for ("Pagination", "Contacts").
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

PAGE = 100
"""Rows a page at the most ("Pagination": `limit`, default 20, maximum 100)."""


@dataclass(frozen=True, slots=True)
class Cost:
    """A number of calls, and how it came about."""

    calls: int
    how: str

    def __add__(self, other: Cost) -> Cost:
        return Cost(self.calls + other.calls, f"{self.how} + {other.how}")


def pages(rows: int, of: str) -> Cost:
    """A list of so many rows; an empty one takes a call too."""
    calls = max(1, -(-rows // PAGE))
    return Cost(calls, f"{rows:,} {of} / {PAGE} = {calls}")


def batches(keys: int, of: str) -> Cost:
    """A lookup of so many ids, 100 a call; none take no call."""
    calls = -(-keys // PAGE)
    return Cost(calls, f"{keys:,} {of} / {PAGE} a call = {calls}")


def each(keys: int, of: str) -> Cost:
    """A call for each of so many things."""
    return Cost(keys, f"{keys:,} {of}")


def one(what: str) -> Cost:
    """A single call."""
    return Cost(1, f"1 {what}")


def least(*ways: Cost) -> Cost:
    """The cheapest of several ways."""
    best = min(ways, key=lambda way: way.calls)
    return Cost(best.calls, f"least of ({'; '.join(way.how for way in ways)})")


@dataclass(frozen=True, slots=True)
class Facts:
    """What the reasoning counts with.

    rows: counts what stands behind FROM, over full local copies. total: the length of a list as
    the API tells it, by path and parameters.
    """

    rows: Callable[[str], int]
    total: Callable[..., int]


Reasoning = Callable[[Facts], Cost]


@dataclass(frozen=True, slots=True)
class Query:
    """One query of the suite.

    name: what it shows. sql: `{…}` are values that the runner fills in. fewest: the calls of the
    best client written by hand that is as sure of its result. why: what that client does.
    binds: names of values. loose: any rows will do (LIMIT without an order), as many as there
    should be.
    """

    name: str
    sql: str
    fewest: Reasoning
    why: str
    binds: tuple[str, ...] = ()
    loose: bool = False
