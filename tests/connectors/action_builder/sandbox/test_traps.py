"""The traps of the fact sheet, one by one."""

import pytest


def test_a_value_that_is_active_in_another_campaign_only_is_lost_silently(ab):
    """T1: silent tag loss."""
    weekend = ab.answer("Work", "Shift", "Weekend shift")
    person = ab.person(add_tags=[weekend])
    assert ab.tagged(person) == []
    second = f"{ab.top}/campaigns/{ab.campaigns()[1]}"
    body = {"person": {"identifiers": [f"action_builder:{person}"]}, "add_tags": [weekend]}
    ab.wrote(f"{second}/people", body)
    (row,) = ab.rows(f"{second}/people/{person}/taggings")
    assert row["action_builder:name"] == "Weekend shift"
    assert ab.tagged(person) == []


@pytest.mark.parametrize(
    ("section", "field", "name"),
    [
        ("Work", "Shift", "No such value"),
        ("Work", "No such field", "Day shift"),
        ("No such section", "Shift", "Day shift"),
        ("Strike fund", "Pledge", "Yes"),  # of another campaign
    ],
)
def test_nothing_tells_that_a_tag_was_lost(ab, section, field, name):
    """T1: silent tag loss, for each of the three parts."""
    body = {"person": {"given_name": "Bo"}, "add_tags": [ab.answer(section, field, name)]}
    reply = ab.post("people", json=body)
    assert reply.status_code == 200
    assert ab.tagged(ab.uuid(reply.json())) == []


def test_create_tag_makes_or_activates_a_missing_value_but_no_field(ab):
    """T1: silent tag loss, and what saves from it."""
    wanted = {"create_tag": True}
    weekend = ab.answer("Work", "Shift", "Weekend shift", **wanted)
    fresh = ab.answer("Work", "Department", "Drones", **wanted)
    nowhere = ab.answer("Work", "Nowhere", "Drones", **wanted)
    person = ab.person(add_tags=[weekend, fresh, nowhere])
    assert [row["action_builder:name"] for row in ab.tagged(person)] == ["Weekend shift", "Drones"]
    assert ab.rows("tags", filter="name eq 'Weekend shift'")


def test_posting_somebody_without_an_identifier_makes_a_second_one(ab):
    """T2: duplicate entities."""
    emails = [{"address": "bo@example.org", "status": "subscribed"}]
    phones = [{"number": "12025550101"}]
    first = ab.person(email_addresses=emails, phone_numbers=phones)
    second = ab.person(email_addresses=emails, phone_numbers=phones)
    assert first != second
    assert sorted(ab.find(email_address="bo@example.org")) == sorted([first, second])
    assert sorted(ab.find(phone_number="12025550101")) == sorted([first, second])


def test_adding_a_value_again_after_a_lost_delete_doubles_it(ab):
    """T3: delete-then-add is not atomic."""
    other = ab.answer("Personal Info", "Languages", "Español")
    person = ab.person(add_tags=[other])
    body = {"person": {"identifiers": [f"action_builder:{person}"]}, "add_tags": [other]}
    ab.wrote("people", body)
    assert ab.values(person, "Languages") == ["Español", "Español"]
    first, second = ab.tagged(person, field="Languages")
    tag = ab.tag("Personal Info", "Languages", "Español")
    assert ab.delete(f"tags/{tag}/taggings/{ab.uuid(first)}").status_code == 200
    assert ab.tagged(person, field="Languages") == [second]
    ab.switch(duplicate_values=False)
    ab.wrote("people", body)
    assert ab.tagged(person, field="Languages") == [second]


def test_404_means_gone_already_or_universal(ab):
    """T4: 404 on DELETE is ambiguous."""
    tags = [
        ab.answer("Personal Info", "Pronouns", "He/Him"),
        ab.answer("Membership", "Member status", "Member"),
    ]
    person = ab.person(add_tags=tags)
    local, universal = ab.tagged(person)
    assert ab.delete(local["_links"]["self"]["href"]).status_code == 200
    assert ab.delete(local["_links"]["self"]["href"]).status_code == 404
    refused = ab.delete(universal["_links"]["self"]["href"])
    assert (refused.status_code, refused.json()["error"]) == (404, "Tag is not accessible")
    assert ab.delete(f"people/{person}/taggings/{ab.uuid(universal)}").status_code == 404
    assert ab.tagged(person) == [universal]


