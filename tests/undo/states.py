"""The CRM's state in a form in which what is one to the API is equal."""

import datetime as dt
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

State = Mapping[str, Sequence[Mapping[str, Any]]]

CHANGED = {"udate", "mdate", "edate", "tstamp", "updated_timestamp", "updatedTimestamp",
           "updated_utc_timestamp", "links"}  # fmt: skip
"""When a row was changed last, which undoing changes too; and links, which say nothing."""

REMADE = {"id", "hash", "cdate", "sdate", "orderDate", "created_timestamp", "createdTimestamp",
          "created_utc_timestamp"}  # fmt: skip
"""What a row that was made again has anew."""

LISTED = {"options", "relations", "stages", "accountContacts"}
"""Lists of the ids of other rows, which have new ones when those are made again."""


def rows(found: Sequence[Mapping[str, Any]], *, remade: bool, again: bool) -> Counter[str]:
    """Return the rows of one resource; remade: it may have been made again; again: another may."""
    return Counter(_row(row, remade, again=again) for row in found)


def _row(row: Mapping[str, Any], remade: bool, *, again: bool) -> str:
    dropped = CHANGED | REMADE if remade else CHANGED
    kept = {name: _value(value) for name, value in row.items() if name not in dropped}
    if again:
        kept |= {name: len(row[name]) for name in LISTED & row.keys()}
    return json.dumps(kept, sort_keys=True)


def _value(value: Any) -> Any:
    """Return blank as NULL, numbers as text and moments as UTC: the API takes them for one."""
    if isinstance(value, list | dict):
        return value
    text = "" if value is None else str(value)
    if len(text) == 25 and text[10] == "T":
        return dt.datetime.fromisoformat(text).astimezone(dt.UTC).isoformat()
    return text


def difference(before: State, after: State, remade: str = "") -> dict[str, tuple[int, int]]:
    """Return by resource how many rows are not as before: how many are gone, how many are new.

    remade: the resource whose rows may have been made again, with new ids.
    """
    found = {}
    for name in {*before, *after}:
        pair = before.get(name, []), after.get(name, [])
        if pair[0] == pair[1]:
            continue
        old, new = (rows(one, remade=name == remade, again=bool(remade)) for one in pair)
        if old != new:
            found[name] = ((old - new).total(), (new - old).total())
    return found
