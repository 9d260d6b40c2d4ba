"""Reading and writing contacts."""

from datetime import datetime

import pytest


def ids(page: dict) -> list[str]:
    return [row["id"] for row in page["contacts"]]


def test_keyset_pages_give_everyone_once(ac):
    seen: list[str] = []
    while page := ids(
        ac.get(f"contacts?limit=100&orders[id]=ASC&id_greater={seen[-1] if seen else 0}").json()
    ):
        seen += page
    assert seen == [str(key) for key in range(1, 301)]


def test_total_counts_what_the_keyset_leaves(ac):
    page = ac.get("contacts?id_greater=290&id_less=299&limit=1").json()
    assert page["meta"]["total"] == "8"
    assert ids(page) == ["291"]


def test_descending_order_with_a_keyset(ac):
    page = ac.get("contacts?orders[id]=DESC&id_less=10&limit=3").json()
    assert ids(page) == ["9", "8", "7"]


def test_a_deleted_contact_is_skipped(ac):
    ac.delete("contacts/2")
    assert ids(ac.get("contacts?limit=3").json()) == ["1", "3", "4"]
    assert ids(ac.get("contacts?id_greater=1&limit=1").json()) == ["3"]
    assert ac.get("contacts/2").status_code == 404
    assert int(ac.contact()) == 301
    assert len(ac.rows("contacts")) == 300


def test_email_finds_in_any_case_of_letters_and_needs_its_plus_encoded(ac):
    key = ac.contact("Ana+News@example.org")
    assert ids(ac.get("contacts?email=ana%2Bnews@EXAMPLE.org").json()) == [key]
    assert ids(ac.get("contacts?email=ana+news@example.org").json()) == []


def test_several_ids_are_asked_for_with_brackets(ac):
    assert ids(ac.get("contacts?ids[]=5&ids[]=7&ids[]=99999").json()) == ["5", "7"]
    assert ids(ac.get("contacts?ids%5B%5D=5&ids%5B%5D=7").json()) == ["5", "7"]
    assert ids(ac.get("contacts?ids=5").json()) == ["5"]


def test_membership_filters_agree_with_the_relations(ac):
    state = ac.state()
    for param, resource, column in (
        ("tagid", "contactTags", "tag"),
        ("listid", "contactLists", "list"),
        ("seriesid", "contactAutomations", "automation"),
        ("formid", "contactLists", "form"),
    ):
        wanted = {row["contact"] for row in state[resource] if row[column] == "1"}
        assert wanted
        assert set(ids({"contacts": ac.rows(f"contacts?{param}=1")})) == wanted


@pytest.mark.parametrize("status", ["0", "1", "2", "3"])
def test_status_narrows_a_list(ac, status):
    wanted = {
        row["contact"]
        for row in ac.state()["contactLists"]
        if row["list"] == "1" and row["status"] == status
    }
    assert {row["id"] for row in ac.rows(f"contacts?listid=1&status={status}")} == wanted


def test_filters_are_combined(ac):
    tagged = {row["id"] for row in ac.rows("contacts?tagid=1")}
    listed = {row["id"] for row in ac.rows("contacts?listid=1")}
    both = {row["id"] for row in ac.rows("contacts?tagid=1&listid=1")}
    assert both == tagged & listed


def test_text_filters_look_inside(ac):
    key = ac.contact("zq@example.org", firstName="Zoë-Quinn", phone="+31699")
    for query in ("email_like=zq@ex", "search=zoë-q", "search=+31699".replace("+", "%2B")):
        assert ids(ac.get(f"contacts?{query}").json()) == [key]
    assert ids(ac.get("contacts?phone=%2B31699").json()) == [key]
    assert ids(ac.get(f"contacts?search=zoë-q&exclude={key}").json()) == []


