"""The wire samples of the fact sheet, one by one."""

import re

import httpx

DATE = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"
ID = r"action_builder:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"


def test_campaigns_are_listed_with_links_to_what_they_hold(ab):
    """B1: list campaigns."""
    reply = ab.get(f"{ab.top}/campaigns?page=1&per_page=25")
    assert reply.headers["content-type"] == "application/hal+json"
    assert reply.headers["cache-control"] == "max-age=0, private, must-revalidate"
    body = reply.json()
    assert (body["page"], body["per_page"], body["total_pages"]) == (1, 25, 1)
    first, *others = body["_embedded"]["action_builder:campaigns"]
    assert first["identifiers"] == [f"action_builder:{ab.first}"]
    assert first["origin_system"] == "Action Builder"
    assert re.fullmatch(DATE, first["created_date"])
    assert first["name"]
    links = first["_links"]
    assert links["self"]["href"] == f"{ab.top}/campaigns/{ab.first}"
    assert ab.get(links["osdi:people"]["href"]).json()["_embedded"]["osdi:people"]
    assert ab.get(links["osdi:tags"]["href"]).json()["_embedded"]["osdi:tags"]
    assert len(others) >= 2
    assert body["_links"]["self"]["href"].endswith("campaigns?page=1&per_page=25")


def test_people_changed_since_a_moment_are_exactly_those(ab):
    """B2: people since."""
    filter_ = "filter=modified_date%20gt%20%272026-01-01T00%3A00%3A00Z%27&page=1&per_page=25"
    body = ab.get(f"people?{filter_}").json()
    assert list(body) == ["page", "per_page", "total_pages", "_embedded", "_links"]
    found = ab.rows("people", filter="modified_date gt '2026-01-01T00:00:00Z'")
    assert body["_embedded"]["osdi:people"] == found[:25]
    everybody = ab.rows("people")
    assert found == [row for row in everybody if row["modified_date"] > "2026-01-01T00:00:00.000Z"]
    assert 0 < len(found) < len(everybody)
    row = next(
        row for row in everybody if row["email_addresses"] and row["phone_numbers"]
        and row["postal_addresses"] and row["action_builder:entity_type"] == "person"
    )  # fmt: skip
    assert re.fullmatch(ID, row["identifiers"][0])
    assert re.fullmatch(DATE, row["created_date"])
    assert re.fullmatch(DATE, row["modified_date"])
    assert {"given_name", "preferred_language"} <= set(row)
    assert re.search(r"/entity/view/\d+/profile\?campaignId=5$", row["browser_url"])
    email, phone, address = (
        row[name][0] for name in ("email_addresses", "phone_numbers", "postal_addresses")
    )
    assert {"action_builder:identifier", "address", "address_type", "source"} <= set(email)
    assert re.fullmatch(ID, email["action_builder:identifier"])
    assert re.fullmatch(r"\d{11}", phone["number"])
    assert {"address_lines", "locality", "region", "postal_code", "country"} <= set(address)
    assert set(row["_links"]) == {
        "self", "action_builder:campaign", "action_builder:entity_type",
        "action_builder:connections", "osdi:taggings",
    }  # fmt: skip
    for relation in row["_links"].values():
        assert ab.get(relation["href"]).status_code == 200


def test_a_new_entity_comes_back_bare_with_its_answers(ab):
    """B3: create entity."""
    body = {
        "person": {
            "action_builder:entity_type": "Person",
            "given_name": "Bo",
            "family_name": "Ek",
            "email_addresses": [{"address": "bo@example.org", "status": "subscribed"}],
        },
        "add_tags": [ab.answer("Personal Info", "Pronouns", "They/Them")],
    }
    row = ab.wrote("people", body)
    assert re.fullmatch(ID, row["identifiers"][0])
    assert (row["given_name"], row["family_name"]) == ("Bo", "Ek")
    assert row["action_builder:entity_type"] == "person"
    assert row["email_addresses"][0]["status"] == "subscribed"
    assert ab.values(ab.uuid(row), "Pronouns") == ["They/Them"]
    assert row == ab.get(f"people/{ab.uuid(row)}").json()
    refused = ab.post("people", json={"person": {"action_builder:entity_type": "Person"}})
    assert (refused.status_code, list(refused.json())) == (422, ["error"])


def test_an_upsert_by_identifier_swaps_an_answer_and_clears_the_assessment(ab):
    """B4: upsert by identifier, swap an answer."""
    tags = [ab.answer("Personal Info", "Pronouns", "They/Them")]
    person = ab.person(add_tags=tags, **{"action_builder:latest_assessment": 3})
    before = ab.get(f"people/{person}").json()
    assert before["action_builder:latest_assessment"] == 3
    body = {
        "person": {
            "identifiers": [f"action_builder:{person}"],
            "action_builder:latest_assessment": None,
        },
        "add_tags": [ab.answer("Personal Info", "Pronouns", "She/Hers")],
        "remove_tags": tags,
    }
    row = ab.wrote("people", body)
    assert ab.uuid(row) == person
    assert "action_builder:latest_assessment" not in row
    assert ab.values(person, "Pronouns") == ["She/Hers"]
    assert row["modified_date"] > before["modified_date"]


def test_a_tag_that_does_not_fit_is_dropped_without_a_word(ab):
    """B5: silently dropped tag."""
    person = ab.person()
    before = ab.modified(person)
    body = {
        "person": {"identifiers": [f"action_builder:{person}"]},
        "add_tags": [ab.answer("Nope", "Nope", "X")],
    }
    assert ab.post("people", json=body).status_code == 200
    assert ab.tagged(person) == []
    assert ab.modified(person) == before


