"""Faults, switches and nonsense, as this API words them."""

import json

import httpx
import pytest

from sqlcrm.sandbox import Call, Options
from sqlcrm_action_builder.sandbox import sandbox

FIRST = "c0000000-0000-4000-8000-000000000001"
NEW = {"person": {"given_name": "Faulty", "identifiers": ["custom_id:faulty"]}}


def made(ab) -> int:
    ab.fault("")
    return len(ab.find(identifier="custom_id:faulty"))


@pytest.mark.parametrize("name", ["429", "500", "html-error", "expired-token", "foreign-next"])
def test_refused_writes_are_not_applied(ab, name):
    ab.fault(name)
    ab.post("people", json=NEW)
    assert made(ab) == 0


@pytest.mark.parametrize("name", ["lost-reply", "truncated"])
def test_cut_writes_are_applied(ab, name):
    ab.fault(name)
    with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):
        ab.post("people", json=NEW)
    assert made(ab) == 1


@pytest.mark.parametrize(("name", "status"), [("429", 429), ("500", 500), ("expired-token", 401)])
def test_refusals_are_worded_as_errors(ab, name, status):
    ab.fault(name)
    reply = ab.get("people")
    assert (reply.status_code, list(reply.json())) == (status, ["error"])
    assert reply.headers.get("retry-after") == ("1" if status == 429 else None)


def test_a_foreign_next_link_leads_to_another_host_with_the_same_rows(ab):
    first = ab.get("people").json()
    ab.fault("foreign-next")
    body = ab.get("people").json()
    link = body["_links"]["next"]["href"]
    assert link == f"http://foreign.example.net/api/rest/v1/campaigns/{FIRST}/people?page=2"
    assert body["_embedded"] == first["_embedded"]
    last = ab.get(f"people?page={first['total_pages']}").json()
    assert "next" not in last["_links"]


def test_rows_vanish_and_appear_while_somebody_pages(ab):
    before = ab.rows("people")
    ab.fault("drift")
    runs = [ab.rows("people") for _ in range(3)]
    assert any(run != before for run in runs)
    assert all(len(run) >= len(before) - 30 for run in runs)
    ab.fault("")
    assert ab.rows("people") == before


def test_a_reset_puts_the_switches_back(ab):
    ab.switch(wrapping="docs", lag=2)
    settings = ab.get(f"{ab.root}/_sandbox/settings").json()
    assert (settings["wrapping"], settings["lag"]) == ("docs", 2)
    ab.post(f"{ab.root}/_sandbox/reset")
    assert ab.get(f"{ab.root}/_sandbox/settings").json()["wrapping"] == "live"


@pytest.mark.parametrize(
    "settings",
    [{"wrapping": "both"}, {"lag": -1.0}, {"lock_out": -1}, {"new_email_status": "yes"},
     {"denied_status": 404}, {"nothing": 1}],
)  # fmt: skip
def test_a_switch_that_makes_no_sense_is_refused(ab, settings):
    assert ab.post(f"{ab.root}/_sandbox/settings", json=settings).status_code == 400


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'"x"', b'{"person":[]}', b"\xff\xfe"])
def test_a_body_that_makes_no_sense_is_refused_and_not_a_crash(ab, body):
    person = ab.person()
    for path in ("people", "tags", f"people/{person}/connections"):
        assert 400 <= ab.post(path, content=body).status_code < 500


NONSENSE = ([], [[]], [{}], {}, None, -1, 1e300, 1.5, True, "x", "", 2**70, ["x"], [None])
PERSON = (
    "identifiers", "given_name", "name", "action_builder:entity_type", "preferred_language",
    "action_builder:latest_assessment", "email_addresses", "phone_numbers", "postal_addresses",
)  # fmt: skip
ENTRY = (
    "address", "status", "action_builder:identifier", "action_builder:confirmed", "number",
    "address_lines", "region", "country", "address_type",
)  # fmt: skip
TAG = (
    "name", "action_builder:section", "action_builder:field", "action_builder:create_tag",
    "action_builder:number_response",
)  # fmt: skip


def bodies():
    for value in NONSENSE:
        for column in PERSON:
            yield {"person": {"given_name": "Bo", column: value}}
        for column in ENTRY:
            entry = {"address": "b@example.org", "number": "1", "region": "DC", column: value}
            arrays = ("email_addresses", "phone_numbers", "postal_addresses")
            yield {"person": {"given_name": "Bo", **{name: [entry] for name in arrays}}}
        for column in TAG:
            tag = {"name": "Hours", "action_builder:section": "Work",
                   "action_builder:field": "Weekly hours", "action_builder:number_response": 1,
                   column: value}  # fmt: skip
            yield {"person": {"given_name": "Bo"}, "add_tags": [tag], "remove_tags": [tag]}
        for name in ("add_tags", "remove_tags", "add_connections", "person"):
            yield {"person": {"given_name": "Bo"}, name: value}
        yield {"person": {"given_name": "Bo"}, "add_connections": [{"person_id": value}]}


def test_no_value_in_a_body_crashes_a_write_or_what_is_read_later():
    crm = sandbox.build(Options(people=5))
    base = f"/api/rest/v1/campaigns/{FIRST}"
    key = [(b"osdi-api-token", b"sandbox-key")]
    for body in bodies():
        content = json.dumps(body).encode()
        assert crm.handle(Call("POST", f"{base}/people", "", key, content)).status < 500, body
    everybody = json.loads(crm.handle(Call("GET", f"{base}/people", "", key)).body)
    person = everybody["_embedded"]["osdi:people"][0]["identifiers"][0][15:]
    for value in NONSENSE:
        for path, method, body in (
            (f"people/{person}/connections", "POST", {"connection": {"person_id": value}}),
            (f"people/{person}/connections", "POST", {"connection": value}),
            (f"people/{person}", "PUT", {"email_addresses": value, "given_name": value}),
            ("tags", "POST", {"name": value, "action_builder:section": value}),
        ):
            content = json.dumps(body).encode()
            assert crm.handle(Call(method, f"{base}/{path}", "", key, content)).status < 500, body
    assert len(crm.state()["people"]) > 100


@pytest.mark.parametrize(
    "query",
    ["page=x", "page=-1", "page=99999999999999999999", "per_page=²", "%ff=%fe", "filter=%ff",
     "filter=identifier eq 'x:99999999999999999999999999'", "filter=phone_number eq ''",
     "filter=modified_date gt '0001-01-01T00:00:00+14:00'"],
)  # fmt: skip
def test_a_parameter_that_makes_no_sense_is_not_a_crash(ab, query):
    assert ab.get(f"people?{query}").status_code in {200, 400}
