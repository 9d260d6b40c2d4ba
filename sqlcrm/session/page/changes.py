"""What an operation changed: each column before and after."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlcrm.session.page.values import MISSING, Shown, shown

COLUMNS = 30
"""Columns shown of one operation."""

_REMOVING = {"delete", "unlink"}


@dataclass(frozen=True, slots=True)
class Change:
    """One operation that is done. columns: name, before, after. more: columns not shown."""

    number: int
    verb: str
    row: str
    remote_id: str
    undone_by: int | None
    columns: tuple[tuple[str, Shown, Shown], ...]
    more: int

    @property
    def size(self) -> int:
        """About how many characters it takes on the page."""
        texts = sum(len(name) + len(a.text) + len(b.text) + 80 for name, a, b in self.columns)
        return texts + len(self.row) + len(self.remote_id)


def changed_columns(operation: Mapping[str, Any]) -> list[str]:
    """Return the columns to which an operation gives another value; none for one that removes."""
    if operation["verb"] in _REMOVING:
        return []
    new, before = operation["new_values"], operation["before"]
    return [name for name, value in new.items() if before.get(name) != value]


def change(operation: Mapping[str, Any]) -> Change:
    """Return what is shown of an operation."""
    new, before = operation["new_values"], operation["before"]
    removed = operation["verb"] in _REMOVING
    names = list(before) if removed else changed_columns(operation)
    key = operation["natural_key"] or operation["key"]
    return Change(
        number=operation["number"],
        verb=operation["verb"],
        row=", ".join(f"{name} {shown(value).text}" for name, value in key.items()),
        remote_id=operation["remote_id"],
        undone_by=operation["undone_by"],
        columns=tuple(
            (
                name,
                shown(before.get(name, MISSING)),
                shown(MISSING if removed else new.get(name, MISSING)),
            )
            for name in names[:COLUMNS]
        ),
        more=max(0, len(names) - COLUMNS),
    )
