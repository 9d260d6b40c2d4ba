"""Tags, lists, custom fields, accounts and who has what."""

import pytest


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("search=donor", {"Donor", "Monthly donor", "Lapsed donor"}),
        ("filters[search][eq]=donor", {"Donor"}),
        ("filters[search][starts_with]=car/", {"Car/technical", "Car/safety"}),
        ("filters[search][contains]=housing", {"Petition: housing"}),
    ],
)
def test_tags_are_searched(ac, query, names):
    assert {tag["tag"] for tag in ac.rows(f"tags?{query}")} == names


def test_tags_count_their_contacts(ac):
    key = ac.add("tags", "tag", tag="Nieuw", tagType="contact", description="d")["id"]
    ac.add("contactTags", "contactTag", contact="1", tag=key)
    assert ac.get(f"tags/{key}").json()["tag"]["subscriber_count"] == "1"


def test_a_tag_is_renamed_and_deleted_with_its_relations(ac):
    key = ac.add("tags", "tag", tag="Nieuw", tagType="contact")["id"]
    row = ac.add("contactTags", "contactTag", contact="1", tag=key)["id"]
    renamed = ac.put(f"tags/{key}", json={"tag": {"tag": "Oud"}})
    assert renamed.json()["tag"]["tag"] == "Oud"
    assert ac.put(f"tags/{key}", json={"tag": {"tag": "vip"}}).status_code == 422
    assert ac.delete(f"tags/{key}").json() == {}
    assert ac.get(f"tags/{key}").json() == {"message": f"No Result found for Tag with id {key}"}
    assert ac.get(f"contactTags/{row}").status_code == 404


def test_a_tag_applied_twice_is_one_relation(ac):
    contact = ac.contact()
    first, second = (
        ac.add("contactTags", "contactTag", contact=contact, tag=7)["id"] for _ in range(2)
    )
    assert first == second
    assert len(ac.rows(f"contacts/{contact}/contactTags")) == 1


def test_ids_are_echoed_as_sent_and_read_as_strings(ac):
    contact = int(ac.contact())
    row = ac.add("contactTags", "contactTag", contact=contact, tag=7)
    assert (row["contact"], row["tag"]) == (contact, 7)
    read = ac.get(f"contactTags/{row['id']}").json()["contactTag"]
    assert (read["contact"], read["tag"]) == (str(contact), "7")


def test_tagging_somebody_unknown_is_a_404(ac):
    reply = ac.post("contactTags", json={"contactTag": {"contact": "999", "tag": "7"}})
    assert reply.status_code == 404
    error = {"status": 404, "title": "Not Found", "detail": "Contact not found"}
    assert reply.json() == {"errors": [error]}


def test_tagging_without_a_tag_is_the_recorded_400(ac):
    reply = ac.post("contactTags", json={"contactTag": {"contact": "1"}})
    assert reply.status_code == 400
    assert reply.json() == {
        "errors": [
            {
                "title": "Invalid value for query parameter contactTag.tag",
                "detail": "No tag id provided",
                "source": {"parameter": "contactTag.tag"},
            }
        ]
    }


def test_contact_tags_can_be_listed_after_one_was_deleted(ac):
    total = int(ac.get("contactTags").json()["meta"]["total"])
    ac.delete("contactTags/3")
    rows = ac.rows("contactTags")
    assert len(rows) == total - 1
    assert "3" not in [row["id"] for row in rows]


def test_a_list_needs_its_four_attributes(ac):
    reply = ac.post("lists", json={"list": {"name": "L"}})
    assert reply.status_code == 422
    assert reply.json()["errors"][0]["code"] == "field_missing"
    row = ac.add(
        "lists", "list", name="L", stringid="l", sender_url="https://a.example", sender_reminder="r"
    )
    group = ac.post("listGroups", json={"listGroup": {"listid": row["id"], "groupid": 1}})
    assert group.status_code == 201
    assert ac.delete(f"lists/{row['id']}").json() == {}
    assert ac.delete(f"lists/{row['id']}").status_code == 403


def test_lists_are_found_by_name(ac):
    assert [row["name"] for row in ac.rows("lists?filters[name]=nieuws")] == ["Nieuwsbrief NL"]
    assert [row["id"] for row in ac.rows("lists?filters[name][eq]=press")] == ["5"]
    names = [row["name"] for row in ac.rows("lists?orders[name]=DESC")]
    assert names == sorted(names, key=str.casefold, reverse=True)


@pytest.mark.parametrize("status", [0, 3, -1, None, "x"])
def test_only_two_statuses_can_be_written(ac, status):
    sent = {"contact": "1", "list": "1", "status": status}
    assert ac.post("contactLists", json={"contactList": sent}).status_code == 422


