"""Statements against the sandbox, over real HTTP: what reaches the API, and what is believed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import sqlcrm
from sqlcrm.conformance.ways import ask
from sqlcrm.sandbox import Options, Running, serve
from sqlcrm.transport import testing
from sqlcrm_action_builder.sandbox import sandbox


@pytest.fixture(scope="module")
def crm() -> Iterator[Running]:
    with serve([sandbox], Options(people=60, limits="off")) as running:
        yield running[0]


@pytest.fixture
def db(crm: Running, tmp_path: Path) -> Iterator[sqlcrm.Connection]:
    ask(crm, "reset", {})
    settings = {**crm.settings, "rate_limit": "off"}
    with testing(), sqlcrm.connect(ab=settings, state=tmp_path, yes=True) as connection:
        connection.execute("SET bulk = on")
        yield connection


@pytest.fixture
def switch(crm: Running) -> Iterator[Callable[..., None]]:
    """Let the sandbox behave otherwise where docs and clients disagree; undone by the reset."""

    def change(**changes: Any) -> None:
        ask(crm, "settings", changes)

    yield change
    change(wrapping="live", put_names=True, new_email_status="", lag=0.0)


def calls(crm: Running, method: str = "") -> list[str]:
    made = [f"{one['method']} {one['path'].rsplit('/', 1)[-1]}" for one in ask(crm, "calls")]
    return [one for one in made if one.startswith(method)]


def one(db: sqlcrm.Connection, sql: str) -> Any:
    row = db.execute(sql).fetchone()
    return row[0] if row and len(row) == 1 else row


def counts(db: sqlcrm.Connection, sql: str) -> dict[str, int]:
    report = db.execute(sql).report
    assert report is not None
    return dict(report.counts)


def test_a_join_of_people_and_their_emails_reads_the_list_once(
    db: sqlcrm.Connection, crm: Running
) -> None:
    one(db, "SELECT 1 FROM campaigns@ab")
    before = len(calls(crm))
    rows = db.execute(
        "SELECT p.id, e.address FROM people@ab p JOIN emails@ab e ON e.person_id = p.id"
    ).fetchall()
    assert len(rows) > 50
    assert len(calls(crm)) - before == 3  # 60 entities, 25 a page


def test_a_natural_key_of_nulls_keeps_notes_apart_and_runs_once(db: sqlcrm.Connection) -> None:
    person = one(db, "SELECT max(id) FROM people@ab")
    text = (
        "INSERT INTO taggings@ab (person_id, section, field, name, note_response) VALUES "
        f"('{person}', 'Campaign', 'Visit notes', 'Visit', 'first'), "
        f"('{person}', 'Campaign', 'Visit notes', 'Visit', 'second')"
    )
    assert counts(db, text) == {"done": 2}
    assert counts(db, text) == {"unchanged": 2}


def test_several_answers_of_one_person_are_one_write(db: sqlcrm.Connection, crm: Running) -> None:
    person = one(db, "SELECT max(id) FROM people@ab")
    since = len(calls(crm, "POST"))
    values = ", ".join(
        f"('{person}', 'Membership', 'Skills', '{name}')" for name in ("Design", "Data", "Nope")
    )
    db.execute(f"DELETE FROM taggings@ab WHERE person_id = '{person}' AND field = 'Skills'")
    found = counts(db, f"INSERT INTO taggings@ab (person_id, section, field, name) VALUES {values}")
    assert found == {"done": 2, "rejected": 1}
    assert len(calls(crm, "POST")) - since == 1


def test_answers_are_the_same_by_tag_and_by_person(db: sqlcrm.Connection) -> None:
    """Universal sections refuse to be listed by tag; nobody's answer is missing for that."""
    db.execute("CREATE TABLE whole AS SELECT * FROM taggings@ab")
    tags = "SELECT id FROM tags@ab WHERE field IN ('Member status', 'Shift')"
    by_tag = db.execute(f"SELECT id FROM taggings@ab WHERE tag_id IN ({tags}) ORDER BY 1")
    found = by_tag.fetchall()
    assert (
        found == db.execute(f"SELECT id FROM whole WHERE tag_id IN ({tags}) ORDER BY 1").fetchall()
    )
    assert found


