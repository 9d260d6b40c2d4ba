"""Notices that a list of numbered places changed while it was read, and mends what that hid.

A row that is deleted from pages already read moves all later ones forward by one: the first row
of the next page is then on the page before, and would be missed. So is one at a border between a
page that was read late and one that was read early, when a row was inserted before it. In both
cases a page tells a greater total than the one behind it; whichever of them was read before the
change is read again. The other way round, rows only come twice.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Generic, TypeVar

Q = TypeVar("Q")

TOLERANCE = 0.005
"""Share of its rows by which a list may differ from the API's own count without a word."""

_CHANGED = "the list changed while it was read, so rows may be missing or out of date"

CHEAP = 3
"""Pages that may be read again, at least."""

SHARE = 25
"""Beyond that, one page in so many may be read again."""


@dataclass(frozen=True, slots=True)
class _Told(Generic[Q]):
    """What one reply told: `number` says how many came before it."""

    number: int
    total: int
    question: Q


class Drift(Generic[Q]):
    """The totals that the pages of one list told. `unsettled`: rows may still be missing."""

    def __init__(self) -> None:
        self.unsettled = False
        self._told: dict[int, _Told[Q]] = {}
        self._newest: int | None = None

    def note(self, place: int, total: int, question: Q) -> None:
        """Note the total that came with the page at a place, the first one being 0."""
        self._told[place] = _Told(len(self._told), total, question)
        self._newest = total

    def affected(self) -> list[Q]:
        """Return what to ask again, now that all pages were read; too much of it is left alone."""
        pages = [told for _, told in sorted(self._told.items())]
        self._told.clear()
        earlier = {self._older(a, b) for a, b in pairwise(pages) if a.total > b.total}
        if len(earlier) > max(CHEAP, len(pages) // SHARE):
            self.unsettled = True
            return []
        return [told.question for told in pages if told.number in earlier]

    def _older(self, one: _Told[Q], other: _Told[Q]) -> int:
        """Return which of two pages was read first; answers may overtake each other."""
        old = [told.number for told in (one, other) if told.total != self._newest]
        return min(old, default=min(one.number, other.number))

    def mended(self, total: int | None) -> None:
        """Note the total that came with a page that was read again."""
        if total != self._newest:
            self.unsettled = True


def notice(where: str, rows: int, counted: tuple[int, int] | None, *, moved: bool) -> str:
    """Return what must be said of a list that was read to its end; empty where all is well.

    counted: the least and the most rows that replies told, None where nothing does. moved:
    whether the list was seen to change in a way that may have hidden rows.
    """
    if counted is not None:
        nearest = min(max(rows, counted[0]), counted[1])
        if abs(rows - nearest) > TOLERANCE * nearest:
            return f"{where}: {rows:,} rows came, but the API counts {nearest:,}: {_CHANGED}"
    return f"{where}: {_CHANGED}" if moved else ""
