"""How values travel: pure functions."""

from __future__ import annotations

from typing import Any

import pytest

from sqlcrm.sdk import PageNumber, Request, Response, ShapeChanged
from sqlcrm_controlshift.wire import (
    EFFORTS,
    FOUND,
    LISTED,
    SHOWN,
    by_slug,
    given,
    localized,
    named,
    single,
    slugs,
    title,
    truth,
)

PAGES = {
    "authenticated": (LISTED, {"meta": {"current_page": 1, "total_pages": 2, "next_page": 2}}),
    "searched": (FOUND, {"meta": {"total_pages": 2, "total_entries": 11, "per_page": 10}}),
    "efforts": (EFFORTS, {"meta": {"count": 11, "page": 1, "per_page": 10, "total_pages": 2}}),
    "of a category": (SHOWN, {"current_page": 1, "total_pages": 2, "next_page": 2}),
}


@pytest.mark.parametrize(("pages", "body"), PAGES.values(), ids=PAGES)
def test_each_envelope_tells_how_many_pages_there_are(pages: PageNumber, body: Any) -> None:
    """The five envelopes of lists: four that are paged, and bare arrays."""
    first = pages.first(Request("GET", "/x"))
    assert first.query == (("page", "1"),)
    second = pages.after(first, Response(200, body), [{}])
    assert second is not None
    assert second.query == (("page", "2"),)
    assert pages.after(second, Response(200, body), [{}]) is None


@pytest.mark.parametrize(("pages", "body"), PAGES.values(), ids=PAGES)
def test_a_list_that_does_not_say_how_long_it_is_is_refused(pages: PageNumber, body: Any) -> None:
    with pytest.raises(ShapeChanged):
        pages.after(pages.first(Request("GET", "/x")), Response(200, {"data": []}), [{}])


def test_only_lists_that_count_rows_have_a_total() -> None:
    totals = {name: pages.total(Response(200, body)) for name, (pages, body) in PAGES.items()}
    assert totals == {"authenticated": None, "searched": 11, "efforts": 11, "of a category": None}


def test_categories_are_read_by_name_and_by_slug_whatever_the_sample_calls_them() -> None:
    found = [{"slug": "a", "name": "A"}, {"slug": "b", "title": "B"}, {"slug": "c"}, "d"]
    assert named(found) == ["A", "B", "c", "d"]
    assert slugs(found) == ["a", "b", "c", "d"]
    assert by_slug(("a", "b")) == [{"slug": "a"}, {"slug": "b"}]


@pytest.mark.parametrize(
    ("value", "shown"),
    [("Every town", "Every town"), ({"fr": "Villes", "en-US": "Towns"}, "Towns"), ({}, "")],
)
def test_a_title_by_locale_is_shown_in_english_where_it_can(value: Any, shown: str) -> None:
    assert title(value) == shown
    assert title({"fr": "Villes", "de": "Orte"}) == "Villes"
    assert localized(value) == (value if isinstance(value, dict) else None)


def test_a_decision_maker_is_written_as_a_list_of_one() -> None:
    assert single({"slug": "king"}) == [{"slug": "king"}]
    assert single([{"name": "King"}]) == [{"name": "King"}]
    for wrong in ("king", [{}, {}], 3, ["king"]):
        with pytest.raises(ValueError, match="one object"):
            single(wrong)


def test_flags_are_written_as_json_has_them_and_times_read_as_that_it_happened() -> None:
    assert truth(1) is True
    assert truth(0) is False
    assert given("2026-02-01T10:00:00Z") is True
