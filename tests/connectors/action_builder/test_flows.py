"""Flows, driven by hand: what they ask, and what they make of the answers."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeVar

import pytest

from sqlcrm.sdk import Flow, Outcome, Request, Response, ShapeChanged
from sqlcrm_action_builder.answers import answer, of_tags, remove_tag, take_back
from sqlcrm_action_builder.flows import make_entity, make_person, who

T = TypeVar("T")


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


def page(rel: str, *rows: dict[str, Any]) -> Response:
    body = {"page": 1, "per_page": 25, "total_pages": 1, "_embedded": {rel: list(rows)}}
    return Response(200, body)


NOTHING = Response(200, {"page": 1, "per_page": 25, "total_pages": 0})
MADE = {"identifiers": ["action_builder:e3"], "given_name": "Bo"}


def people(*rows: dict[str, Any]) -> Response:
    return page("osdi:people", *rows)


def taggings(*names: str, note: str | None = None) -> Response:
    rows = [
        {
            "identifiers": [f"action_builder:g{name}"],
            "action_builder:section": "S",
            "action_builder:field": "F",
            "action_builder:name": name,
            **({"action_builder:note_response": note} if note else {}),
            "item_type": "person",
            "_links": {"osdi:tag": {"href": f"https://x/tags/t{name}"}},
        }
        for name in names
    ]
    return page("osdi:taggings", *rows)


def asked_for(name: str, **more: Any) -> dict[str, Any]:
    facts = {"action_builder:section": "S", "action_builder:field": "F", "name": name}
    return {"person_id": "e3", **facts, **more}


def test_a_connection_is_its_campaign() -> None:
    body = {"identifiers": ["action_builder:c1"], "name": "Warehouse drive"}
    identity, asked = drive(who(), [Response(200, body)])
    assert [(one.method, one.path) for one in asked] == [("GET", "/campaigns/{campaign}")]
    assert (identity.account, identity.user) == ("c1", "campaign Warehouse drive")


def test_a_campaign_that_is_not_there_is_no_account() -> None:
    with pytest.raises(ShapeChanged, match="no such campaign"):
        drive(who(), [Response(404, {"error": "no such campaign"})])


EMAIL = {"email_addresses": [{"address": "bo@x.org", "status": "unsubscribed"}]}


def test_a_person_is_looked_for_and_then_made_once() -> None:
    row = {**EMAIL, "given_name": "Bo", "action_builder:entity_type": "person"}
    outcomes, asked = drive(make_person([row]), [NOTHING, Response(200, MADE)])
    assert dict(asked[0].query)["filter"] == "email_address eq 'bo@x.org'"
    assert asked[1].body == {"person": {**row, "action_builder:entity_type": "Person"}}
    assert asked[1].repeatable is False
    assert outcomes == [Outcome("done", id="e3")]


def test_a_second_address_of_somebody_makes_no_second_person() -> None:
    """The person's row shows another address, so that the plan cannot have seen it."""
    them = {**MADE, "email_addresses": [{"address": "other@x.org"}, {"address": "BO@x.org"}]}
    (outcome,), asked = drive(make_person([{**EMAIL, "given_name": "Bo"}]), [people(them)])
    assert outcome.state == "rejected"
    assert "(e3)" in outcome.reason
    assert [one.method for one in asked] == ["GET"]


def test_a_custom_id_that_somebody_has_changes_nobody() -> None:
    them = {"identifiers": ["action_builder:e9", "custom_id:77"], "given_name": "Cy"}
    row = {**EMAIL, "given_name": "Bo", "custom_id": "77"}
    (outcome,), asked = drive(make_person([row]), [NOTHING, people(them)])
    assert outcome.state == "rejected"
    assert dict(asked[1].query)["filter"] == "identifier eq 'custom_id:77'"


def test_a_new_number_is_subscribed_by_no_default() -> None:
    row = {**EMAIL, "given_name": "Bo", "phone_numbers": [{"number": "12025550101"}]}
    _, asked = drive(make_person([row]), [NOTHING, Response(200, MADE)])
    sent = asked[1].body["person"]["phone_numbers"]
    assert sent == [{"number": "12025550101", "status": "unsubscribed"}]


def test_a_status_without_an_address_is_not_sent() -> None:
    row = {"email_addresses": [{"status": "unsubscribed"}], "given_name": "Bo"}
    _, asked = drive(make_person([row]), [Response(200, MADE)])
    assert "email_addresses" not in asked[0].body["person"]


@pytest.mark.parametrize("body", [MADE, {"person": MADE}])
def test_a_made_person_is_understood_wrapped_or_not(body: dict[str, Any]) -> None:
    outcomes, _ = drive(
        make_person([{**EMAIL, "given_name": "Bo"}]), [NOTHING, Response(200, body)]
    )
    assert outcomes == [Outcome("done", id="e3")]


