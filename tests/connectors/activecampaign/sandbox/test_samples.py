"""The wire samples of the fact sheet, one by one."""

import re

import pytest

CONTACT_KEYS = [
    "id",
    "email",
    "phone",
    "firstName",
    "lastName",
    "orgid",
    "orgname",
    "deleted",
    "anonymized",
    "bounced_hard",
    "bounced_soft",
    "bounced_date",
    "cdate",
    "udate",
    "adate",
    "edate",
    "deleted_at",
    "created_timestamp",
    "updated_timestamp",
    "created_utc_timestamp",
    "updated_utc_timestamp",
    "email_empty",
    "scoreValues",
    "accountContacts",
    "links",
    "organization",
]
ISO = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d-0[56]:00"


def test_sample_01_cursor_page(ac):
    after = ac.contact("old@example.org")
    new = ac.contact("ana@example.org", firstName="Ana", lastName="Li")
    reply = ac.get(
        f"contacts?limit=100&orders[id]=ASC&id_greater={after}"
        "&filters[updated_after]=2026-01-01T00:00:00-06:00"
    )
    body = reply.json()
    assert list(body) == ["scoreValues", "contacts", "meta"]
    (contact,) = body["contacts"]
    assert contact["id"] == new
    assert set(CONTACT_KEYS) <= set(contact)
    assert contact["email_empty"] is False
    assert contact["bounced_hard"] == "0"
    assert re.fullmatch(ISO, contact["cdate"])
    assert body["meta"]["total"] == "1"
    assert body["meta"]["sortable"] is True
    page_input = body["meta"]["page_input"]
    assert re.fullmatch("[0-9a-f]{32}", page_input.pop("cacheid"))
    assert page_input == {
        "segmentid": 0, "formid": 0, "listid": 0, "tagid": 0, "limit": 100, "offset": 0,
        "search": None, "sort": "id", "seriesid": 0, "waitid": 0, "status": -1, "forceQuery": 0,
    }  # fmt: skip


def test_sample_02_upsert_answers_201_and_then_200(ac):
    sent = {
        "contact": {
            "email": "ana@example.org",
            "firstName": "Ana",
            "fieldValues": [{"field": "4", "value": "Gold"}],
        }
    }
    first = ac.post("contact/sync", json=sent)
    assert first.status_code == 201
    (value,) = first.json()["fieldValues"]
    contact = first.json()["contact"]
    assert value["contact"] == value["owner"] == contact["id"]
    assert (value["field"], value["value"]) == ("4", "Gold")
    assert contact["fieldValues"] == [value["id"]]
    assert (contact["orgid"], contact["organization"]) == ("", "")
    assert "bounced_hard" not in contact
    second = ac.post("contact/sync", json=sent)
    assert second.status_code == 200
    assert second.json()["contact"]["id"] == contact["id"]
    assert second.json()["fieldValues"][0]["id"] == value["id"]


def test_sample_03_strict_insert_of_an_existing_address(ac):
    ac.contact("ana@example.org")
    reply = ac.post("contacts", json={"contact": {"email": "ANA@example.org"}})
    assert reply.status_code == 422
    assert reply.json() == {
        "errors": [
            {
                "title": "Email address already exists in the system",
                "detail": "",
                "code": "duplicate",
                "source": {"pointer": "/data/attributes/email"},
            }
        ]
    }


def test_sample_04_tag_apply_and_remove(ac):
    contact = ac.contact()
    reply = ac.post("contactTags", json={"contactTag": {"contact": contact, "tag": "7"}})
    assert reply.status_code == 201
    relation = reply.json()["contactTag"]
    assert (relation["contact"], relation["tag"]) == (contact, "7")
    assert re.fullmatch(ISO, relation["cdate"])
    assert reply.json()["contacts"][0]["email"] == "ana@example.org"
    gone = ac.delete(f"contactTags/{relation['id']}")
    assert (gone.status_code, gone.json()) == (200, {})
    again = ac.delete(f"contactTags/{relation['id']}")
    assert again.status_code == 404
    assert again.json() == {
        "message": f"No Result found for SubscriberTag with id {relation['id']}"
    }


