"""Faults as this API words them."""

import httpx
import pytest


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
