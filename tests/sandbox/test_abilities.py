"""Switches and actions, and the stamp that tells accounts apart."""

import re
from collections.abc import Iterator

import httpx
import pytest

from sqlcrm.sandbox import Options, Sandbox, serve
from tests.sandbox.conftest import Toy


class Able(Toy):
    """A toy with switches and people who do things."""

    def __init__(self, options: Options) -> None:
        super().__init__(options)
        self.switches = {"lag": False, "delay": 1.5, "compression": "none", "pages": 3}
        self.actions = {"add": "adds `thing`"}

    @property
    def settings(self):
        return self.switches

    def set(self, name: str, value: object) -> None:
        if name == "compression" and value not in {"none", "bzip2"}:
            message = "compression is none or bzip2."
            raise ValueError(message)
        self.switches[name] = value

    def act(self, action: str, values):
        if "thing" not in values:
            message = "add what?"
            raise ValueError(message)
        self.things.append(values["thing"])
        return {"things": len(self.things)}


ABLE = Sandbox("able", "a", Able, {})


@pytest.fixture(scope="module")
def _served_able() -> Iterator[str]:
    with serve([ABLE], Options(people=3, limits="off")) as (running,):
        yield running.url


@pytest.fixture
def able(_served_able: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=_served_able) as client:
        client.post("/_sandbox/reset")
        yield client


def test_every_reply_is_stamped_with_the_account(http: httpx.Client):
    stamps = {http.get("/things").headers["x-sqlcrm-sandbox"] for _ in range(3)}
    http.post("/_sandbox/faults", json={"name": "html-error"})
    stamps.add(http.get("/things").headers["x-sqlcrm-sandbox"])
    stamps.add(http.post("/things", content=b"x" * 10_000_001).headers["x-sqlcrm-sandbox"])
    assert len(stamps) == 1
    assert re.fullmatch("[0-9a-f]{16}", stamps.pop())


def test_a_reset_and_a_new_start_change_the_stamp(http: httpx.Client, toy: Sandbox):
    before = http.get("/things").headers["x-sqlcrm-sandbox"]
    http.post("/_sandbox/reset")
    after = http.get("/things").headers["x-sqlcrm-sandbox"]
    with serve([toy], Options(people=3)) as (running,):
        fresh = httpx.get(running.url + "/things").headers["x-sqlcrm-sandbox"]
    assert len({before, after, fresh}) == 3


def test_settings_are_shown_and_changed(able: httpx.Client):
    before = able.get("/_sandbox/settings").json()
    assert before == {"lag": False, "delay": 1.5, "compression": "none", "pages": 3}
    changed = able.post("/_sandbox/settings", json={"lag": True, "delay": 2})
    assert changed.json() == {**before, "lag": True, "delay": 2}
    assert able.get("/_sandbox/settings").json() == changed.json()


def test_reset_puts_the_defaults_back(able: httpx.Client):
    able.post("/_sandbox/settings", json={"lag": True})
    able.post("/_sandbox/reset")
    assert able.get("/_sandbox/settings").json()["lag"] is False


@pytest.mark.parametrize(
    "wrong",
    [
        {"lagg": True},
        {"lag": 1},
        {"lag": "true"},
        {"delay": True},
        {"pages": 1.5},
        {"compression": "zip"},
        {"compression": None},
    ],
)
def test_wrong_settings_are_refused_with_the_known_ones_and_change_nothing(
    able: httpx.Client, wrong: dict[str, object]
):
    before = able.get("/_sandbox/settings").json()
    reply = able.post("/_sandbox/settings", json={"lag": True, **wrong})
    assert reply.status_code == 400
    assert reply.json()["known"] == before
    assert able.get("/_sandbox/settings").json() == before


@pytest.mark.parametrize("body", [b"[]", b"{", b"3"])
def test_what_is_no_object_is_refused(able: httpx.Client, body: bytes):
    for path in ("settings", "actions", "outbox"):
        assert able.post(f"/_sandbox/{path}", content=body).status_code == 400


def test_an_action_changes_the_data_and_says_what_it_did(able: httpx.Client):
    reply = able.post("/_sandbox/actions", json={"action": "add", "thing": "9"})
    assert reply.json() == {"things": 4}
    assert {"id": "9"} in able.get("/_sandbox/state").json()["things"]
    assert able.get("/_sandbox/counters").json()["calls"] == 0


@pytest.mark.parametrize("asked", [{"action": "remove"}, {}, {"action": ["add"]}])
def test_unknown_actions_are_refused_with_the_known_ones(able: httpx.Client, asked: object):
    reply = able.post("/_sandbox/actions", json=asked)
    assert (reply.status_code, reply.json()["known"]) == (400, {"add": "adds `thing`"})
    assert able.get("/_sandbox/actions").json() == {"add": "adds `thing`"}


def test_an_action_that_lacks_something_says_so(able: httpx.Client):
    reply = able.post("/_sandbox/actions", json={"action": "add"})
    assert (reply.status_code, reply.json()["message"]) == (400, "add what?")


def test_a_crm_without_abilities_has_none(http: httpx.Client):
    assert http.get("/_sandbox/settings").json() == {}
    assert http.get("/_sandbox/actions").json() == {}
    assert http.get("/_sandbox/outbox").json() == {"counts": {}, "messages": []}
    assert http.post("/_sandbox/settings", json={"lag": True}).status_code == 400
    assert http.post("/_sandbox/actions", json={"action": "add"}).status_code == 400


def test_a_crm_that_names_its_address_is_told_it_at_each_start():
    class Placed(Toy):
        origin = ""

        def state(self):
            return {"origin": [{"url": self.origin}]}

    with serve([Sandbox("placed", "p", Placed, {})], Options(people=1)) as (running,):
        for _ in range(2):
            shown = httpx.get(running.url + "/_sandbox/state").json()
            assert shown == {"origin": [{"url": running.url}]}
            httpx.post(running.url + "/_sandbox/reset")
