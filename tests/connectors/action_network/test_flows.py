"""Flows, driven by hand: what they ask, and what they make of the answers."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeVar

import pytest

from sqlcrm.sdk import Flow, Href, Outcome, Request, Response, ShapeChanged
from sqlcrm_action_network.flows import (
    custom_fields,
    donations_of,
    free_name,
    person_by_email,
    records_by_email,
    who,
)
from sqlcrm_action_network.signing_up import finishing, signing_up
from sqlcrm_action_network.tables.people import TAKEN
from sqlcrm_action_network.tagging import add_tags, remove_tags

T = TypeVar("T")
URL = "https://actionnetwork.org/api/v2"


def drive(flow: Flow[T], answers: Iterable[Response]) -> tuple[T, list[Request]]:
    """Run a flow on these answers, all of which it must want."""
    asked = [next(flow)]
    waiting = iter(answers)
    while True:
        try:
            asked.append(flow.send(next(waiting)))
        except StopIteration as end:
            assert next(waiting, None) is None, "the flow ended early"
            return end.value, asked


def calls(asked: Iterable[Request]) -> list[str]:
    return [f"{r.method} {r.path.format(**{'id': '', **r.fill})}" for r in asked]


def people(*found: dict[str, Any]) -> Response:
    return Response(200, {"_embedded": {"osdi:people": list(found)}})


def person(identity: str, email: str, status: str = "subscribed") -> dict[str, Any]:
    return {
        "identifiers": [f"action_network:{identity}"],
        "email_addresses": [{"primary": True, "address": email, "status": status}],
    }


def counted(at: str, *rows: dict[str, Any]) -> Response:
    return Response(200, {"total_pages": 1, "total_records": 1, "_embedded": {at: list(rows)}})


def tagging(identity: str, tag: str) -> dict[str, Any]:
    link = {"osdi:tag": {"href": f"{URL}/tags/{tag}"}}
    return {"identifiers": [f"action_network:{identity}"], "_links": link}


def tag(identity: str, name: str) -> dict[str, Any]:
    return {"identifiers": [f"action_network:{identity}"], "name": name}


def test_nobody_tells_whose_key_it_is() -> None:
    identity, asked = drive(who(), [people()])
    assert identity.account == ""
    assert calls(asked) == ["GET /people"]  # the entry point answers without a key


def test_custom_fields_are_columns_in_snake_case_at_their_own_names() -> None:
    names = ["Shirt size", "T. size", "Email", "shirt_size", "", "[x]"]
    body = {"action_network:custom_fields": [{"name": name} for name in names]}
    columns, _ = drive(custom_fields(TAKEN), [Response(200, body)])
    assert [(c.name, c.path, c.aliases) for c in columns] == [
        ("shirt_size", "custom_fields.Shirt size", ("Shirt size",)),
        ("t_size", r"custom_fields.T\. size", ("T. size",)),
        ("email_2", "custom_fields.Email", ()),
        ("shirt_size_2", "custom_fields.shirt_size", ()),
        ("x", r"custom_fields.\[x]", ("[x]",)),
    ]


def test_a_reply_without_custom_fields_is_no_empty_list() -> None:
    with pytest.raises(ShapeChanged):
        drive(custom_fields(TAKEN), [Response(200, {})])


@pytest.mark.parametrize(("title", "name"), [("V1.Import", "v1_import"), ("Straße", "straße")])
def test_names_are_numbered_where_they_are_used(title: str, name: str) -> None:
    assert free_name(title, set()) == name
    assert free_name(title, {name}) == f"{name}_2"


def test_a_person_is_found_by_address_and_nobody_else_is_taken_for_them() -> None:
    stranger, ana = person("1", "bo@example.org"), person("2", "Ana@Example.org")
    found, asked = drive(person_by_email("ana@example.org"), [people(stranger, ana)])
    assert found == ana
    assert dict(asked[0].query) == {"filter": "email_address eq 'ana@example.org'"}
    assert drive(person_by_email("ana@example.org"), [people()])[0] is None
    with pytest.raises(ShapeChanged, match="only others"):
        drive(person_by_email("ana@example.org"), [people(stranger)])


def test_an_address_is_looked_for_as_it_is_given_and_in_small_letters() -> None:
    ana = person("2", "ana@example.org")
    found, asked = drive(person_by_email("Ana@Example.org"), [people(), people(ana)])
    assert found == ana
    assert [dict(one.query)["filter"][-17:-1] for one in asked] == [
        "Ana@Example.org"[-16:].rjust(16, "'"),
        "ana@example.org"[-16:].rjust(16, "'"),
    ]


def test_records_by_address_come_with_their_person() -> None:
    fetch = records_by_email("signatures", "_embedded.osdi:signatures")
    ana = person("2", "ana@example.org")
    signed = {"identifiers": ["action_network:s"]}
    found, asked = drive(
        fetch(["ana@example.org", "bo@example.org"], ()),
        [people(ana), counted("osdi:signatures", signed), people()],
    )
    assert found == [{**signed, "person": ana}]
    assert calls(asked) == ["GET /people", "GET /people/2/signatures", "GET /people"]


def test_donations_of_a_person_who_is_gone_are_found_in_the_whole_list() -> None:
    def given(identity: str, who_gave: str) -> dict[str, Any]:
        link = {"osdi:person": {"href": f"{URL}/people/{who_gave}"}}
        return {"identifiers": [f"action_network:{identity}"], "_links": link}

    at = "osdi:donations"
    every = counted(at, given("a", "gone"), given("b", "here"), given("c", "other"))
    answers = [Response(404, {"error": "…"}), counted(at, given("b", "here")), every]
    found, _ = drive(donations_of(["gone", "here"], ()), answers)
    assert [row["identifiers"][0][-1] for row in found] == ["b", "a"]


def _row(name: str, identity: str) -> dict[str, Any]:
    links = {
        "osdi:tag": {"href": Href(f"/tags/{identity}")},
        "osdi:person": {"href": Href("/people/p")},
    }
    return {"_links": links, "tag_name": name}


def test_tags_of_a_person_go_in_one_call_and_are_read_back() -> None:
    rows = [_row("Volunteer", "v"), _row("Donor", "d")]
    answers = [
        Response(200, person("p", "ana@example.org")),
        Response(200, person("p", "ana@example.org")),
        counted("osdi:taggings", tagging("t1", "v"), tagging("t2", "other")),
    ]
    outcomes, asked = drive(add_tags(rows), answers)
    assert calls(asked) == ["GET /people/p", "POST /people", "GET /people/p/taggings"]
    assert asked[1].body == {
        "person": {"email_addresses": [{"address": "ana@example.org"}]},
        "add_tags": ["Volunteer", "Donor"],
    }
    assert outcomes[0] == Outcome("done", id="t1")
    assert outcomes[1].state == "again"  # silently ignored: it goes alone, by ids


def test_tags_taken_off_are_read_back() -> None:
    rows = [_row("Volunteer", "v"), _row("Donor", "d")]
    answers = [
        Response(200, person("p", "ana@example.org")),
        Response(200, person("p", "ana@example.org")),
        counted("osdi:taggings", tagging("t1", "v")),
    ]
    outcomes, asked = drive(remove_tags(rows), answers)
    assert [one.state for one in outcomes] == ["again", "done"]
    assert asked[1].body["remove_tags"] == ["Volunteer", "Donor"]


@pytest.mark.parametrize(
    "answer",
    [Response(404, {"error": "…"}), Response(200, {"identifiers": [], "email_addresses": []})],
)
def test_t6_nobody_is_made_anew_to_be_tagged(answer: Response) -> None:
    outcomes, asked = drive(add_tags([_row("Volunteer", "v")]), [answer])
    assert [one.state for one in outcomes] == ["again"]
    assert calls(asked) == ["GET /people/p"]


SIGN = signing_up("/petitions/{id}/signatures", "petition", append=False, batch=25)
SIGNED = Response(200, {"identifiers": ["action_network:s"], "_links": {}})


def _signup(status: str = "unsubscribed", **more: Any) -> dict[str, Any]:
    address = {"address": "ana@example.org", "status": status}
    who_signs = {"email_addresses": [address], "given_name": "Ana"}
    return {"petition": "9", "person": who_signs, **more}


def test_who_is_new_and_did_not_ask_for_it_is_made_unsubscribed_first() -> None:
    made = Response(200, person("p", "ana@example.org", "unsubscribed"))
    (outcome,), asked = drive(SIGN([_signup(comments="Hi")]), [people(), made, SIGNED])
    assert outcome == Outcome("done", id="s")
    assert calls(asked) == ["GET /people", "POST /people", "POST /petitions/9/signatures"]
    assert asked[1].body["person"]["email_addresses"] == [
        {"address": "ana@example.org", "status": "unsubscribed"}
    ]
    assert asked[2].body == {
        "comments": "Hi",
        "person": {"email_addresses": [{"address": "ana@example.org"}], "given_name": "Ana"},
    }


def test_who_could_not_be_made_is_not_signed_up() -> None:
    for refusal in (Response(200, {}), Response(400, {"error": "no"})):
        (outcome,), _ = drive(SIGN([_signup()]), [people(), refusal])
        assert outcome.state == "rejected"


def test_who_is_new_and_asked_for_it_is_made_by_the_helper() -> None:
    (outcome,), asked = drive(SIGN([_signup("subscribed")]), [people(), SIGNED])
    assert outcome.state == "done"
    assert asked[1].body["person"]["email_addresses"] == [{"address": "ana@example.org"}]


def test_who_was_made_by_the_first_row_is_sent_no_status_by_the_second() -> None:
    rows = [_signup("subscribed"), {**_signup(), "petition": "8"}]
    outcomes, asked = drive(SIGN(rows), [people(), SIGNED, SIGNED])
    assert [one.state for one in outcomes] == ["done", "done"]
    assert calls(asked)[1:] == ["POST /petitions/9/signatures", "POST /petitions/8/signatures"]


def test_whom_a_failed_row_did_not_make_is_made_unsubscribed_by_the_next() -> None:
    rows = [_signup("subscribed"), {**_signup(), "petition": "8"}]
    made = Response(200, person("p", "ana@example.org", "unsubscribed"))
    answers = [people(), Response(200, {}), people(), made, SIGNED]
    outcomes, _ = drive(SIGN(rows), answers)
    assert [one.state for one in outcomes] == ["rejected", "done"]


def test_a_full_batch_waits_until_who_was_subscribed_can_be_found() -> None:
    give = signing_up("/fundraising_pages/{id}/donations", "petition", append=True, batch=1)
    _, asked = drive(give([_signup("subscribed")]), [people(), SIGNED, Response(200, {})])
    assert asked[-1].after == 3.0


def test_who_was_there_after_all_is_rejected() -> None:
    was = person("p", "Ana@example.org", "unsubscribed")
    dates = {"created_date": "2020-01-01T00:00:00Z", "modified_date": "2026-11-22T00:00:00Z"}
    (outcome,), _ = drive(SIGN([_signup()]), [people(), Response(200, {**was, **dates})])
    assert outcome.state == "rejected"
    assert "another spelling" in outcome.reason


def test_what_may_be_made_twice_is_not_left_to_the_background() -> None:
    give = signing_up("/fundraising_pages/{id}/donations", "petition", append=True, batch=1)
    with pytest.raises(StopIteration) as end:
        next(give([_signup(background=True)]))
    assert [one.state for one in end.value.value] == ["rejected"]


@pytest.mark.parametrize(("was", "said"), [("unsubscribed", True), ("subscribed", False)])
def test_to_who_exists_no_status_is_sent(was: str, said: bool) -> None:
    there = people(person("p", "ana@example.org", was))
    (outcome,), asked = drive(SIGN([_signup("subscribed")]), [there, SIGNED])
    assert asked[1].body["person"]["email_addresses"] == [{"address": "ana@example.org"}]
    assert outcome.state == "done"
    assert ("email_status stays unsubscribed" in outcome.reason) is said


@pytest.mark.parametrize("reply", [Response(200, {}), Response(400, {"error": "…"})])
def test_t3_an_empty_reply_of_the_helper_is_a_failure(reply: Response) -> None:
    there = people(person("p", "ana@example.org"))
    (outcome,), _ = drive(SIGN([_signup()]), [there, reply])
    assert outcome.state == "rejected"
    assert outcome.reason


def test_what_is_done_in_the_background_is_accepted_only() -> None:
    there = people(person("p", "ana@example.org"))
    rows = [_signup(background=True)]
    (outcome,), asked = drive(SIGN(rows), [there, Response(200, {})])
    assert outcome == Outcome("accepted", ticket="9 ana@example.org")
    assert asked[1].query == (("background_request", "true"),)
    assert "background" not in asked[1].body


def test_the_background_is_waited_for() -> None:
    there = people(person("p", "ana@example.org"))
    finish = finishing("signatures", "_embedded.osdi:signatures", "petition")
    other, ours = (
        counted("osdi:signatures", {"identifiers": [], "petition": name}) for name in "89"
    )
    answers = [Response(200, {}), there, other, Response(200, {}), there, ours]
    said, asked = drive(finish("9 ana@example.org"), answers)
    assert said == "done"
    assert asked[0].after > 0
    never = [one for _ in range(3) for one in (Response(200, {}), people())]
    assert drive(finish("9 ana@example.org"), never)[0] == "unknown"


def test_tags_that_do_not_exist_are_refused_before_and_applied_ones_read_after() -> None:
    tags = counted("osdi:tags", tag("v", "Volunteer"), tag("d", "Donor"))
    there = people(person("p", "ana@example.org"))
    link = {"osdi:person": {"href": f"{URL}/people/p"}}
    signed = Response(200, {"identifiers": ["action_network:s"], "_links": link})
    rows = [
        _signup(add_tags=["Nope"]),
        _signup(add_tags=["Volunteer"], remove_tags=["Donor", "Gone"]),
        _signup(add_tags=["Donor"]),
    ]
    after = counted("osdi:taggings", tagging("t", "v"))
    outcomes, _ = drive(SIGN(rows), [tags, there, signed, after, there, signed, after])
    assert outcomes == [
        Outcome("rejected", "there is no tag named 'Nope'"),
        Outcome("done", id="s"),
        Outcome("done", "the tag 'Donor' was not applied", id="s"),
    ]


def test_a_donation_is_never_sent_again_by_itself() -> None:
    give = signing_up("/fundraising_pages/{id}/donations", "petition", append=True, batch=1)
    there = people(person("p", "ana@example.org"))
    _, asked = drive(give([_signup()]), [there, SIGNED])
    assert [one.may_repeat for one in asked] == [True, False]
    _, asked = drive(SIGN([_signup()]), [there, SIGNED])
    assert asked[1].may_repeat