def test_a_success_without_the_person_is_not_believed() -> None:
    (outcome,), _ = drive(make_person([{**EMAIL}]), [NOTHING, Response(200, {})])
    assert outcome.state == "unknown"


def test_an_id_connects_that_entity_and_sends_nothing_else() -> None:
    gone, there = Response(404, {"error": "gone"}), Response(200, MADE)
    row = {**EMAIL, "id": "e3", "given_name": "Bo"}
    for flow in (make_person([row]), make_entity([row])):
        outcomes, asked = drive(flow, [gone, there])
        assert asked[1].body == {"person": {"identifiers": ["action_builder:e3"]}}
        assert outcomes == [Outcome("done", id="e3")]


def test_an_id_that_is_in_the_campaign_is_not_touched() -> None:
    (outcome,), asked = drive(make_person([{"id": "e3"}]), [Response(200, MADE)])
    assert outcome.state == "rejected"
    assert [one.method for one in asked] == ["GET"]


def test_a_person_is_not_made_among_entities() -> None:
    flow = make_entity([{"action_builder:entity_type": "Person", "name": "Bo"}])
    with pytest.raises(StopIteration) as end:
        next(flow)
    assert end.value.value[0].state == "rejected"


def test_answers_of_one_person_go_in_one_call_and_are_read_back() -> None:
    rows = [asked_for("A"), asked_for("B"), asked_for("C")]
    outcomes, asked = drive(
        answer(rows), [taggings("A"), Response(200, MADE), taggings("A", "B", "C")]
    )
    assert [one.method for one in asked] == ["GET", "POST", "GET"]
    assert asked[1].body["person"] == {"identifiers": ["action_builder:e3"]}
    assert [tag["name"] for tag in asked[1].body["add_tags"]] == ["B", "C"]
    assert asked[1].repeatable is False
    assert [one.id for one in outcomes] == ["gA", "gB", "gC"]


def test_an_ignored_answer_is_no_success() -> None:
    """The API says 200 and stores nothing where section, field or value do not match."""
    rows = [asked_for("A"), asked_for("X")]
    outcomes, asked = drive(
        answer(rows), [NOTHING, Response(200, MADE), taggings("A"), taggings("A")]
    )
    assert [one.state for one in outcomes] == ["done", "rejected"]
    assert "activated" in outcomes[1].reason
    assert asked[3].after > 0  # a second look, later


def test_another_note_is_one_more_and_the_same_note_is_not() -> None:
    one = asked_for("A", **{"action_builder:note_response": "one"})
    two = asked_for("A", **{"action_builder:note_response": "two"})
    had, now = taggings("A", note="one"), taggings("A", note="two")
    outcomes, asked = drive(answer([one, two]), [had, Response(200, MADE), now])
    assert [tag["action_builder:note_response"] for tag in asked[1].body["add_tags"]] == ["two"]
    assert [one.state for one in outcomes] == ["done", "done"]


def test_an_answer_brings_nobody_into_the_campaign() -> None:
    (outcome,), asked = drive(answer([asked_for("A")]), [Response(404, {"error": "gone"})])
    assert outcome.state == "rejected"
    assert [one.method for one in asked] == ["GET"]


TAGGING = {"id": "gA", "tag_id": "tA", "person_id": "e3"}


@pytest.mark.parametrize(("left", "state"), [(taggings("A"), "rejected"), (NOTHING, "done")])
def test_a_404_to_a_delete_is_gone_only_where_it_is_gone(left: Response, state: str) -> None:
    missing = Response(404, {"error": "Tag is not accessible"})
    (outcome,), _ = drive(take_back([TAGGING]), [missing, left])
    assert outcome.state == state


@pytest.mark.parametrize(("status", "state"), [(200, "rejected"), (404, "done")])
def test_a_tag_that_refuses_to_go_is_not_gone(status: int, state: str) -> None:
    missing = Response(404, {"error": "Tag is not accessible"})
    (outcome,), _ = drive(remove_tag([{"id": "tA"}]), [missing, Response(status, {})])
    assert outcome.state == state


def test_universal_answers_are_found_though_their_tag_refuses_to_list_them() -> None:
    missing = Response(404, {"error": "Tag is not accessible"})
    everyone = people(MADE, {"identifiers": ["action_builder:e4"]})
    rows, asked = drive(
        of_tags(["tA", "tB"], ()),
        [missing, taggings("B"), Response(200, {}), everyone, taggings("A", "B"), NOTHING],
    )
    assert sorted(row["id"] for row in rows) == ["gA", "gB"]
    assert len(asked) == 6


def test_the_answers_of_a_tag_that_is_gone_are_none() -> None:
    missing = Response(404, {"error": "not found"})
    rows, asked = drive(of_tags(["tA"], ()), [missing, missing])
    assert rows == []
    assert len(asked) == 2
