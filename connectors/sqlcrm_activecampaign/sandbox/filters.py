"""Tests that list calls can ask for, and their orders."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sqlcrm_activecampaign.sandbox.rows import Links, Rows, Table
from sqlcrm_activecampaign.sandbox.store import Store
from sqlcrm_activecampaign.sandbox.wire import moment, number

Filter = Callable[[Store, Rows, Sequence[int], str], Sequence[int]]
Test = Callable[[str, str], bool]  # (value of the row, value asked for)

OPERATORS: dict[str, Test] = {  # docs: lists and tags, §1.3 of the fact sheet
    "eq": lambda have, want: have.casefold() == want.casefold(),
    "neq": lambda have, want: have.casefold() != want.casefold(),
    "lt": lambda have, want: have.casefold() < want.casefold(),
    "lte": lambda have, want: have.casefold() <= want.casefold(),
    "gt": lambda have, want: have.casefold() > want.casefold(),
    "gte": lambda have, want: have.casefold() >= want.casefold(),
    "contains": lambda have, want: want.casefold() in have.casefold(),
    "starts_with": lambda have, want: have.casefold().startswith(want.casefold()),
}


def where(column: str, test: Test) -> Filter:
    """Rows whose value of a column passes a test."""

    def keep(_: Store, rows: Rows, ids: Sequence[int], want: str) -> Sequence[int]:
        return [key for key in ids if test(rows.value(key, column), want)]

    return keep


def equals(column: str) -> Filter:
    """Rows with exactly this value, any case of letters, as MySQL compares."""
    return where(column, OPERATORS["eq"])


def contains(column: str) -> Filter:
    """Rows with this somewhere in the value."""
    return where(column, OPERATORS["contains"])


def points(column: str) -> Filter:
    """Rows that point at an id, through the index of that column."""

    def keep(_: Store, rows: Rows, ids: Sequence[int], want: str) -> Sequence[int]:
        found = (
            rows.having(column, number(want))
            if isinstance(rows, Links | Table)
            else where(column, OPERATORS["eq"])(_, rows, ids, want)
        )
        if len(ids) == len(rows.ids()):
            return found
        inside = set(ids)
        return [key for key in found if key in inside]

    return keep


def since(column: str) -> Filter:
    """Rows from this moment on, that moment included."""
    return where(column, lambda have, want: _compare(have, want) >= 0)


def after(column: str) -> Filter:
    """Rows later than this moment."""
    return where(column, lambda have, want: _compare(have, want) > 0)


def before(column: str) -> Filter:
    """Rows earlier than this moment."""
    return where(column, lambda have, want: _compare(have, want) < 0)


def _compare(have: str, want: str) -> int:
    """Below, at or above 0 as dates compare; 0 where either is none: then nothing is filtered."""
    left, right = moment(have), moment(want)
    return 0 if left is None or right is None else left - right


def with_operators(name: str, column: str, plain: Filter) -> dict[str, Filter]:
    """`filters[name]` and `filters[name][op]` for every operator."""
    tests = {f"{name}][{op}": where(column, test) for op, test in OPERATORS.items()}
    return {name: plain, **tests}


def ordered(rows: Rows, ids: Sequence[int], column: str, way: str) -> Sequence[int]:
    """The same ids sorted by a column; numbers as numbers, ties in the order they were."""

    def key(row: int) -> tuple[float, str]:
        value = rows.value(row, column)
        try:
            return float(value), ""
        except ValueError:
            return float("inf"), value.casefold()

    return sorted(ids, key=key, reverse=way.upper() == "DESC")
