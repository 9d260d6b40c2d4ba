"""Actions, their records and the smaller collections."""

import pytest

RECORDS = {
    "petitions": "signatures", "events": "attendances", "forms": "submissions",
    "fundraising_pages": "donations", "advocacy_campaigns": "outreaches", "surveys": "responses",
}  # fmt: skip


@pytest.mark.parametrize("path", [*RECORDS, "event_campaigns"])
def test_actions_are_added_and_changed_in_part(an, clock, path):
    """Section 4: title and origin system are required, a PUT changes what was sent."""
    body = {"title": "Ours", "origin_system": "tests", "identifiers": ["tests:1"]}
    for lacking in ("title", "origin_system"):
        less = {name: value for name, value in body.items() if name != lacking}
        assert an.post(path, json={**less, "type": "email"}).status_code == 400
    row = an.ok("POST", path, {**body, "type": "email", "description": "old"})
    assert row["browser_url"] is None
    clock.move(5)
    changed = an.ok("PUT", f"{path}/{an.key(row)}", {"description": "new", "title": None})
    assert (changed["title"], changed["description"]) == ("Ours", "new")
    assert changed["modified_date"] > row["modified_date"] == row["created_date"]
    again = an.ok("POST", path, {**body, "type": "email", "title": "Renamed"})
    assert an.key(again) == an.key(row)
    assert an.rows(path, filter="identifier eq 'tests:1'") == [again]
    assert an.rows(path, filter="title eq 'Renamed'") == [again]


def test_an_advocacy_campaign_needs_a_type(an):
    """Section 4: `email`, `phone`, …"""
    body = {"title": "Ours", "origin_system": "tests"}
    assert an.post("advocacy_campaigns", json=body).status_code == 400


@pytest.mark.parametrize(("parent", "records"), RECORDS.items())
def test_counters_and_lists_agree(an, parent, records):
    """Section 7: by action and by person."""
    total = 0
    for row in an.rows(parent):
        path = f"{parent}/{an.key(row)}/{records}"
        found = an.rows(path)
        counter = "total_accepted" if parent == "events" else f"total_{records}"
        counted = [one for one in found if one.get("status", "accepted") == "accepted"]
        assert row[counter] == len(counted)
        total += len(found)
    assert total > 50
    state = an.state()[records]
    campaigns = [one for one in state if "/event_campaigns/" in one["_links"]["self"]["href"]]
    assert len(state) - len(campaigns) == total
    person = state[0]["_links"]["osdi:person"]["href"]
    mine = an.rows(f"{person}/{records}")
    assert an.key(state[0]) in [an.key(one) for one in mine]
    assert an.page(state[0]["_links"]["self"]["href"]) == state[0]


def test_records_are_changed_but_never_handed_on(an, clock):
    """Section 4: PUT of a signature."""
    path = f"{an.made('petitions')}/signatures"
    first, second = an.sign_up("one@example.net"), an.sign_up("two@example.net")
    row = an.ok("POST", path, {**an.link(first), "created_date": "2020-02-02T00:00:00Z"})
    assert row["created_date"] == "2020-02-02T00:00:00Z"
    clock.move(5)
    body = {"comments": "Now", **an.link(second)}
    changed = an.ok("PUT", f"{path}/{an.key(row)}", body)
    assert changed["comments"] == "Now"
    assert changed["_links"]["osdi:person"] == row["_links"]["osdi:person"]
    assert an.rows(path, filter=f"modified_date gt '{row['modified_date']}'") == [changed]


def test_donations_through_a_person_lack_the_flat_field(an):
    """Section 2: parse the link."""
    row = an.first("donations")
    (mine,) = [
        one
        for one in an.rows(f"{row['_links']['osdi:person']['href']}/donations")
        if one["identifiers"] == row["identifiers"]
    ]
    assert row.keys() - mine.keys() == {"action_network:person_id"}


def test_submissions_can_be_made_to_spell_the_person_otherwise(variant):
    """Section 2: `action:person_id`."""
    an = variant(submission_typo=True)
    row = an.first(f"forms/{an.key(an.first('forms'))}/submissions")
    assert row["_links"]["osdi:person"]["href"].endswith(row["action:person_id"])


