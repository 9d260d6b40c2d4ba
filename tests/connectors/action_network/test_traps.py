"""The API's traps, each met through SQL on the sandbox; T numbers are ours, one for each trap."""

from __future__ import annotations

import pytest

from sqlcrm.errors import NotSupportedError

from .conftest import Network

SUBSCRIBED = (
    "SELECT id, email FROM people@an WHERE email_status = 'subscribed' AND phone IS NOT NULL "
    "ORDER BY id LIMIT 2"
)


def test_t3_an_address_that_somebody_else_has_is_not_taken_for_written(network: Network) -> None:
    (ours, _), (_, theirs) = network.rows(SUBSCRIBED)
    both = "UPDATE people@an SET email = ?, given_name = 'Zed' WHERE id = ?"
    assert network.counts(both, theirs, ours) == {"done": 1}
    assert "the API did not write it" in network.reasons()[0]
    alone = "UPDATE people@an SET email = ? WHERE id = ?"
    assert network.counts(alone, theirs, ours) == {"rejected": 1}
    assert network.one("SELECT given_name FROM people@an WHERE id = ?", ours) == "Zed"


def test_t5_nobody_is_deleted(network: Network) -> None:
    with pytest.raises(NotSupportedError, match="no DELETE"):
        network.counts("DELETE FROM people@an WHERE true")
    with pytest.raises(NotSupportedError, match="no DELETE"):
        network.counts("DELETE FROM tags@an WHERE true")


def test_t6_an_existing_person_is_sent_a_status_only_where_it_changes(network: Network) -> None:
    (ours, email), _ = network.rows(SUBSCRIBED)
    text = "INSERT INTO people@an (email, given_name) SELECT ?, 'Zed' ON CONFLICT DO UPDATE"
    assert network.counts(text, email) == {"done": 1}
    query = "SELECT given_name, email_status FROM people@an WHERE id = ?"
    assert network.rows(query, ours) == [("Zed", "subscribed")]