def test_contact_lists_have_no_put_and_no_delete(ac):
    assert ac.delete("contactLists/1").status_code == 404
    assert ac.put("contactLists/1", json={}).status_code == 404


def test_all_statuses_of_a_list_occur(ac):
    assert {row["status"] for row in ac.rows("contactLists")} == {"0", "1", "2", "3"}


def test_fields_come_with_options_and_relations(ac):
    body = ac.get("fields?limit=100").json()
    assert list(body) == ["fieldOptions", "fieldRels", "fields", "meta"]
    assert body["meta"]["selected"] is None
    options = {row["id"]: row for row in body["fieldOptions"]}
    (level,) = [row for row in body["fields"] if row["title"] == "Membership level"]
    assert [options[key]["value"] for key in level["options"]][:2] == ["Gold", "Silver"]
    assert len(level["relations"]) == 1
    assert len({row["type"] for row in body["fields"]}) == 12


def test_fields_are_found_by_their_tag(ac):
    (field,) = ac.get("fields?filters[perstag]=MEMBERSHIP_LEVEL").json()["fields"]
    assert field["type"] == "dropdown"


def test_a_field_is_made_with_options_and_a_relation(ac):
    field = ac.add("fields", "field", title="Colour", type="dropdown")["id"]
    options = [{"field": field, "value": colour, "label": colour} for colour in ("Red", "Blue")]
    for path in ("fieldOption/bulk", "fieldOptions/bulk"):
        assert ac.post(path, json={"fieldOptions": options}).status_code == 201
    ac.add("fieldRels", "fieldRel", field=field, relid=0)
    read = ac.get(f"fields/{field}").json()["field"]
    assert (len(read["options"]), len(read["relations"]), read["perstag"]) == (4, 1, "COLOUR")
    duplicate = ac.post("fields", json={"field": {"title": "colour", "type": "text"}})
    assert duplicate.json()["errors"][0]["code"] == "duplicate"


def test_deleting_a_field_deletes_its_values(ac):
    assert ac.get("fieldValues?filters[fieldid]=2").json()["fieldValues"]
    ac.delete("fields/2")
    assert ac.get("fieldValues?filters[fieldid]=2").json()["fieldValues"] == []


def test_field_values_are_found_by_field_and_exact_value(ac):
    contact = ac.contact()
    ac.add("fieldValues", "fieldValue", contact=contact, field="4", value="Platinum / x")
    query = "fieldValues?filters%5Bfieldid%5D=4&filters[val]=Platinum / x"
    (row,) = ac.get(query).json()["fieldValues"]
    assert (row["contact"], row["owner"]) == (contact, contact)


def test_a_field_has_one_value_for_a_contact(ac):
    contact = ac.contact()
    sent = {"contact": contact, "field": "4"}
    first = ac.post("fieldValues", json={"fieldValue": {**sent, "value": "Gold"}})
    second = ac.post("fieldValues", json={"fieldValue": {**sent, "value": "Silver"}})
    assert (first.status_code, second.status_code) == (201, 200)
    key = first.json()["fieldValue"]["id"]
    assert second.json()["fieldValue"]["id"] == key
    ac.put(f"fieldValues/{key}", json={"fieldValue": {**sent, "value": "Bronze"}})
    assert ac.get(f"fieldValues/{key}").json()["fieldValue"]["value"] == "Bronze"
    assert ac.delete(f"fieldValues/{key}").json() == {}
    assert ac.delete(f"fieldValues/{key}").status_code == 404


def test_account_names_are_unique_and_needed(ac):
    name = ac.get("accounts/1").json()["account"]["name"]
    codes = [
        ac.post("accounts", json={"account": sent}).json()["errors"][0]
        for sent in ({"name": name.upper()}, {})
    ]
    assert [error["code"] for error in codes] == ["duplicate", "field_missing"]
    assert codes[0]["source"] == {"pointer": "/data/attributes/name"}


def test_accounts_count_when_asked(ac):
    ac.add("accountContacts", "accountContact", contact=ac.contact(), account="1")
    (plain,) = ac.get("accounts?limit=1").json()["accounts"]
    (counted,) = ac.get("accounts?limit=1&count_deals=true").json()["accounts"]
    assert plain["contactCount"] == plain["dealCount"] == "0"
    assert int(counted["contactCount"]) >= 1


def test_an_account_is_written_with_custom_fields(ac):
    fields = [{"customFieldId": 1, "fieldValue": "Rail"}]
    key = ac.add("accounts", "account", name="Spoor & Co", fields=fields)["id"]
    path = f"accountCustomFieldData?filters[customerAccountId]={key}"
    (datum,) = ac.get(path).json()["accountCustomFieldData"]
    assert datum["fieldValue"] == "Rail"
    ac.put(f"accounts/{key}", json={"account": {"fields": [{**fields[0], "fieldValue": "Bus"}]}})
    assert ac.get(path).json()["accountCustomFieldData"][0]["fieldValue"] == "Bus"


