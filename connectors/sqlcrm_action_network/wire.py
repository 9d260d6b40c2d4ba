"""How values, pages and filters travel in Action Network's API v2: pure functions and constants.

Source: Action Network API v2 documentation, "General concepts", "OData filtering", "People";
where it is silent, what public clients do. Read 2026-11-22.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from typing import Any

from sqlcrm.sdk import Filter, Href, PageNumber

SIZE = 25
"""Rows a page: the maximum, and the default."""

COUNTED = PageNumber(SIZE, pages_at="total_pages", total_at="total_records")
"""Most lists: they tell how many pages there are."""

UNCOUNTED = PageNumber(SIZE, next_at="_links.next")
"""People and the items of lists tell no totals. People name a next page on their last page, too,
which is empty then."""

SETTLES = 1.0
"""Seconds until what was written is found by a filter, as clients have seen it for phone numbers;
by `modified_date` it takes longer."""

SETTLES_PEOPLE = 3.0
"""Seconds until a person who is new is found by address: sooner, the person would be made again."""

LAG = 600.0
"""Seconds that a filter by `modified_date` may be late: clients overlap by 5 to 10 minutes."""

OWN = "action_network:"
"""What the API's own identifier begins with."""


def own_id(identifiers: Any) -> str:
    """Return the bare id among the identifiers of a row.

    Raises: LookupError where none is Action Network's.
    """
    for one in identifiers if isinstance(identifiers, list) else ():
        if isinstance(one, str) and one.startswith(OWN):
            return one.removeprefix(OWN)
    raise LookupError("no identifier of action_network")


OLD = dt.timedelta(minutes=5)
"""A person who was made so long before the call that changed it was not made by that call."""


def was_there(person: Any) -> bool:
    """Whether the reply of the person signup helper shows a person who existed before."""
    made, changed = (_moment(person, name) for name in ("created_date", "modified_date"))
    return made is not None and changed is not None and changed - made > OLD


def _moment(row: Any, name: str) -> dt.datetime | None:
    try:
        return dt.datetime.fromisoformat(row[name])
    except (LookupError, TypeError, ValueError):
        return None


THERE = (
    "the API took it for a person who was there already, and whom a look by this address did not "
    "find: by another spelling of the address, or by the phone number; the values were written to "
    "that person"
)

UNSUBSCRIBED = f"{THERE}, and the email status may have become unsubscribed: look at it"


def last_part(address: Any) -> str | None:
    """Return the id at the end of the address of a row."""
    return address.rstrip("/").rpartition("/")[2] if isinstance(address, str) else None


def href(path: str) -> Callable[[Any], Href]:
    """Return the function from an id to the address of that row: `/people`, `/tags`."""

    def written(identity: Any) -> Href:
        return Href(f"{path}/{identity}")

    return written


def equals(field: str) -> Callable[[Any], str]:
    """Return the function from a text to the filter that asks for it; quotes are doubled."""

    def written(value: Any) -> str:
        text = str(value).replace("'", "''")
        return f"{field} eq '{text}'"

    return written


def by_text(column: str, field: str = "") -> Filter:
    """Declare that the API filters a list by a text."""
    asked = equals(field or column)

    def written(value: Any) -> str | None:
        return asked(value) if isinstance(value, str) and value.strip() else None

    return Filter(column, "=", "filter", wire=written)


def by_id() -> Filter:
    """Declare that the API filters a list by the row's own identifier."""
    return Filter("id", "=", "filter", wire=lambda value: equals("identifier")(f"{OWN}{value}"))


def by_time(column: str) -> tuple[Filter, ...]:
    """Declare that the API filters a list by a time.

    It knows no borders that are included, and whole seconds only: hence one second of slack.
    """

    def than(word: str) -> Callable[[Any], str | None]:
        def written(value: Any) -> str | None:
            moment = seconds(value)
            return f"{column} {word} '{moment}'" if moment else None

        return written

    return (
        Filter(column, ">=", "filter", slack=-1, wire=than("gt")),
        Filter(column, ">", "filter", slack=-1, wire=than("gt")),
        Filter(column, "<", "filter", slack=1, wire=than("lt")),
        Filter(column, "<=", "filter", slack=1, wire=than("lt")),
    )


def seconds(value: Any) -> str | None:
    """Render an aware datetime as the API does, in UTC and without fractions."""
    if not isinstance(value, dt.datetime) or value.tzinfo is None:
        return None
    return value.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def whole_seconds(value: Any) -> Any:
    """Return a time without fractions, which the API does not keep."""
    return value.replace(microsecond=0) if isinstance(value, dt.datetime) else value


def unblank(value: Any) -> Any:
    """Return NULL for a blank text."""
    return None if isinstance(value, str) and not value.strip() else value


def truth(value: Any) -> bool:
    """Return a yes or no as JSON has it."""
    return bool(value)


def digits(value: Any) -> str | None:
    """Return a phone number as the API keeps it: 11 digits, the country's 1 among them.

    Of numbers of other countries nothing is documented: their digits stay.
    Raises: ValueError for what holds no digit.
    """
    if unblank(value) is None:
        return None
    found = "".join(sign for sign in str(value) if sign in "0123456789")
    if not found:
        raise ValueError(f"{value!r} is no phone number")
    return f"1{found}" if len(found) == 10 else found


def plain_json(text: Any) -> Any:
    """Return JSON as text in the form in which reads show it.

    Raises: ValueError for what is no JSON.
    """
    return None if unblank(text) is None else json.dumps(json.loads(text), ensure_ascii=False)