@pytest.mark.parametrize("written", ["{}", "{}T00:00:00-06:00", "{} 00:00:00"])
def test_date_filters_take_three_ways_to_write_a_date(ac, written):
    day = "2020-01-01"
    bound = datetime.fromisoformat(f"{day}T00:00:00-06:00")
    wanted = {
        row["id"] for row in ac.rows("contacts") if datetime.fromisoformat(row["cdate"]) > bound
    }
    query = f"contacts?filters[created_after]={written.format(day)}"
    assert {row["id"] for row in ac.rows(query)} == wanted
    rest = ac.rows(f"contacts?filters[created_before]={written.format(day)}")
    assert len(rest) == 300 - len(wanted)


def test_updated_after_finds_what_was_written_last(ac):
    ac.put("contacts/7", json={"contact": {"phone": "1"}})
    assert ids(ac.get("contacts?filters[updated_after]=2026-09-02").json()) == ["7"]
    assert "7" not in ids({"contacts": ac.rows("contacts?filters[updated_before]=2026-09-02")})


@pytest.mark.parametrize(
    ("order", "column"),
    [
        ("email", "email"),
        ("first_name", "firstName"),
        ("last_name", "lastName"),
        ("cdate", "cdate"),
    ],
)
def test_orders_sort_both_ways(ac, order, column):
    up = [row[column].casefold() for row in ac.rows(f"contacts?orders[{order}]=ASC")]
    down = [row[column].casefold() for row in ac.rows(f"contacts?orders[{order}]=DESC")]
    assert up == sorted(up)
    assert down == sorted(up, reverse=True)


def test_order_by_score_needs_the_score(ac):
    points = {
        row["contact"]: int(row["scoreValue"])
        for row in ac.rows("scoreValues")
        if row["score"] == "1"
    }
    first = ac.get("contacts?orders[score]=DESC&sortId=1&limit=1").json()["contacts"][0]
    assert points[first["id"]] == max(points.values())


def test_sideloads_are_siblings_with_ids_on_each_contact(ac):
    include = "contactTags.tag,fieldValues.field,contactLists,accountContacts.account,nonsense"
    page = ac.get(f"contacts?limit=100&include={include}").json()
    for name in ("contactTags", "fieldValues", "contactLists", "accountContacts", "scoreValues"):
        there = {row["id"]: row for row in page[name]}
        pointed = [(key, row["id"]) for row in page["contacts"] for key in row[name]]
        assert pointed
        assert len(pointed) == len(there)
        assert all(there[key]["contact"] == contact for key, contact in pointed)
    assert {row["tag"] for row in page["contactTags"]} == {row["id"] for row in page["tags"]}
    assert {row["field"] for row in page["fieldValues"]} == {row["id"] for row in page["fields"]}
    assert page["accounts"]
    assert "nonsense" not in page


def test_without_include_no_relations_come(ac):
    page = ac.get("contacts").json()
    assert set(page) == {"scoreValues", "contacts", "meta"}
    assert "contactTags" not in page["contacts"][0]


def test_one_contact_comes_with_everything_documented(ac):
    body = ac.get("contacts/1").json()
    assert set(body) == {
        "contactAutomations", "contactLists", "deals", "fieldValues", "geoIps", "geoAddresses",
        "accountContacts", "contact",
    }  # fmt: skip
    assert body["contact"]["geoIps"] == [row["id"] for row in body["geoIps"]] != []


@pytest.mark.parametrize(
    "child",
    [
        "accountContacts",
        "bounceLogs",
        "contactAutomations",
        "contactDeals",
        "contactGoals",
        "contactLists",
        "contactLogs",
        "contactTags",
        "deals",
        "fieldValues",
        "geoIps",
        "notes",
        "scoreValues",
        "trackingLogs",
        "automationEntryCounts",
    ],
)
def test_sub_collections_are_keyed_by_their_name(ac, child):
    body = ac.get(f"contacts/1/{child}").json()
    assert isinstance(body[child], list)
    assert "meta" not in body
    missing = ac.get(f"contacts/999/{child}")
    assert missing.status_code == 404
    assert missing.json() == {"message": "No Result found for Subscriber with id 999"}


def test_three_children_are_objects(ac):
    assert ac.get("contacts/1/contactData").json()["contactDatum"]["contact"] == "1"
    assert ac.get("contacts/1/organization").json() == {"organization": None}
    assert ac.get("contacts/1/plusAppend").json() == {}


