"""Campaigns, messages, automations and the importer."""

import pytest


def test_campaigns_have_their_many_columns(ac):
    (campaign,) = ac.get("campaigns?limit=1").json()["campaigns"]
    assert len(campaign) > 75
    assert all(isinstance(campaign[name], str) for name in ("send_amt", "opens", "status"))


def test_campaigns_are_filtered_and_sorted(ac):
    drafts = ac.rows("campaigns?filters[status]=0")
    assert drafts
    assert {row["status"] for row in drafts} == {"0"}
    dates = [row["sdate"] for row in ac.rows("campaigns?filters[status]=5&orders[sdate]=DESC")]
    assert dates == sorted(dates, reverse=True)


def test_a_campaign_is_made_edited_copied_and_deleted(ac):
    key = ac.post("campaign", json={"campaign": {"name": "C", "type": "single"}}).json()
    key = key["campaign"]["id"]
    assert ac.put(f"campaigns/{key}/edit", json={"name": "D"}).json()["campaign"]["name"] == "D"
    copy = ac.post(f"campaigns/{key}/copy").json()["campaign"]
    assert copy["name"] == "D (copy)"
    assert ac.delete(f"campaigns/{key}").json()["succeeded"] == 1
    again = ac.delete(f"campaigns/{key}")
    assert (again.status_code, again.json()["succeeded"]) == (200, 0)


@pytest.mark.parametrize("child", ["links", "campaignLists", "campaignMessages"])
def test_what_hangs_on_a_campaign_can_be_read(ac, child):
    (row,) = ac.get(f"campaigns/2/{child}").json()[child]
    assert row["campaignid"] == "2"


def test_the_user_of_a_campaign_can_be_read(ac):
    assert ac.get("campaigns/2/user").json()["user"]["username"] == "admin"
    assert ac.get("campaigns/2/automation").status_code == 404


def test_messages_are_written(ac):
    key = ac.add("messages", "message", subject="Hi", text="x")["id"]
    ac.put(f"messages/{key}", json={"message": {"subject": "Ho"}})
    assert ac.get(f"messages/{key}").json()["message"]["subject"] == "Ho"
    assert ac.delete(f"messages/{key}").status_code == 200


def test_automations_are_read_only_and_count_entries(ac):
    body = ac.get("automations?filters[status]=1").json()
    assert body["meta"]["starts"] == []
    assert {row["status"] for row in body["automations"]} == {"1"}
    before = int(ac.get("automations/1").json()["automation"]["entered"])
    ac.add("contactAutomations", "contactAutomation", contact="1", automation="1")
    assert int(ac.get("automations/1").json()["automation"]["entered"]) == before + 1
    assert ac.post("automations", json={"automation": {"name": "x"}}).status_code == 404


@pytest.mark.parametrize(
    "sent", [{"contact": 999, "automation": 1}, {"contact": 1, "automation": 5}]
)
def test_entering_is_refused_with_a_403(ac, sent):
    reply = ac.post("contactAutomations", json={"contactAutomation": sent})
    assert reply.status_code == 403
    assert reply.json() == {"message": "Could not create SubscriberSeries"}


def test_an_entry_is_removed_and_gone_with_a_403(ac):
    key = ac.add("contactAutomations", "contactAutomation", contact="1", automation="1")["id"]
    assert ac.delete(f"contactAutomations/{key}").status_code == 200
    gone = ac.delete(f"contactAutomations/{key}")
    assert gone.status_code == 403
    assert gone.json()["message"] == f"No Result found for SubscriberSeries with id {key}"


@pytest.mark.parametrize(
    ("contacts", "reason"),
    [
        ([{"email": "a@example.org"}, {"email": "nope"}], "Field 'email' incorrect format"),
        ([{"first_name": "A"}], "'email' is a required field"),
    ],
)
def test_a_batch_with_a_mistake_is_refused_whole(ac, contacts, reason):
    reply = ac.post("import/bulk_import", json={"contacts": contacts})
    assert reply.status_code == 400
    body = reply.json()
    assert body["success"] == 0
    assert body["message"].startswith("JSON payload did not pass validation")
    assert body["failureReasons"] == [{"contact": len(contacts) - 1, "failureReason": reason}]
    assert ac.get("contacts?email=a@example.org").json()["contacts"] == []


@pytest.mark.parametrize(
    ("count", "pad", "status"), [(250, 0, 200), (251, 0, 400), (2, 200_000, 400)]
)
def test_a_batch_has_a_most_in_contacts_and_bytes(ac, count, pad, status):
    contacts = [{"email": f"p{key}@example.org", "phone": "1" * pad} for key in range(count)]
    assert ac.post("import/bulk_import", json={"contacts": contacts}).status_code == status


def test_an_empty_batch_is_refused(ac):
    for body in ({}, {"contacts": []}, {"contacts": "x"}):
        assert ac.post("import/bulk_import", json=body).status_code == 400


def test_many_contacts_have_the_wider_limit(limited):
    body = {"contacts": [{"email": f"p{key}@example.org"} for key in range(2)]}
    replies = [limited.post("import/bulk_import", json=body).status_code for _ in range(101)]
    assert replies == [200] * 100 + [400]


def test_a_batch_is_done_after_a_moment_even_if_nobody_asks(ac, clock):
    ac.post("import/bulk_import", json={"contacts": [{"email": "a@example.org"}]})
    assert ac.get("contacts?email=a@example.org").json()["contacts"] == []
    days = ac.get("import/bulk_import").json()
    assert [day["contacts"] for day in days["outstanding"]] == ["1"]
    clock.seconds += 2
    assert ac.get("contacts?email=a@example.org").json()["contacts"]
    days = ac.get("import/bulk_import").json()
    assert (days["outstanding"], days["recentlyCompleted"][0]["batches"]) == ([], "1")


def test_import_info_needs_a_batch(ac):
    reply = ac.get("import/info")
    assert reply.status_code == 400
    assert reply.json() == {"success": 0, "message": "'batchId' is a required field."}
    assert ac.get("import/info?batchId=x").status_code == 400


def test_an_import_subscribes_unsubscribes_and_employs(ac):
    person = {
        "email": "a@example.org",
        "subscribe": [{"listid": 1}],
        "unsubscribe": [{"listid": "2"}],
        "customer_acct_name": "Spoor & Co",
    }
    batch = ac.post("import/bulk_import", json={"contacts": [person]}).json()["batchId"]
    for _ in range(3):
        done = ac.get(f"import/info?batchId={batch}").json()
    (key,) = done["success"]
    statuses = {row["list"]: row["status"] for row in ac.rows(f"contacts/{key}/contactLists")}
    assert statuses == {"1": "1", "2": "2"}
    (row,) = ac.rows(f"contacts/{key}/accountContacts")
    assert ac.get(f"accounts/{row['account']}").json()["account"]["name"] == "Spoor & Co"
