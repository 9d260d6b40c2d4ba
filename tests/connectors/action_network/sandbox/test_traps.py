"""The numbered traps of the facts: what the server does when somebody steps into one."""

from urllib.parse import quote

import pytest


def test_any_other_spelling_of_the_background_flag_is_ignored(an):
    """T1: background_processing=true is run at once and answered in full."""
    body = {"person": {"email_addresses": [{"address": "b@example.net"}]}}
    row = an.ok("POST", "people?background_processing=true", body)
    assert row["email_addresses"][0]["address"] == "b@example.net"


def test_a_write_that_is_not_json_is_answered_200_and_changes_nothing(an, clock):
    """T2: form-encoded bodies and fields in the query string."""
    person, petition = an.sign_up(given_name="Ana"), an.first("petitions")
    clock.move(60)
    reply = an.put(f"people/{an.key(person)}", data={"given_name": "Eve"})
    assert (reply.status_code, reply.json()) == (200, person)
    path = f"petitions/{an.key(petition)}"
    reply = an.put(path, data={"title": "Other"})
    assert (reply.status_code, reply.json()) == (200, petition)
    assert an.post(f"{path}/signatures", params={"comments": "x"}).status_code == 400


def test_a_success_does_not_mean_that_all_of_it_was_applied(an):
    """T3: an address of somebody else and an unknown tag are passed over."""
    an.sign_up("taken@example.net")
    person = an.sign_up("mine@example.net", given_name="Ana")
    body = {"given_name": "Bo", "email_addresses": [{"address": "TAKEN@example.net"}]}
    row = an.ok("PUT", f"people/{an.key(person)}", body)
    assert row["given_name"] == "Bo"
    assert row["email_addresses"][0]["address"] == "mine@example.net"
    sent = {"person": {"email_addresses": [{"address": "mine@example.net"}]}}
    an.ok("POST", "people", {**sent, "add_tags": ["No such tag", "Volunteer"]})
    assert len(an.rows(f"people/{an.key(person)}/taggings")) == 1


@pytest.mark.parametrize(
    ("parent", "records", "copies"),
    [
        ("petitions", "signatures", 1), ("events", "attendances", 1), ("forms", "submissions", 1),
        ("surveys", "responses", 1), ("tags", "taggings", 1),
        ("fundraising_pages", "donations", 2), ("advocacy_campaigns", "outreaches", 2),
    ],
)  # fmt: skip
def test_only_donations_and_outreaches_are_doubled_by_a_second_post(an, parent, records, copies):
    """T4: all others give the record there is."""
    row = an.page(parent, page=1)["_embedded"]
    path = f"{parent}/{an.key(next(iter(row.values()))[1])}/{records}"
    person = an.sign_up()
    body = {**an.link(person), "recipients": [{"display_name": "Us", "amount": "5"}]}
    first, second = (an.ok("POST", path, body) for _ in range(2))
    assert len({an.key(first), an.key(second)}) == copies
    assert len(an.rows(f"people/{an.key(person)}/{records}")) == copies


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("DELETE", "people/{}"), ("PUT", "tags/{}"), ("DELETE", "tags/{}"),
        ("DELETE", "petitions/{}"), ("DELETE", "petitions/{}/signatures/{}"),
        ("PUT", "fundraising_pages/{}/donations/{}"), ("DELETE", "donations/{}"),
        ("POST", "lists"), ("POST", "lists/{}/items"), ("POST", "campaigns"), ("PUT", "queries/{}"),
        ("POST", "metadata/custom_fields"), ("DELETE", "messages/{}"),
    ],
)  # fmt: skip
def test_what_cannot_be_written_is_refused(an, method, path):
    """T5: people, actions and tags are never deleted, records stay with their person."""
    reply = an.request(method, path.format("1", "2"), json={"name": "x"})
    assert (reply.status_code, reply.json()) == (405, {"error": "Method not allowed"})


def test_people_can_vanish_between_two_pulls(an):
    """T5: an organizer deletes somebody on the web page."""
    person = an.first("people")
    an.control("actions", {"action": "delete_person", "person": an.key(person)})
    assert an.get(f"people/{an.key(person)}").status_code == 404
    assert person["identifiers"] not in [one["identifiers"] for one in an.rows("people")]
    assert len(an.rows("people")) == 299


