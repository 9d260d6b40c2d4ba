"""How values travel, and which rows an object of a reply holds."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from sqlcrm.sdk import Response
from sqlcrm_action_builder import objects
from sqlcrm_action_builder.replies import reason
from sqlcrm_action_builder.wire import border, digits, equals, full_id, identified, plain_id

UUID = "e0000000-0000-4000-8000-000000000002"

ANA: dict[str, Any] = {
    "identifiers": [f"action_builder:{UUID}", "custom_id:77"],
    "action_builder:entity_type": "person",
    "given_name": "Ana",
    "family_name": "Lee",
    "email_addresses": [
        {"action_builder:identifier": "action_builder:f0", "address": "old@x.org", "status": "bad"},
        {"address": "ana@x.org", "status": "unsubscribed"},
        {"address": "work@x.org", "status": "subscribed"},
    ],
}
UNIT = {"identifiers": ["action_builder:u0"], "action_builder:entity_type": "unit", "name": "Dock"}


def test_ids_lose_and_get_their_prefix() -> None:
    assert plain_id(f"action_builder:{UUID}") == UUID
    assert full_id(UUID) == f"action_builder:{UUID}"
    assert identified(ANA["identifiers"], "custom_id") == "77"
    assert identified(None, "custom_id") is None


def test_quotes_in_a_filter_are_doubled() -> None:
    assert equals("name")("Boss's office") == "name eq 'Boss''s office'"
    assert equals("identifier", "custom_id:")(77) == "identifier eq 'custom_id:77'"


def test_borders_are_in_utc_and_tell_milliseconds() -> None:
    east = datetime(2026, 1, 1, 2, 0, 0, 5000, tzinfo=timezone(timedelta(hours=2)))
    assert border("gt")(east) == "modified_date gt '2026-01-01T00:00:00.005Z'"
    assert border("lt")(datetime(2026, 1, 1, tzinfo=UTC)) == (
        "modified_date lt '2026-01-01T00:00:00.000Z'"
    )
    assert border("gt")("2026") is None


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("12025550101", "12025550101"),
        ("+1 (202) 555-0101", "12025550101"),
        ("202.555.0101", "12025550101"),
        ("+44 7911 123456", "447911123456"),
    ],
)
def test_phone_numbers_are_kept_as_digits_with_their_country(given: str, kept: str) -> None:
    assert digits(given) == kept


@pytest.mark.parametrize("given", ["5550101", "call me", "+2025550101x", "1" * 16])
def test_what_is_no_phone_number_is_refused(given: str) -> None:
    with pytest.raises(ValueError, match=r"phone number|digits"):
        digits(given)


def test_the_best_address_is_the_first_that_is_not_bad() -> None:
    """D2: what the person wants makes no address better, or a match would move with it."""
    (row,) = objects.people(ANA)
    assert [one["best"] for one in row["email_addresses"]] == [False, True, False]
    only_bad = {**ANA, "email_addresses": ANA["email_addresses"][:1]}
    assert objects.people(only_bad)[0]["email_addresses"][0]["best"] is True


def test_people_are_persons_and_entities_are_all() -> None:
    assert [row["id"] for one in (ANA, UNIT) for row in objects.people(one)] == [UUID]
    assert [row["name"] for one in (ANA, UNIT) for row in objects.entities(one)] == [
        "Ana Lee",
        "Dock",
    ]
    steward = {"identifiers": [], "action_builder:entity_type": "steward", "given_name": "Bo"}
    assert len(objects.people(steward)) == 1


def test_a_wrapped_person_is_the_same_person() -> None:
    assert objects.people({"person": ANA}) == objects.people(ANA)


def test_each_address_is_a_row_with_its_person() -> None:
    rows = objects.details("email_addresses")(ANA)
    assert [row["person_id"] for row in rows] == [UUID] * 3
    assert rows[1]["email_addresses"] == [ANA["email_addresses"][1]]
    assert objects.details("phone_numbers")(ANA) == []


def test_an_answer_gets_its_ids_from_its_links() -> None:
    links = {
        "osdi:tag": {"href": "https://x/tags/t1"},
        "osdi:person": {"href": "https://x/people/e2/"},
    }
    tagging = {
        "identifiers": ["action_builder:g1"],
        "action_builder:name": "Hours",
        "action_builder:number_response": 20,
        "item_type": "person",
        "_links": links,
    }
    (row,) = objects.taggings(tagging)
    assert {name: row.get(name) for name in ("id", "tag_id", "person_id", "name")} == {
        "id": "g1",
        "tag_id": "t1",
        "person_id": "e2",
        "name": "Hours",
    }
    assert row["responses"] == {"number": 20}
    assert "connection_id" not in row  # what asked for it says it, where the reply does not
    assert objects.connection_taggings(tagging) == []


def test_an_answer_about_a_connection_is_no_persons_answer() -> None:
    tagging = {"identifiers": ["action_builder:g1"], "item_type": "connection"}
    assert objects.taggings(tagging) == []
    assert len(objects.connection_taggings(tagging)) == 1


@pytest.mark.parametrize("key", ["action_builder:connection_type", "connection_type"])
def test_a_connections_type_comes_under_either_name(key: str) -> None:
    (row,) = objects.connections({"identifiers": ["action_builder:x"], key: "People + Units"})
    assert (row["id"], row["connection_type"]) == ("x", "People + Units")


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"error": "Tag is not accessible"}, "Tag is not accessible"),
        ({"errors": {"state": ["can't be blank"]}}, "state: can't be blank"),
        (["one", {"message": "two"}], "one; two"),
    ],
)
def test_an_errors_words_are_found_in_any_shape(body: Any, words: str) -> None:
    assert reason(Response(422, body)) == words


def test_an_error_without_json_gives_its_text_and_a_success_nothing() -> None:
    assert reason(Response(500, None, text="Internal error")) == "Internal error"
    assert reason(Response(200, {"message": "Tag has been removed from the campaign"})) == ""
