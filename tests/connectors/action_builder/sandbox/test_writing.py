"""Writing people: matching, campaigns, contact data, consent, dates that move."""

import pytest


def known(person: str, **values) -> dict:
    return {"person": {"identifiers": [f"action_builder:{person}"], **values}}


def test_somebody_of_another_campaign_is_connected_and_keeps_the_id(ab):
    second = f"{ab.top}/campaigns/{ab.campaigns()[1]}"
    here = {ab.uuid(row) for row in ab.rows("people")}
    row = next(row for row in ab.rows(f"{second}/people") if ab.uuid(row) not in here)
    joined = ab.wrote("people", known(ab.uuid(row)))
    assert ab.uuid(joined) == ab.uuid(row)
    assert joined["modified_date"] > row["modified_date"]
    assert ab.get(f"people/{ab.uuid(row)}").json() == joined
    assert ab.get(f"{second}/people/{ab.uuid(row)}").status_code == 200


def test_somebody_who_was_removed_comes_back_with_their_identifier(ab):
    person = ab.person(add_tags=[ab.answer("Personal Info", "Pronouns", "He/Him")])
    ab.delete(f"people/{person}")
    assert person not in {ab.uuid(row) for row in ab.rows("people")}
    ab.wrote("people", known(person))
    assert ab.values(person, "Pronouns") == ["He/Him"]


def test_an_unknown_identifier_of_action_builder_makes_nobody(ab):
    body = known("e0000000-0000-4000-8000-00000000dead", given_name="Bo")
    assert ab.post("people", json=body).status_code == 404


def test_another_systems_identifier_finds_somebody_or_makes_a_new_one(ab):
    first = ab.person("Ana", identifiers=["custom_id:77x", "dwid:1x"])
    assert ab.person("Anna", identifiers=["dwid:1x"]) == first
    assert ab.get(f"people/{first}").json()["given_name"] == "Anna"
    assert ab.person("Ana", identifiers=["custom_id:78x"]) != first
    assert ab.post("people", json={"person": {"identifiers": ["dwid:9x"]}}).status_code == 422


def test_its_own_identifier_goes_before_the_others(ab):
    one = ab.person("One", identifiers=["custom_id:1x"])
    two = ab.person("Two")
    both = ["custom_id:1x", f"action_builder:{two}"]
    assert ab.uuid(ab.wrote("people", {"person": {"identifiers": both}})) == two
    assert sorted(ab.find(identifier="custom_id:1x")) == sorted([one, two])


def test_identifiers_are_added_and_never_removed(ab):
    person = ab.person(identifiers=["custom_id:1x"])
    row = ab.wrote(f"people/{person}", {"identifiers": ["custom_id_2:2x"]}, "PUT")
    assert row["identifiers"] == [f"action_builder:{person}", "custom_id:1x", "custom_id_2:2x"]


@pytest.mark.parametrize(
    "sent",
    [
        {},
        {"family_name": "Ek"},
        {"given_name": ""},
        {"name": "Dock", "action_builder:entity_type": "Person"},
        {"given_name": "Bo", "action_builder:entity_type": "Unit"},
        {"given_name": "Bo", "action_builder:entity_type": "Spaceship"},
        {"given_name": "Bo", "email_addresses": [{"status": "subscribed"}]},
        {"given_name": "Bo", "email_addresses": [{"address": "b@example.org", "status": "yes"}]},
        {"given_name": "Bo", "phone_numbers": [{"number_type": "Home"}]},
        {"given_name": "Bo", "action_builder:latest_assessment": "high"},
    ],
)
def test_what_cannot_be_stored_is_a_422_and_makes_nobody(ab, sent):
    before = len(ab.rows("people"))
    reply = ab.post("people", json={"person": sent})
    assert (reply.status_code, list(reply.json())) == (422, ["error"])
    assert len(ab.rows("people")) == before


def test_an_address_without_a_status_is_nobodys_consent(ab):
    person = ab.person(email_addresses=[{"address": "bo@example.org"}])
    (email,) = ab.get(f"people/{person}").json()["email_addresses"]
    assert "status" not in email
    assert email["action_builder:confirmed"] is False
    ab.switch(new_email_status="subscribed")
    more = {"email_addresses": [{"address": "b@example.org"}]}
    row = ab.wrote(f"people/{person}", more, "PUT")
    assert [e.get("status") for e in row["email_addresses"]] == [None, "subscribed"]


