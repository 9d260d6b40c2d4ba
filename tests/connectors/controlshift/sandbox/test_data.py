"""The people and what they did, and the states of consent they are in."""

from collections import Counter

import httpx
import pytest

from sqlcrm.sandbox import Clock, Options
from sqlcrm_controlshift.sandbox.account import ControlShift
from tests.connectors.controlshift.sandbox.conftest import rows_of


@pytest.fixture(scope="module")
def state():
    return ControlShift(Options(people=300)).state()


def test_the_same_seed_gives_the_same_people(state):
    again = ControlShift(Options(people=300)).state()
    other = ControlShift(Options(people=300, seed=2)).state()

    def who(found):
        return [(row["id"], row["email"], row["created_at"]) for row in found["signatures"]]

    assert who(again) == who(state)
    assert who(other) != who(state)


def test_a_dozen_said_no_in_each_way(state):
    signatures, unsubscribes = state["signatures"], state["bulk/unsubscribes"]
    ways = Counter(
        (row["unsubscribable_type"], row["unsubscribe_organisation"], bool(row["bounce_id"]))
        for row in unsubscribes
    )
    for way in (
        ("Organisation", "t", False),
        ("Organisation", "t", True),
        ("Signature", "f", False),
        ("Signature", "t", False),
        ("Attendee", "f", False),
        ("PartnershipSubscription", "f", False),
    ):
        assert ways[way] >= 12, way
    assert sum(row["externally_unsubscribed_at"] is not None for row in unsubscribes) >= 12
    assert sum(row["join_organisation"] is False for row in signatures) >= 12
    assert sum(row["deleted_at"] is not None for row in signatures) >= 12
    assert sum(row["unsubscribe_at"] is not None for row in signatures) >= 24
    assert sum(row["unsubscribe_at"] is not None for row in state["attendees"]) >= 12
    assert sum(row["join_organisation"] is None for row in signatures) >= 24


def test_who_said_no_may_not_be_mailed(state):
    mailable = {row["member_id"]: row["mailable"] for row in state["mailable"]}
    opted = {row["member"]["id"] for row in state["signatures"] if row["join_organisation"]}
    left = Counter(
        mailable[int(row["member_id"])]
        for row in state["bulk/unsubscribes"]
        if row["unsubscribe_organisation"] == "t"
    )
    assert left[False] == 48
    assert left[True] == 12, "who came back with a later opt-in"
    assert not any(on for key, on in mailable.items() if key not in opted)
    assert sum(mailable.values()) > 100


def test_pending_people_are_not_confirmed(state):
    pending = [
        row
        for row in state["signatures"]
        if row["join_organisation"] and row["confirmed_at"] is None
    ]
    assert len(pending) >= 12


def test_some_people_have_no_address_any_more(state):
    nameless = [row for row in state["signatures"] if row["email"] is None]
    assert len(nameless) >= 12
    assert {row["first_name"] for row in nameless} == {"Anonymous"}


def test_one_signature_for_each_person_and_petition(state):
    pairs = Counter((row["member"]["id"], row["petition"]["slug"]) for row in state["signatures"])
    assert set(pairs.values()) == {1}


def test_names_are_like_peoples_names(state):
    names = {row["last_name"] for row in state["signatures"]}
    assert any("'" in name for name in names)
    assert any(not name.isascii() for name in names)
    fields = [row["additional_fields"] for row in state["signatures"]]
    assert any("\n" in text for row in fields for text in row.values())
    emails = [row["email"] for row in state["signatures"] if row["email"]]
    assert any(email != email.lower() for email in emails)


def test_nothing_happens_before_somebody_signed(state):
    for row in state["signatures"]:
        times = [row[name] for name in ("confirmed_at", "deleted_at", "unsubscribe_at")]
        assert all(time > row["created_at"] for time in times if time)
        assert row["updated_at"] >= row["created_at"] >= "2022"
        assert row["updated_at"] < "2026-01-02"


def test_public_count_is_of_those_who_did_sign(state):
    signed = Counter(
        row["petition"]["slug"] for row in state["signatures"] if row["deleted_at"] is None
    )
    for row in state["petitions"]:
        assert row["public_signature_count"] == signed[row["slug"]], row["slug"]


def test_lists_and_state_and_files_agree(cs):
    state = cs.state()
    petitions = cs.pages("petitions", "petitions")
    assert petitions == state["petitions"]
    listed = [
        row
        for petition in petitions
        for row in cs.pages(f"petitions/{petition['slug']}/signatures", "signatures")
    ]
    assert sorted(listed, key=lambda row: row["id"]) == state["signatures"]
    [file] = cs.act("export_full", table="signatures")["files"]
    rows = rows_of(httpx.get(file["url"]).text)
    assert [{name: cell or None for name, cell in row.items()} for row in rows] == state[
        "bulk/signatures"
    ]
    assert [row["email"] or None for row in rows] == [row["email"] for row in state["signatures"]]


def test_all_63_tables_can_be_exported(cs):
    files = cs.act("export_full")["files"]
    assert len(files) == 63
    assert all(httpx.get(file["url"]).status_code == 200 for file in files[:5])


def test_truths_in_files_can_be_spelled_out(cs):
    cs.switch(csv_booleans="true/false")
    [file] = cs.act("export_full", table="email_opt_in_types")["files"]
    assert {row["mailable"] for row in rows_of(httpx.get(file["url"]).text)} == {"true", "false"}


def test_account_is_another_one_at_each_start(cs):
    before = cs.get("organisation").json()["organisation"]["slug"]
    cs.post(f"{cs.root}/_sandbox/reset")
    assert cs.get("organisation").json()["organisation"]["slug"] != before


def test_a_million_people_are_there_without_being_spelled_out():
    crm = ControlShift(Options(people=100_000, clock=Clock()))
    last = crm.store.members.get(105_000)
    assert last is not None
    assert crm.store.members.find(last["email"]) == 105_000
    assert len(crm.store.signatures) > 130_000
