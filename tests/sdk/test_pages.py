"""Paging values: what to ask first, and after each answer. Pure functions."""

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sqlcrm.sdk import (
    Cursor,
    IdCursor,
    NextLink,
    Offset,
    PageNumber,
    Paging,
    Request,
    Response,
    ShapeChanged,
    Single,
    dig,
    every_page,
    rows_at,
)

LIST = Request("GET", "/list", (("status", "-1"),))
IDS = IdCursor(2, "rows", "meta.total", "after", ("sort", "id"))


def asked(request: Request | None) -> dict[str, str]:
    assert request is not None
    assert (request.method, request.path) == ("GET", "/list")
    found = dict(request.query)
    assert found.pop("status") == "-1"
    assert len(request.query) == len(found) + 1
    return found


def after(pages: Paging, body: Any, rows: Sequence[Any], sent: Request | None = None) -> Any:
    return pages.after(sent or pages.first(LIST), Response(200, body), rows)


def test_single_asks_once() -> None:
    assert Single().first(LIST) == LIST
    assert after(Single(), {}, [1]) is None
    assert Single().total(Response(200, {})) is None


def test_an_offset_moves_by_the_rows_that_came() -> None:
    pages = Offset(3, "meta.total")
    first = pages.first(LIST)
    assert asked(first) == {"limit": "3", "offset": "0"}
    second = after(pages, {"meta": {"total": "5"}}, [1, 2])  # the API lowered the limit silently
    assert asked(second) == {"limit": "3", "offset": "2"}
    assert after(pages, {"meta": {"total": 5}}, [1, 2, 3], second) is None
    assert after(pages, {"meta": {"total": 0}}, []) is None


@pytest.mark.parametrize("total", [None, True, "many", 1.5, [], ""])
def test_an_offset_list_must_tell_its_total(total: Any) -> None:
    with pytest.raises(ShapeChanged, match=r"/list: the reply has no number at meta\.total"):
        after(Offset(3, "meta.total"), {"meta": {"total": total}}, [1])


def test_an_offset_list_may_not_run_dry_before_its_total() -> None:
    with pytest.raises(ShapeChanged, match="ended after 0 of 5"):
        after(Offset(3, "total"), {"total": 5}, [])


def test_without_a_total_a_short_page_is_the_end() -> None:
    pages = Offset(3)
    assert asked(after(pages, {}, [1, 2, 3])) == {"limit": "3", "offset": "3"}
    assert after(pages, {}, [1, 2]) is None
    assert after(pages, {}, []) is None
    assert pages.total(Response(200, {"total": 5})) is None


def test_a_cursor_of_ids_asks_behind_the_last_one() -> None:
    assert asked(IDS.first(LIST)) == {"limit": "2", "sort": "id"}
    second = after(IDS, {"rows": [{"id": 4}, {"id": "9"}], "meta": {"total": "3"}}, [])
    assert asked(second) == {"limit": "2", "sort": "id", "after": "9"}
    assert after(IDS, {"rows": [{"id": 12}], "meta": {"total": 1}}, [], second) is None
    assert after(IDS, {"rows": [], "meta": {"total": 0}}, []) is None


@pytest.mark.parametrize(
    "body",
    [
        {},
        None,
        {"rows": []},
        {"rows": {}, "meta": {"total": 0}},
        {"rows": [], "meta": {"total": 2}},
        {"rows": [{"key": 1}], "meta": {"total": 2}},
        {"rows": [7], "meta": {"total": 2}},
        {"rows": [None], "meta": {"total": 2}},
    ],
)
def test_a_cursor_of_ids_needs_ids_and_a_total(body: Any) -> None:
    with pytest.raises(ShapeChanged, match="/list"):
        after(IDS, body, [])


def test_pages_are_numbered_up_to_the_count_that_the_reply_tells() -> None:
    pages = PageNumber(3, total_at="count")
    assert asked(pages.first(LIST)) == {"per_page": "3", "page": "1"}
    second = after(pages, {"count": "4"}, [1, 2, 3])
    assert asked(second) == {"per_page": "3", "page": "2"}
    assert after(pages, {"count": 4}, [1], second) is None
    assert after(pages, {"count": 0}, []) is None
    zero = PageNumber(3, pages_at="pages", start=0)
    assert asked(zero.first(LIST))["page"] == "0"
    assert asked(after(zero, {"pages": 2}, [1, 2, 3]))["page"] == "1"
    assert after(zero, {"pages": 1}, [1]) is None