@pytest.mark.parametrize("status", ["subscribed", "unsubscribed", "bad", "do_not_contact"])
def test_an_address_keeps_its_status_unless_one_is_sent(ab, status):
    person = ab.person(email_addresses=[{"address": "bo@example.org", "status": status}])
    silent = {"email_addresses": [{"address": "bo@example.org", "address_type": "work"}]}
    for method, path, body in (
        ("PUT", f"people/{person}", silent),
        ("POST", "people", known(person, **silent)),
    ):
        (email,) = ab.wrote(path, body, method)["email_addresses"]
        assert (email["status"], email["address_type"]) == (status, "work")
    loud = {"email_addresses": [{"address": "bo@example.org", "status": "subscribed"}]}
    assert ab.wrote("people", known(person, **loud))["email_addresses"][0]["status"] == "subscribed"


def test_a_write_that_changes_nothing_moves_no_date(ab):
    row = next(
        row for row in ab.rows("people") if row["email_addresses"] and row["postal_addresses"]
        and row["action_builder:entity_type"] == "person"
    )  # fmt: skip
    same = {
        key: row[key]
        for key in ("identifiers", "given_name", "email_addresses", "postal_addresses")
    }
    assert ab.wrote("people", {"person": same}) == row
    assert ab.wrote(f"people/{ab.uuid(row)}", same, "PUT") == row


@pytest.mark.parametrize(
    "sent",
    [
        {"given_name": "Zed"},
        {"preferred_language": "tlh"},
        {"action_builder:pronouns": "Ze/Zir"},
        {"action_builder:latest_assessment": 7},
        {"identifiers": ["custom_id:zz"]},
        {"phone_numbers": [{"number": "12025550109"}]},
    ],
)
def test_every_change_moves_the_date_and_is_found_by_it(ab, sent):
    row = next(r for r in ab.rows("people") if r["action_builder:entity_type"] == "person")
    changed = ab.wrote(f"people/{ab.uuid(row)}", sent, "PUT")
    assert changed["modified_date"] > row["modified_date"]
    found = ab.rows("people", filter=f"modified_date gt '{row['modified_date']}'")
    assert changed in found
    assert ab.rows("people", filter="modified_date gt '2026-11-01'") == [changed]


def test_an_assessment_belongs_to_its_campaign(ab):
    person = ab.person(**{"action_builder:latest_assessment": 4})
    row = ab.get(f"people/{person}").json()
    assert row["action_builder:latest_assessment"] == 4
    assert row["action_builder:latest_assessment_created_date"].startswith("2026-11-22T")
    second = f"{ab.top}/campaigns/{ab.campaigns()[1]}"
    ab.wrote(f"{second}/people", known(person))
    assert "action_builder:latest_assessment" not in ab.get(f"{second}/people/{person}").json()


def test_whether_put_changes_names_is_a_switch(ab):
    person = ab.person("Bo")
    assert ab.wrote(f"people/{person}", {"given_name": "Beau"}, "PUT")["given_name"] == "Beau"
    ab.switch(put_names=False)
    assert ab.wrote(f"people/{person}", {"given_name": "Bob"}, "PUT")["given_name"] == "Beau"
    assert ab.wrote("people", known(person, given_name="Bob"))["given_name"] == "Bob"


def test_a_workplace_is_renamed_by_either_key(ab):
    unit = ab.person("Dock 9", kind="Unit")
    row = ab.wrote(f"people/{unit}", {"action_builder:name": "Dock 10"}, "PUT")
    assert row["name"] == row["action_builder:name"] == "Dock 10"
    assert "given_name" not in ab.wrote(f"people/{unit}", {"given_name": "Bo"}, "PUT")


def test_connections_can_be_made_with_the_person(ab):
    friend = ab.person("Ana")
    link = {"person_id": friend, "add_tags": [ab.answer("Connection", "Relation", "Friend")]}
    person = ab.person("Bo", add_connections=[link])
    (row,) = ab.rows(f"people/{person}/connections")
    assert row["person_id"] == friend
    (tagging,) = ab.rows(f"connections/{ab.uuid(row)}/taggings")
    assert tagging["action_builder:name"] == "Friend"


@pytest.mark.parametrize("other", ["nobody", "itself", "unit"])
def test_a_person_with_an_impossible_connection_is_not_written_at_all(ab, other):
    kind = "Unit" if other == "unit" else "Person"
    person = ab.person("Bo", kind=kind)
    there = {"nobody": "x", "itself": person, "unit": ab.person("Dock", kind="Unit")}[other]
    body = known(person, preferred_language="tlh")
    before = ab.get(f"people/{person}").json()
    reply = ab.post("people", json={**body, "add_connections": [{"person_id": there}]})
    assert reply.status_code == 422
    assert ab.get(f"people/{person}").json() == before


def test_values_may_be_named_with_or_without_the_prefix(ab):
    sent = ab.answer("Personal Info", "Pronouns", "")
    person = ab.person(add_tags=[{**sent, "action_builder:name": "He/Him"}])
    assert ab.values(person, "Pronouns") == ["He/Him"]
