"""Pages, filters, and the entry point."""

import pytest


def test_the_entry_point_tells_what_the_api_is(ab):
    body = ab.get(f"{ab.top}/").json()
    assert body["vendor_name"] == "Action Squared, Inc."
    assert (body["product_name"], body["osdi_version"]) == ("Action Builder", "1.2.0")
    assert body["max_page_size"] == body["max_pagesize"] == 25
    assert body["namespace"] == "action_builder"
    campaigns = ab.get(body["_links"]["action_builder:campaigns"]["href"])
    assert campaigns.json()["total_pages"] == 1


@pytest.mark.parametrize(("asked", "size"), [("100", 25), ("7", 7), ("0", 25), ("x", 25)])
def test_a_page_has_25_rows_at_most(ab, asked, size):
    body = ab.get(f"people?per_page={asked}").json()
    assert (body["per_page"], len(body["_embedded"]["osdi:people"])) == (size, size)
    assert "total_records" not in body


def test_following_links_counting_pages_and_reading_until_empty_give_the_same(ab):
    linked = ab.rows("people")
    pages = ab.get("people").json()["total_pages"]
    counted = [
        row
        for page in range(1, pages + 1)
        for row in ab.get(f"people?page={page}").json()["_embedded"]["osdi:people"]
    ]
    beyond = ab.get(f"people?page={pages + 1}").json()
    assert linked == counted == ab.state()["people"]
    assert beyond["_embedded"]["osdi:people"] == []
    assert "next" not in beyond["_links"]
    assert len({ab.uuid(row) for row in linked}) == len(linked) > 250


def test_an_empty_result_has_no_pages_and_nothing_embedded_unless_switched(ab):
    path = "people?filter=email_address eq 'nobody@example.org'"
    body = ab.get(path).json()
    assert body["total_pages"] == 0
    assert "_embedded" not in body
    ab.switch(empty_embedded=True)
    assert ab.get(path).json()["_embedded"] == {"osdi:people": []}


@pytest.mark.parametrize("column", ["email_address", "phone_number", "identifier"])
def test_everybody_is_found_by_what_they_have(ab, column):
    values: dict[str, set[str]] = {}
    for row in ab.state()["people"]:
        found = {
            "email_address": [entry["address"] for entry in row["email_addresses"]],
            "phone_number": [entry["number"] for entry in row["phone_numbers"]],
            "identifier": row["identifiers"],
        }[column]
        for value in found:
            values.setdefault(value, set()).add(ab.uuid(row))
    assert len(values) > 150
    for value, people in list(values.items())[::3]:
        assert set(ab.find(**{column: value})) == people, value


def test_some_addresses_and_identifiers_are_shared(ab):
    seen: dict[str, int] = {}
    for row in ab.state()["people"]:
        for value in (*row["identifiers"], *(e["address"] for e in row["email_addresses"])):
            seen[value] = seen.get(value, 0) + 1
    shared = [value for value, count in seen.items() if count > 1]
    assert any("@" in value for value in shared)
    assert any(value.startswith("custom_id") for value in shared)


def test_an_address_with_an_apostrophe_is_found_when_it_is_doubled(ab):
    person = ab.person(email_addresses=[{"address": "o'neill@example.org"}])
    assert ab.find(email_address="o'neill@example.org") == [person]
    assert ab.find(email_address="O'Neill@example.org") == [person]
    refused = ab.get("people", params={"filter": "email_address eq 'o'neill@example.org'"})
    assert refused.status_code == 400


def test_two_comparisons_may_be_joined(ab):
    since, until = "2024-01-01T00:00:00Z", "2025-01-01T00:00:00Z"
    filter_ = f"modified_date gt '{since}' and modified_date lt '{until}'"
    found = ab.rows("people", filter=filter_)
    expected = [r for r in ab.rows("people") if since[:10] <= r["modified_date"][:10] < until[:10]]
    assert found == expected
    assert 0 < len(found) < 200
    row = next(row for row in found if row["email_addresses"])
    email = row["email_addresses"][0]["address"]
    both = f"email_address eq '{email}' and modified_date gt '{since}'"
    assert row in ab.rows("people", filter=both)
    never = f"modified_date gt '{until}' and email_address eq '{email}'"
    assert row not in ab.rows("people", filter=never)


