"""SQL against exchanges written by hand from the reference: held to what no sandbox made up.

Source: ActiveCampaign API v3 reference, read 2026-11-21. Every test also proves that the calls
made are those of its cassette, once each and in its order; see conftest.py.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import Any

import pytest

from sqlcrm.errors import Denied
from sqlcrm.sdk import BatchRefused, Outcome, Verdict
from sqlcrm.state.values import Operation
from sqlcrm.transport import Client
from sqlcrm.writing.bodies import request
from sqlcrm_activecampaign import connector
from sqlcrm_activecampaign.bulk import changed_contacts, finish, new_contacts
from sqlcrm_activecampaign.flows import add_options

# Remove the mark when this is mended: the test then fails because it passes.

ACME = {"connector": "activecampaign", "url": "https://acme.api-us1.com", "api_key": "k"}
TABLES = {table.name: table for table in connector.tables}

Play = Callable[[str], AbstractContextManager[Any]]
Door = Callable[[str], AbstractContextManager[Client]]


@pytest.fixture
def play(session: Callable[..., AbstractContextManager[Any]]) -> Play:
    return partial(session, "transcribed", settings=ACME)


def test_contacts_are_read_by_cursor_up_to_the_total(play: Play) -> None:
    """A short page is not taken for the last one, and the next starts at the last id seen."""
    with play("cursor_page") as here:
        rows = here.db.execute(
            "SELECT id, email, first_name, updated_at, organization_id, deleted, email_empty "
            "FROM contacts@ac WHERE updated_at >= TIMESTAMPTZ '2026-01-01 00:00:01-06:00' "
            "ORDER BY id"
        ).fetchall()
    changed = datetime(2026, 1, 4, 15, tzinfo=UTC)
    assert rows == [
        (200, "al@example.org", "Al", changed, None, False, False),
        (201, "ana@example.org", "Ana", changed, None, False, False),
    ]


def test_times_whose_names_say_utc_are_central(play: Play) -> None:
    with play("cursor_page") as here:
        rows = here.db.execute(
            "SELECT created_at, created_central_at, bounced_date FROM contacts@ac "
            "WHERE updated_at >= TIMESTAMPTZ '2026-01-01 00:00:01-06:00' AND last_name = 'Li'"
        ).fetchall()
    made = datetime(2026, 1, 3, 14, tzinfo=UTC)
    assert rows == [(made, made, None)]


def test_an_upsert_is_made_or_changed_by_the_same_call(door: Door) -> None:
    """SQL has no upsert yet: its body is built as one would be. 201 and 200 are both fine."""
    contacts = TABLES["contacts"]
    write, find = contacts.write("upsert"), contacts.more_columns
    assert write is not None
    assert find is not None
    with door("upsert") as client:
        table = replace(contacts, columns=(*contacts.columns, *client.drive(find())))
        sent = {"email": "ana@example.org", "first_name": "Ana", "customer_group": "Gold"}
        operation = Operation(1, "contacts", "upsert", {}, {}, sent, None, "planned")
        call = request(write, table, operation)
        first, second = client.send(call), client.send(call)
    assert [first.verdict, second.verdict] == [Verdict.OK, Verdict.OK]
    assert [first.response.status, second.response.status] == [201, 200]
    assert first.response.body["contact"]["id"] == second.response.body["contact"]["id"] == "201"


def test_a_contact_is_made_with_its_custom_fields(play: Play) -> None:
    with play("contact_created") as here:
        assert here.counts(
            "INSERT INTO contacts@ac (email, first_name, customer_group) "
            "VALUES ('ana@example.org', 'Ana', 'Gold')"
        ) == {"done": 1}
        assert here.outcomes() == [("done", "", "201")]


def test_an_address_that_is_there_by_now_is_rejected(play: Play) -> None:
    """The INSERT is strict: the API's own refusal is the outcome of the row."""
    with play("contact_duplicate") as here:
        assert here.counts("INSERT INTO contacts@ac (email) VALUES ('ana@example.org')") == {
            "rejected": 1
        }
        words = "Email address already exists in the system (duplicate, /data/attributes/email)"
        assert here.outcomes() == [("rejected", words, "")]


def test_an_update_sends_changed_columns_and_choices_between_bars(play: Play) -> None:
    """A dropdown's choice goes bare and a list box's between bars, by the fields' own ids."""
    with play("contact_updated") as here:
        assert here.counts(
            "UPDATE contacts@ac SET first_name = 'An', last_name = 'Li', customer_group = 'Gold', "
            "languages = ['nl', 'tr'] WHERE email = 'ana@example.org'"
        ) == {"done": 1}