def test_a_new_address_is_subscribed_unless_told_otherwise_and_an_old_one_stays(an):
    """T6: who matters most: nobody's status moves unless a status is sent."""

    def status(address, **sent):
        entry = {"address": address, **sent}
        row = an.ok("POST", "people", {"person": {"email_addresses": [entry]}})
        return row["email_addresses"][0]["status"]

    assert status("new@example.net") == "subscribed"
    assert status("not@example.net", status="unsubscribed") == "unsubscribed"
    assert status("not@example.net") == "unsubscribed"
    assert status("new@example.net", status="unsubscribed") == "unsubscribed"
    assert status("new@example.net", status="subscribed") == "subscribed"
    assert status("new@example.net", status="bouncing") == "subscribed"


def test_a_new_number_is_unsubscribed_unless_told_otherwise_and_an_old_one_stays(an):
    """T6: every write with `unsubscribed` opts out of texts."""

    def status(number, **sent):
        entry = {"number": number, **sent}
        row = an.ok("POST", "people", {"person": {"phone_numbers": [entry]}})
        return row["phone_numbers"][0]["status"]

    assert status("12025550101") == "unsubscribed"
    assert status("12025550102", status="subscribed") == "subscribed"
    assert status("12025550102") == "subscribed"
    assert status("12025550102", status="unsubscribed") == "unsubscribed"


def test_people_end_with_an_empty_page_and_all_others_without_a_next_link(an):
    """T7: totals are missing for people and items."""
    for path in ("people", f"lists/{an.key(an.first('lists'))}/items"):
        page = an.page(path)
        assert "total_pages" not in page
        assert "total_records" not in page
        assert "next" in page["_links"]
    tags = an.page("tags", page=3)
    assert (tags["total_pages"], tags["total_records"]) == (3, 70)
    assert "next" not in tags["_links"]
    assert an.page("tags", page=9)["_embedded"] == {"osdi:tags": []}
    assert len(an.rows("people")) == 300
    assert an.page("people", per_page=100)["per_page"] == 25
    assert len(an.page("people", per_page=10)["_embedded"]["osdi:people"]) == 10


def test_a_next_link_can_be_made_to_lead_to_the_same_page_for_ever(variant):
    """T7: as it once was."""
    an = variant(loop_next=True)
    following = an.page("people", page=2)["_links"]["next"]["href"]
    assert following.endswith("people?page=2")


def test_null_does_not_clear_everything(an):
    """T8: region and country stay, the language falls back to English."""
    address = {"address_lines": ["1 Main St"], "locality": "Dayton", "region": "OH"}
    person = an.sign_up(
        given_name="Ana", postal_addresses=[address], languages_spoken=["es"],
        custom_fields={"volunteer": True, "Shirt size": "L"},
    )  # fmt: skip
    assert person["postal_addresses"][0]["country"] == "US"
    assert person["custom_fields"]["volunteer"] == "1"
    nothing = {"locality": None, "region": None, "country": None}
    row = an.ok(
        "PUT",
        f"people/{an.key(person)}",
        {
            "given_name": None, "postal_addresses": [nothing], "languages_spoken": None,
            "email_addresses": None, "custom_fields": {"volunteer": None},
        },
    )  # fmt: skip
    left = row["postal_addresses"][0]
    assert (left["locality"], left["region"], left["country"]) == (None, "OH", "US")
    assert left["address_lines"] == ["1 Main St"]
    assert row["given_name"] == ""
    assert row["languages_spoken"] == ["en"]
    assert row["email_addresses"] == person["email_addresses"]
    assert row["custom_fields"] == {"Shirt size": "L"}


def test_a_town_can_be_made_to_stick_at_the_second_attempt_only(variant):
    """T8: locality sometimes does not stick on the first save."""
    an = variant(locality_late=True)
    address = {"locality": "Dayton", "region": "OH"}
    first, second = (an.sign_up(postal_addresses=[address]) for _ in range(2))
    assert first["postal_addresses"][0]["locality"] is None
    assert second["postal_addresses"][0]["locality"] == "Dayton"