def test_accounts_are_deleted_in_bulk_with_their_relations(ac):
    contact = ac.contact()
    ac.add("accountContacts", "accountContact", contact=contact, account="2")
    reply = ac.delete("accounts/bulk_delete?[]ids=1&[]ids=2")
    assert reply.json() == {"meta": {"success": True}}
    assert ac.get("accounts/2").json()["message"] == "No Result found for CustomerAccount with id 2"
    assert ac.get(f"contacts/{contact}").json()["contact"]["accountContacts"] == []


def test_custom_field_data_are_written_many_at_a_time(ac):
    data = [{"customerAccountId": key, "customFieldId": 1, "fieldValue": "x"} for key in (1, 2)]
    assert "message" in ac.post("accountCustomFieldData/bulkCreate", json=data).json()
    rows = ac.rows("accountCustomFieldData")
    written = [row for row in rows if row["fieldValue"] == "x"]
    changes = [{"id": row["id"], "fieldValue": "y"} for row in written]
    reply = ac.patch("accountCustomFieldData/bulkUpdate", json=changes)
    assert reply.status_code == 200
    again = ac.rows("accountCustomFieldData")
    assert [row["fieldValue"] for row in again].count("y") == 2
    assert len(again) == len(rows)


def test_an_association_needs_both_ends(ac):
    for sent, code in (
        ({"contact": 1}, "field_missing"),
        ({"contact": 999, "account": 1}, "related_missing"),
    ):
        reply = ac.post("accountContacts", json={"accountContact": sent})
        assert reply.json()["errors"][0]["code"] == code


def test_an_association_is_deleted(ac):
    key = ac.add("accountContacts", "accountContact", contact=ac.contact(), account="1")["id"]
    assert ac.delete(f"accountContacts/{key}").json() == {}
    model = "CustomerAccountSubscriber"
    assert ac.delete(f"accountContacts/{key}").json()["message"].endswith(f"{model} with id {key}")


def test_a_written_custom_field_value_is_read_back(ac):
    for kind, owner in (("account", "customerAccountId"), ("deal", "dealId")):
        path, singular = f"{kind}CustomFieldData", f"{kind}CustomFieldDatum"
        sent = {owner: 2, "customFieldId": 1, "fieldValue": "x"}
        key = ac.add(path, singular, **sent)["id"]
        assert ac.add(path, singular, **{**sent, "fieldValue": "y"})["id"] == key
        ac.put(f"{path}/{key}", json={singular: {"fieldValue": "z"}})
        assert ac.get(f"{path}/{key}").json()[singular]["fieldValue"] == "z"
        for broken in ({owner: 999}, {"customFieldId": 99}):
            reply = ac.post(path, json={singular: {**sent, **broken}})
            assert reply.json()["errors"][0]["code"] == "related_missing"


def test_custom_field_data_in_bulk_have_to_be_an_array(ac):
    assert ac.post("dealCustomFieldData/bulkCreate", json={"a": 1}).status_code == 422


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("contactLists", {"contactList": {"contact": "999", "list": "1", "status": 1}}, 404),
        ("contactLists", {"contactList": {"contact": "1", "list": "99", "status": 1}}, 404),
        ("contactTags", {"contactTag": {"contact": "1", "tag": "999"}}, 404),
        ("fieldValues", {"fieldValue": {"contact": "999", "field": "1", "value": "x"}}, 404),
        ("fieldValues", {"fieldValue": {"contact": "1", "field": "99", "value": "x"}}, 404),
        ("fields", {"field": {"title": "T", "type": "rainbow"}}, 422),
        ("fields", {"field": {"type": "text"}}, 422),
        ("fieldOption/bulk", {"fieldOptions": [{"field": "99", "value": "x"}]}, 404),
        ("tags", {"tag": {"tagType": "contact"}}, 422),
    ],
)
def test_what_does_not_fit_is_refused(ac, path, body, status):
    assert ac.post(path, json=body).status_code == status


def test_relations_are_listed_for_one_tag_or_one_contact(ac):
    rows = ac.rows("contactTags")
    for name in ("contact", "tag"):
        value = rows[5][name]
        wanted = [row for row in rows if row[name] == value]
        assert ac.rows(f"contactTags?filters[{name}]={value}") == wanted
    both = f"contactTags?filters[contact]={rows[5]['contact']}&filters[tag]={rows[5]['tag']}"
    assert ac.rows(both) == [rows[5]]
