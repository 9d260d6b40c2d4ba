"""The numbered traps of the fact sheet, as far as a server can set them."""

import re

import httpx
import pytest


def test_trap_01_unknown_filter_is_no_filter(ac):
    everyone = ac.get("contacts").json()
    email = everyone["contacts"][5]["email"]
    for query in (f"filters[email]={email}", f"filter[email]={email}", "tag=3", "tagID=3"):
        page = ac.get(f"contacts?{query}").json()
        assert page["meta"]["total"] == everyone["meta"]["total"]
        assert page["meta"]["page_input"]["tagid"] == 0
    assert ac.get("contacts?tagid=3").json()["meta"]["page_input"]["tagid"] == 3


def test_trap_02_only_20_rows_by_default_and_never_over_100(ac):
    for path in ("contacts", "tags", "contactTags"):
        assert len(ac.get(path).json()[path]) == 20
    page = ac.get("contacts?limit=1000").json()
    assert len(page["contacts"]) == 100
    assert page["meta"]["page_input"]["limit"] == 100
    assert len(ac.rows("tags")) == int(ac.get("tags").json()["meta"]["total"]) > 40


@pytest.mark.parametrize("name", ["vip", "Vip", "événement paris"])
def test_trap_03_tag_names_are_unique_in_any_case_of_letters(ac, name):
    reply = ac.post("tags", json={"tag": {"tag": name, "tagType": "contact"}})
    assert reply.status_code == 422
    assert reply.json()["error"] == f"Duplicate entry 'contact-{name}' for key 'typetag'"


def test_trap_03_a_name_is_free_for_the_other_type_of_tag(ac):
    assert ac.add("tags", "tag", tag="VIP", tagType="template")["tagType"] == "template"


def test_trap_04_utc_timestamps_are_us_central(ac):
    for contact in ac.rows("contacts"):
        assert re.fullmatch(r".*-0[56]:00", contact["cdate"])
        assert contact["created_utc_timestamp"] == contact["created_timestamp"]
        assert contact["created_utc_timestamp"] == contact["cdate"][:19].replace("T", " ")


def test_trap_05_403_means_bad_key_and_not_found_too(ac):
    bad = httpx.get(f"{ac.root}/api/3/users/me", headers={"Api-Token": "wrong"})
    none = httpx.get(f"{ac.root}/api/3/users/me")
    assert bad.status_code == none.status_code == 403
    assert not bad.json()["message"].startswith("No Result found")
    for path, model in (("notes", "Note"), ("forms", "Form"), ("users", "User")):
        reply = ac.get(f"{path}/999")
        assert reply.status_code == 403
        assert reply.json() == {"message": f"No Result found for {model} with id 999"}


def test_trap_05_an_expired_key_is_the_same_403(ac):
    ac.fault("expired-token")
    assert ac.get("users/me").status_code == 403
    ac.fault("")
    assert ac.get("users/me").status_code == 200


def test_trap_06_status_codes_differ_from_resource_to_resource(ac):
    contact = ac.contact()
    tag = {"contactTag": {"contact": contact, "tag": "3"}}
    assert [ac.post("contactTags", json=tag).status_code for _ in range(2)] == [201, 200]
    assert ac.get("dealTasks").status_code == 201
    assert ac.post("contactTags", json={"contactTag": {"contact": contact}}).status_code == 400
    data = {"dealId": 2, "customFieldId": 2, "fieldValue": "2026-01-31"}
    reply = ac.post("dealCustomFieldData", json={"dealCustomFieldDatum": data})
    assert reply.status_code == 200
    update = ac.put("lists/1", json={"list": {"name": "Newsletter 2"}})
    assert (update.status_code, update.content) == (200, b"")


@pytest.mark.parametrize(
    ("path", "singular", "values"),
    [
        ("contactAutomations", "contactAutomation", {"contact": "1", "automation": "1"}),
        ("notes", "note", {"note": "x", "relid": 1, "reltype": "Subscriber"}),
        (
            "deals",
            "deal",
            {
                "title": "x",
                "value": 1,
                "currency": "usd",
                "contact": "1",
                "group": "1",
                "owner": "1",
            },
        ),
        (
            "dealTasks",
            "dealTask",
            {"relid": 1, "duedate": "2026-12-01T10:00:00-06:00", "dealTasktype": 1},
        ),
        ("ecomOrders", "ecomOrder", {"email": "a@example.org", "connectionid": 1, "customerid": 1}),
    ],
)
def test_trap_07_these_posts_make_a_row_each_time(ac, path, singular, values):
    first, second = (ac.add(path, singular, **values)["id"] for _ in range(2))
    assert first != second


