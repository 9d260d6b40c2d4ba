"""How values, pages and orders travel in ActiveCampaign's API v3: pure functions and constants.

Source: ActiveCampaign API v3 reference, "Pagination", "Ordering and Filtering", "Contacts",
"Custom field values"; where it is silent, recorded traffic of public clients. Read 2026-11-21.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlcrm.sdk import IdCursor, Offset, Request, Response, Single, Sort, rows_at

SIZE = 100
"""Rows a page: the documented maximum ("Pagination", read 2026-11-21); the default is only 20."""

BY_ID = ("orders[id]", "ASC")
"""Without an order the rows come in any order, and offsets then skip and repeat rows. Where an
endpoint cannot order by id it ignores this parameter, as it ignores every one it does not know."""

LISTED = Offset(SIZE, "meta.total")
"""Lists of the older endpoints: they tell the total, as a string or as a number."""

MAYBE_COUNTED = Offset(SIZE, "meta.total", sure=False)
"""Lists of which nothing says whether they tell a total."""

UNCOUNTED = Offset(SIZE)
"""Lists that the reference shows without `meta`: a short page is the last one."""

CONTACTS = IdCursor(
    SIZE,
    at="contacts",
    total_at="meta.total",
    after_id="id_greater",
    order=BY_ID,
    before_id="id_less",
    falling=("orders[id]", "DESC"),
)
"""Contacts by ascending id, which the reference recommends over deep offsets. Only contacts know
`id_greater` and `id_less`; rows that a contacts reply carries beside its contacts are paged the
same way."""

NEWEST_CONTACTS = IdCursor(
    SIZE, at="contacts", total_at="meta.total", after_id="id_less", order=("orders[id]", "DESC")
)
"""Contacts by descending id."""


def sorts(column: str, at: str) -> tuple[Sort, Sort]:
    """Declare that a list can be sorted by a column, both ways; it is paged by offsets then."""
    return (
        Sort(column, query=((f"orders[{at}]", "ASC"),), pages=LISTED),
        Sort(column, descending=True, query=((f"orders[{at}]", "DESC"),), pages=LISTED),
    )


@dataclass(frozen=True, slots=True)
class Beside:
    """Rows that a list carries beside its own rows: the list's rows, at `at`, are what is paged."""

    pages: Offset
    at: str

    @property
    def size(self) -> int:
        """Rows of the list a page; how many rows lie beside them is not known."""
        return self.pages.size

    def first(self, request: Request) -> Request:
        """Ask for the list's first page."""
        return self.pages.first(request)

    def after(self, sent: Request, got: Response, rows: Sequence[Any]) -> Request | None:
        """Ask for the list's next page, whatever lay beside this one."""
        return self.pages.after(sent, got, rows_at(got.body, self.at, sent.path))

    def ahead(self, sent: Request, got: Response, rows: Sequence[Any]) -> Iterable[Request]:
        """Return the list's further pages, as far as its total tells."""
        return self.pages.ahead(sent, got, rows_at(got.body, self.at, sent.path))

    def total(self, got: Response) -> int | None:
        """Return None: the list's total does not count these rows."""
        return None


WHOLE = Single()
"""Sub-collections of one parent: everything at once, without `meta`."""


def moment(value: Any) -> str | None:
    """Render an aware datetime in UTC, with its offset: the zone of a bare time is undocumented."""
    if not isinstance(value, datetime) or value.tzinfo is None:
        return None
    return value.astimezone(UTC).isoformat(timespec="seconds")


def needle(value: Any) -> str | None:
    """Return a text to be searched; nothing to search for, or an escape sign, is not pushed.

    The percent sign and the underscore stay: read as wildcards they only find more.
    """
    return value if isinstance(value, str) and value.strip() and "\\" not in value else None


def whole(value: Any) -> str | None:
    """Render an id or code; anything that is no whole number is not pushed."""
    if isinstance(value, bool) or not isinstance(value, int):
        return None
    return str(value)


def above(value: Any) -> str | None:
    """Border for `id > value`, given to a parameter that excludes it."""
    return None if not _number(value) else str(math.floor(value))


def from_(value: Any) -> str | None:
    """Border for `id >= value`, given to a parameter that excludes it."""
    return None if not _number(value) else str(math.ceil(value) - 1)


def below(value: Any) -> str | None:
    """Border for `id < value`, given to a parameter that excludes it."""
    return None if not _number(value) else str(math.ceil(value))


def up_to(value: Any) -> str | None:
    """Border for `id <= value`, given to a parameter that excludes it."""
    return None if not _number(value) else str(math.floor(value) + 1)


def _number(value: Any) -> bool:
    """Whether a value can be compared with ids and amounts at all."""
    if isinstance(value, bool) or value is None or isinstance(value, (str, datetime)):
        return False
    try:
        return math.isfinite(value)
    except (TypeError, ValueError, OverflowError):
        return False


def choices_from(value: Any) -> list[str]:
    """Read the choices of a checkbox or list box field, `||a||b||`; a bare text is one choice."""
    if isinstance(value, list):
        return [str(item) for item in value]
    return [choice for choice in str(value).split("||") if choice]


def choices_to(value: Iterable[str] | None) -> str:
    """Write choices the way checkbox and list box fields take them, `||a||b||`.

    Raises: ValueError where a choice holds the separator, which cannot be escaped.
    """
    chosen = list(value or ())
    for choice in chosen:
        if "||" in choice:
            raise ValueError(f"a choice cannot contain '||': {choice!r}")
    return f"||{'||'.join(chosen)}||" if chosen else ""
