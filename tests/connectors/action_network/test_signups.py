"""People who are signed up: judged by the sandbox's own people, never by our report.

These stand in for the conformance kit's checks of consent, which need tables that can be listed.
"""

from __future__ import annotations

from typing import Any

import pytest

from sqlcrm_action_network import connector

from .conftest import Network

RECORDS = {
    "signature_signups": ("petitions", "petition_id"),
    "attendance_signups": ("events", "event_id"),
    "submission_signups": ("forms", "form_id"),
    "response_signups": ("surveys", "survey_id"),
    "donation_signups": ("fundraising_pages", "fundraising_page_id"),
    "outreach_signups": ("advocacy_campaigns", "advocacy_campaign_id"),
}

SIGNUPS = ["person_signups", *RECORDS]

NEW = "signup@example.org"

MONEY = '[{"display_name": "Our Org", "amount": "25.00"}]'


def sign_up(network: Network, table: str, email: str, **more: Any) -> dict[str, int]:
    """Sign somebody up in the first action there is."""
    row: dict[str, Any] = {"email": email, **more}
    if table in RECORDS:
        parents, parent = RECORDS[table]
        api = "WHERE browser_url IS NULL" if table == "donation_signups" else ""
        row[parent] = network.one(f"SELECT min(id) FROM {parents}@an {api}")
    if table == "donation_signups":
        row["recipients"] = MONEY
    names = ", ".join(row)
    marks = ", ".join("?" for _ in row)
    return network.counts(f"INSERT INTO {table}@an ({names}) SELECT {marks}", *row.values())


def statuses(network: Network) -> dict[str, str]:
    """Return the email status of everybody, from the sandbox itself."""
    found = {}
    for person in network.ask("state")["people"]:
        for one in person["email_addresses"][:1]:
            found[one["address"]] = one["status"]
    return found


def somebody(network: Network, status: str) -> str:
    """Return an address of somebody with a status."""
    return min(email for email, one in statuses(network).items() if one == status)


def test_every_table_that_signs_people_up_is_tested_here() -> None:
    declared = [t.name for t in connector.tables if t.name.endswith("_signups")]
    assert sorted(declared) == sorted(SIGNUPS)
    assert all(t.consent is not None for t in connector.tables if t.name in SIGNUPS)


@pytest.mark.parametrize("table", SIGNUPS)
def test_t6_who_is_new_is_subscribed_only_where_the_row_says_so(
    network: Network, table: str
) -> None:
    for email, more in (
        ("no@example.org", {}),
        ("yes@example.org", {"email_status": "subscribed"}),
    ):
        before = statuses(network)
        assert sign_up(network, table, email, **more) == {"done": 1}, network.reasons()
        after = statuses(network)
        risen = {one for one, status in after.items() if status == "subscribed"} - {
            one for one, status in before.items() if status == "subscribed"
        }
        assert risen == ({email} if more else set())
        assert email in after


@pytest.mark.parametrize("table", list(RECORDS))
@pytest.mark.parametrize("status", ["subscribed", "unsubscribed", "bouncing"])
def test_t6_who_exists_keeps_the_status(network: Network, table: str, status: str) -> None:
    email = somebody(network, status)
    before = statuses(network)
    assert set(sign_up(network, table, email)) == {"done"}
    assert set(sign_up(network, table, NEW, email_status="unsubscribed")) == {"done"}
    assert statuses(network) == {**before, NEW: "unsubscribed"}


@pytest.mark.parametrize("table", list(RECORDS))
def test_nobody_who_left_is_subscribed_by_signing_up(network: Network, table: str) -> None:
    email = somebody(network, "unsubscribed")
    before = statuses(network)
    assert sign_up(network, table, email, email_status="subscribed") == {"done": 1}
    assert statuses(network) == before
    assert "email_status" in network.reasons()[0]


@pytest.mark.parametrize("table", SIGNUPS)
def test_who_was_seen_to_have_left_and_is_gone_stays_out(network: Network, table: str) -> None:
    """The person has another address by now; the one that was left comes back."""
    email = somebody(network, "unsubscribed")
    moved = "UPDATE people@an SET email = 'moved@example.org' WHERE email = ?"
    network.rows("SELECT email, email_status FROM people@an WHERE email = ?", email)
    assert network.counts(moved, email) == {"done": 1}
    assert email not in statuses(network)
    assert sign_up(network, table, email, email_status="subscribed") == {"done": 1}
    assert statuses(network)[email] == "unsubscribed"
    assert "opted out before" in network.reasons()[0]


@pytest.mark.parametrize("table", ["signature_signups", "attendance_signups", "submission_signups"])
def test_signing_up_twice_is_done_once(network: Network, table: str) -> None:
    assert sign_up(network, table, NEW, given_name="Ann") == {"done": 1}
    since = len(network.calls())
    assert sign_up(network, table, NEW.upper(), given_name="Ann") == {"unchanged": 1}
    assert network.writes(since) == []


def test_what_is_appended_is_remembered_by_the_journal(network: Network) -> None:
    assert sign_up(network, "donation_signups", NEW) == {"done": 1}
    since = len(network.calls())
    assert sign_up(network, "donation_signups", NEW) == {"unchanged": 1}
    assert network.writes(since) == []


def test_a_record_is_read_by_the_address_of_its_person(network: Network) -> None:
    sign_up(network, "signature_signups", NEW, comments="Hi", given_name="Ann")
    query = "SELECT given_name, comments, petition_id FROM signature_signups@an WHERE email = ?"
    ((given, comments, petition),) = network.rows(query, NEW)
    assert (given, comments) == ("Ann", "Hi")
    person = network.one("SELECT id FROM people@an WHERE email = ?", NEW)
    signed = "SELECT petition_id FROM signatures@an WHERE person_id = ?"
    assert network.rows(signed, person) == [(petition,)]


def test_tags_are_applied_or_the_row_says_which_not(network: Network) -> None:
    tag = network.one("SELECT min(name) FROM tags@an")
    assert sign_up(network, "person_signups", NEW, add_tags=[tag]) == {"done": 1}
    names = (
        "SELECT t.name FROM people@an p JOIN taggings@an g ON g.person_id = p.id "
        "JOIN tags@an t ON t.id = g.tag_id WHERE p.email = ?"
    )
    assert network.rows(names, NEW) == [(tag,)]
    assert sign_up(network, "signature_signups", NEW, add_tags=["No such tag"]) == {"rejected": 1}
    assert network.reasons() == ["there is no tag named 'No such tag'"]


def test_what_the_api_does_later_is_read_back(network: Network) -> None:
    assert sign_up(network, "signature_signups", NEW, background=True) == {"done": 1}
    assert statuses(network)[NEW] == "unsubscribed"
    query = "SELECT count(*) FROM signature_signups@an WHERE email = ?"
    assert network.one(query, NEW) == 1
