"""Paging by a key that rises: no row is lost or doubled, and a list can be read in parts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Protocol, runtime_checkable

from sqlcrm.errors import ShapeChanged
from sqlcrm.sdk.pages import Paging, whole
from sqlcrm.sdk.paths import dig
from sqlcrm.sdk.values import Request, Response

SNUG = 0.99
"""Part of full pages that a part of a list is to hold: a row more would cost it one more call."""


@runtime_checkable
class Divisible(Paging, Protocol):
    """A list that can be read in parts, which several callers page through at the same time.

    Where a list ends is told by one page read backwards from there; its rows are as good as any,
    so it costs no call. Each part may end with a page that is not full, or hold no row at all:
    that is what reading in n parts costs, n - 1 calls at the most.
    """

    def last(self, sent: Request, got: Response) -> Request | None:
        """Return the request for the last page of what is left, None where that cannot be asked."""

    def parts(self, sent: Request, got: Response, count: int) -> Sequence[Request]:
        """Return up to `count` requests, each the first of a part of what is left; together all.

        Empty where nothing tells how to divide it.
        """

    def inside(self, sent: Request, got: Response) -> bool:
        """Whether a reply keeps to the part and the order that were asked for."""


@dataclass(frozen=True, slots=True)
class IdCursor:
    """Rows after the last id seen, in order of id: no row is lost or doubled while others move.

    `at` is where the rows that carry the id sit (they may be the parents of the rows wanted).
    `total_at` counts the rows from the cursor on; a page that holds them all is the last.
    Where `before_id` bounds the ids from above, and `falling` asks for them from the highest down
    (in place of `order`, by the same parameter), a list of whole numbers can be read in parts.
    """

    size: int
    at: str
    total_at: str
    after_id: str
    order: tuple[str, str]
    id: str = "id"
    limit: str = "limit"
    before_id: str = ""
    falling: tuple[str, str] = ("", "")

    def first(self, request: Request) -> Request:
        """Ask for the lowest ids."""
        return request.asking(((self.limit, str(self.size)), self.order))

    def after(self, sent: Request, got: Response, rows: Sequence[Any]) -> Request | None:
        """Ask for ids above the last one of this page; below it, if it came backwards."""
        parents = dig(got.body, self.at)
        total = self.total(got)
        if not isinstance(parents, list) or total is None:
            raise ShapeChanged(f"{sent.path}: the reply lacks {self.at} or {self.total_at}")
        if not parents:
            if total:
                raise ShapeChanged(f"{sent.path}: an empty page, but {total} rows are left")
            return None
        if len(parents) >= total:
            return None
        last = dig(parents[-1], self.id)
        if last is None:
            raise ShapeChanged(f"{sent.path}: a row of {self.at} has no {self.id}")
        if self._falls(sent):
            return sent.asking((self.order, (self.before_id, str(last))))
        return sent.with_query(**{self.after_id: str(last)})

    def ahead(self, sent: Request, got: Response, rows: Sequence[Any]) -> Iterable[Request]:
        """Return none: only a page tells where the next one is."""
        return ()

    def total(self, got: Response) -> int | None:
        """Return the number at `total_at`."""
        return whole(dig(got.body, self.total_at))

    def last(self, sent: Request, got: Response) -> Request | None:
        """Ask for the highest ids above the last one of this page."""
        ids = self._ids(got)
        if not (self.before_id and self.falling[0] and ids and ids[-1] is not None):
            return None
        return sent.asking((self.falling, (self.after_id, str(ids[-1]))))

    def parts(self, sent: Request, got: Response, count: int) -> Sequence[Request]:
        """Divide the ids that are left; how many rows a part really has, its first reply tells.

        As if the rows lay evenly among the ids, each part is just short of full pages.
        """
        low, high = self._left(sent, got)
        left = (self.total(got) or 0) - len(self._ids(got))
        if low is None or high is None or high - low < 2 or left < 1:
            return ()
        rows = max(1, round(left / count / self.size)) * self.size
        step = max(1, int(rows * SNUG * (high - 1 - low) / left))
        cuts = [low + step * i for i in range(count) if low + step * i < high - 1]
        return [
            sent.asking((self.order, (self.after_id, str(a)), (self.before_id, str(b + 1))))
            for a, b in pairwise((*cuts, high - 1))
        ]

    def inside(self, sent: Request, got: Response) -> bool:
        """Whether the ids are between the borders, and in order."""
        query, ids = dict(sent.query), self._ids(got)
        low, high = whole(query.get(self.after_id)), whole(query.get(self.before_id))
        found = [one for one in ids if one is not None]
        if len(found) < len(ids):
            return False
        if self._falls(sent):
            found.reverse()
        rising = all(a < b for a, b in pairwise(found))
        below = not found or high is None or found[-1] < high
        return rising and below and (not found or low is None or low < found[0])

    def _left(self, sent: Request, got: Response) -> tuple[int | None, int | None]:
        """Return the borders, themselves excluded, of the ids that are left after a reply."""
        query, ids = dict(sent.query), self._ids(got)
        if not ids:
            return None, None
        if self._falls(sent):
            return whole(query.get(self.after_id)), ids[-1]
        return ids[-1], whole(query.get(self.before_id))

    def _falls(self, sent: Request) -> bool:
        return bool(self.falling[0]) and self.falling in sent.query

    def _ids(self, got: Response) -> list[int | None]:
        parents = dig(got.body, self.at)
        return [whole(dig(one, self.id)) for one in parents] if isinstance(parents, list) else []