def test_filters_want_doubled_apostrophes_an_encoded_plus_and_their_own_field_names(an):
    """T9: and tags, lists and messages have none at all."""
    an.sign_up("ana+x@example.net", family_name="O'Brien-Test")
    assert len(an.rows("people", filter="family_name eq 'O''Brien-Test'")) == 1
    assert an.get("people", params={"filter": "family_name eq 'O'Brien-Test'"}).status_code == 400
    text = quote("email_address eq 'ana+x@example.net'", safe="+")
    assert an.rows(f"people?filter={text}") == []
    assert len(an.rows(f"people?filter={text.replace('+', '%2B')}")) == 1
    wrong = an.get("people", params={"filter": "email eq 'a@example.net'"})
    assert (wrong.status_code, list(wrong.json())) == (400, ["error"])
    for path in ("tags", "lists", "messages"):
        assert len(an.rows(path, filter="name eq 'x'")) == len(an.rows(path)) > 25


def test_filters_can_be_made_to_lag_behind_writes(variant, clock):
    """T10: off by default; `phone_number eq` is fresh even then."""
    an = variant(filter_lag=300)
    person = an.sign_up(phone_numbers=[{"number": "2025550177"}])
    now = clock.now().strftime("%Y-%m-%dT%H:%M:%SZ")
    recent = f"modified_date gt '{now[:17]}00Z'"
    clock.move(1)
    an.ok("PUT", f"people/{an.key(person)}", {"given_name": "Eve"})
    assert an.rows("people", filter=recent) == []
    assert an.rows("people", filter="email_address eq 'ana@example.net'") == []
    assert len(an.rows("people", filter="phone_number eq '12025550177'")) == 1
    clock.move(301)
    assert len(an.rows("people", filter=recent)) == 1


def test_attendances_are_linked_under_a_singular_key(an):
    """T11: the rows are under the plural one."""
    page = an.page(f"events/{an.key(an.first('events'))}/attendances")
    rows = page["_embedded"]["osdi:attendances"]
    assert page["_links"]["osdi:attendance"] == [row["_links"]["self"] for row in rows]
    assert "osdi:attendances" not in page["_links"]


def test_a_donation_is_strict_about_what_it_is_given(an):
    """T12: empty optional fields are rejected; the amount is the sum; some people are gone."""
    path, link = f"{an.made('fundraising_pages')}/donations", an.link(an.sign_up())
    two = [{"display_name": "A", "amount": "10.50"}, {"display_name": "B", "amount": "4.5"}]
    assert an.ok("POST", path, {**link, "recipients": two})["amount"] == "15.00"
    for empty in ({"currency": ""}, {"recipients": []}, {"payment": {}}):
        assert an.post(path, json={**link, "recipients": two, **empty}).status_code == 400
    by_hand = an.first("fundraising_pages")
    refused = an.post(f"fundraising_pages/{an.key(by_hand)}/donations", json=link)
    assert refused.status_code == 400
    hrefs = {row["_links"]["osdi:person"]["href"] for row in an.rows("donations")}
    assert [an.get(href).status_code for href in hrefs].count(404) == 1


def test_phones_are_eleven_digits_and_there_is_one_of_them(an):
    """T13: another number takes the place of the first."""
    person = an.sign_up(phone_numbers=[{"number": "+1 (202) 555-0101"}])
    assert person["phone_numbers"] == [
        {
            "primary": True, "number": "12025550101", "number_type": "Mobile",
            "status": "unsubscribed",
        }
    ]  # fmt: skip
    body = {"phone_numbers": [{"number": "2025550199"}]}
    row = an.ok("PUT", f"people/{an.key(person)}", body)
    assert [one["number"] for one in row["phone_numbers"]] == ["12025550199"]
    assert an.rows("people", filter="phone_number eq '12025550101'") == []


def test_a_refusal_can_be_made_to_repeat_the_key(variant):
    """T14: scrub before logging."""
    reply = variant(echo_key=True).get("people", headers={"OSDI-API-Token": "s3cret"})
    assert reply.json() == {"error": "API Key invalid or not present: s3cret"}


