"""Leaves out rows that came before: lists move while they are paged through."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlcrm.sdk import Column, dig


class Unseen:
    """Which keys came already, in as little memory as they take: whole numbers as such.

    key: the columns of it. doubled: rows left out so far.
    """

    def __init__(self, key: Sequence[Column]) -> None:
        self.doubled = 0
        self._paths = [column.path for column in key]
        self._seen: set[Any] = set()

    def of(self, rows: Sequence[Any]) -> Sequence[Any]:
        """Return those of the rows that are new; without a key, none is the same as another."""
        if not self._paths:
            return rows
        fresh = []
        for row in rows:
            mark = self._mark(row)
            if mark is not None:
                if mark in self._seen:
                    continue
                self._seen.add(mark)
            fresh.append(row)
        self.doubled += len(rows) - len(fresh)
        return fresh

    def forget(self) -> None:
        """Begin anew."""
        self._seen.clear()
        self.doubled = 0

    def _mark(self, row: Any) -> Any:
        """Return what tells a row from others, None where its key is not complete."""
        marks = [_compact(dig(row, path)) for path in self._paths]
        if None in marks:
            return None
        return marks[0] if len(marks) == 1 else tuple(marks)


def _compact(value: Any) -> int | str | None:
    """Return an id as a number, if it is written like one; `5` and `"5"` are the same id."""
    if value is None:
        return None
    text = value if isinstance(value, str) else str(value)
    if text.isdecimal() and len(text) < 19:
        number = int(text)
        if str(number) == text:
            return number
    return text
