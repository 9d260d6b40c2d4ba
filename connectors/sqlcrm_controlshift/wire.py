"""How values and pages travel in ControlShift's APIs: pure functions and constants.

Source: ControlShift developer documentation, "Authenticated REST API", "JSON API", "Bulk data";
read 2026-11-22.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlcrm.sdk import PageNumber

REST = "/api/v1"
"""Where the authenticated API begins."""

EXPORTS = (
    "https://agra-data-exports-production.s3.amazonaws.com",
    "https://agra-data-exports-production-eu-central-1.s3.amazonaws.com",
    # The documents name the European bucket and not its host; S3 answers under both.
    "https://agra-data-exports-production-eu-central-1.s3.eu-central-1.amazonaws.com",
)
"""Where bulk exports lie ("Bulk data": one bucket for each of the two data centres)."""

SIZE = 25
"""Rows a page, about: nothing says how many, and no parameter changes it. Only costs are guessed
from it; the end of a list is what `total_pages` says."""

LISTED = PageNumber(SIZE, pages_at="meta.total_pages", per_page="")
"""Lists of the authenticated API: they take `page` alone, and count pages, not rows."""

FOUND = PageNumber(
    10, pages_at="meta.total_pages", total_at="meta.total_entries", per_page=""
)  # fmt: skip
"""Public lists of searched and featured petitions, 10 a page ("per_page": 10)."""

EFFORTS = PageNumber(10, pages_at="meta.total_pages", total_at="meta.count", per_page="")
"""The public list of efforts, and that of places: their `meta` is of another make."""

SHOWN = PageNumber(SIZE, pages_at="total_pages", per_page="")
"""Public petitions of a category or partnership: what counts pages lies beside the rows."""


def truth(value: Any) -> bool:
    """Write a yes or no as JSON has it."""
    return bool(value)


def given(value: Any) -> bool:
    """Read a time that something happened as that it has happened."""
    return bool(value)


def named(values: Any) -> list[str]:
    """Read the names of categories, of which the API shows the slugs as well.

    One sample has `title` where the others have `name`; of a bare text only that is known.
    """
    return [
        str(one.get("name") or one.get("title") or one["slug"])
        if isinstance(one, Mapping)
        else str(one)
        for one in values
    ]


def slugs(values: Any) -> list[str]:
    """Read what names categories in addresses."""
    return [str(one["slug"] if isinstance(one, Mapping) else one) for one in values]


def by_slug(values: Iterable[str]) -> list[dict[str, str]]:
    """Write slugs as a list of objects that are named by them."""
    return [{"slug": slug} for slug in values]


def title(value: Any) -> str:
    """Read a title that is a text, or a text for each locale: English, else the first of them."""
    if not isinstance(value, Mapping):
        return str(value)
    english = (text for locale, text in value.items() if str(locale).startswith("en"))
    return str(next(english, next(iter(value.values()), "")))


def localized(value: Any) -> Any:
    """Read the titles by locale, none where there is but one text."""
    return value if isinstance(value, Mapping) else None


def single(targets: Any) -> list[Any]:
    """Write a decision maker as the list of one that the API takes.

    Raises: ValueError for what is no object: `{"slug": …}`, or `{"name": …}` and more.
    """
    found = targets if isinstance(targets, Sequence) and not isinstance(targets, str) else [targets]
    if len(found) > 1 or not all(isinstance(one, Mapping) for one in found):
        raise ValueError("a target is one object with a slug, or with a name")
    return list(found)
