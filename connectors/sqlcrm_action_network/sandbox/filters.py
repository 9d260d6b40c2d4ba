"""`filter=<field> <op> '<value>'`: which rows it finds.

Where the facts are silent: texts are compared as they are, `gt` and `lt` in the order of their
code points; a field that the collection cannot be filtered by is a 400.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlcrm_action_network.sandbox.people import FIELDS
from sqlcrm_action_network.sandbox.store import Store
from sqlcrm_action_network.sandbox.wire import Refused, Row, moment

_ONE = r"(\w+)\s+(eq|gt|lt)\s+'((?:[^']|'')*)'"
_FIRST = re.compile(rf"\s*{_ONE}\s*", re.IGNORECASE)
_NEXT = re.compile(rf"and\s+{_ONE}\s*", re.IGNORECASE)
_OPS: dict[str, Callable[[object, object], bool]] = {
    "eq": operator.eq,
    "gt": operator.gt,  # type: ignore[dict-item]  # both sides are of one type
    "lt": operator.lt,  # type: ignore[dict-item]  # both sides are of one type
}
_DATES = frozenset({"created_date", "modified_date", "start_date", "end_date"})


@dataclass(frozen=True, slots=True)
class Comparison:
    """One comparison; the value of a date is epoch seconds."""

    field: str
    op: str
    value: str | int

    def holds(self, value: object) -> bool:
        """Whether a row's value is found."""
        return value is not None and _OPS[self.op](value, self.value)


def parse(store: Store, text: str, fields: frozenset[str]) -> list[Comparison]:
    """The comparisons of a filter; none where it is left out. Raises: Refused."""
    if not text or not fields:
        return []
    try:
        return _parsed(text, fields, 2 if store.switches.filter_and else 1)
    except Refused:
        if store.switches.filter_errors:
            raise
        return []


def _parsed(text: str, fields: frozenset[str], most: int) -> list[Comparison]:
    found: list[Comparison] = []
    place = 0
    while place < len(text) or not found:
        match = (_NEXT if found else _FIRST).match(text, place)
        if match is None or len(found) == most:
            raise Refused(400, f"Invalid filter: {text}")
        field, op, value = match[1], match[2].lower(), match[3].replace("''", "'")
        if field not in fields:
            raise Refused(400, f"Invalid filter: {field} is not a supported field")
        found.append(Comparison(field, op, _value(field, value)))
        place = match.end()
    return found


def _value(field: str, value: str) -> str | int:
    if field not in _DATES:
        return value
    seconds = moment(value)
    if seconds is None:
        raise Refused(400, f"Invalid filter: {value} is not a date")
    return seconds


def people(store: Store, comparisons: list[Comparison]) -> Sequence[int]:
    """The people that all comparisons hold for, as far as the filter has noticed them."""
    known = _known(store, comparisons)
    numbers = _quick(store, comparisons[0])
    rest = comparisons if numbers is None else comparisons[1:]
    found = store.people.numbers() if numbers is None else numbers
    for one in rest:
        found = _scan(store, one, found)
    return [number for number in found if known(number)] if store.switches.filter_lag else found


def _known(store: Store, comparisons: list[Comparison]) -> Callable[[int], bool]:
    """Whether a filter sees a person already; `phone_number eq` sees everybody at once."""
    until = store.now() - store.switches.filter_lag
    fields = {one.field for one in comparisons}
    if fields == {"phone_number"}:
        return lambda _: True
    dates = store.people.modified if "modified_date" in fields else store.people.created
    return lambda number: dates[number] <= until


def _quick(store: Store, one: Comparison) -> list[int] | None:
    """Who is found by an index, or None where everybody has to be looked at."""
    if one.field == "identifier" and one.op == "eq":
        number = store.people.by_identifier(str(one.value))
        held = number is not None and (
            str(one.value).startswith("action_network:")
            or one.value in store.people.custom_ids(number)
        )
        return [number] if number is not None and held else []
    if one.field == "phone_number" and one.op == "eq":
        number = store.people.by_phone(str(one.value))
        return [] if number is None else [number]
    if one.field == "email_address" and one.op == "eq":
        number = store.people.by_email(str(one.value))
        same = number is not None and store.people.text(number, one.field) == one.value
        return [number] if number is not None and same else []
    return None


def _scan(store: Store, one: Comparison, numbers: Sequence[int]) -> list[int]:
    everybody = store.people
    if one.field in {"created_date", "modified_date"}:
        dates = everybody.created if one.field == "created_date" else everybody.modified
        compare, value = _OPS[one.op], one.value
        return [number for number in numbers if compare(dates[number], value)]
    if one.field == "identifier":
        return [
            number
            for number in numbers
            if any(one.holds(entry) for entry in everybody.row(number)["identifiers"])
        ]
    if one.field not in FIELDS:
        raise Refused(400, f"Invalid filter: {one.field} is not a supported field")
    return [n for n in numbers if one.holds(everybody.text(n, one.field) or None)]


def rows(
    comparisons: list[Comparison], numbers: Sequence[int], read: Callable[[int], Row]
) -> list[int]:
    """The rows, given as they read on the wire, that all comparisons hold for."""
    return [
        number
        for number in numbers
        if all(_compared(one, row) for row in (read(number),) for one in comparisons)
    ]


def _compared(one: Comparison, row: Row) -> bool:
    if one.field == "identifier":
        return any(one.holds(entry) for entry in row["identifiers"])
    value = row.get(one.field)
    if value is None:
        return False
    return one.holds(moment(value) if one.field in _DATES else str(value))