@pytest.mark.parametrize(
    ("section", "field", "name", "kind", "values"),
    [
        ("Campaign", "Visit notes", "Visit", "note", ["a", "a", "b"]),
        ("Work", "Weekly hours", "Hours", "number", [8, 8, 20]),
    ],
)
def test_notes_and_numbers_of_a_campaign_pile_up(ab, section, field, name, kind, values):
    """T5: notes append, number tags accumulate on campaign-local fields."""
    person = ab.person()
    for value in values:
        sent = ab.answer(section, field, name, **{f"{kind}_response": value})
        body = {"person": {"identifiers": [f"action_builder:{person}"]}, "add_tags": [sent]}
        ab.wrote("people", body)
    found = [row[f"action_builder:{kind}_response"] for row in ab.tagged(person)]
    assert found == values


def test_contact_data_is_appended_unless_it_is_known_by_value_or_identifier(ab):
    """T6: append semantics for e-mail, phone and address."""
    place = {"address_lines": ["1 Main St"], "locality": "Washington", "region": "DC"}
    person = ab.person(
        email_addresses=[{"address": "bo@example.org", "status": "subscribed"}],
        phone_numbers=[{"number": "12025550101"}],
        postal_addresses=[place],
    )
    first = ab.get(f"people/{person}").json()
    same = {
        "email_addresses": [{"address": "BO@example.org", "status": "unsubscribed"}],
        "phone_numbers": [{"number": "(202) 555-0101", "number_type": "Home"}],
        "postal_addresses": [place],
    }
    second = ab.wrote(f"people/{person}", same, "PUT")
    for column in same:
        ids = [entry["action_builder:identifier"] for entry in second[column]]
        assert ids == [entry["action_builder:identifier"] for entry in first[column]]
    assert second["email_addresses"][0]["status"] == "unsubscribed"
    known = first["email_addresses"][0]["action_builder:identifier"]
    changed = {
        "email_addresses": [{"action_builder:identifier": known, "address": "b.ek@example.org"}],
        "phone_numbers": [{"number": "12025550102"}],
        "postal_addresses": [{**place, "address_lines": ["2 Main St"]}],
    }
    third = ab.wrote(f"people/{person}", changed, "PUT")
    assert [e["address"] for e in third["email_addresses"]] == ["b.ek@example.org"]
    assert third["email_addresses"][0]["status"] == "unsubscribed"
    assert [e["number"] for e in third["phone_numbers"]] == ["12025550101", "12025550102"]
    assert len(third["postal_addresses"]) == 2
    emptied = ab.wrote(f"people/{person}", {"email_addresses": [], "phone_numbers": []}, "PUT")
    assert emptied["email_addresses"] == third["email_addresses"]
    assert emptied["modified_date"] == third["modified_date"]


def test_the_documented_wrapper_is_a_switch(ab):
    """T7: response wrapping."""
    body = {"person": {"given_name": "Bo"}}
    assert ab.wrote("people", body)["given_name"] == "Bo"
    ab.switch(wrapping="docs")
    wrapped = ab.wrote("people", body)
    assert list(wrapped) == ["person"]
    assert wrapped["person"]["given_name"] == "Bo"
    person = ab.uuid(wrapped["person"])
    assert list(ab.wrote(f"people/{person}", {}, "PUT")) == ["person"]


def test_types_are_written_with_a_capital_and_read_without(ab):
    """T8: entity-type case."""
    assert [row["name"] for row in ab.rows("entity_types")] == ["Person", "Unit"]
    sent = {"action_builder:entity_type": "Unit", "action_builder:name": "Dock 9"}
    row = ab.wrote("people", {"person": sent})
    assert row["action_builder:entity_type"] == "unit"
    assert row["action_builder:name"] == row["name"] == "Dock 9"
    assert "given_name" not in row


def test_entities_of_every_type_are_embedded_as_people(ab):
    """T9: `osdi:people` is the embedded key for every entity type."""
    body = ab.get("people?page=2").json()
    assert list(body["_embedded"]) == ["osdi:people"]
    assert {row["action_builder:entity_type"] for row in ab.rows("people")} == {"person", "unit"}


def test_whose_a_tagging_is_says_only_its_link(ab):
    """T10: tagging's person link is under `_links`."""
    tag = ab.tag("Personal Info", "Pronouns", "He/Him")
    for row in ab.rows(f"tags/{tag}/taggings"):
        assert "osdi:person" not in row
        person = ab.get(row["_links"]["osdi:person"]["href"]).json()
        assert row in ab.rows(f"people/{ab.uuid(person)}/taggings")


