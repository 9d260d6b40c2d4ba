"""Filters: `modified_date gt '…' and email_address eq '…'`.

What is documented and what the live API takes are not the same: names are documented and refused.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from sqlcrm_action_builder.sandbox.switches import Switches
from sqlcrm_action_builder.sandbox.wire import Refused, moment

_ONE = re.compile(r"\s*(\w+)\s+(\w+)\s+'((?:[^']|'')*)'\s*")
_AND = re.compile(r"and\b", re.IGNORECASE)
PEOPLE = {
    "modified_date": ("gt", "lt"),
    "email_address": ("eq",),
    "phone_number": ("eq",),
    "identifier": ("eq",),
}
TAGS = {"name": ("eq",)}
_SINGULAR = {"identifiers": "identifier"}
NAMES = {"given_name": ("eq",), "family_name": ("eq",)}


@dataclass(frozen=True, slots=True)
class Comparison:
    """`column op 'value'`; for a date, `at` is the value in milliseconds."""

    column: str
    op: str
    value: str
    at: int = 0


def people_columns(switches: Switches) -> dict[str, tuple[str, ...]]:
    """What people may be filtered by."""
    columns: dict[str, tuple[str, ...]] = dict(PEOPLE)
    if switches.plural_identifiers:
        columns["identifiers"] = ("eq",)
    return {**columns, **NAMES} if switches.name_filters else columns


def parse(text: str, columns: dict[str, tuple[str, ...]]) -> list[Comparison]:
    """The comparisons, which all have to hold. Raises: Refused."""
    found: list[Comparison] = []
    place = 0
    while text and (place < len(text) or not found):
        if found:
            joined = _AND.match(text, place)
            if joined is None:
                raise Refused(400, f"Invalid filter: {text}")
            place = joined.end()
        one = _ONE.match(text, place)
        if one is None:
            raise Refused(400, f"Invalid filter: {text}")
        found.append(_comparison(one, columns))
        place = one.end()
    return found


def _comparison(one: re.Match[str], columns: dict[str, tuple[str, ...]]) -> Comparison:
    column, op, value = one[1], one[2].lower(), one[3].replace("''", "'")
    if op not in columns.get(column, ()):
        raise Refused(400, f"Filter is not supported: {column} {op}")
    if column != "modified_date":
        return Comparison(_SINGULAR.get(column, column), op, value)
    at = moment(value)
    if at is None:
        raise Refused(400, f"Invalid date in filter: {value}")
    return Comparison(column, op, value, at)
