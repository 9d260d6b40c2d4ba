"""Webhooks: what a call tells, event by event."""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Iterator
from typing import Any

import pytest

from sqlcrm.execution.decode import Decoder
from sqlcrm.sdk import ShapeChanged
from sqlcrm.session.hooks import Endpoint
from sqlcrm.state.events import Source
from sqlcrm_action_network import connector
from sqlcrm_action_network.webhooks import TABLES, TYPES, WEBHOOKS, events

API = "https://actionnetwork.org/api/v2"
PETITION = "22222222-2222-4222-8222-222222222222"
SIGNATURE = "33333333-3333-4333-8333-333333333333"
PERSON = "44444444-4444-4444-8444-444444444444"
SPONSOR = {"title": "Our Org", "url": "https://actionnetwork.org/groups/our-org"}


def links(relation: str = "", path: str = "", record: str = "") -> dict[str, Any]:
    """Return the links of an event."""
    found = {"osdi:person": {"href": f"{API}/people/{PERSON}"}}
    if relation:
        found[relation] = {"href": f"{API}/{path}"}
        found["self"] = {"href": f"{API}/{path}/{record}"}
    return found


def told(type_: str, data: Any, key: Any = "f3c1") -> dict[str, Any]:
    """Return one object of a call's array."""
    return {type_: data, "action_network:sponsor": SPONSOR, "idempotency_key": key}


def signature(**more: Any) -> dict[str, Any]:
    """Return W12's signature."""
    return {
        "created_date": "2026-02-01T00:00:00Z",
        "person": {
            "given_name": "Bo",
            "email_addresses": [{"primary": True, "address": "Bo@Example.org "}],
        },
        "_links": links("osdi:petition", f"petitions/{PETITION}", f"signatures/{SIGNATURE}"),
        **more,
    }


W12 = [told("osdi:signature", signature())]


def row(type_: str, data: Any) -> dict[str, Any]:
    """Return what a statement sees of an event, without what is NULL."""
    (event,) = events([told(type_, data)])
    decoder = Decoder(TYPES[type_].columns, "here", "UTC")
    (found,) = decoder.batch([dict(event.row)], None).to_pylist()
    return {name: value for name, value in found.items() if value is not None}


def test_nothing_is_signed_so_the_secret_is_in_the_address() -> None:
    """Section 10: no signature header; the setting is hidden, and needed for listening alone."""
    assert WEBHOOKS.signature is None
    setting = next(one for one in connector.settings if one.name == WEBHOOKS.secret)
    assert setting.secret
    assert not setting.required


def test_every_documented_type_has_a_table() -> None:
    """Section 10."""
    assert {table.name: table.type for table in TABLES} == {
        "signature_created": "osdi:signature",
        "attendance_created": "osdi:attendance",
        "submission_created": "osdi:submission",
        "donation_created": "osdi:donation",
        "outreach_created": "osdi:outreach",
        "response_created": "action_network:response",
        "upload_created": "action_network:upload",
        "action_created": "action_network:action",
    }


def test_a_signature_is_an_event_of_its_signer() -> None:
    """W12: known by its key, in the queue of the address, whatever the case it was entered in."""
    (event,) = events(W12)
    assert (event.type, event.id, event.person) == ("osdi:signature", "f3c1", "bo@example.org")
    found = row("osdi:signature", signature(comments="Go"))
    assert found.pop("created_date").isoformat() == "2026-02-01T00:00:00+00:00"
    assert found == {
        "id": SIGNATURE,
        "petition_id": PETITION,
        "person_id": PERSON,
        "given_name": "Bo",
        "email": "Bo@Example.org ",
        "comments": "Go",
        "sponsor_title": "Our Org",
        "sponsor_url": SPONSOR["url"],
    }


