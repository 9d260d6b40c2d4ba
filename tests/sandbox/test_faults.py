"""Faults on purpose."""

import httpx
import pytest

from sqlcrm.errors import ConfigurationError
from sqlcrm.sandbox import Options, Sandbox, serve
from sqlcrm.sandbox.faults import NAMES, Faults, parse


def _things(http: httpx.Client) -> list[str]:
    return [row["id"] for row in http.get("/_sandbox/state").json()["things"]]


def _fault(http: httpx.Client, name: str, **more: float) -> None:
    assert http.post("/_sandbox/faults", json={"name": name, **more}).status_code == 200


@pytest.mark.parametrize(("name", "status"), [("429", 429), ("500", 500), ("expired-token", 401)])
def test_refusals_use_the_apis_words_and_apply_nothing(http: httpx.Client, name: str, status: int):
    _fault(http, name)
    assert http.post("/things", content=b"9").status_code == status
    assert "9" not in _things(http)


def test_lost_reply_is_applied_and_answers_not_one_byte(http: httpx.Client):
    _fault(http, "lost-reply")
    with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):
        http.post("/things", content=b"9")
    assert "9" in _things(http)
    assert http.get("/_sandbox/counters").json()["by_status"] == {"0": 1}


def test_truncated_reply_ends_before_its_length(http: httpx.Client):
    _fault(http, "truncated")
    with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):
        http.post("/things", content=b"9")
    assert "9" in _things(http)


def test_slow_reply_comes_late_and_is_applied(http: httpx.Client):
    _fault(http, "slow", ms=30)
    http.post("/things", content=b"9")
    assert http.get("/_sandbox/calls").json()[0]["ms"] >= 25
    assert "9" in _things(http)


def test_html_error_is_a_502_page_and_a_200_page_in_turn(http: httpx.Client):
    _fault(http, "html-error")
    replies = [http.post("/things", content=b"9") for _ in range(4)]
    assert [reply.status_code for reply in replies] == [502, 200, 502, 200]
    assert all(reply.headers["content-type"].startswith("text/html") for reply in replies)
    assert "9" not in _things(http)


def test_drift_hides_rows_and_shows_them_again(http: httpx.Client):
    _fault(http, "drift")
    pages = {http.get("/things").json()["things"] for _ in range(20)}
    assert len(pages) > 1
    assert all(page.count(",") == 1 for page in pages)
    http.post("/_sandbox/faults", json={})
    assert http.get("/things").json()["things"] == "0,1,2"


def test_foreign_next_is_the_apis_own(http: httpx.Client):
    _fault(http, "foreign-next")
    assert http.get("/things").status_code == 302


def test_share_hits_some_calls_the_same_ones_each_time(http: httpx.Client):
    def run() -> list[int]:
        _fault(http, "500", share=0.5)
        return [http.get("/things").status_code for _ in range(40)]

    first = run()
    assert {200, 500} == set(first)
    assert run() == first


def test_share_of_nothing_hits_nothing(http: httpx.Client):
    _fault(http, "500", share=0)
    assert {http.get("/things").status_code for _ in range(20)} == {200}


def test_clearing_ends_a_fault(http: httpx.Client):
    _fault(http, "500")
    assert http.post("/_sandbox/faults", json={}).json() == {}
    assert http.get("/things").status_code == 200


def test_another_seed_hits_other_calls():
    def hits(seed: int) -> list[bool]:
        faults = Faults(Options(seed=seed, faults="500:0.5"))
        return [faults.pick() is not None for _ in range(40)]

    assert hits(1) == hits(1)
    assert hits(1) != hits(2)


def test_fault_can_be_there_from_the_start(toy: Sandbox):
    with serve([toy], Options(faults="429:1")) as running:
        assert httpx.get(running[0].url + "/things").status_code == 429


@pytest.mark.parametrize("text", ["boom", "500:x", "500:1.5", ":0.3"])
def test_wrong_fault_at_the_start_is_a_configuration_error(toy: Sandbox, text: str):
    with pytest.raises(ConfigurationError), serve([toy], Options(faults=text)):
        pass


@pytest.mark.parametrize("name", NAMES)
def test_every_fault_can_be_written_with_its_share(name: str):
    fault = parse(f"{name}:0.3")
    assert fault is not None
    assert (fault.name, fault.share) == (name, 0.3)
