"""Faults as this API words them."""

import json

import httpx
import pytest

from sqlcrm.sandbox import Call, Clock, Options
from sqlcrm_activecampaign.sandbox import sandbox


def everyone(ac) -> list[str]:
    return [row["id"] for row in ac.rows("contacts")]


def test_rows_vanish_and_appear_while_somebody_pages(ac):
    ac.fault("drift")
    runs = [everyone(ac) for _ in range(5)]
    assert any(set(run) != {str(key) for key in range(1, 301)} for run in runs)
    ac.fault("")
    assert everyone(ac) == [str(key) for key in range(1, 301)]


def test_drift_does_not_hide_somebody_asked_for_by_address(ac):
    email = ac.get("contacts?limit=1").json()["contacts"][0]["email"]
    ac.fault("drift")
    assert all(ac.get(f"contacts?email={email}").json()["contacts"] for _ in range(20))


def test_foreign_next_is_a_redirect_to_another_host(ac):
    ac.fault("foreign-next")
    reply = ac.get("contacts?id_greater=5")
    assert reply.status_code == 302
    assert reply.headers["location"].startswith("http://foreign.example.net/api/3/contacts?id_gr")


@pytest.mark.parametrize("name", ["429", "500", "html-error", "expired-token", "foreign-next"])
def test_refused_writes_are_not_applied(ac, name):
    ac.fault(name)
    ac.post("contacts", json={"contact": {"email": "ana@example.org"}})
    assert "ana@example.org" not in [row["email"] for row in ac.state()["contacts"]]


@pytest.mark.parametrize("name", ["lost-reply", "truncated"])
def test_cut_writes_are_applied(ac, name):
    ac.fault(name)
    with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):
        ac.post("contacts", json={"contact": {"email": "ana@example.org"}})
    assert "ana@example.org" in [row["email"] for row in ac.state()["contacts"]]


def test_a_429_fault_says_when_to_come_back(ac):
    ac.fault("429")
    reply = ac.get("contacts")
    assert (reply.status_code, reply.headers["retry-after"]) == (429, "1")


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'"x"', b'{"contact":[]}', b"\xff\xfe"])
def test_a_body_that_makes_no_sense_is_refused_and_not_a_crash(ac, body):
    for path in ("contacts", "contactTags", "tags", "deals", "notes", "import/bulk_import"):
        reply = ac.post(path, content=body)
        assert 400 <= reply.status_code < 500, path


@pytest.mark.parametrize(
    "query",
    [
        "limit=x",
        "limit=-1",
        "offset=-5",
        "ids[]=x",
        "tagid=x",
        "id_greater=x",
        "%ff=%fe",
        "orders[x]=y",
    ],
)
def test_a_parameter_that_makes_no_sense_is_ignored(ac, query):
    assert ac.get(f"contacts?{query}").status_code == 200


class Hurried(Clock):
    """A clock that is an hour later each time it is asked."""

    seconds = 0.0

    def monotonic(self) -> float:
        self.seconds += 3600
        return self.seconds


SENT = (
    ("contacts", "contact", {"email": "a@example.org"}, ("fieldValues", "orgid", "phone")),
    ("contact/sync", "contact", {"email": "a@example.org"}, ("fieldValues", "firstName")),
    ("contactTags", "contactTag", {"contact": 1, "tag": 1}, ("contact", "tag")),
    ("contactLists", "contactList", {"contact": 1, "list": 1, "status": 1}, ("list", "status")),
    ("fieldValues", "fieldValue", {"contact": 1, "field": 1}, ("field", "value")),
    ("tags", "tag", {"tag": "x"}, ("tag", "tagType", "description")),
    ("fields", "field", {"title": "x", "type": "text"}, ("title", "type", "perstag")),
    ("accounts", "account", {"name": "x"}, ("name", "fields", "owner")),
    ("accountContacts", "accountContact", {"contact": 1, "account": 1}, ("account", "jobTitle")),
    ("notes", "note", {"note": "x", "relid": 1, "reltype": "Deal"}, ("note", "relid", "reltype")),
    ("dealTasks", "dealTask", {"relid": 1, "duedate": "x", "dealTasktype": 1}, ("relid", "title")),
    (
        "deals",
        "deal",
        {"title": "x", "value": 1, "currency": "usd", "contact": 1, "stage": 1, "owner": 1},
        ("value", "fields", "contact", "stage", "group"),
    ),
)
NONSENSE = ([], [[]], [{}], {}, None, -1, 1e999, 1.5, True, "x", 2**70)


@pytest.mark.parametrize(("path", "singular", "good", "columns"), SENT)
def test_no_value_in_a_body_crashes_a_write(path, singular, good, columns):
    crm = sandbox.build(Options(people=5))
    for column in columns:
        for value in NONSENSE:
            body = json.dumps({singular: {**good, column: value}}).encode()
            call = Call("POST", f"/api/3/{path}", "", [(b"api-token", b"sandbox-key")], body)
            assert crm.handle(call).status < 500, (column, value)
    assert crm.state()


def test_no_value_in_a_batch_crashes_a_later_call():
    crm = sandbox.build(Options(people=5, limits="off", clock=Hurried()))
    key = [(b"api-token", b"sandbox-key")]
    columns = ("first_name", "tags", "fields", "subscribe", "unsubscribe", "customer_acct_name")
    for column in columns:
        for value in (*NONSENSE, [""], [1]):
            body = json.dumps({"contacts": [{"email": "a@example.org", column: value}]}).encode()
            crm.handle(Call("POST", "/api/3/import/bulk_import", "", key, body))
            assert crm.handle(Call("GET", "/api/3/tags", "", key)).status == 200, (column, value)