def test_numbered_pages_without_a_count_end_with_a_short_one() -> None:
    pages = PageNumber(3)
    assert asked(after(pages, {}, [1, 2, 3]))["page"] == "2"
    assert after(pages, {}, [1, 2]) is None


def test_numbered_pages_must_tell_the_count_that_was_declared() -> None:
    for pages in (PageNumber(3, pages_at="pages"), PageNumber(3, total_at="count")):
        with pytest.raises(ShapeChanged, match="how many pages"):
            after(pages, {}, [1, 2, 3])
    with pytest.raises(ShapeChanged, match="page 1 of 2 is empty"):
        after(PageNumber(3, pages_at="pages"), {"pages": 2}, [])


def test_a_cursor_is_handed_back_until_there_is_none() -> None:
    pages = Cursor(3, "meta.next", "cursor")
    assert asked(pages.first(LIST)) == {"limit": "3"}
    assert asked(after(pages, {"meta": {"next": 17}}, [])) == {"limit": "3", "cursor": "17"}
    for end in ({"meta": {"next": ""}}, {"meta": {"next": None}}, {"meta": {}}, {}):
        assert after(pages, end, [1]) is None
    assert pages.total(Response(200, {})) is None


def test_a_next_link_is_the_whole_address() -> None:
    pages = NextLink(3, "links.next", "per_page")
    assert asked(pages.first(LIST)) == {"per_page": "3"}
    assert NextLink(3, "next").first(LIST) == LIST
    assert after(pages, {"links": {"next": "/list?c=2"}}, []) == Request("GET", "/list?c=2")
    assert after(pages, {"links": {"next": None}}, []) is None
    assert pages.total(Response(200, {})) is None


@settings(deadline=None, derandomize=True, max_examples=200)
@given(
    st.sampled_from(
        [Offset(3, "total"), Offset(4), PageNumber(3, total_at="total"), PageNumber(2)]
    ),
    st.lists(st.integers(), max_size=12),
)
def test_a_list_that_holds_still_comes_whole_and_once(pages: Any, rows: list[int]) -> None:
    request: Request | None = pages.first(LIST)
    found: list[int] = []
    for _ in range(20):
        if request is None:
            break
        query = dict(request.query)
        start = int(query["offset"] if "offset" in query else query["page"])
        start = start if "offset" in query else (start - 1) * pages.size
        page = rows[start : start + pages.size]
        found += page
        request = pages.after(request, Response(200, {"total": len(rows)}), page)
    assert request is None
    assert found == rows


def test_a_flow_gathers_every_page() -> None:
    flow = every_page(LIST, "rows", Offset(2))
    assert asked(next(flow))["offset"] == "0"
    assert asked(flow.send(Response(200, {"rows": [1, 2]})))["offset"] == "2"
    with pytest.raises(StopIteration) as end:
        flow.send(Response(200, {"rows": [3]}))
    assert end.value.value == [1, 2, 3]


@pytest.mark.parametrize(
    ("body", "path", "found"),
    [
        ({"a": {"b": 5}}, "a.b", 5),
        ({"a": {"b": 5}}, "", {"a": {"b": 5}}),
        ({"a": 5}, "a.b", None),
        ([1], "a", None),
        (None, "a", None),
    ],
)
def test_dig_follows_a_dotted_path(body: Any, path: str, found: Any) -> None:
    assert dig(body, path) == found


def test_rows_are_a_list_or_one_object_and_nothing_else_is_empty() -> None:
    assert rows_at({"rows": [1]}, "rows") == [1]
    assert rows_at({"row": {"id": 1}}, "row") == [{"id": 1}]
    assert rows_at([1], "") == [1]
    for body in ({}, {"rows": None}, {"rows": "x"}, None):
        with pytest.raises(ShapeChanged, match="/list has no rows at 'rows'"):
            rows_at(body, "rows", "/list")