def test_an_address_without_a_region_is_refused_and_nothing_is_written(ab):
    """T11: region required."""
    sent = {"given_name": "Zed", "postal_addresses": [{"locality": "Washington"}]}
    before = ab.state()["entities"]
    reply = ab.post("people", json={"person": sent})
    assert reply.status_code == 422
    assert "Addresses state can't be blank" in reply.json()["error"]
    person = ab.uuid(before[0])
    assert ab.put(f"people/{person}", json={**sent, "given_name": "Zed"}).status_code == 422
    assert ab.state()["entities"] == before


def test_hammering_locks_everybody_out_for_a_minute_where_that_is_switched_on(limited, clock):
    """T12: throttle hard."""
    clock.seconds += 10
    limited.switch(lock_out=62)
    replies = [limited.get("people") for _ in range(5)]
    assert replies[4].status_code == 429
    assert 62 <= int(replies[4].headers["retry-after"]) <= 63
    clock.seconds += 61
    assert limited.get("people").status_code == 429
    clock.seconds += 2
    assert limited.get("people").status_code == 200


def test_a_500_of_the_helper_may_have_written_already(ab):
    """T13: only retry 429."""
    ab.switch(remove_tags="500")
    gone = [ab.answer("Personal Info", "Pronouns", "He/Him")]
    sent = {"given_name": "Twice", "identifiers": ["custom_id:twice"]}
    body = {"person": sent, "add_tags": gone, "remove_tags": gone}
    for expected in (1, 1):
        assert ab.post("people", json=body).status_code == 500
        assert len(ab.find(identifier="custom_id:twice")) == expected
    (person,) = ab.find(identifier="custom_id:twice")
    assert ab.values(person, "Pronouns") == ["He/Him"]
    del sent["identifiers"]
    for _ in range(2):
        ab.post("people", json=body)
    names = [row.get("given_name") for row in ab.state()["people"]]
    assert names.count("Twice") == 3


def test_lists_and_filters_can_lag_behind(ab, clock):
    """T14: read-after-write takes seconds."""
    ab.switch(lag=5.0)
    since = "modified_date gt '2026-11-01'"
    person = ab.person(email_addresses=[{"address": "new@example.org"}])
    old = ab.uuid(ab.rows("people")[0])
    ab.wrote(f"people/{old}", {"family_name": "Changed"}, "PUT")
    assert ab.get(f"people/{person}").status_code == 200
    assert ab.find(email_address="new@example.org") == []
    assert ab.rows("people", filter=since) == []
    clock.seconds += 6
    assert ab.find(email_address="new@example.org") == [person]
    assert {ab.uuid(row) for row in ab.rows("people", filter=since)} == {person, old}


def test_a_universal_answer_shows_in_every_campaign(ab):
    """T15: cross-campaign effects."""
    person = ab.person(add_tags=[ab.answer("Membership", "Skills", "Driving")])
    second = f"{ab.top}/campaigns/{ab.campaigns()[1]}"
    body = {
        "person": {"identifiers": [f"action_builder:{person}"]},
        "add_tags": [
            ab.answer("Membership", "Monthly dues", "Dues", number_response=20),
            ab.answer("Personal Info", "Pronouns", "He/Him"),
        ],
    }
    ab.wrote(f"{second}/people", body)
    here = {row["action_builder:field"] for row in ab.tagged(person)}
    there = {row["action_builder:field"] for row in ab.rows(f"{second}/people/{person}/taggings")}
    assert here == {"Skills", "Monthly dues"}
    assert there == {"Skills", "Monthly dues", "Pronouns"}


def test_a_universal_answer_cannot_be_taken_away_and_is_replaced(ab):
    """T15: cross-campaign effects: `remove_tags` is a no-op, writing replaces."""
    dues = ab.answer("Membership", "Monthly dues", "Dues", number_response=20)
    person = ab.person(add_tags=[dues])
    known = {"identifiers": [f"action_builder:{person}"]}
    before = ab.modified(person)
    ab.wrote("people", {"person": known, "remove_tags": [dues]})
    assert ab.modified(person) == before
    more = {**dues, "action_builder:number_response": 30}
    ab.wrote("people", {"person": known, "add_tags": [more]})
    assert [row["action_builder:number_response"] for row in ab.tagged(person)] == [30]


def test_the_same_value_is_there_under_several_fields(ab):
    """T16: name collisions."""
    rows = ab.rows("tags", filter="name eq 'Other'")
    fields = {(row["action_builder:section"], row["action_builder:field"]) for row in rows}
    assert len(rows) == len(fields) >= 4
    person = ab.person(add_tags=[ab.answer("Campaign", "Issues", "Other")])
    (row,) = ab.tagged(person)
    assert row["action_builder:field"] == "Issues"