def test_a_helper_may_be_called_without_a_key_and_hears_nothing(an, keyless):
    """Section 7.1: blind."""
    path = f"{an.made('forms')}/submissions"
    body = {"person": {"email_addresses": [{"address": "ana@example.net"}]}}
    assert keyless.post(path, json=body).json() == {}
    assert len(an.rows(path)) == 1
    assert keyless.post(path, json=an.link(an.sign_up())).status_code == 403
    assert keyless.get(path).status_code == 403
    assert keyless.post("people", json=body).status_code == 403
    assert keyless.post(path, json=body, headers={"OSDI-API-Token": "x"}).status_code == 403


def test_without_a_key_the_entry_point_lacks_links(an, keyless):
    """Section 1: the auth probe."""
    for headers in ({}, {"OSDI-API-Token": "nope"}):
        reply = keyless.get("", headers=headers)
        assert reply.status_code == 200
        assert "osdi:tags" not in reply.json()["_links"]
        assert "osdi:petitions" in reply.json()["_links"]


def test_every_action_can_be_embedded(an):
    """Section 7: flat keys."""
    for path in (*RECORDS, "event_campaigns", "campaigns"):
        body = an.page(f"{path}/{an.key(an.first(path))}/embed")
        assert "embed_standard_default_styles" in body
        assert len(body) == 7


def test_an_event_of_a_campaign_is_listed_with_the_others(an):
    """Section 7: POST under a campaign that the group sponsors."""
    campaign = an.made("event_campaigns")
    event = an.ok("POST", f"{campaign}/events", {"title": "March", "origin_system": "tests"})
    assert event["status"] == "confirmed"
    attendance = an.ok("POST", f"{campaign}/events/{an.key(event)}/attendances", an.link(
        an.sign_up()))  # fmt: skip
    assert an.rows(f"events/{an.key(event)}/attendances") == [attendance]
    assert an.page(campaign)["total_rsvps"] == 1
    filtered = an.rows("events", filter="start_date gt '2026-09-01T00:00:00Z'")
    assert 0 < len(filtered) < len(an.rows("events"))


def test_lists_lead_to_their_items(an):
    """Section 9: people by reference."""
    row = an.first("lists")
    assert row["description"] in {"Report", "Email"}
    (item, *_) = an.rows(f"lists/{an.key(row)}/items")
    assert item["item_type"] == "osdi:person"
    assert item["action_network:list_id"] == an.key(row)
    assert an.get(f"people/{item['action_network:person_id']}").status_code == 200


def test_unique_id_lists_grow(an):
    """Section 9: POST and PUT; an id counts once."""
    row = an.ok("POST", "unique_id_lists", {"name": "Codes", "unique_ids": ["a", "b"]})
    assert (row["name"], row["count"]) == ("Codes", 2)
    path = f"unique_id_lists/{an.key(row)}"
    assert an.ok("PUT", path, {"unique_ids": ["b", "c"]})["count"] == 3


def test_messages_are_scheduled_and_called_back(an, clock):
    """Section 9: texts, a draft and targets are needed."""
    empty = an.ok("POST", "messages", {"subject": "x"})
    due = {"scheduled_start_date": "2027-01-01T00:00:00Z"}
    assert an.post(f"messages/{an.key(empty)}/schedule", json=due).status_code == 400
    texts = dict.fromkeys(("subject", "body", "from", "reply_to"), "x")
    target = an.first("queries")["_links"]["self"]
    path = f"messages/{an.key(an.ok('POST', 'messages', {**texts, 'targets': [target]}))}"
    done = an.ok("POST", f"{path}/schedule", due)
    assert done == {"message": "Your message has been scheduled"}
    assert an.page(path)["status"] == "scheduled"
    an.ok("DELETE", f"{path}/schedule")
    assert an.page(path)["status"] == "draft"
    an.ok("POST", f"{path}/schedule", {"scheduled_start_date": clock.now().isoformat()})
    assert an.page(path)["status"] == "sending"
    assert "message" in an.ok("DELETE", f"{path}/send")
    assert an.page(path)["status"] == "stopped"


def test_new_messages_can_be_made_to_need_time(variant, clock):
    """Section 1: about one per 30 seconds."""
    an = variant(message_gap=30)
    assert [an.post("messages", json={}).status_code for _ in range(2)] == [200, 429]
    clock.move(31)
    assert an.post("messages", json={}).status_code == 200