def test_a_tag_is_applied_and_taken_off_by_the_id_of_the_relation(play: Play) -> None:
    """A relation that is gone when it is to be taken off is what was asked for."""
    remove = "DELETE FROM contact_tags@ac WHERE contact_id = 201 AND tag_id = 7"
    with play("tag_applied_and_removed") as here:
        assert here.counts("INSERT INTO contact_tags@ac (contact_id, tag_id) VALUES (201, 7)") == {
            "done": 1
        }
        assert here.counts(remove) == {"done": 1}
        assert here.counts(remove) == {"done": 1}
        outcomes = here.outcomes()
    assert [(state, reason) for state, reason, _ in outcomes] == [
        ("done", ""),
        ("done", ""),
        ("done", "was gone already"),
    ]
    assert outcomes[0][2] == "55"


def test_a_tag_that_is_there_by_now_is_a_success(play: Play) -> None:
    with play("tag_already_applied") as here:
        assert here.counts("INSERT INTO contact_tags@ac (contact_id, tag_id) VALUES (201, 7)") == {
            "done": 1
        }


def test_a_subscription_is_made_and_ended_by_the_same_endpoint(play: Play) -> None:
    with play("subscription") as here:
        assert here.counts(
            "INSERT INTO contact_lists@ac (contact_id, list_id, status) VALUES (201, 2, 1)"
        ) == {"done": 1}
        assert here.counts(
            "UPDATE contact_lists@ac SET status = 2 WHERE contact_id = 201 AND list_id = 2"
        ) == {"done": 1}
        assert [id_ for _, _, id_ in here.outcomes()] == ["31", "31"]


def test_who_left_is_subscribed_again_only_when_it_is_meant(play: Play) -> None:
    """Without WITH OPT IN no call changes anything; with it the API is told that it is meant."""
    again = "UPDATE contact_lists@ac SET status = 1 WHERE contact_id = 201 AND list_id = 2"
    with play("resubscription") as here:
        assert here.counts(again) == {"rejected": 1}
        assert here.counts(f"{again} WITH OPT IN") == {"done": 1}


def test_a_tag_whose_name_is_taken_by_now_is_rejected_whatever_the_status(play: Play) -> None:
    """A 500 is no lost answer where the database's message says what happened: not sent again."""
    make = "INSERT INTO tags@ac (tag, tag_type) VALUES ('VIP', 'contact')"
    with play("tag_duplicate") as here:
        for _ in range(2):
            assert here.counts(make) == {"rejected": 1}
        for state, reason, _ in here.outcomes():
            assert state == "rejected"
            assert "Duplicate entry 'contact-VIP' for key 'typetag'" in reason


def test_too_many_calls_wait_as_long_as_the_api_asks(play: Play) -> None:
    """A throttled call was not carried out, so even a deal is sent again, and made once."""
    with play("rate_limit") as here:
        assert here.db.execute("SELECT tag, subscriber_count FROM tags@ac").fetchall() == [
            ("VIP", 1)
        ]
        assert max(here.clock.waits) == pytest.approx(1, abs=0.1)
        assert here.counts(
            "INSERT INTO deals@ac (title, value, currency, contact_id, stage_id, owner_id) "
            "VALUES ('Hall', 10000, 'usd', 201, 2, 1)"
        ) == {"done": 1}
        assert max(here.clock.waits) == pytest.approx(30, abs=0.1)
        assert here.outcomes() == [("done", "", "2")]


def test_a_bulk_import_is_accepted_and_waited_for(door: Door) -> None:
    """B6: accepted is not done. Its own limit comes as 400, and is waited for like any other."""
    rows = [
        {
            "email": "a@example.org",
            "firstName": "A",
            "fieldValues": [{"field": "1", "value": "||x||y||"}],
        },
        {"email": "bad@@x"},
        {"email": "known@example.org", "lastName": "K"},
        {"email": "gone@example.org"},
    ]
    with door("bulk_import") as client:
        outcomes = client.drive(new_contacts(rows))
        assert outcomes == [Outcome("accepted", ticket="0b7c")] * 4
        assert client.drive(finish("0b7c")) == "done"


def test_a_bulk_import_goes_on_without_the_contacts_it_is_refused_for(door: Door) -> None:
    """B7: a contact that exists may have an address that the importer refuses."""
    with door("bulk_refused") as client:
        rows = [{"email": "a@example.org"}, {"email": "bad@@x"}]
        outcomes = client.drive(changed_contacts(rows))
        assert client.drive(finish("0b7d")) == "done"
    assert outcomes == [
        Outcome("accepted", ticket="0b7d"),
        Outcome("again", "Field 'email' incorrect format"),
    ]