def test_a_universal_answer_cannot_be_deleted_and_that_is_said(db: sqlcrm.Connection) -> None:
    person = one(db, "SELECT max(person_id) FROM taggings@ab WHERE field = 'Member status'")
    text = f"DELETE FROM taggings@ab WHERE person_id = '{person}' AND field = 'Member status'"
    assert counts(db, text) == {"rejected": 1}


def test_who_was_removed_comes_back_the_same_by_undo(db: sqlcrm.Connection) -> None:
    query = "SELECT * EXCLUDE (modified_date) FROM people@ab WHERE email IS NOT NULL ORDER BY id"
    before = db.execute(query).fetchall()
    report = db.execute("DELETE FROM people@ab WHERE id = (SELECT max(id) FROM people@ab)").report
    assert report is not None
    assert len(db.execute(query).fetchall()) == len(before) - 1
    db.undo(report.run).apply()
    assert db.execute(query).fetchall() == before


def test_a_name_that_the_api_leaves_as_it_was_is_not_done(
    db: sqlcrm.Connection, switch: Callable[..., None]
) -> None:
    switch(put_names=False)
    text = "UPDATE people@ab SET given_name = 'Zoe' WHERE id = (SELECT max(id) FROM people@ab)"
    assert counts(db, text) == {"rejected": 1}


def test_replies_may_be_wrapped(db: sqlcrm.Connection, switch: Callable[..., None]) -> None:
    switch(wrapping="docs")
    new = "INSERT INTO people@ab (email, given_name) VALUES ('w@example.org', 'Wu')"
    assert counts(db, new) == {"done": 1}
    text = "UPDATE people@ab SET given_name = 'Zoe' WHERE email = 'w@example.org'"
    assert counts(db, text) == {"done": 1}
    assert one(db, "SELECT given_name FROM people@ab WHERE email = 'w@example.org'") == "Zoe"


def test_nobody_is_subscribed_by_a_default_of_the_api(
    db: sqlcrm.Connection, switch: Callable[..., None]
) -> None:
    """D2: a person without a word of a subscription is listed as unsubscribed."""
    switch(new_email_status="subscribed")
    db.execute(
        "INSERT INTO people@ab (email, given_name, phone_number) "
        "VALUES ('d@example.org', 'Di', '202 555 0147')"
    )
    row = one(db, "SELECT email_status, phone_status FROM people@ab WHERE email = 'd@example.org'")
    assert row == ("unsubscribed", "unsubscribed")


@pytest.mark.parametrize("table", ["people", "entities"])
def test_who_opted_out_is_not_subscribed_after_a_delete_from_either_table(
    db: sqlcrm.Connection, crm: Running, tmp_path: Path, table: str
) -> None:
    """Entities are people, too, and their addresses go with them, the second one also."""
    people = ask(crm, "state")["people"]
    person = next(one for one in people if one["email_addresses"])
    uuid = person["identifiers"][0].removeprefix("action_builder:")
    address = person["email_addresses"][0]["address"]
    db.execute(f"UPDATE emails@ab SET status = 'unsubscribed' WHERE person_id = '{uuid}'")
    db.execute(f"INSERT INTO emails@ab (person_id, address) VALUES ('{uuid}', '2nd@example.org')")
    settings = {**crm.settings, "rate_limit": "off"}
    with sqlcrm.connect(ab=settings, state=tmp_path / "fresh", yes=True) as other:
        assert counts(other, f"DELETE FROM {table}@ab WHERE id = '{uuid}'") == {"done": 1}
        for one_ in (address, "2nd@example.org"):
            add = (
                "INSERT INTO people@ab (email, given_name, email_status) "
                f"VALUES ($a${one_}$a$, 'N', 'subscribed')"
            )
            assert counts(other, add) == {"done": 1}
            query = f"SELECT email_status FROM people@ab WHERE email = $a${one_}$a$"
            assert one(other, query) == "unsubscribed"


