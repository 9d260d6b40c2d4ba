"""The control endpoints."""

import httpx
import pytest


def test_counters_count_calls_by_method_and_status(http: httpx.Client):
    http.get("/things")
    http.get("/things")
    http.post("/things", content=b"9")
    assert http.get("/_sandbox/counters").json() == {
        "calls": 3,
        "by_method": {"GET": 2, "POST": 1},
        "by_status": {"200": 2, "201": 1},
    }


def test_control_calls_are_not_counted(http: httpx.Client):
    for path in ("counters", "calls", "state"):
        assert http.get(f"/_sandbox/{path}").status_code == 200
    assert http.get("/_sandbox/counters").json()["calls"] == 0


def test_calls_are_listed_in_order_with_query_and_time(http: httpx.Client):
    http.get("/things?page=2&q=%C3%A9")
    http.post("/things", content=b"9")
    first, second = http.get("/_sandbox/calls").json()
    assert (first["method"], first["path"], first["query"]) == ("GET", "/things", "page=2&q=%C3%A9")
    assert (second["method"], second["status"]) == ("POST", 201)
    assert first["ms"] >= 0


def test_state_shows_all_rows(http: httpx.Client):
    assert http.get("/_sandbox/state").json()["things"] == [{"id": "0"}, {"id": "1"}, {"id": "2"}]


def test_reset_restores_data_and_counters_and_changes_the_account(http: httpx.Client):
    http.post("/things", content=b"9")
    before = http.get("/_sandbox/state").json()
    assert http.post("/_sandbox/reset").status_code == 200
    after = http.get("/_sandbox/state").json()
    assert len(before["things"]) == 4
    assert len(after["things"]) == 3
    assert before["account"] != after["account"]
    assert http.get("/_sandbox/counters").json()["calls"] == 0


def test_reset_clears_a_fault_that_was_set_later(http: httpx.Client):
    http.post("/_sandbox/faults", json={"name": "500"})
    http.post("/_sandbox/reset")
    assert http.get("/things").status_code == 200


@pytest.mark.parametrize("method", ["GET", "PUT"])
def test_reset_is_only_posted(http: httpx.Client, method: str):
    assert http.request(method, "/_sandbox/reset").status_code == 405


def test_unknown_control_path_is_not_found(http: httpx.Client):
    assert http.get("/_sandbox/nothing").status_code == 404


@pytest.mark.parametrize(
    "body", [{"name": "boom"}, {"share": 0.3}, {"name": "500", "share": 2}, ["500"], "500"]
)
def test_unknown_fault_is_refused_with_the_list(http: httpx.Client, body: object):
    reply = http.post("/_sandbox/faults", json=body)
    assert reply.status_code == 400
    assert "lost-reply" in reply.json()["faults"]


def test_fault_body_that_is_no_json_is_refused(http: httpx.Client):
    assert http.post("/_sandbox/faults", content=b"{").status_code == 400