@pytest.mark.parametrize(
    "filter_",
    [
        "given_name eq 'Ana'",
        "family_name eq 'Lee'",
        "identifiers eq 'custom_id:5'",
        "modified_date eq '2026-01-01'",
        "modified_date gt 'yesterday'",
        "modified_date > '2026-01-01'",
        "email_address eq bo@example.org",
        "email_address gt 'a'",
        "email_address eq 'a' or email_address eq 'b'",
        "email_address eq 'a' and",
        "nonsense",
        " ",
    ],
)
def test_filters_that_the_live_api_does_not_take_are_refused(ab, filter_):
    reply = ab.get("people", params={"filter": filter_})
    assert (reply.status_code, list(reply.json())) == (400, ["error"])


def test_documented_filters_by_name_and_the_plural_are_switches(ab):
    ab.switch(name_filters=True, plural_identifiers=True)
    person = ab.person("O'Ana", identifiers=["custom_id:x1"])
    assert ab.find(given_name="O'Ana") == [person]
    assert ab.find(identifiers="custom_id:x1") == [person]


def test_a_filtered_list_links_to_its_next_page_with_the_filter(ab):
    found = ab.rows("people", filter="modified_date gt '2023-06-01'")
    assert len(found) > 50
    assert all(row["modified_date"] > "2023-06-01" for row in found)


@pytest.mark.parametrize("path", ["entity_types", "connection_types", "tags"])
def test_small_collections_are_listed_and_read_one_by_one(ab, path):
    rows = ab.rows(path)
    assert rows == ab.state()[path]
    for row in rows:
        assert ab.get(f"{path}/{ab.uuid(row)}").json() == row


@pytest.mark.parametrize(
    "path",
    ["people", "tags", "entity_types", "connection_types", "people/x/taggings",
     "people/x/connections", "people/x/connections/x", "tags/x/taggings", "tags/x/taggings/x",
     "connections/x/taggings"],
)  # fmt: skip
def test_an_unknown_id_is_a_404(ab, path):
    unknown = "e0000000-0000-4000-8000-00000000dead"
    for target in (path.replace("x", unknown) if "x" in path else f"{path}/{unknown}",):
        reply = ab.get(target)
        assert (reply.status_code, list(reply.json())) == (404, ["error"])


def test_an_unknown_campaign_and_unknown_paths_are_404s(ab):
    for path in ("/api/rest/v1/campaigns/x/people", "/api/rest/v1/people", "/api/v1/rest/", "/"):
        assert ab.get(f"{ab.root}{path}").status_code == 404
    assert ab.get("nothing").status_code == 404


def test_what_only_the_web_pages_can_do_is_refused(ab):
    person = ab.uuid(ab.rows("people")[0])
    before = ab.state()
    for method, path in (
        ("POST", f"{ab.top}/campaigns"), ("POST", "entity_types"),
        ("POST", "connection_types"), ("DELETE", ""), ("PUT", ""),
        ("PUT", "people"), ("POST", "connections/x/taggings"), ("POST", "tags/x/taggings"),
        ("PUT", "tags/x/taggings/x"), ("POST", "people/x/taggings"),
    ):  # fmt: skip
        reply = ab.request(method, path.replace("x", person), json={"name": "x"})
        assert reply.status_code == 405, path
    assert ab.state() == before


def test_filters_where_there_are_none_are_refused(ab):
    for path in ("entity_types", f"{ab.top}/campaigns"):
        assert ab.get(path, params={"filter": "name eq 'x'"}).status_code == 400
