"""Replies as the API's documentation and clients show them, through the declarations."""

from __future__ import annotations

from typing import Any

import pytest

from sqlcrm.execution.decode import Decoder
from sqlcrm.sdk import Response, Table, Verdict, rows_at
from sqlcrm_action_network import connector

URL = "https://actionnetwork.org/api/v2"
PERSON: dict[str, Any] = {
    "identifiers": ["my_system:77", "action_network:1111"],
    "created_date": "2025-05-01T09:00:00Z",
    "modified_date": "2026-01-02T10:00:00Z",
    "given_name": "Ana",
    "family_name": "",
    "email_addresses": [
        {"primary": False, "address": "old@example.org", "status": "bouncing"},
        {"primary": True, "address": "ana@example.org", "status": "subscribed"},
    ],
    "phone_numbers": [
        {
            "primary": True,
            "number": "12025550101",
            "number_type": "Mobile",
            "status": "unsubscribed",
        }
    ],
    "postal_addresses": [
        {
            "primary": True,
            "address_lines": ["1 Main St"],
            "locality": "Dayton",
            "postal_code": "45402",
            "country": "US",
            "location": {"latitude": 39.76, "longitude": -84.19, "accuracy": "Approximate"},
        }
    ],
    "languages_spoken": ["en"],
    "custom_fields": {"Shirt size": "M"},
}


def table(name: str) -> Table:
    return next(table for table in connector.tables if table.name == name)


def shown(name: str, row: dict[str, Any]) -> dict[str, Any]:
    """Return a row of a reply as a table has it."""
    found = Decoder(table(name).columns, name, "UTC").batch([row], {}).to_pylist()
    first: dict[str, Any] = found[0]
    return first


def links(**ids: str) -> dict[str, Any]:
    places = {"person": "people", "tag": "tags", "fundraising_page": "fundraising_pages"}
    return {"_links": {f"osdi:{n}": {"href": f"{URL}/{places[n]}/{one}"} for n, one in ids.items()}}


@pytest.mark.parametrize(
    ("status", "body", "verdict", "words"),
    [
        (200, {"identifiers": ["action_network:1"]}, Verdict.OK, ""),
        (200, {}, Verdict.REJECTED, "it did nothing"),
        (400, {"error": "You must specify a valid person id"}, Verdict.REJECTED, "valid person id"),
        (401, {"error": "no"}, Verdict.DENIED, "no"),
        (404, {"error": "Couldn't find tag with id = 7"}, Verdict.MISSING, "find tag"),
        (429, {"error": "Too many requests"}, Verdict.THROTTLED, "Too many"),
        (500, {"error": "oops"}, Verdict.RETRY, "oops"),
        (502, None, Verdict.RETRY, ""),
    ],
)
def test_answers_are_understood(status: int, body: Any, verdict: Verdict, words: str) -> None:
    got, said = connector.judge(Response(status, body), "/people")
    assert got is verdict
    assert words in said


def test_a_refused_key_is_not_repeated() -> None:
    body = {"error": "API Key invalid or not present: 0123secret"}
    verdict, words = connector.judge(Response(403, body), "/people")
    assert verdict is Verdict.DENIED
    assert words == "API Key invalid or not present"


def test_of_several_addresses_the_primary_one_is_the_persons() -> None:
    found = shown("people", PERSON)
    assert (found["id"], found["email"], found["email_status"]) == (
        "1111",
        "ana@example.org",
        "subscribed",
    )
    assert (found["phone"], found["postal_code"], found["latitude"]) == (
        "12025550101",
        "45402",
        39.76,
    )
    assert found["family_name"] is None
    assert found["custom_fields"] == '{"Shirt size": "M"}'


def test_a_person_without_an_email_address_is_a_row() -> None:
    found = shown("people", {**PERSON, "email_addresses": [], "postal_addresses": []})
    assert (found["email"], found["email_status"], found["country"]) == (None, None, None)


def test_only_people_with_a_phone_have_a_mobile_subscription() -> None:
    mobile = table("mobile_subscriptions")
    without = {**PERSON, "phone_numbers": [{"primary": True, "status": "unsubscribed"}]}
    assert mobile.within([without, {**PERSON, "phone_numbers": []}, PERSON]) == [PERSON]
    found = shown("mobile_subscriptions", PERSON)
    assert (found["person_id"], found["phone_number"], found["status"]) == (
        "1111",
        "12025550101",
        "unsubscribed",
    )


def test_a_tagging_names_tag_and_person_by_address() -> None:
    row = {"identifiers": ["action_network:8888"], **links(tag="7777", person="4444")}
    found = shown("taggings", row)
    assert (found["id"], found["tag_id"], found["person_id"]) == ("8888", "7777", "4444")


@pytest.mark.parametrize("key", ["action_network:person_id", "action:person_id", ""])
def test_whoever_sent_in_a_form_is_found_however_the_field_is_spelled(key: str) -> None:
    row = {
        "identifiers": ["action_network:1"],
        "action_network:form_id": "f",
        **({key: "4444"} if key else {}),
        **links(person="4444"),
    }
    assert shown("submissions", row)["person_id"] == "4444"


def test_amounts_are_texts_on_donations_and_numbers_on_pages() -> None:
    row = {
        "identifiers": ["action_network:a"],
        "amount": "25.00",
        "recipients": [{"display_name": "Our Org", "amount": "25.00"}],
        "action_network:recurrence": {"recurring": True, "period": "Monthly"},
        **links(fundraising_page="9999"),
    }
    found = shown("donations", row)
    assert (found["amount"], found["recurring"], found["recurrence_period"]) == (
        25.0,
        True,
        "Monthly",
    )
    assert (found["fundraising_page_id"], found["person_id"]) == ("9999", None)
    page = {"identifiers": ["action_network:b"], "total_amount": 25.5}
    assert shown("fundraising_pages", page)["total_amount"] == 25.5


@pytest.mark.parametrize("name", ["url", "browser_url"])
def test_a_sponsor_has_its_address_under_one_of_two_names(name: str) -> None:
    row = {
        "identifiers": ["action_network:a"],
        "action_network:sponsor": {"title": "Us", name: "x"},
    }
    found = shown("petitions", row)
    assert (found["sponsor_title"], found["sponsor_url"]) == ("Us", "x")


def test_custom_fields_are_a_list_of_their_own_shape() -> None:
    body = {"action_network:custom_fields": [{"name": "Shirt size", "notes": None}]}
    (read,) = table("custom_fields").reads
    assert [row["name"] for row in rows_at(body, read.at)] == ["Shirt size"]


def test_messages_are_sent_or_scheduled_by_their_status() -> None:
    rows = [{"status": s} for s in ("draft", "scheduled", "sending", "sent", "throttled")]
    sent = table("message_sendings").within(rows)
    assert [row["status"] for row in sent] == ["sending", "sent", "throttled"]
    assert [row["status"] for row in table("message_schedules").within(rows)] == ["scheduled"]