def test_what_was_entered_of_a_person_is_in_columns() -> None:
    """Section 6: the address and the number that are primary, and what is nested as JSON."""
    person = {
        "email_addresses": [{"address": "old@example.org"}, {"primary": True, "address": "a@b.ex"}],
        "phone_numbers": [{"number": "12025550101", "status": "subscribed"}],
        "postal_addresses": [
            {
                "primary": True,
                "postal_code": "45402",
                "country": "US",
                "address_lines": ["1 Main St"],
                "location": {"latitude": 39.76, "longitude": -84.19},
            }
        ],
        "custom_fields": {"Shirt size": "M"},
        "languages_spoken": ["en"],
    }
    found = row("action_network:upload", {"person": person, "_links": links()})
    assert (found["email"], found["person_id"]) == ("a@b.ex", PERSON)
    assert (found["phone"], found["phone_status"]) == ("12025550101", "subscribed")
    assert (found["postal_code"], found["country"]) == ("45402", "US")
    assert (found["address_lines"], found["languages_spoken"]) == (["1 Main St"], ["en"])
    assert (found["latitude"], found["longitude"]) == (39.76, -84.19)
    assert found["custom_fields"] == '{"Shirt size": "M"}'
    assert "email_status" not in found


@pytest.mark.parametrize(
    ("type_", "relation", "path", "column"),
    [
        ("osdi:signature", "osdi:petition", "petitions", "petition_id"),
        ("osdi:attendance", "osdi:event", "events", "attended_event_id"),
        ("osdi:submission", "osdi:form", "forms", "form_id"),
        ("osdi:donation", "osdi:fundraising_page", "fundraising_pages", "fundraising_page_id"),
        (
            "osdi:outreach",
            "osdi:advocacy_campaign",
            "advocacy_campaigns",
            "advocacy_campaign_id",
        ),
        ("action_network:response", "action_network:survey", "surveys", "survey_id"),
    ],
)
def test_an_event_names_the_action_the_record_and_the_person(
    type_: str, relation: str, path: str, column: str
) -> None:
    found = row(type_, {"_links": links(relation, f"{path}/{PETITION}", f"records/{SIGNATURE}")})
    assert found[column] == PETITION
    assert (found["id"], found["person_id"]) == (SIGNATURE, PERSON)


def test_a_donation_tells_what_was_given() -> None:
    """T12: texts become numbers, and the amount is the sum of the recipients' where it lacks."""
    given = [{"display_name": "A", "amount": "25.00"}, {"display_name": "B", "amount": "0.10"}]
    data = {
        "currency": "usd",
        "recipients": given,
        "action_network:recurrence": {"recurring": True, "period": "Monthly"},
    }
    found = row("osdi:donation", data)
    assert (found["amount"], found["currency"]) == (25.1, "usd")
    assert json.loads(found["recipients"]) == given
    assert (found["recurring"], found["recurrence_period"]) == (True, "Monthly")
    assert row("osdi:donation", {**data, "amount": "30.00"})["amount"] == 30.0


@pytest.mark.parametrize(
    "recipients", [None, [], {}, "ab", [None], [{}], [{"amount": None}], [{"amount": "much"}], 7]
)
def test_a_donation_whose_recipients_make_no_sum_has_no_amount(recipients: Any) -> None:
    assert "amount" not in row("osdi:donation", {"recipients": recipients})


def test_an_attendance_tells_the_answer_and_the_tickets() -> None:
    found = row("osdi:attendance", {"status": "accepted", "tickets": [{"title": "Hall"}]})
    assert (found["status"], found["tickets"]) == ("accepted", '[{"title": "Hall"}]')


def test_outreaches_come_in_one_call_and_are_events_of_their_own() -> None:
    """Section 10: batched, one object for each target."""
    target = {"title": "Sen.", "family_name": "Lee"}
    calls = [told("osdi:outreach", {"targets": [target], "subject": f"S{n}"}, n) for n in "ab"]
    found = events(calls)
    assert [(one.id, one.row["subject"]) for one in found] == [("a", "Sa"), ("b", "Sb")]
    assert row("osdi:outreach", {"targets": [target]})["targets"] == json.dumps([target])


def test_outreaches_that_share_a_key_are_told_apart_by_their_record() -> None:
    """The key is documented as one of the message: none of the letters may be lost by it."""

    def letter(record: str) -> dict[str, Any]:
        path = f"advocacy_campaigns/{PETITION}"
        return {"_links": links("osdi:advocacy_campaign", path, f"outreaches/{record}")}

    calls = [told("osdi:outreach", letter(record)) for record in ("one", "two", "two")]
    assert [one.id for one in events(calls)] == ["f3c1/one", "f3c1/two", "f3c1/two"]
    again = [told("osdi:outreach", {}), told("osdi:outreach", {"subject": "S"})]
    assert [one.id for one in events(again)] == ["", ""]