def test_each_key_sees_the_view_of_its_own_group(an, other):
    """T15: the same people, other dates and statuses; the unsubscribed are there, too."""
    here = {an.key(row): row for row in an.rows("people")}
    there = {an.key(row): row for row in other.rows("people")}
    assert there.keys() < here.keys()
    statuses = set()
    for key, row in there.items():
        assert row["created_date"] != here[key]["created_date"]
        if row["email_addresses"]:
            pair = [one["email_addresses"][0] for one in (here[key], row)]
            assert pair[0]["address"] == pair[1]["address"]
            statuses.add((pair[0]["status"], pair[1]["status"]))
    assert {("unsubscribed", "subscribed"), ("subscribed", "unsubscribed")} <= statuses
    tag = an.ok("POST", "tags", {"name": "Ours alone"})
    assert other.get(f"tags/{an.key(tag)}").status_code == 404


def test_an_identifier_of_another_group_matches_somebody_else(an, other):
    """T16: silently, and it can never be removed."""
    theirs = other.rows("people")[3]
    (foreign,) = [one for one in theirs["identifiers"] if one.startswith("other_org:")]
    row = an.sign_up("quite-new@example.net", identifiers=[foreign], given_name="Wrong")
    assert an.key(row) == an.key(theirs)
    assert row["given_name"] == "Wrong"
    kept = an.sign_up("mine@example.net", identifiers=["my_own:1"])
    assert kept["identifiers"][1:] == ["my_own:1"]
    row = an.ok("PUT", f"people/{an.key(kept)}", {"identifiers": []})
    assert row["identifiers"] == kept["identifiers"]


def test_events_of_somebody_elses_campaign_are_reached_through_it_only(an):
    """T17: 404 at /events/{id}."""
    (campaign,) = [
        row
        for row in an.rows("event_campaigns")
        if row["action_network:sponsor"]["title"] == "Another organization"
    ]
    path = f"event_campaigns/{an.key(campaign)}/events"
    events = an.rows(path)
    assert len(events) == campaign["total_events"] == 5
    for event in events:
        key = an.key(event)
        assert event["_links"]["self"]["href"] == f"{an.root}/api/v2/{path}/{key}"
        assert an.page(f"{path}/{key}") == event
        assert an.get(f"events/{key}").status_code == 404
        assert an.get(f"events/{key}/attendances").status_code == 404
        assert event["identifiers"] not in [row["identifiers"] for row in an.rows("events")]
    counts = [len(an.rows(f"{path}/{an.key(event)}/attendances")) for event in events]
    assert sum(counts) == campaign["total_rsvps"] > 0


def test_types_differ_between_collections(an):
    """T18: amounts are numbers here and strings there, a sponsor has one of two addresses."""
    page = an.first("fundraising_pages")
    donation = an.first(f"fundraising_pages/{an.key(page)}/donations")
    assert isinstance(page["total_amount"], float)
    assert isinstance(donation["amount"], str)
    assert an.first("petitions")["action_network:sponsor"].keys() == {"title", "url"}
    assert an.first("events")["action_network:sponsor"].keys() == {"title", "browser_url"}


def test_sending_a_message_cannot_be_undone(an, clock):
    """T19: it goes out; after a minute it cannot even be stopped."""
    target = an.first("lists")["_links"]["self"]
    texts = dict.fromkeys(("subject", "body", "from", "reply_to"), "x")
    message = an.ok("POST", "messages", {**texts, "targets": [target]})
    path = f"messages/{an.key(message)}"
    assert message["status"] == "draft"
    assert message["total_targeted"] > 0
    assert an.ok("POST", f"{path}/send", {}) == {"message": "Your email has been sent."}
    assert an.page(path)["status"] == "sending"
    assert an.post(f"{path}/send", json={}).status_code == 400
    clock.move(61)
    sent = an.page(path)
    assert (sent["status"], sent["statistics"]["sent"]) == ("sent", message["total_targeted"])
    assert an.delete(f"{path}/send").status_code == 400
    assert an.put(path, json={"subject": "y"}).status_code == 400