def test_trap_07_a_lost_reply_leaves_the_row_behind(ac):
    before = len(ac.state()["deals"])
    ac.fault("lost-reply")
    deal = {"title": "x", "value": 1, "currency": "usd", "contact": "1", "stage": "1", "owner": "1"}
    with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):
        ac.post("deals", json={"deal": deal})
    assert len(ac.state()["deals"]) == before + 1


def test_trap_08_sync_knows_a_contact_by_address_only(ac):
    first = ac.contact("ana@example.org", firstName="Ana")
    sent = {"contact": {"id": first, "email": "ana.li@example.org"}}
    other = ac.post("contact/sync", json=sent).json()["contact"]["id"]
    assert other != first
    moved = ac.put(f"contacts/{first}", json={"contact": {"email": "anna@example.org"}})
    assert moved.json()["contact"]["id"] == first
    assert ac.get("contacts?email=ana@example.org").json()["contacts"] == []


def test_trap_09_post_overrides_an_opt_out_and_bulk_import_does_not(ac):
    contact = ac.contact("ana@example.org")
    row = {"list": 2, "contact": contact}
    ac.add("contactLists", "contactList", **row, status=2)
    sent = {"contacts": [{"email": "ana@example.org", "subscribe": [{"listid": 2}]}]}
    batch = ac.post("import/bulk_import", json=sent).json()["batchId"]
    for _ in range(3):
        ac.get(f"import/info?batchId={batch}")
    assert ac.rows(f"contacts/{contact}/contactLists")[0]["status"] == "2"
    ac.add("contactLists", "contactList", **row, status=1, sourceid=4)
    assert ac.rows(f"contacts/{contact}/contactLists")[0]["status"] == "1"


@pytest.mark.parametrize(("field", "value"), [("4", "||Gold||"), ("5", "||Climate||Housing||")])
def test_trap_10_pipes_are_stored_as_they_are_sent(ac, field, value):
    contact = ac.contact()
    sent = {"contact": contact, "field": field, "value": value}
    ac.add("fieldValues", "fieldValue", **sent)
    assert ac.rows(f"contacts/{contact}/fieldValues")[0]["value"] == value


def test_trap_11_deal_values_are_cents_and_their_filters_dollars(ac):
    sent = {"title": "x", "currency": "usd", "contact": "1", "stage": "1", "owner": "1"}
    deal = ac.add("deals", "deal", **sent, value=156.24)
    assert deal["value"].startswith("156.2400000000000090949")
    assert ac.get(f"deals/{deal['id']}").json()["deal"]["value"] == "156"
    rich = ac.add("deals", "deal", **sent, value=99_000_000)
    found = ac.get("deals?filters[minimum_value]=990000").json()["deals"]
    assert [row["id"] for row in found] == [rich["id"]]


def test_trap_12_disabled_deals_have_three_keys(ac):
    hidden = [deal for deal in ac.rows("deals") if deal["isDisabled"]]
    assert hidden
    assert all(set(deal) == {"id", "title", "isDisabled"} for deal in hidden)


def test_trap_13_the_type_of_the_total_varies_and_it_can_be_missing(ac):
    assert isinstance(ac.get("tags").json()["meta"]["total"], str)
    assert isinstance(ac.get("deals").json()["meta"]["total"], int)
    assert isinstance(ac.get("webhook/events").json()["meta"]["total"], int)
    assert "meta" not in ac.get("contacts/1/contactTags").json()
    assert "meta" not in ac.get("accountCustomFieldMeta").json()


def test_trap_13_deals_do_not_come_in_order_of_id(ac):
    ids = [int(deal["id"]) for deal in ac.rows("deals")]
    assert ids[:2] == [1, 5]
    assert sorted(ids) != ids
    assert len(set(ids)) == len(ids)


def test_trap_14_a_segment_is_empty_at_first_and_kept_for_an_hour(ac, clock):
    assert ac.get("contacts?segmentid=1").json()["contacts"] == []
    ready = ac.rows("contacts?segmentid=1")
    assert ready
    contact = ac.contact()
    ac.add("contactTags", "contactTag", contact=contact, tag="1")
    assert ac.rows("contacts?segmentid=1") == ready
    clock.seconds += 3600
    assert ac.get("contacts?segmentid=1").json()["contacts"] == []
    assert contact in [row["id"] for row in ac.rows("contacts?segmentid=1")]


def test_trap_14_force_query_runs_a_segment_again(ac):
    ac.get("contacts?segmentid=1")
    assert ac.get("contacts?segmentid=1&forceQuery=1").json()["contacts"] == []
    assert ac.get("contacts?segmentid=1").json()["contacts"]


