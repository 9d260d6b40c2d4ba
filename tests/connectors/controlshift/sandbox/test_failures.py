"""Faults as this API words them."""

import pytest


@pytest.mark.parametrize(
    ("name", "status"), [("429", 429), ("500", 500), ("expired-token", 401), ("foreign-next", 302)]
)
def test_refused_writes_are_not_applied(cs, name, status):
    cs.fault(name)
    sent = {"petition": {"title": "t", "what": "w", "who": "w"}}
    assert cs.post("petitions", json=sent).status_code == status
    assert len(cs.state()["petitions"]) == 61


def test_too_many_calls_carry_the_three_headers(cs):
    cs.fault("429")
    headers = cs.get("petitions").headers
    assert (headers["ratelimit-limit"], headers["ratelimit-remaining"]) == ("1000", "0")
    assert int(headers["ratelimit-reset"]) <= 60


def test_next_page_of_featured_petitions_leads_elsewhere(cs):
    cs.fault("foreign-next")
    shown = cs.open("/petitions/featured.json").json()
    assert shown["links"]["next"].startswith("http://foreign.example.net/petitions/featured.json")
    location = cs.get("petitions?page=2").headers["location"]
    assert location == "http://foreign.example.net/api/v1/petitions?page=2"


def test_rows_vanish_and_appear_while_somebody_pages(cs):
    everything = [row["slug"] for row in cs.pages("petitions", "petitions")]
    cs.fault("drift")
    runs = [[row["slug"] for row in cs.pages("petitions", "petitions")] for _ in range(5)]
    assert any(sorted(run) != sorted(everything) for run in runs)
    assert cs.get("petitions/save-the-park").status_code == 200
    cs.post(f"{cs.root}/_sandbox/faults", json={})
    assert [row["slug"] for row in cs.pages("petitions", "petitions")] == everything


@pytest.mark.parametrize(
    "path", ["/api/v1/nothing", "/api/v1/petitions/x", "/nothing", "/petitions/x.json", "/"]
)
def test_what_is_not_there_is_not_found(cs, path):
    assert cs.get(cs.root + path).status_code == 404


def test_a_body_that_is_no_json_is_refused(cs):
    headers = {"content-type": "application/json"}
    reply = cs.post("petitions", content=b"{", headers=headers)
    assert reply.status_code == 400
    assert cs.post("petitions", content=b"[1]", headers=headers).status_code == 422
    assert cs.post("petitions").status_code == 422


@pytest.mark.parametrize(
    "asked",
    [
        {"action": "sign", "petition": "nothing"},
        {"action": "sign", "email": "no address"},
        {"action": "confirm"},
        {"action": "confirm", "signature": 1},
        {"action": "unsubscribe", "email": "nobody@example.org"},
        {"action": "export_full", "table": "nothing"},
        {"action": "enable_endpoint", "id": 7},
        {"action": "end_petition", "petition": "save-the-park", "ended_type": "drawn"},
        {"action": "leave_group", "member": 1},
        {"action": "rename_category", "category": "nothing"},
        {"action": "dance"},
    ],
)
def test_actions_that_cannot_be_done_say_so(cs, asked):
    reply = cs.post(f"{cs.root}/_sandbox/actions", json=asked)
    assert (reply.status_code, bool(reply.json()["message"])) == (400, True)
