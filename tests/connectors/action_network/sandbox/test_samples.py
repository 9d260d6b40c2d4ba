"""The wire samples of the facts, one by one."""

from urllib.parse import quote

import pytest

UUID = r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"


def test_the_entry_point_names_the_collections(an):
    """W1: GET /api/v2/ with a key."""
    reply = an.get("")
    body = reply.json()
    assert body["motd"] == "Welcome to the Action Network OSDI API v2 Entry Point!"
    assert body["osdi_version"] == "1.1.1"
    assert body["namespace"] == "action_network"
    assert body["max_page_size"] == 25
    links = body["_links"]
    assert links["self"]["href"] == f"{an.root}/api/v2/"
    assert links["osdi:tags"]["href"] == f"{an.root}/api/v2/tags"
    assert links["osdi:person_signup_helper"]["href"] == f"{an.root}/api/v2/people"
    assert reply.headers["content-type"] == "application/hal+json"
    assert reply.headers["cache-control"] == "max-age=0, private, must-revalidate"
    for rel, one in links.items():
        if rel not in {"curies", "osdi:person_signup_helper"}:
            assert an.get(one["href"]).status_code == 200, rel


def test_a_page_of_people_has_no_totals_and_a_next_link_with_the_filter(an):
    """W2: the uncounted envelope, and the last hop, which is empty."""
    text = "modified_date gt '2020-01-01T00:00:00Z'"
    page = an.page(f"people?filter={quote(text)}&page=1")
    assert page.keys() == {"page", "per_page", "_links", "_embedded"}
    assert (page["page"], page["per_page"]) == (1, 25)
    assert page["_links"]["self"]["href"] == f"{an.root}/api/v2/people"
    assert page["_links"]["next"]["href"].endswith(
        "people?page=2&filter=modified_date%20gt%20%272020-01-01T00%3A00%3A00Z%27"
    )
    person = page["_embedded"]["osdi:people"][0]
    assert page["_links"]["osdi:people"][0] == person["_links"]["self"]
    assert list(person) == [
        "identifiers", "given_name", "family_name", "email_addresses", "phone_numbers",
        "postal_addresses", "languages_spoken", "custom_fields", "created_date",
        "modified_date", "_links",
    ]  # fmt: skip
    last = an.page("people", page=13)
    assert last["_embedded"] == {"osdi:people": []}
    assert "next" not in last["_links"]
    assert "next" in an.page("people", page=12)["_links"]


def test_the_signup_helper_finds_or_adds_a_person(an):
    """W3: the full person at the top level, whether it is new or not."""
    an.sign_up("ana@example.net", given_name="Anna")
    person = {
        "given_name": "Ana",
        "family_name": "Lee",
        "email_addresses": [{"address": "ana@example.net", "status": "subscribed"}],
        "custom_fields": {"Shirt size": "L"},
    }
    tags = {"add_tags": ["Volunteer"], "remove_tags": ["Prospect"]}
    row = an.ok("POST", "people/", {"person": person, **tags})
    assert row["given_name"] == "Ana"
    assert row["email_addresses"] == [
        {"primary": True, "address": "ana@example.net", "status": "subscribed"}
    ]
    assert row["custom_fields"] == {"Shirt size": "L"}
    assert row == an.page(f"people/{an.key(row)}/")
    assert len([one for one in an.rows("people") if one["given_name"] == "Ana"]) > 0
    assert len(an.rows("people")) == 301


def test_put_of_a_status_alone_unsubscribes(an):
    """W4: no address needed."""
    person = an.sign_up()
    body = {"email_addresses": [{"status": "unsubscribed"}]}
    row = an.ok("PUT", f"people/{an.key(person)}", body)
    assert row["email_addresses"] == [
        {"primary": True, "address": "ana@example.net", "status": "unsubscribed"}
    ]


def test_a_background_signup_answers_nothing_and_is_done(an):
    """W5: 200 and {}."""
    body = {"person": {"email_addresses": [{"address": "b@example.net"}]}}
    assert an.ok("POST", "people/?background_request=true", body) == {}
    assert len(an.rows("people", filter="email_address eq 'b@example.net'")) == 1


def test_a_signature_by_the_record_helper(an):
    """W6: it upserts the person and tags it; a failure is 200 and {}."""
    petition = an.first("petitions")
    path = f"petitions/{an.key(petition)}/signatures"
    tag = an.ok("POST", "tags", {"name": "Just signed"})
    body = {
        "comments": "Please act",
        "person": {"given_name": "Bo", "email_addresses": [{"address": "bo@example.net"}]},
        "add_tags": ["Just signed"],
        "triggers": {"autoresponse": {"enabled": True}},
        "action_network:referrer_data": {"source": "sms", "website": "https://example.org"},
    }
    row = an.ok("POST", path, body)
    (person,) = an.rows("people", filter="email_address eq 'bo@example.net'")
    assert row["comments"] == "Please act"
    assert row["created_date"] == row["modified_date"] == "2026-10-01T12:00:00Z"
    assert row["action_network:person_id"] == an.key(person)
    assert row["action_network:petition_id"] == an.key(petition)
    assert row["action_network:referrer_data"]["source"] == "sms"
    assert row["_links"]["self"]["href"] == f"{an.root}/api/v2/{path}/{an.key(row)}"
    assert row["_links"]["osdi:petition"] == petition["_links"]["self"]
    assert row["_links"]["osdi:person"] == person["_links"]["self"]
    assert len(an.rows(f"tags/{an.key(tag)}/taggings")) == 1
    assert an.ok("POST", path, {"person": {"given_name": "Nobody"}}) == {}


