"""Values, pages and filters as Action Network's API has them."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from sqlcrm.sdk import Href, Request, Response
from sqlcrm_action_network.wire import (
    COUNTED,
    UNCOUNTED,
    by_id,
    by_text,
    by_time,
    digits,
    equals,
    href,
    last_part,
    own_id,
    plain_json,
    seconds,
    unblank,
    whole_seconds,
)

NOON = dt.datetime(2026, 1, 5, 12, 0, 0, 900_000, tzinfo=dt.timezone(dt.timedelta(hours=1)))


def test_the_own_identifier_is_found_among_others() -> None:
    assert own_id(["my_system:77", "action_network:11-22"]) == "11-22"


@pytest.mark.parametrize("identifiers", [[], None, ["my_system:77"], "action_network:1", [7]])
def test_a_row_without_an_own_identifier_is_refused(identifiers: Any) -> None:
    with pytest.raises(LookupError):
        own_id(identifiers)


@pytest.mark.parametrize(
    ("address", "identity"),
    [
        ("https://actionnetwork.org/api/v2/people/44-55", "44-55"),
        ("https://actionnetwork.org/api/v2/people/44-55/", "44-55"),
        (None, None),
        ({"href": "x"}, None),
    ],
)
def test_an_id_is_the_end_of_an_address(address: Any, identity: str | None) -> None:
    assert last_part(address) == identity


def test_a_link_is_an_address_within_the_api() -> None:
    assert href("/people")("44-55") == Href("/people/44-55")


def test_apostrophes_are_doubled_in_filters() -> None:
    assert equals("family_name")("O'Brien'") == "family_name eq 'O''Brien'''"


def test_nothing_to_look_for_is_not_pushed() -> None:
    written = by_text("given_name").wire
    assert written is not None
    assert [written(v) for v in ("Ana", "", " ", 7)] == ["given_name eq 'Ana'", None, None, None]


def test_an_id_is_looked_for_with_its_system() -> None:
    written = by_id().wire
    assert written is not None
    assert written("11-22") == "identifier eq 'action_network:11-22'"


def test_times_are_in_utc_and_whole_seconds() -> None:
    assert seconds(NOON) == "2026-01-05T11:00:00Z"
    assert seconds(dt.datetime(2026, 1, 5)) is None  # noqa: DTZ001 - of no zone nothing is known
    assert seconds("2026-01-05") is None
    assert whole_seconds(NOON).microsecond == 0


def test_included_borders_get_a_second_of_slack() -> None:
    found = {one.op: (one.slack, one.wire(NOON)) for one in by_time("created_date") if one.wire}
    assert found == {
        ">=": (-1, "created_date gt '2026-01-05T11:00:00Z'"),
        ">": (-1, "created_date gt '2026-01-05T11:00:00Z'"),
        "<": (1, "created_date lt '2026-01-05T11:00:00Z'"),
        "<=": (1, "created_date lt '2026-01-05T11:00:00Z'"),
    }


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("(202) 555-0101", "12025550101"),
        ("+1 202.555.0101", "12025550101"),
        ("12025550101", "12025550101"),
        ("+44 20 7946 0958", "442079460958"),
        ("", None),
        (None, None),
    ],
)
def test_f7_phones_are_compared_in_the_form_that_is_kept(given: Any, kept: str | None) -> None:
    """F7: a number in another spelling is no change."""
    assert digits(given) == kept


def test_what_holds_no_digit_is_no_phone() -> None:
    with pytest.raises(ValueError, match="is no phone number"):
        digits("none")


def test_blank_texts_are_null() -> None:
    assert [unblank(v) for v in ("", " ", None, "x", 0)] == [None, None, None, "x", 0]


def test_json_is_compared_in_one_form() -> None:
    assert plain_json('[ {"name":"Ü"} ]') == '[{"name": "Ü"}]'
    assert plain_json("") is None
    with pytest.raises(ValueError, match="Expecting"):
        plain_json("{")


def _page(body: dict[str, Any], rows: int, number: int = 1) -> Request | None:
    ask = UNCOUNTED.first(Request("GET", "/people", (("filter", "x"),)))
    ask = ask.with_query(page=str(number))
    return UNCOUNTED.after(ask, Response(200, body), [{}] * rows)


def test_people_end_with_a_page_that_is_empty() -> None:
    following = _page({"_links": {"next": {"href": "…?page=2"}}}, 25)
    assert following is not None
    assert following.query == (("filter", "x"), ("per_page", "25"), ("page", "2"))
    assert _page({"_links": {"next": {"href": "…?page=3"}}}, 0, 2) is None
    assert _page({"_links": {}}, 25) is None


def test_other_lists_end_where_they_say() -> None:
    ask = COUNTED.first(Request("GET", "/tags"))
    got = Response(200, {"total_pages": 2, "total_records": 26})
    assert COUNTED.after(ask, got, [{}] * 25) is not None
    assert COUNTED.after(ask.with_query(page="2"), got, [{}]) is None
    assert COUNTED.none(Response(200, {"total_pages": 0, "total_records": 0}))
