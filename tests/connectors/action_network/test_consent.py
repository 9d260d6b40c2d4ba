"""Addresses, statuses and numbers: nobody is subscribed, or unsubscribed, without being told."""

from __future__ import annotations

import json
import urllib.request

import pytest

from .conftest import Network
from .test_signups import sign_up, statuses

PHONE_ONLY = "SELECT min(id) FROM people@an WHERE email IS NULL"
NEW = "first@example.org"


def spelled(network: Network) -> str:
    """Return the address of somebody subscribed who writes it with capitals."""
    return next(
        email
        for email, one in statuses(network).items()
        if email != email.lower() and one == "subscribed"
    )


def unsubscribe(network: Network, email: str) -> None:
    """Unsubscribe somebody behind the session's back."""
    sent = {"email_addresses": [{"address": email, "status": "unsubscribed"}]}
    request = urllib.request.Request(
        f"{network.crm.url}/api/v2/people",
        json.dumps({"person": sent}).encode(),
        {"Content-Type": "application/json", "OSDI-API-Token": network.crm.settings["api_key"]},
    )
    with urllib.request.urlopen(request):
        assert statuses(network)[email] == "unsubscribed"


@pytest.mark.parametrize(
    "write",
    [
        "UPDATE people@an SET email = 'first@example.org' WHERE id = (SELECT id FROM src)",
        "SYNCHRONIZE src TO people@an WITH UPDATE IDENTIFIED BY id",
        "MERGE INTO people@an t USING src s ON t.id = s.id "
        "WHEN MATCHED THEN UPDATE SET email = s.email",
    ],
)
def test_a_first_address_subscribes_nobody(network: Network, write: str) -> None:
    person = network.one(PHONE_ONLY)
    network.db.execute(f"CREATE TABLE src AS SELECT '{person}' AS id, '{NEW}' AS email")
    assert network.counts(write) == {"done": 1}
    assert statuses(network)[NEW] == "unsubscribed"
    assert "the email is new" in network.reasons()[0]


def test_a_first_address_is_subscribed_where_the_row_says_so(network: Network) -> None:
    person = network.one(PHONE_ONLY)
    text = "UPDATE people@an SET email = ?, email_status = 'subscribed' WHERE id = ?"
    assert network.counts(text, NEW, person) == {"done": 1}
    assert statuses(network)[NEW] == "subscribed"


@pytest.mark.parametrize(
    ("opt_in", "status"), [("", "unsubscribed"), (" WITH OPT IN", "subscribed")]
)
def test_an_address_that_opted_out_is_not_subscribed_as_a_first_one(
    network: Network, opt_in: str, status: str
) -> None:
    email = next(one for one, is_ in statuses(network).items() if is_ == "unsubscribed")
    network.rows("SELECT email, email_status FROM people@an WHERE email = ?", email)
    network.counts("UPDATE people@an SET email = 'moved@example.org' WHERE email = ?", email)
    person = network.one(PHONE_ONLY)
    text = "UPDATE people@an SET email = ?, email_status = 'subscribed' WHERE id = ?"
    assert network.counts(text + opt_in, email, person) == {"done": 1}
    assert statuses(network)[email] == status


@pytest.mark.parametrize("table", ["people", "person_signups", "signature_signups"])
def test_who_is_there_in_another_spelling_is_not_called_new(network: Network, table: str) -> None:
    email = spelled(network)
    assert sign_up(network, table, email.lower()) == {"rejected": 1}
    assert "another spelling" in network.reasons()[0]


@pytest.mark.parametrize("table", ["people", "person_signups", "signature_signups"])
def test_subscribing_who_is_there_in_another_spelling_changes_no_status(
    network: Network, table: str
) -> None:
    email = spelled(network)
    unsubscribe(network, email)
    before = {one.lower(): is_ for one, is_ in statuses(network).items()}
    assert sign_up(network, table, email.lower(), email_status="subscribed") == {"done": 1}
    assert {one.lower(): is_ for one, is_ in statuses(network).items()} == before


def test_a_value_that_a_new_person_did_not_get_is_named(network: Network) -> None:
    network.ask("settings", {"locality_late": True})
    text = "INSERT INTO people@an (email, locality, languages_spoken) SELECT ?, 'Dayton', ['xx']"
    assert network.counts(text, NEW) == {"done": 1}
    assert "locality is NULL" in network.reasons()[0]


def test_tags_of_who_is_there_are_said_not_to_be_written(network: Network) -> None:
    tag = network.one("SELECT min(name) FROM tags@an")
    assert sign_up(network, "person_signups", NEW) == {"done": 1}
    assert sign_up(network, "person_signups", NEW, add_tags=[tag]) == {"unchanged": 1}
    assert network.reasons() == ["exists: add_tags not written; INSERT INTO taggings adds tags"]


def test_what_the_background_has_not_done_is_unknown(network: Network) -> None:
    network.ask("settings", {"background_lag": 60})
    email = next(one for one, is_ in statuses(network).items() if is_ == "subscribed")
    assert sign_up(network, "submission_signups", email, background=True) == {"unknown": 1}


def test_another_phone_number_says_what_it_ends(network: Network) -> None:
    text = "UPDATE people@an SET phone = '2025550000' WHERE email IS NOT NULL"
    assert any("text messages" in line for line in network.db.plan(text).lines())