def test_an_attendance_by_link_is_accepted(an):
    """W7: the link form."""
    event, person = an.first("events"), an.sign_up()
    row = an.ok("POST", f"events/{an.key(event)}/attendances", an.link(person))
    assert row["status"] == "accepted"
    assert row["action_network:person_id"] == an.key(person)
    assert row["action_network:event_id"] == an.key(event)
    assert row["_links"]["osdi:event"] == event["_links"]["self"]


def test_a_tagging_is_made_and_deleted(an):
    """W8: create, bad link, delete."""
    tag, person = an.first("tags"), an.sign_up()
    path = f"tags/{an.key(tag)}/taggings"
    row = an.ok("POST", path, an.link(person))
    assert row["item_type"] == "osdi:person"
    assert row["_links"]["osdi:tag"] == tag["_links"]["self"]
    assert row["_links"]["osdi:person"] == person["_links"]["self"]
    assert "action_network:person_id" not in row
    bad = an.post(path, json={"_links": {"osdi:person": {"href": "https://x/people/none"}}})
    assert (bad.status_code, bad.json()) == (
        400, {"error": "You must specify a valid person id"},
    )  # fmt: skip
    gone = an.delete(f"{path}/{an.key(row)}")
    assert gone.json() == {"notice": "This tagging was successfully deleted."}
    assert gone.status_code == 200
    assert an.rows(f"people/{an.key(person)}/taggings") == []
    assert an.get(f"{path}/{an.key(row)}").status_code == 404


def test_a_donation_comes_back_as_the_server_sees_it(an):
    """W9: amount, currency and payment are the server's."""
    page = an.made("fundraising_pages")
    body = {
        "created_date": "2026-01-15T00:00:00Z",
        "currency": "USD",
        "recipients": [{"display_name": "Our Org", "amount": "25.00"}],
        "action_network:recurrence": {"recurring": True, "period": "Monthly"},
        **an.link(an.sign_up()),
    }
    row = an.ok("POST", f"{page}/donations", body)
    assert row["created_date"] == "2026-01-15T00:00:00Z"
    assert (row["currency"], row["amount"]) == ("usd", "25.00")
    assert row["payment"] == {
        "method": "Credit Card",
        "authorization_stored": False,
        "reference_number": an.key(row),
    }
    assert row["action_network:recurrence"] == {"recurring": True, "period": "Monthly"}
    assert row["action_network:fundraising_page_id"] == page.partition("/")[2]
    assert an.page(f"donations/{an.key(row)}") == row


def test_refusals_are_worded_as_they_are(an, clock, variant):
    """W10: bad key, too fast, not there."""
    bad = an.get("people", headers={"OSDI-API-Token": "nope"})
    assert (bad.status_code, bad.json()) == (403, {"error": "API Key invalid or not present"})
    none = an.get("tags/deadbeef")
    assert (none.status_code, none.json()) == (
        404, {"error": "Couldn't find tag with id = deadbeef"},
    )  # fmt: skip
    fast = variant(limits="real")
    replies = [fast.get("tags") for _ in range(5)]
    assert [one.status_code for one in replies] == [200] * 4 + [429]
    assert replies[4].json() == {"error": "Too many requests"}
    assert "retry-after" not in replies[4].headers
    clock.move(1)
    assert fast.get("tags").status_code == 200


def test_the_catalogue_of_custom_fields_has_a_shape_of_its_own(an):
    """W11: top level, no pages, a list as self link."""
    body = an.page("metadata/custom_fields")
    assert (body["origin_system"], body["name"]) == ("Action Network", "Custom Fields")
    assert body["_links"]["self"] == [{"href": f"{an.root}/api/v2/metadata/custom_fields"}]
    assert "_embedded" not in body
    fields = body["action_network:custom_fields"]
    assert fields[0].keys() == {"name", "created_date", "modified_date", "notes"}
    names = [field["name"] for field in fields]
    assert {"Shirt size", "v1.import_source", "Member's local number"} <= set(names)


@pytest.mark.parametrize("path", ["people", "petitions", "tags"])
def test_ids_are_uuids_and_unique(an, path):
    """W2: one identifier of each row begins with action_network:."""
    keys = [an.key(row) for row in an.rows(path)]
    assert len(set(keys)) == len(keys) > 50
    assert all(len(key) == 36 and key[14] == "4" for key in keys)
