"""Rule: a table that stands in several places, by copies of a CTE, is read once for all of them.

So only what all of its places share may narrow it: conditions that each of them has, and the union
of the values that each of them asks for.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlcrm.planner.plan import KeySource, Predicate
from sqlcrm.sdk import Table, Type

_LOWER, _UPPER = {">", ">="}, {"<", "<="}


def shared_predicates(places: Sequence[list[Predicate]]) -> list[Predicate]:
    """Return what may be asked of a table for all of its places."""
    if len(places) == 1:
        return places[0]
    found = [p for p in places[0] if all(p in others for others in places)]
    for column in dict.fromkeys(p.column for p in places[0]):
        mine = [[p for p in predicates if p.column == column] for predicates in places]
        found += [p for p in (_either(mine), *_borders(mine)) if p is not None and p not in found]
    return found


def _either(places: Sequence[list[Predicate]]) -> Predicate | None:
    """Return the union of the values that the places ask for, None where one asks for none."""
    sets = [min((p for p in one if p.op in {"=", "in"}), key=_size, default=None) for one in places]
    if any(one is None for one in sets):
        return None
    values = dict.fromkeys(value for one in sets if one is not None for value in one.values)
    return Predicate(_column(places), "=" if len(values) == 1 else "in", tuple(values))


def _size(predicate: Predicate) -> int:
    return len(predicate.values)


def _borders(places: Sequence[list[Predicate]]) -> list[Predicate]:
    """Return the widest of the places' borders."""
    found = []
    for ops, loosest, tightest, op in ((_LOWER, min, max, ">="), (_UPPER, max, min, "<=")):
        borders = [[p.values[0] for p in one if p.op in ops] for one in places]
        if all(borders) and not isinstance(borders[0][0], str):  # each collation has its own order
            value: Any = loosest(tightest(one) for one in borders)
            found.append(Predicate(_column(places), op, (value,)))
    return found


def _column(places: Sequence[list[Predicate]]) -> str:
    return places[0][0].column


def shared_keys(places: Sequence[list[KeySource]], table: Table) -> list[KeySource]:
    """Return the sources of keys that hold for all places of a table.

    Where the places have different ones, their union; not of texts, which may be numbers in one
    place, or compare by another collation.
    """
    if len(places) == 1:
        return places[0]
    found = [k for k in places[0] if all(k in others for others in places)]
    for name in dict.fromkeys(k.column for k in places[0]):
        column = table.column(name)
        mine = [[k for k in keys if k.column == name] for keys in places]
        if column is None or not all(mine) or any(k.column == name for k in found):
            continue
        if column.type is Type.INTEGER:
            found.append(_union([min(keys, key=_waits) for keys in mine]))
    return found


def _waits(keys: KeySource) -> int:
    return len(keys.needs)


def _union(parts: Sequence[KeySource]) -> KeySource:
    once = list(dict.fromkeys(parts))
    text = " UNION ALL ".join(f"({part.query('k')})" for part in once)
    needs = frozenset(mark for part in once for mark in part.needs)
    label = " or ".join(dict.fromkeys(part.label for part in once))
    joins = all(part.joins for part in once)
    source = f"({text}) AS keys(k)"
    return KeySource(once[0].column, '"keys"."k"', source, "", "", needs, label, joins)
