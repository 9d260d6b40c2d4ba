"""Writes as the API's documentation shows them, made from the declarations."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from sqlcrm.sdk import Href, Request, Table
from sqlcrm.state.values import Operation
from sqlcrm.writing.bodies import request
from sqlcrm_action_network import connector

PERSON = {"osdi:person": {"href": Href("/people/4444")}}


def made(name: str, verb: str, values: dict[str, Any], before: dict[str, Any] | None = None) -> Any:
    """Return the call of a row's single write."""
    table: Table = next(table for table in connector.tables if table.name == name)
    key = {one: (before or {})[one] for one in table.key if one in (before or {})}
    kind = {"insert": "create", "update": "update", "delete": "delete"}[verb]
    write = table.carrier(verb)
    assert write is not None
    return request(write, table, Operation(1, name, kind, key, {}, values, before, "planned"))


def shown(call: Request) -> tuple[str, str, Any]:
    return call.method, call.path.format(**call.fill), call.body


def test_a_person_is_made_by_the_signup_helper() -> None:
    values = {
        "email": "ana@example.org",
        "email_status": "unsubscribed",
        "given_name": "Ana",
        "phone": "12025550101",
        "postal_code": "45402",
        "address_lines": ["1 Main St"],
        "languages_spoken": ["en"],
    }
    assert shown(made("people", "insert", values)) == (
        "POST",
        "/people",
        {
            "person": {
                "given_name": "Ana",
                "email_addresses": [{"address": "ana@example.org", "status": "unsubscribed"}],
                "phone_numbers": [{"number": "12025550101"}],
                "postal_addresses": [{"postal_code": "45402", "address_lines": ["1 Main St"]}],
                "languages_spoken": ["en"],
            }
        },
    )


def test_subscribed_is_not_sent_with_a_person_who_may_be_there() -> None:
    values = {"email": "ana@example.org", "email_status": "subscribed"}
    body = {"person": {"email_addresses": [{"address": "ana@example.org"}]}}
    assert shown(made("people", "insert", values)) == ("POST", "/people", body)


@pytest.mark.parametrize(
    ("was", "sent"),
    [("subscribed", "subscribed"), ("unsubscribed",) * 2, ("bouncing", "unsubscribed")],
)
def test_another_address_keeps_the_status(was: str, sent: str) -> None:
    before = {"id": "1111", "email": "ana@example.org", "email_status": was}
    _, _, body = shown(made("people", "update", {"email": "bo@example.org"}, before))
    assert body == {"email_addresses": [{"address": "bo@example.org", "status": sent}]}


def test_somebody_is_unsubscribed_without_an_address() -> None:
    before = {"id": "1111", "email": "ana@example.org", "email_status": "subscribed"}
    assert shown(made("people", "update", {"email_status": "unsubscribed"}, before)) == (
        "PUT",
        "/people/1111",
        {"email_addresses": [{"status": "unsubscribed"}]},
    )


def test_a_phone_is_opted_out_without_a_number() -> None:
    before = {"person_id": "1111", "phone_number": "12025550101", "status": "subscribed"}
    assert shown(made("mobile_subscriptions", "update", {"status": "unsubscribed"}, before)) == (
        "PUT",
        "/people/1111",
        {"phone_numbers": [{"status": "unsubscribed"}]},
    )


def test_what_is_emptied_is_sent_as_null() -> None:
    before = {"id": "1111", "given_name": "Ana"}
    call = made("people", "update", {"given_name": None}, before)
    assert call.body == {"given_name": None}


def test_an_attendance_links_its_person() -> None:
    values = {"event_id": "5555", "person_id": "4444"}
    assert shown(made("attendances", "insert", values)) == (
        "POST",
        "/events/5555/attendances",
        {"_links": PERSON},
    )


def test_a_tag_is_applied_and_taken_off_by_ids() -> None:
    values = {"tag_id": "7777", "person_id": "4444"}
    assert shown(made("taggings", "insert", values)) == (
        "POST",
        "/tags/7777/taggings",
        {"_links": PERSON},
    )
    method, path, body = shown(made("taggings", "delete", {}, {"id": "8888", **values}))
    assert (method, path, body) == ("DELETE", "/tags/7777/taggings/8888", None)


def test_a_donation_is_recorded_as_the_sample_shows() -> None:
    values = {
        "fundraising_page_id": "9999",
        "person_id": "4444",
        "created_date": dt.datetime(2026, 1, 15, tzinfo=dt.UTC),
        "currency": "USD",
        "recipients": '[{"display_name": "Our Org", "amount": "25.00"}]',
        "recurring": True,
        "recurrence_period": "Monthly",
    }
    call = made("donations", "insert", values)
    assert not call.may_repeat
    assert shown(call) == (
        "POST",
        "/fundraising_pages/9999/donations",
        {
            "created_date": "2026-01-15T00:00:00Z",
            "currency": "USD",
            "recipients": [{"display_name": "Our Org", "amount": "25.00"}],
            "action_network:recurrence": {"recurring": True, "period": "Monthly"},
            "_links": PERSON,
        },
    )


def test_an_event_has_its_place_and_its_creator() -> None:
    values = {
        "origin_system": "Us",
        "title": "A walk",
        "start_date": dt.datetime(2026, 5, 1, 10, tzinfo=dt.UTC),
        "location_venue": "Park",
        "guests_can_invite_others": False,
        "creator_id": "4444",
        "reminders": '[{"method": "email", "minutes": 60}]',
    }
    assert made("events", "insert", values).body == {
        "origin_system": "Us",
        "title": "A walk",
        "start_date": "2026-05-01T10:00:00Z",
        "location": {"venue": "Park"},
        "guests_can_invite_others": False,
        "_links": {"osdi:creator": {"href": Href("/people/4444")}},
        "reminders": [{"method": "email", "minutes": 60}],
    }


def test_a_message_is_scheduled_and_sent_by_calls_of_their_own() -> None:
    when = dt.datetime(2030, 1, 1, tzinfo=dt.UTC)
    assert shown(
        made("message_schedules", "insert", {"message_id": "m", "scheduled_start_date": when})
    ) == ("POST", "/messages/m/schedule", {"scheduled_start_date": "2030-01-01T00:00:00Z"})
    assert shown(made("message_sendings", "insert", {"message_id": "m"})) == (
        "POST",
        "/messages/m/send",
        {},
    )
    cancel = made("message_schedules", "delete", {}, {"message_id": "m"})
    assert shown(cancel) == ("DELETE", "/messages/m/schedule", None)