def test_a_tagging_is_listed_by_its_tag_and_deleted_once(ab):
    """B6: tagging list and delete."""
    tag = ab.tag("Personal Info", "Pronouns", "She/Hers")
    body = ab.get(f"tags/{tag}/taggings").json()
    row = body["_embedded"]["osdi:taggings"][0]
    assert row["action_builder:name"] == "She/Hers"
    assert row["action_builder:section"] == "Personal Info"
    assert row["action_builder:field"] == "Pronouns"
    assert row["item_type"] == "person"
    base = f"{ab.top}/campaigns/{ab.first}"
    assert row["_links"]["self"]["href"] == f"{base}/tags/{tag}/taggings/{ab.uuid(row)}"
    assert row["_links"]["osdi:tag"]["href"] == f"{base}/tags/{tag}"
    person = row["_links"]["osdi:person"]["href"]
    assert person.startswith(f"{base}/people/")
    assert ab.get(row["_links"]["self"]["href"]).json() == row
    before = ab.get(person).json()["modified_date"]
    reply = ab.delete(f"tags/{tag}/taggings/{ab.uuid(row)}")
    assert reply.status_code == 200
    assert reply.json() == {"message": "Tag has been removed from Taggable Logbook"}
    assert ab.get(person).json()["modified_date"] > before
    assert row not in ab.rows(f"tags/{tag}/taggings")
    assert row not in ab.rows(f"{person}/taggings")
    assert ab.delete(f"tags/{tag}/taggings/{ab.uuid(row)}").status_code == 404
    universal = ab.tag("Membership", "Member status", "Member")
    refused = ab.get(f"tags/{universal}/taggings")
    assert refused.status_code == 404
    assert refused.json() == {"error": "Tag is not accessible"}


def test_a_connection_is_one_for_each_pair_and_can_be_deactivated(ab):
    """B7: connection upsert and deactivate."""
    one, other = ab.person("Ana"), ab.person("Bo")
    body = {
        "connection": {"person_id": other},
        "add_tags": [ab.answer("Connection", "Relation", "Friend")],
    }
    row = ab.wrote(f"people/{one}/connections", body)
    assert (row["connection_type"], row["person_id"]) == ("People + People", other)
    assert row["inactive"] is False
    assert set(row["_links"]) == {"self", "osdi:person", "osdi:taggings"}
    (tagging,) = ab.rows(row["_links"]["osdi:taggings"]["href"])
    assert (tagging["action_builder:name"], tagging["item_type"]) == ("Friend", "connection")
    back = {"connection": {"person_id": one, "inactive": True}}
    again = ab.wrote(f"people/{other}/connections", back)
    assert (ab.uuid(again), again["person_id"], again["inactive"]) == (ab.uuid(row), one, True)
    assert len(ab.rows(f"people/{one}/connections")) == 1
    put = ab.wrote(f"people/{one}/connections/{ab.uuid(row)}", {"inactive": False}, "PUT")
    assert (put["person_id"], put["inactive"]) == (other, False)
    wrapped = {"connection": {"inactive": True}}
    assert ab.wrote(f"people/{one}/connections/{ab.uuid(row)}", wrapped, "PUT")["inactive"] is True
    assert ab.delete(f"people/{one}/connections/{ab.uuid(row)}").status_code == 405


def test_a_tag_is_created_not_changed_and_removed_from_the_campaign(ab):
    """B8: new tag value / forbidden PUT / removal."""
    body = ab.answer("Work", "Shift", "Night shift")
    row = ab.wrote("tags", body)
    assert (row["action_builder:field_type"], row["action_builder:locked"]) == ("standard", False)
    assert row["action_builder:allow_multiple_responses"] is False
    assert set(row["_links"]) == {"self", "action_builder:campaign", "osdi:taggings"}
    person = ab.person(add_tags=[body])
    assert ab.values(person, "Shift") == ["Night shift"]
    assert ab.put(f"tags/{ab.uuid(row)}", json={"name": "Late"}).is_error
    reply = ab.delete(f"tags/{ab.uuid(row)}")
    assert reply.status_code == 200
    assert reply.json() == {"message": "Tag has been removed from the campaign"}
    assert ab.values(person, "Shift") == []
    assert ab.get(f"tags/{ab.uuid(row)}").status_code == 404
    assert ab.rows("tags", filter="name eq 'Night shift'") == []


def test_the_fifth_call_of_a_second_and_a_wrong_key_are_refused(limited, clock):
    """B9: throttle and auth."""
    replies = [limited.get("people") for _ in range(5)]
    assert [reply.status_code for reply in replies] == [200, 200, 200, 200, 429]
    assert replies[4].headers["retry-after"] == "1"
    clock.seconds += 1
    assert limited.get("people").status_code == 200
    clock.seconds += 1
    wrong = httpx.get(limited.base_url, headers={"OSDI-API-Token": "wrong"})
    assert (wrong.status_code, list(wrong.json())) == (401, ["error"])
    limited.switch(denied_status=403)
    assert httpx.get(limited.base_url).status_code == 403


def test_a_person_is_removed_from_one_campaign_only(ab):
    """B10: remove person from campaign."""
    person = ab.person()
    second = f"{ab.top}/campaigns/{ab.campaigns()[1]}"
    ab.wrote(f"{second}/people", {"person": {"identifiers": [f"action_builder:{person}"]}})
    assert ab.delete(f"people/{person}").status_code == 200
    assert ab.get(f"people/{person}").status_code == 404
    assert ab.delete(f"people/{person}").status_code == 404
    assert ab.get(f"{second}/people/{person}").status_code == 200