def test_a_deal_that_may_not_be_seen_is_a_row_all_the_same(play: Play) -> None:
    with play("deals_with_a_hidden_row") as here:
        rows = here.db.execute(
            "SELECT id, title, value, currency, status, contact_id, is_disabled FROM deals@ac"
        ).fetchall()
    assert rows == [
        (1, "Secret", None, None, None, None, True),
        (2, "Hall", 10000, "usd", 0, 201, False),
    ]


def test_a_second_account_for_a_contact_is_rejected(play: Play) -> None:
    with play("second_account") as here:
        assert here.counts(
            "INSERT INTO account_contacts@ac (contact_id, account_id) VALUES (201, 4)"
        ) == {"rejected": 1}
        [(_, reason, _)] = here.outcomes()
    assert reason.startswith("This contact is already associated with an account.")
    assert "field_invalid, /data/attributes/account,contact" in reason


def test_a_success_may_have_no_body(play: Play) -> None:
    with play("empty_body") as here:
        assert here.counts("UPDATE lists@ac SET name = 'Letters' WHERE id = 2") == {"done": 1}


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("error_forbidden", "403 Forbidden: Forbidden; check api_key"),
        ("error_no_permission", "You do not have permission to view lists; check api_key"),
    ],
)
def test_a_refused_key_stops_the_statement(play: Play, name: str, words: str) -> None:
    with play(name) as here, pytest.raises(Denied) as denied:
        here.db.execute("SELECT name FROM lists@ac")
    assert words in str(denied.value)


def test_the_page_of_a_proxy_is_no_answer_and_asked_past(play: Play) -> None:
    with play("error_html") as here:
        assert here.db.execute("SELECT id, name FROM lists@ac").fetchall() == [(2, "News")]


@pytest.mark.parametrize(
    ("name", "sql"),
    [
        ("error_missing_as_403", "DELETE FROM notes@ac WHERE id = 1"),
        ("error_deleted_contact", "DELETE FROM contacts@ac WHERE id = 1"),
    ],
)
def test_what_is_gone_was_deleted_whatever_words_say_so(play: Play, name: str, sql: str) -> None:
    with play(name) as here:
        assert here.counts(sql) == {"done": 1}
        assert [reason for _, reason, _ in here.outcomes()] == ["was gone already"]


TAG = "INSERT INTO contact_tags@ac (contact_id, tag_id) VALUES ({}, 7)"


@pytest.mark.parametrize(
    ("name", "sql", "words"),
    [
        (
            "error_missing_contact",
            "UPDATE contacts@ac SET first_name = 'An' WHERE email = 'ana@example.org'",
            "No Result found for Subscriber with id 201",
        ),
        ("error_unknown_contact", TAG.format(999), "Not Found: Contact not found"),
        (
            "error_source_parameter",
            TAG.format(201),
            "Invalid value for query parameter contactTag.tag: No tag id provided (contactTag.tag)",
        ),
        ("error_empty_object", TAG.format(201), "the API answered 400"),
        (
            "error_invalid_email",
            "INSERT INTO contacts@ac (email) VALUES ('ana@example.org')",
            "Email address is invalid: must_be_valid_email_address "
            "(email_invalid, /data/attributes/email)",
        ),
        (
            "error_without_title",
            "INSERT INTO deal_custom_field_data@ac (deal_id, custom_field_id, field_value) "
            "VALUES (2, 4, 'abc')",
            "The custom field value `abc` could not be saved to the custom field of type `date`.",
        ),
        pytest.param(
            "error_enrolment_refused",
            "INSERT INTO contact_automations@ac (contact_id, automation_id) VALUES (201, 5)",
            "Could not create SubscriberSeries",
        ),
        pytest.param(
            "error_failure_as_200",
            "DELETE FROM campaigns@ac WHERE id = 1",
            "nothing was done: Campaign could not be deleted",
        ),
    ],
)
def test_a_row_is_rejected_in_the_apis_words(play: Play, name: str, sql: str, words: str) -> None:
    """Whichever shape the error has, the row is rejected, the run goes on, and nothing retries."""
    with play(name) as here:
        assert here.counts(sql) == {"rejected": 1}
        assert [(state, reason) for state, reason, _ in here.outcomes()] == [("rejected", words)]


def test_errors_may_be_a_string(door: Door) -> None:
    words = "Bulk operation failed. Request must contain an array of fieldOption objects."
    rows = [{"field": "62", "value": "a", "label": "A"}]
    with door("error_as_string") as client, pytest.raises(BatchRefused) as caught:
        client.drive(add_options(rows))
    assert str(caught.value) == words
