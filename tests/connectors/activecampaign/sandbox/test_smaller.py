"""The many small resources."""

import pytest

LISTS = [
    "scores",
    "scoreValues",
    "segments",
    "forms",
    "addresses",
    "webhooks",
    "connections",
    "savedResponses",
    "calendars",
    "personalizations",
    "templates",
    "campaignLists",
    "campaignMessages",
    "links",
    "users",
    "groups",
    "bounceLogs",
    "emailActivities",
    "dealActivities",
    "contactEmails",
    "brandings",
    "configs",
    "goals",
    "conversions",
    "conversionTriggers",
    "contactConversions",
    "siteMessages",
    "sms",
    "automationBlocks",
    "dealGroupUsers",
    "groupLimits",
    "ecomCustomers",
    "ecomOrders",
    "ecomOrderProducts",
    "eventTrackingEvents",
    "listGroups",
    "fieldRels",
    "fieldOptions",
    "messages",
    "automations",
    "contactAutomations",
    "contactDeals",
]


@pytest.mark.parametrize("path", LISTS)
def test_every_list_is_keyed_by_its_path(ac, path):
    body = ac.get(path).json()
    assert isinstance(body[path], list)
    assert "meta" in body


@pytest.mark.parametrize(
    "path", ["messageActivities", "linkData", "nonsense", "contacts/1/nonsense"]
)
def test_what_is_not_there_is_a_404(ac, path):
    assert ac.get(path).status_code == 404


@pytest.mark.parametrize("path", ["/contacts", "/api/33", "/admin/api.php?api_action=x"])
def test_other_versions_of_the_api_are_not_there(ac, path):
    assert ac.get(ac.root + path).status_code == 404


def test_the_root_answers_a_probe(ac):
    assert ac.get("").status_code == 200


def test_users_are_found_by_name_and_address(ac):
    me = ac.get("users/me").json()["user"]
    assert ac.get("users/username/admin").json()["user"] == me
    assert ac.get(f"users/email/{me['email']}").json()["user"] == me


def test_addresses_take_snake_case_and_give_camel_case(ac):
    row = ac.add("addresses", "address", company_name="Union", address_1="Street 1")
    assert (row["companyName"], row["address1"]) == ("Union", "Street 1")
    assert "address_1" not in row


def test_segments_are_matched_when_polled_twice(ac):
    first, second = (ac.get("segmentMatchAll/1").json() for _ in range(2))
    assert (first["is_ready"], second["is_ready"]) == (False, True)
    assert second["contacts"]
    assert ac.get("segmentsV2/1").json()["segment"]["name"]
    assert ac.get("segmentsV2/99").status_code == 404
    assert ac.get("audiences").json()["data"][0]["type"] == "audience"


def test_events_have_names_and_no_ids(ac):
    for name in ("rsvp", "donate"):
        ac.add("eventTrackingEvents", "eventTrackingEvent", name=name)
    body = ac.get("eventTrackingEvents").json()
    assert body == {
        "eventTrackingEvents": [{"name": "rsvp"}, {"name": "donate"}],
        "meta": {"total": 2},
    }
    again = {"eventTrackingEvent": {"name": "rsvp"}}
    assert ac.post("eventTrackingEvents", json=again).status_code == 422
    assert ac.delete("eventTrackingEvents/rsvp").status_code == 200
    assert ac.delete("eventTrackingEvents/rsvp").status_code == 404


def test_activities_need_a_contact(ac):
    assert ac.get("activities").status_code == 400
    assert ac.get("activities?contact=1").json() == {"activities": []}


def test_exclusions_refuse_unknown_filters(ac):
    reply = ac.get("lists/exclusions?filters[nonsense]=1")
    assert reply.status_code == 422
    assert reply.json()["errors"][0]["title"] == "Invalid filter field"
    sent = {"exclusion": {"email": "no@example.org"}}
    assert ac.post("lists/exclusions", json=sent).status_code == 201
    (row,) = ac.get("lists/exclusions?filters[email]=no@example.org").json()["exclusions"]
    assert row["email"] == "no@example.org"


def test_shop_customers_are_unique_and_orders_are_not(ac):
    sent = {"connectionid": "1", "externalid": "7", "email": "a@example.org"}
    customer = ac.add("ecomCustomers", "ecomCustomer", **sent)["id"]
    assert ac.post("ecomCustomers", json={"ecomCustomer": sent}).status_code == 422
    assert ac.get("ecomCustomers?filters[email]=a@example.org").json()["meta"]["total"] == "1"
    order = {
        "email": "a@example.org",
        "connectionid": "1",
        "customerid": customer,
        "externalid": "o1",
        "totalPrice": 1000,
        "orderProducts": [{"name": "Badge", "price": 500, "quantity": 2}],
    }
    key = ac.add("ecomOrders", "ecomOrder", **order)["id"]
    (product,) = ac.get(f"ecomOrders/{key}/orderProducts").json()["ecomOrderProducts"]
    assert (product["name"], product["price"]) == ("Badge", "500")
    assert (
        ac.get("ecomOrders?filters[externalid]=o1").json()["ecomOrders"][0]["totalPrice"] == "1000"
    )


def test_records_are_upserted_by_external_id(ac):
    (schema,) = ac.get("customObjects/schemas").json()["schemas"]
    path = f"customObjects/records/{schema['id']}"
    sent = {"externalId": "m1", "fields": [], "relationships": {"primary-contact": [5]}}
    first, second = (ac.post(path, json={"record": sent}) for _ in range(2))
    assert (first.status_code, second.status_code) == (201, 201)
    key = first.json()["record"]["id"]
    assert second.json()["record"]["id"] == key
    assert first.json()["record"]["createdTimestamp"].endswith("Z")
    page = ac.get(f"{path}?filters[relationships.primary-contact][eq]=5").json()
    assert page["meta"] == {"total": 1, "count": 1, "limit": 20, "offset": 0}
    assert ac.get(f"{path}?filters[relationships.primary-contact][eq]=6").json()["records"] == []
    assert ac.delete(f"{path}/{key}").status_code == 202
    assert ac.get(f"{path}/{key}").status_code == 404


def test_webhooks_keep_their_lists(ac):
    sent = {"name": "W", "url": "https://a.example", "events": ["subscribe"], "sources": ["api"]}
    key = ac.add("webhooks", "webhook", **sent)["id"]
    read = ac.get(f"webhooks/{key}").json()["webhook"]
    assert (read["events"], read["sources"]) == (["subscribe"], ["api"])
    assert [row["id"] for row in ac.rows("webhooks?filters[url]=a.example")] == [key]


def test_where_somebody_was_can_be_read(ac):
    assert ac.get("geoIps/1/geoAddress").json()["geoAddress"]["city"]