def test_trap_15_the_bulk_limit_is_a_400(limited, clock):
    body = {"contacts": [{"email": "a@example.org"}]}
    for _ in range(20):
        assert limited.post("import/bulk_import", json=body).status_code == 200
    reply = limited.post("import/bulk_import", json=body)
    assert reply.status_code == 400
    assert reply.json() == {
        "success": 0,
        "message": "Rate limit exceeded.",
        "failureReasons": ["Up to 20 imports may be requested per minute."],
    }
    clock.seconds += 60
    assert limited.post("import/bulk_import", json=body).status_code == 200


def test_trap_15_the_importer_lists_new_contacts_only(ac):
    known = ac.get("contacts?limit=1").json()["contacts"][0]
    sent = {"contacts": [{"email": known["email"], "phone": "1"}, {"email": "new@example.org"}]}
    batch = ac.post("import/bulk_import", json=sent).json()["batchId"]
    done = [ac.get(f"import/info?batchId={batch}").json() for _ in range(3)][-1]
    (new,) = ac.get("contacts?email=new@example.org").json()["contacts"]
    assert (done["success"], done["failure"]) == ([new["id"]], [])
    assert ac.get(f"contacts/{known['id']}").json()["contact"]["phone"] == "1"


def test_trap_16_links_name_an_account_that_is_not_the_base_url(ac):
    link = ac.get("users/me").json()["user"]["links"]["lists"]
    assert re.fullmatch(r"https://sandbox-[0-9a-f]{8}\.activehosted\.com/api/3/users/1/lists", link)
    ac.post(f"{ac.root}/_sandbox/reset")
    assert ac.get("users/me").json()["user"]["links"]["lists"] != link


def test_trap_17_one_account_per_contact_and_moving_is_a_put(ac):
    contact = ac.contact()
    row = ac.add("accountContacts", "accountContact", contact=contact, account="4")
    moved = ac.put(f"accountContacts/{row['id']}", json={"accountContact": {"account": "5"}})
    assert moved.status_code == 200
    (read,) = ac.get(f"accountContacts?filters[contact]={contact}").json()["accountContacts"]
    assert read["account"] == "5"
    assert ac.get("accountContacts?filters[account]=4&limit=100").json()["accountContacts"] != read


def test_trap_18_errors_can_be_a_string_or_objects_with_few_keys(ac):
    assert isinstance(ac.post("fieldOption/bulk", json={}).json()["errors"], str)
    bad = {"dealId": 2, "customFieldId": 2, "fieldValue": "abc"}
    reply = ac.post("dealCustomFieldData", json={"dealCustomFieldDatum": bad})
    assert reply.status_code == 422
    (error,) = reply.json()["errors"]
    assert list(error) == ["detail"]
    refused = ac.post("contactTags", json={"contactTag": {"contact": "1"}}).json()["errors"][0]
    assert refused["source"] == {"parameter": "contactTag.tag"}


def test_trap_19_deleting_cascades_and_ids_are_not_used_again(ac):
    contact = ac.contact("ana@example.org")
    ac.add("contactTags", "contactTag", contact=contact, tag="3")
    ac.add("contactLists", "contactList", contact=contact, list="1", status=1)
    ac.add("fieldValues", "fieldValue", contact=contact, field="1", value="NL")
    ac.add("notes", "note", note="x", relid=contact, reltype="Subscriber")
    gone = ac.delete(f"contacts/{contact}")
    assert (gone.status_code, gone.json()) == (200, {})
    state = ac.state()
    for resource in ("contactTags", "contactLists", "fieldValues"):
        assert contact not in [row["contact"] for row in state[resource]]
    assert not [
        row for row in state["notes"] if (row["relid"], row["reltype"]) == (contact, "Subscriber")
    ]
    again = ac.delete(f"contacts/{contact}")
    assert again.status_code == 404
    assert again.json() == {"message": f"No result found for contact with id {contact}"}
    assert int(ac.contact("ana@example.org")) > int(contact)


def test_trap_20_habits_of_v1_do_nothing(ac):
    contact = ac.contact()
    sent = {"contact": {"field[17]": "x", "p[5]": 5, "first_name": "Ana"}}
    assert ac.put(f"contacts/{contact}", json=sent).status_code == 200
    read = ac.get(f"contacts/{contact}").json()
    assert read["contact"]["firstName"] == ""
    assert read["fieldValues"] == read["contactLists"] == []
    total = ac.get("contacts").json()["meta"]["total"]
    assert ac.get("contacts?filters[listid]=2").json()["meta"]["total"] == total
