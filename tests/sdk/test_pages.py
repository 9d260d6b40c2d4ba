"""Paging values: what to ask first, and after each answer. Pure functions."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sqlcrm.sdk import (
    Cursor,
    Divisible,
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


PARTS = IdCursor(
    2, "rows", "total", "after", ("sort", "id"), before_id="before", falling=("sort", "-id")
)


def reply(total: int, *ids: Any) -> Response:
    return Response(200, {"rows": [{"id": i} for i in ids], "total": total})


def test_a_list_that_can_be_divided_is_one_by_its_protocol() -> None:
    assert isinstance(PARTS, Divisible)
    assert not isinstance(Offset(3), Divisible)


def test_the_last_page_is_asked_for_backwards_and_what_is_left_is_between() -> None:
    first = PARTS.first(LIST)
    last = PARTS.last(first, reply(40, "1", "2"))
    assert asked(last) == {"limit": "2", "sort": "-id", "after": "2"}
    assert last is not None
    got = reply(38, "90", "89")
    assert PARTS.inside(last, got)
    assert asked(PARTS.after(last, got, [])) == {
        "limit": "2",
        "sort": "id",
        "after": "2",
        "before": "89",
    }
    assert PARTS.after(last, reply(2, "90", "89"), []) is None


def test_parts_lie_side_by_side_and_leave_out_nothing() -> None:
    last = PARTS.last(PARTS.first(LIST), reply(90, "1", "2"))
    assert last is not None
    parts = PARTS.parts(last, reply(88, "90", "89"), 4)
    borders = [(int(asked(p)["after"]), int(asked(p)["before"])) for p in parts]
    assert len(borders) == 4
    assert borders[0][0] == 2
    assert borders[-1][1] == 89
    assert all(high == low + 1 for (_, high), (low, _) in pairwise(borders))
    for part, (low, high) in zip(parts, borders, strict=True):
        assert PARTS.inside(part, reply(20, low + 1, low + 2))
        assert asked(PARTS.after(part, reply(20, low + 1, low + 2), []))["before"] == str(high)


@pytest.mark.parametrize(
    ("ids", "kept"),
    [
        ((), True),
        ((3, "9"), True),
        ((3,), True),
        ((2, 3), False),  # the border itself
        ((9, 10), False),
        ((4, 3), False),
        ((3, 3), False),
        ((3, None), False),
        ((3, "x"), False),
    ],
)
def test_a_part_knows_its_own_rows(ids: tuple[Any, ...], kept: bool) -> None:
    sent = LIST.asking((("sort", "id"), ("after", "2"), ("before", "10")))
    assert PARTS.inside(sent, reply(20, *ids)) == kept


def test_what_cannot_be_divided_has_neither_end_nor_parts() -> None:
    first = PARTS.first(LIST)
    assert PARTS.parts(first, reply(90, 1, 2), 4) == ()  # nothing tells where it ends
    assert PARTS.last(first, reply(90, "a", "b")) is None
    assert PARTS.last(first, reply(0)) is None
    assert IDS.last(IDS.first(LIST), Response(200, {"rows": [{"id": 1}]})) is None
    narrow = LIST.asking((("after", "2"), ("before", "4")))
    assert PARTS.parts(narrow, reply(1, 3), 4) == ()
    assert PARTS.parts(first, Response(200, {"rows": 5}), 4) == ()


@settings(deadline=None, derandomize=True, max_examples=300)
@given(st.integers(1, 60), st.integers(1, 500), st.integers(2, 20), st.integers(0, 100))
def test_every_id_left_is_in_just_one_part(count: int, ids: int, parts: int, low: int) -> None:
    high = low + ids + 3
    sent = LIST.asking((("sort", "id"), ("after", str(low)), ("before", str(high))))
    found = PARTS.parts(sent, reply(count + 2, low + 1, low + 2), parts) or [
        PARTS.after(sent, reply(count + 3, low + 1, low + 2), [])
    ]
    assert len(found) <= parts
    covered = [
        one for p in found for one in range(int(asked(p)["after"]) + 1, int(asked(p)["before"]))
    ]
    assert covered == list(range(low + 3, high))


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


def test_a_list_without_a_count_ends_where_the_reply_has_no_next_address() -> None:
    pages = PageNumber(2, next_at="links.next")
    more = {"links": {"next": "/list?page=2"}}
    second = after(pages, more, [1, 2])
    assert asked(second) == {"per_page": "2", "page": "2"}
    assert asked(after(pages, more, [3], second)) == {"per_page": "2", "page": "3"}
    assert after(pages, more, [], second) is None
    assert after(pages, {"links": {}}, [3, 4], second) is None


def test_a_size_that_the_api_alone_decides_is_not_asked_for() -> None:
    pages = PageNumber(25, pages_at="meta.total_pages", per_page="")
    assert asked(pages.first(LIST)) == {"page": "1"}
    assert asked(after(pages, {"meta": {"total_pages": 2}}, [1])) == {"page": "2"}


def test_a_list_that_counts_no_pages_may_leave_its_rows_out() -> None:
    pages = PageNumber(25, pages_at="total_pages")
    flow = every_page(LIST, "_embedded.rows", pages)
    next(flow)
    with pytest.raises(StopIteration) as end:
        flow.send(Response(200, {"total_pages": 0}))
    assert end.value.value == []
    flow = every_page(LIST, "_embedded.rows", pages)
    next(flow)
    with pytest.raises(ShapeChanged):
        flow.send(Response(200, {"total_pages": 1}))