def test_t7_every_page_is_read_and_people_take_one_call_more(network: Network) -> None:
    people = len(network.ask("state")["people"])
    since = len(network.calls())
    assert network.one("SELECT count(given_name) + count(*) FROM people@an") > people
    pages = -(-people // 25)
    made = [call for call in network.calls(since) if call == "GET /people"]
    assert pages <= len(made) <= pages + 1
    assert network.one("SELECT count(DISTINCT id) FROM people@an") == people


def test_t8_what_cannot_be_emptied_is_rejected(network: Network) -> None:
    person = network.one("SELECT min(id) FROM people@an WHERE region IS NOT NULL")
    empty = "UPDATE people@an SET {} = NULL WHERE id = ?"
    assert network.counts(empty.format("region"), person) == {"rejected": 1}
    assert "region is" in network.reasons()[0]
    assert network.counts(empty.format("given_name"), person) == {"done": 1}
    assert network.one("SELECT given_name FROM people@an WHERE id = ?", person) is None


def test_t9_apostrophes_and_plus_signs_are_looked_for(network: Network) -> None:
    email = "o'brien+test@example.org"
    insert = "INSERT INTO people@an (email, family_name) SELECT ?, 'O''Brien'"
    assert network.counts(insert, email) == {"done": 1}
    assert network.one("SELECT family_name FROM people@an WHERE email = ?", email) == "O'Brien"
    found = network.rows("SELECT email FROM people@an WHERE family_name = 'O''Brien'")
    assert (email,) in found


def test_t12_a_donation_comes_back_as_the_api_keeps_it(network: Network) -> None:
    page = network.one("SELECT min(id) FROM fundraising_pages@an WHERE browser_url IS NULL")
    person = network.one("SELECT min(id) FROM people@an")
    give = (
        "INSERT INTO donations@an (fundraising_page_id, person_id, currency, recipients, "
        "created_date) SELECT ?, ?, 'USD', ?, TIMESTAMPTZ '2026-01-15 00:00:00Z'"
    )
    recipients = '[{"display_name":"Our Org","amount":"12.50"}]'
    assert network.counts(give, page, person, recipients) == {"done": 1}
    since = len(network.calls())
    assert network.counts(give, page, person, recipients) == {"unchanged": 1}
    assert network.writes(since) == []
    kept = "SELECT amount, year(created_date) FROM donations@an WHERE person_id = ?"
    assert (12.5, 2026) in network.rows(kept, person)


def test_f7_a_phone_in_another_spelling_is_written_once(network: Network) -> None:
    """F7: three runs, no writes in the second and third."""
    (ours, _), _ = network.rows(SUBSCRIBED)
    text = "UPDATE people@an SET phone = ? WHERE id = ?"
    assert network.counts(text, "+1 (202) 555-0177", ours) == {"done": 1}
    since = len(network.calls())
    for spelling in ("202.555.0177", "12025550177"):
        assert network.counts(text, spelling, ours) == {"unchanged": 1}
    assert network.writes(since) == []


def test_a_new_number_is_subscribed_only_with_an_opt_in(network: Network) -> None:
    (ours, _), _ = network.rows(SUBSCRIBED)
    network.counts("UPDATE people@an SET phone = '202 555 0178' WHERE id = ?", ours)
    status = "SELECT status FROM mobile_subscriptions@an WHERE person_id = ?"
    assert network.one(status, ours) == "unsubscribed"
    text = "UPDATE mobile_subscriptions@an SET status = 'subscribed' WHERE person_id = ?"
    assert network.counts(text, ours) == {"rejected": 1}
    assert network.counts(f"{text} WITH OPT IN", ours) == {"done": 1}
    assert network.one(status, ours) == "subscribed"


def test_a_country_is_not_lost_where_another_part_of_the_address_changes(network: Network) -> None:
    (ours, _), _ = network.rows(SUBSCRIBED)
    network.counts("UPDATE people@an SET postal_code = '9000', country = 'BE' WHERE id = ?", ours)
    network.counts("UPDATE people@an SET postal_code = '9001' WHERE id = ?", ours)
    place = "SELECT postal_code, country FROM people@an WHERE id = ?"
    assert network.rows(place, ours) == [("9001", "BE")]


def test_t17_events_of_others_are_read_through_their_campaign(network: Network) -> None:
    own = {row for (row,) in network.rows("SELECT id FROM events@an")}
    found = {row for (row,) in network.rows("SELECT id FROM campaign_events@an")}
    assert found - own
    hosted = network.rows("SELECT DISTINCT event_id FROM campaign_attendances@an")
    assert {row for (row,) in hosted} <= found


def test_t19_a_message_is_sent_by_its_own_table_and_scheduling_is_taken_back(
    network: Network,
) -> None:
    draft = network.one("SELECT min(id) FROM messages@an WHERE status = 'draft'")
    schedule = (
        "INSERT INTO message_schedules@an (message_id, scheduled_start_date) "
        "SELECT ?, TIMESTAMPTZ '2030-01-01 00:00:00Z'"
    )
    assert network.counts(schedule, draft) == {"done": 1}
    assert network.rows("SELECT message_id FROM message_schedules@an") == [(draft,)]
    cancel = "DELETE FROM message_schedules@an WHERE message_id = ?"
    assert network.counts(cancel, draft) == {"done": 1}
    assert network.rows("SELECT message_id FROM message_schedules@an") == []
    since = len(network.calls())
    assert network.counts("INSERT INTO message_sendings@an (message_id) SELECT ?", draft)
    assert network.writes(since) == [f"POST /messages/{draft}/send"]


def test_many_tags_of_one_person_take_one_write(network: Network) -> None:
    network.db.execute("CREATE OR REPLACE TABLE wanted AS SELECT id FROM tags@an LIMIT 8")
    person = network.one(
        "SELECT min(id) FROM people@an WHERE email IS NOT NULL AND id NOT IN "
        "(SELECT person_id FROM taggings@an)"
    )
    since = len(network.calls())
    insert = "INSERT INTO taggings@an (tag_id, person_id) SELECT id, ? FROM wanted"
    assert network.counts(insert, person) == {"done": 8}
    assert network.writes(since) == ["POST /people"]
    assert network.counts(insert, person) == {"unchanged": 8}
    since = len(network.calls())
    delete = "DELETE FROM taggings@an WHERE person_id = ?"
    assert network.counts(delete, person) == {"done": 8}
    assert network.writes(since) == ["POST /people"]
    count = "SELECT count(*) FROM taggings@an WHERE person_id = ?"
    assert network.one(count, person) == 0


def test_few_tags_go_one_by_one(network: Network) -> None:
    person, tag = (
        network.one("SELECT min(id) FROM people@an"),
        network.one("SELECT max(id) FROM tags@an"),
    )
    since = len(network.calls())
    network.counts("DELETE FROM taggings@an WHERE person_id = ? AND tag_id = ?", person, tag)
    insert = "INSERT INTO taggings@an (tag_id, person_id) SELECT ?, ?"
    assert network.counts(insert, tag, person) == {"done": 1}
    assert network.writes(since)[-1] == f"POST /tags/{tag}/taggings"


def test_an_unknown_person_is_rejected_with_the_apis_words(network: Network) -> None:
    tag = network.one("SELECT min(id) FROM tags@an")
    insert = "INSERT INTO taggings@an (tag_id, person_id) SELECT ?, ?"
    assert network.counts(insert, tag, "00000000-0000-4000-8000-000000000001") == {"rejected": 1}
    assert "valid person id" in network.reasons()[0]


def test_custom_fields_with_dots_are_written_and_read(network: Network) -> None:
    (ours, _), _ = network.rows(SUBSCRIBED)
    names = network.rows("SELECT name FROM custom_fields@an WHERE name LIKE '%.%'")
    assert names
    name = f'"{names[0][0]}"'
    assert network.counts(f"UPDATE people@an SET {name} = 'x1' WHERE id = ?", ours) == {"done": 1}
    assert network.one(f"SELECT {name} FROM people@an WHERE id = ?", ours) == "x1"
    whole = network.one("SELECT custom_fields FROM people@an WHERE id = ?", ours)
    assert '"x1"' in whole


def test_codes_of_a_unique_id_list_are_added(network: Network) -> None:
    insert = "INSERT INTO unique_id_lists@an (name, unique_ids) SELECT 'codes', ['a', 'b']"
    assert network.counts(insert) == {"done": 1}
    assert network.counts(insert) == {"unchanged": 1}
    assert network.one("SELECT count FROM unique_id_lists@an WHERE name = 'codes'") == 2


def test_what_people_did_since_is_asked_of_the_api(network: Network) -> None:
    last = network.one("SELECT max(modified_date) FROM people@an")
    since = len(network.calls())
    found = network.rows("SELECT id FROM people@an WHERE modified_date >= ?", last)
    assert found
    assert len(network.calls(since)) <= 2