def test_sample_05_subscribe_and_unsubscribe(ac):
    contact = ac.contact(firstName="Ana", lastName="Li")
    sent = {"list": "2", "contact": contact, "status": 1}
    reply = ac.post("contactLists", json={"contactList": sent})
    assert reply.status_code == 201
    row = reply.json()["contactList"]
    assert (row["status"], row["list"], row["contact"]) == (1, "2", contact)
    assert (row["first_name"], row["last_name"], row["sourceid"]) == ("Ana", "Li", 3)
    assert row["udate"] is None
    again = ac.post("contactLists", json={"contactList": {**sent, "status": 2}})
    assert again.status_code == 200
    assert again.json()["contactList"]["id"] == row["id"]
    (read,) = ac.rows(f"contacts/{contact}/contactLists")
    assert read["status"] == "2"


def test_sample_06_duplicate_tag(ac):
    sent = {"tag": {"tag": "VIP", "tagType": "contact", "description": ""}}
    reply = ac.post("tags", json=sent)
    assert reply.status_code == 422
    assert reply.json() == {
        "message": "Could not process request",
        "error": "Duplicate entry 'contact-VIP' for key 'typetag'",
    }


def test_sample_07_rate_limit(limited):
    replies = [limited.get("users/me") for _ in range(6)]
    assert [reply.status_code for reply in replies] == [200] * 5 + [429]
    headers = replies[-1].headers
    assert headers["Retry-After"] == "1"
    assert headers.get_list("RateLimit-Limit") == ["5"]
    assert headers["RateLimit-Remaining"] == "0"
    assert replies[1].headers["RateLimit-Remaining"] == "3"


def test_sample_08_bulk_import(ac):
    first = {
        "email": "a@example.org",
        "first_name": "A",
        "tags": ["vip", "brand new"],
        "fields": [{"id": 5, "value": "||Climate||Housing||"}],
        "subscribe": [{"listid": 2}],
    }
    sent = {"contacts": [first, {"email": "bad@@x"}], "exclude_automations": True}
    reply = ac.post("import/bulk_import", json=sent)
    assert reply.status_code == 200
    accepted = reply.json()
    assert (accepted["success"], accepted["queued_contacts"]) == (1, 2)
    assert accepted["message"] == "Contact import queued"
    poll = f"import/info?batchId={accepted['batchId']}"
    seen = [ac.get(poll).json() for _ in range(3)]
    assert [answer["status"] for answer in seen] == ["waiting", "active", "completed"]
    (contact,) = ac.get("contacts?email=a@example.org&include=contactTags.tag").json()["contacts"]
    assert seen[-1] == {
        "status": "completed",
        "success": [contact["id"]],
        "failure": ["bad@@x"],
    }
    assert contact["firstName"] == "A"
    tags = {tag["id"]: tag["tag"] for tag in ac.rows("tags")}
    applied = [tags[row["tag"]] for row in ac.rows(f"contacts/{contact['id']}/contactTags")]
    assert applied == ["VIP", "brand new"]
    (value,) = ac.rows(f"contacts/{contact['id']}/fieldValues")
    assert value["value"] == "||Climate||Housing||"


def test_sample_09_deal_list_with_a_hidden_row(ac):
    body = ac.get("deals?limit=2").json()
    hidden, shown = body["deals"]
    assert hidden == {"title": hidden["title"], "id": "1", "isDisabled": True}
    assert shown["isDisabled"] is False
    assert re.fullmatch(r"\d+", shown["value"])
    assert shown["currency"] in {"usd", "eur"}
    assert isinstance(body["meta"]["total"], int)
    dollars = body["meta"]["currencies"]["USD"]
    assert set(dollars) == {"total", "value", "currency", "isDisabled"}
    assert isinstance(dollars["total"], str)


def test_sample_10_second_account_for_a_contact(ac):
    contact = int(ac.contact())
    sent = {"contact": contact, "account": 4, "jobTitle": ""}
    assert ac.add("accountContacts", "accountContact", **sent)["contact"] == contact
    reply = ac.post("accountContacts", json={"accountContact": {**sent, "account": 5}})
    assert reply.status_code == 422
    (error,) = reply.json()["errors"]
    assert error["code"] == "field_invalid"
    assert "already associated with an account" in error["title"]
    assert error["source"] == {"pointer": "/data/attributes/account,contact"}


@pytest.mark.parametrize("path", ["contacts", "tags", "fields", "contactTags", "lists"])
def test_totals_are_strings_on_most_resources(ac, path):
    assert isinstance(ac.get(path).json()["meta"]["total"], str)
