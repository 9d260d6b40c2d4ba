"""How ids, pages and filters travel in Action Builder's API v1: pure functions and constants.

Source: Action Builder API v1 docs ("Pagination", "People", "Tags"); filters as live clients use
them (PyPI osdi, SGShuman/actionbuilder_updater). Read 2026-11-22.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from sqlcrm.sdk import Filter, PageNumber

CAMPAIGN = "/campaigns/{campaign}"
"""Nearly everything is of one campaign: the connection's setting fills this in."""

PEOPLE = f"{CAMPAIGN}/people"
PERSON = f"{PEOPLE}/{{id}}"
TAGS = f"{CAMPAIGN}/tags"

PAGES = PageNumber(25, pages_at="total_pages")
"""25 rows a page at most, and no count of the rows (docs). An empty list has no pages, and may lack
its rows (PyPI osdi)."""

OWN = "action_builder:"
"""The prefix of the API's own names and ids."""


def plain_id(identifier: Any) -> str | None:
    """Return an identifier without its prefix: what paths and other rows know it by."""
    return identifier.removeprefix(OWN) if isinstance(identifier, str) else None


def full_id(uuid: str) -> str:
    """Return an id as bodies have it.

    >>> full_id("e0"), full_id("action_builder:e0")
    ('action_builder:e0', 'action_builder:e0')
    """
    return uuid if uuid.startswith(OWN) else OWN + uuid


def identified(identifiers: Any, prefix: str) -> str | None:
    """Return the first identifier of a kind, without its prefix.

    >>> identified(["custom_id:77", "action_builder:e0"], "action_builder")
    'e0'
    """
    for one in identifiers if isinstance(identifiers, list) else ():
        if isinstance(one, str) and one.startswith(f"{prefix}:"):
            return one.removeprefix(f"{prefix}:")
    return None


def equals(field: str, prefix: str = "") -> Callable[[Any], str]:
    """Return what makes the text of a filter on a field; quotes in a value are doubled.

    >>> equals("name")("Jo's")
    "name eq 'Jo''s'"
    """

    def text(value: Any) -> str:
        quoted = (prefix + str(value)).replace("'", "''")
        return f"{field} eq '{quoted}'"

    return text


def border(sign: str) -> Callable[[Any], str | None]:
    """Return what makes a border on `modified_date`; only a moment is one."""

    def text(value: Any) -> str | None:
        if not isinstance(value, datetime) or value.tzinfo is None:
            return None
        moment = value.astimezone(UTC).isoformat(timespec="milliseconds")
        return f"modified_date {sign} '{moment.replace('+00:00', 'Z')}'"

    return text


# The API shows milliseconds and has borders that exclude the moment itself: a second of slack.
MODIFIED = (
    Filter("modified_date", ">=", "filter", slack=-1, wire=border("gt")),
    Filter("modified_date", "<=", "filter", slack=1, wire=border("lt")),
)

LAG = 60.0
"""Seconds until a list shows what was written. Clients saw seconds; nothing is documented."""

SETTLES = 5.0
"""Seconds until a row just written can be found (a client: "takes seconds")."""


def digits(value: Any) -> str:
    """Return a phone number as the API keeps it: digits alone, the country's code first.

    >>> digits("(202) 555-0101"), digits("+44 7911 123456")
    ('12025550101', '447911123456')

    Raises: ValueError where it can be no number.
    """
    text = str(value).strip()
    if not re.fullmatch(r"\+?[\d\s().\-/]+", text):
        raise ValueError(f"{value!r} is no phone number")
    found = re.sub(r"\D", "", text)
    if len(found) == 10 and not text.startswith("+"):
        found = f"1{found}"
    if not 11 <= len(found) <= 15:
        raise ValueError(f"{value!r} has {len(found)} digits: write it with its country's code")
    return found


def yes(value: Any) -> bool:
    """Return a truth value as JSON has it."""
    return bool(value)