def test_a_missing_id_in_the_path_counts_as_0(ac):
    reply = ac.put("contacts/x", json={"contact": {}})
    assert reply.json() == {"message": "No Result found for Subscriber with id 0"}


@pytest.mark.parametrize("email", ["", "ana", "ana@", "ana@@example.org", "a b@example.org", None])
def test_an_invalid_address_is_refused(ac, email):
    reply = ac.post("contacts", json={"contact": {"email": email}})
    assert reply.status_code == 422
    (error,) = reply.json()["errors"]
    assert error["code"] == "email_invalid"
    assert error["error"] == "must_be_valid_email_address"


def test_a_contact_may_have_a_phone_only_when_that_is_said(ac):
    sent = {"phone": "+31612345678", "allowNullEmail": True}
    reply = ac.post("contacts", json={"contact": sent})
    assert reply.status_code == 201
    assert reply.json()["contact"]["email_empty"] is True


def test_update_changes_only_what_is_sent_and_blanks_with_empty(ac):
    key = ac.contact(firstName="Ana", lastName="Li", phone="1")
    before = ac.get(f"contacts/{key}").json()["contact"]
    ac.put(f"contacts/{key}", json={"contact": {"lastName": "", "phone": "2"}})
    after = ac.get(f"contacts/{key}").json()["contact"]
    assert (after["firstName"], after["lastName"], after["phone"]) == ("Ana", "", "2")
    assert after["cdate"] == before["cdate"]


def test_update_to_the_address_of_another_is_refused(ac):
    ac.contact("ana@example.org")
    other = ac.contact("bo@example.org")
    reply = ac.put(f"contacts/{other}", json={"contact": {"email": "Ana@Example.org"}})
    assert reply.status_code == 422
    assert reply.json()["errors"][0]["code"] == "duplicate"
    same = ac.put(f"contacts/{other}", json={"contact": {"email": "BO@example.org"}})
    assert same.status_code == 200


def test_json_is_escaped_as_php_does(ac):
    ac.contact("ana@example.org", firstName="Zoë", lastName="a/b")
    raw = ac.get("contacts?email=ana@example.org").text
    assert r'"firstName":"Zo\u00eb","lastName":"a\/b"' in raw


def test_headers_of_a_real_answer_are_there(ac):
    headers = ac.get("users/me").headers
    assert headers["content-type"] == "application/json"
    assert headers["server"] == "cloudflare"
    assert headers["x-request-id"]
    assert "PHPSESSID" in headers["set-cookie"]


def test_the_organisation_of_a_contact_is_an_account(ac):
    name = ac.get("accounts/3").json()["account"]["name"]
    key = ac.contact(orgid=3)
    contact = ac.get(f"contacts/{key}").json()["contact"]
    assert (contact["orgid"], contact["orgname"], contact["organization"]) == ("3", name, "3")
    assert ac.get(f"contacts/{key}/organization").json()["organization"]["name"] == name
    assert key in ids(ac.get(f"contacts?search={name.casefold()}&limit=100").json())


def test_waiting_in_a_block_can_be_asked_for(ac):
    wanted = {row["contact"] for row in ac.state()["contactAutomations"] if row["lastblock"] == "2"}
    assert {row["id"] for row in ac.rows("contacts?waitid=2")} == wanted


def test_an_unknown_custom_field_in_a_write_is_ignored(ac):
    key = ac.contact(fieldValues=[{"field": "99", "value": "x"}, "nonsense"])
    assert ac.get(f"contacts/{key}").json()["fieldValues"] == []


def test_what_hangs_on_a_contact_counts_entries(ac):
    key = ac.contact()
    for _ in range(2):
        ac.add("contactAutomations", "contactAutomation", contact=key, automation="1")
    (row,) = ac.get(f"contacts/{key}/automationEntryCounts").json()["automationEntryCounts"]
    assert (row["id"], row["entryCount"]) == ("1", "2")