def test_an_opt_out_of_one_campaign_counts_in_all_of_the_network(
    db: sqlcrm.Connection, crm: Running, tmp_path: Path
) -> None:
    """Entities are the network's, and so is what they said."""
    state = ask(crm, "state")
    campaign = next(key for key in state if key.endswith("/people")).removesuffix("/people")
    theirs = {person["identifiers"][0] for person in state[f"{campaign}/people"]}
    emails = [
        person["email_addresses"][0]
        for person in state["people"]
        if person["email_addresses"] and person["identifiers"][0] not in theirs
    ]
    address = next(email["address"] for email in emails if email["status"] == "unsubscribed")
    assert one(db, f"SELECT email_status FROM people@ab WHERE email = $a${address}$a$")
    settings = {**crm.settings, "campaign": campaign, "rate_limit": "off"}
    with sqlcrm.connect(ab=settings, state=tmp_path, yes=True) as other:
        add = (
            "INSERT INTO people@ab (email, given_name, email_status) "
            f"VALUES ($a${address}$a$, 'N', 'subscribed')"
        )
        assert counts(other, add) == {"done": 1}
        query = f"SELECT email_status FROM people@ab WHERE email = $a${address}$a$"
        assert one(other, query) == "unsubscribed"
        assert other.session.account("ab") != db.session.account("ab")
        assert other.session.people("ab") == db.session.people("ab")


def test_an_address_of_somebody_else_is_not_moved(db: sqlcrm.Connection) -> None:
    address, person = one(db, "SELECT address, person_id FROM emails@ab LIMIT 1")
    other = one(db, f"SELECT max(id) FROM people@ab WHERE id <> '{person}'")
    text = (
        f"INSERT INTO emails@ab (person_id, address, address_type) VALUES "
        f"('{other}', $a${address}$a$, 'x') ON CONFLICT (address) DO UPDATE"
    )
    assert counts(db, text) == {"rejected": 1}


def test_a_second_address_is_found_and_not_made_again(db: sqlcrm.Connection) -> None:
    person = one(db, "SELECT max(id) FROM people@ab WHERE email IS NOT NULL")
    text = f"INSERT INTO emails@ab (person_id, address) VALUES ('{person}', 'more@example.org')"
    assert counts(db, text) == {"done": 1}
    assert counts(db, text) == {"unchanged": 1}
    new = "INSERT INTO people@ab (email, given_name) VALUES ('more@example.org', 'Twin')"
    assert counts(db, new) == {"rejected": 1}


def test_a_connection_is_seen_from_both_ends_and_made_inactive(db: sqlcrm.Connection) -> None:
    low, high = one(db, "SELECT min(id), max(id) FROM people@ab")
    text = f"INSERT INTO connections@ab (person_id, other_person_id) VALUES ('{high}', '{low}')"
    db.execute(text)
    assert counts(db, text) == {"unchanged": 1}
    ends = f"person_id IN ('{low}', '{high}') AND other_person_id IN ('{low}', '{high}')"
    assert one(db, f"SELECT count(*) FROM connections@ab WHERE {ends}") == 2
    update = f"UPDATE connections@ab SET inactive = true WHERE {ends} AND person_id = '{high}'"
    assert counts(db, update) == {"done": 1}
    assert one(db, f"SELECT bool_and(inactive) FROM connections@ab WHERE {ends}") is True


def test_an_answer_about_a_connection_names_its_ends(db: sqlcrm.Connection) -> None:
    text = (
        "INSERT INTO connection_taggings@ab (connection_id, person_id, other_person_id, section, "
        "field, name, date_response) SELECT id, person_id, other_person_id, 'Connection', "
        "'Introduced on', 'Introduced', DATE '2026-02-03' FROM connections@ab "
        "WHERE connection_type = 'People + People' ORDER BY id, person_id LIMIT 1"
    )
    assert counts(db, text) == {"done": 1}
    assert counts(db, text) == {"unchanged": 1}