@pytest.mark.parametrize(
    ("person", "wanted"),
    [
        ({"email_addresses": [{"address": "A@b.example"}]}, "a@b.example"),
        ({"email_addresses": [{"address": "  "}]}, PERSON),
        ({"email_addresses": [{"address": 5}]}, PERSON),
        ({"email_addresses": {"address": "a@b.example"}}, PERSON),
        ({"phone_numbers": [{"number": "12025550101"}]}, PERSON),
        (None, PERSON),
    ],
)
def test_whom_an_event_is_about(person: Any, wanted: str) -> None:
    (event,) = events([told("osdi:signature", {"person": person, "_links": links()})])
    assert event.person == wanted


def test_an_event_about_nobody_stands_in_no_queue() -> None:
    (event,) = events([told("osdi:signature", {})])
    assert (event.person, event.id) == ("", "f3c1")


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_an_event_without_any_of_its_members_is_a_row_of_nulls(table: Any) -> None:
    """Section 10: only what was entered is told."""
    assert row(table.type, {}).keys() == {"sponsor_title", "sponsor_url"}


def endpoint(*types: str) -> Endpoint:
    """Return a connection's endpoint whose script uses these types."""
    where = Source("an", connector.name, API)
    return Endpoint(where, connector.title, WEBHOOKS, ("0123456789abcdef",), frozenset(types))


def test_types_that_are_not_known_are_acknowledged_and_dropped() -> None:
    """Section 10 names eight; another one, or another member, is no failure."""
    body = [
        told("action_network:ladder", {"x": 1}, "a9"),
        {**W12[0], "action_network:group": {"id": 1}},
    ]
    assert [one.type for one in events(body)] == ["action_network:ladder", "osdi:signature"]
    delivery = endpoint("osdi:signature").read(json.dumps(body).encode())
    assert delivery.ignored == 1
    assert [(one.own_id, one.error) for one in delivery.arrivals] == [("f3c1", "")]


def test_an_object_that_makes_no_sense_takes_no_other_with_it() -> None:
    body = [None, 5, [], {}, told("osdi:signature", None, "x"), *W12, "text"]
    assert [one.id for one in events(body)] == ["f3c1"]


def test_an_empty_call_tells_nothing() -> None:
    assert events([]) == []


@pytest.mark.parametrize(
    "body", [None, {}, W12[0], 5, "text", [5], [{}], [[]], [told("osdi:signature", [])]]
)
def test_a_call_in_which_nothing_is_told_is_a_dead_letter(body: Any) -> None:
    with pytest.raises(ShapeChanged):
        events(body)
    (arrival,) = endpoint("osdi:signature").read(json.dumps(body).encode()).arrivals
    assert arrival.error.startswith("it cannot be read")


ODD: tuple[Any, ...] = (
    *(None, True, 0, -1.5, 1e308, "", " ", "x" * 5_000, "\ud800", "\x00", "9" * 400, [], {}),
    *([[]], [None], [{}], {"href": 5}, {"href": ""}, {"primary": []}, [{"address": {}}]),
)


def nodes(body: Any) -> Iterator[tuple[Any, Any]]:
    """Yield each container and each name or place in it."""
    for name in list(body) if isinstance(body, dict) else range(len(body)):
        yield body, name
        if isinstance(body[name], dict | list):
            yield from nodes(body[name])


def test_whatever_stands_in_a_call_is_an_event_or_said_to_be_none() -> None:
    """5,000 calls in which anything stands in the place of anything."""
    dice = random.Random(5)  # noqa: S311 - the same calls each time
    whole = [
        told("osdi:signature", signature(identifiers=[f"action_network:{SIGNATURE}"])),
        told("osdi:donation", {**signature(), "recipients": [{"amount": "1.00"}]}, "d1"),
    ]
    kept = 0
    for _ in range(5_000):
        body = copy.deepcopy(whole)
        for _ in range(dice.randint(1, 4)):
            place, name = dice.choice(list(nodes(body)))
            place[name] = copy.deepcopy(dice.choice(ODD))
        try:
            found = events(body)
        except ShapeChanged:
            continue
        kept += 1
        for event in found:
            assert all(isinstance(one, str) for one in (event.type, event.id, event.person))
            assert isinstance(event.row, dict)
    assert kept > 3_000
