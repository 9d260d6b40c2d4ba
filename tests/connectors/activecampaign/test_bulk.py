"""The bulk importer by hand: what is put to it, and what is made of its answers."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from sqlcrm.sdk import BatchRefused, Flow, Outcome, Response, Row, Write
from sqlcrm_activecampaign import bulk, connector
from sqlcrm_activecampaign.importable import absent, changes, leaves, revalues

from .test_flows import drive, reply

Send = Callable[[Sequence[Row]], Flow[Sequence[Outcome]]]
LONG = "x" * 30_000


def accepted(ticket: str = "t") -> Response:
    return Response(200, {"success": 1, "batchId": ticket})


def refused(*culprits: tuple[Any, str], message: str = "no") -> Response:
    named = [{"contact": place, "failureReason": why} for place, why in culprits]
    return Response(400, {"success": 0, "message": message, "failureReasons": named})


def put(send: Send, *rows: Row) -> list[dict[str, Any]]:
    """Return the contacts of the one call that carries these rows."""
    outcomes, asked = drive(send(rows), [accepted()])
    assert outcomes == [Outcome("accepted", ticket="t")] * len(rows)
    (call,) = asked
    assert (call.method, call.path, call.may_repeat) == ("POST", "/import/bulk_import", True)
    contacts: list[dict[str, Any]] = call.body["contacts"]
    assert call.body == {"contacts": contacts}  # automations run, as they do after single calls
    return contacts


def left(send: Send, *rows: Row) -> list[Outcome]:
    """Return what becomes of rows for which no call is made."""
    flow = send(rows)
    with pytest.raises(StopIteration) as end:
        next(flow)
    found: list[Outcome] = end.value.value
    return found


def person(email: str, **more: Any) -> dict[str, Any]:
    return {"email": email, **more}


def tagged(contact: int, name: str, type_: str = "contact") -> dict[str, Any]:
    email = f"p{contact}@x.org"
    return {"contact": contact, "tag": 1, "email": email, "tag_name": name, "tag_type": type_}


def test_the_importer_spells_contacts_its_own_way() -> None:
    values = [{"field": "1", "value": "||x||"}]
    row = {"email": "a@x.org", "firstName": "F", "lastName": "L", "phone": "1"}
    sent = {"email": "a@x.org", "first_name": "F", "last_name": "L", "phone": "1"}
    for send in (bulk.new_contacts, bulk.changed_contacts):
        assert put(send, {**row, "fieldValues": values}) == [
            {**sent, "fields": [{"id": 1, "value": "||x||"}]}
        ]


def test_what_is_blank_in_a_new_contact_is_not_sent() -> None:
    values = [{"field": "1", "value": ""}, {"field": "2", "value": 0}]
    contact = person("a@x.org", firstName="", phone=None, fieldValues=values)
    assert put(bulk.new_contacts, contact) == [
        {"email": "a@x.org", "fields": [{"id": 2, "value": 0}]}
    ]
    contact = person("a@x.org", fieldValues=values[:1])
    assert put(bulk.new_contacts, contact) == [{"email": "a@x.org"}]


@pytest.mark.parametrize(
    "row",
    [
        person("a@x.org", firstName=""),
        person("a@x.org", fieldValues=[{"field": "1", "value": ""}]),
        person("a@x.org", orgid=5),
        person("", firstName="A"),
        {"firstName": "A"},
    ],
)
def test_a_change_that_the_importer_may_read_otherwise_goes_alone(row: Row) -> None:
    """What a blank does to a value that is there is not documented."""
    assert left(bulk.changed_contacts, row) == [Outcome("again", bulk.LOST)]


def test_tags_of_a_contact_go_together_by_name() -> None:
    rows = [tagged(1, "a"), tagged(2, "a"), tagged(1, "b")]
    assert put(bulk.tags, *rows) == [
        {"email": "p1@x.org", "tags": ["a", "b"]},
        {"email": "p2@x.org", "tags": ["a"]},
    ]


@pytest.mark.parametrize(
    "row",
    [tagged(1, "a", "template"), tagged(1, ""), tagged(1, " a"), tagged(1, "a,b"), {"email": "e"}],
)
def test_a_tag_that_the_importer_might_make_anew_goes_alone(row: Row) -> None:
    """It makes tags that are not there, and always as tags of contacts."""
    assert left(bulk.tags, row) == [Outcome("again", bulk.LOST)]


def test_values_of_fields_go_together_by_contact() -> None:
    rows = [{"contact": 1, "field": n, "value": f"v{n}", "email": "a@x.org"} for n in (3, 4)]
    assert put(bulk.field_values, *rows) == [
        {"email": "a@x.org", "fields": [{"id": 3, "value": "v3"}, {"id": 4, "value": "v4"}]}
    ]
    assert left(bulk.field_values, {**rows[0], "value": ""}) == [Outcome("again", bulk.LOST)]


def test_subscriptions_go_together_by_contact() -> None:
    rows = [
        {"contact": 1, "list": number, "status": status, "email": "a@x.org"}
        for number, status in ((5, 1), (6, 2), (7, 1))
    ]
    assert put(bulk.subscriptions, *rows) == [
        {
            "email": "a@x.org",
            "subscribe": [{"listid": 5}, {"listid": 7}],
            "unsubscribe": [{"listid": 6}],
        }
    ]


@pytest.mark.parametrize("more", [{"status": 0}, {"status": 3}, {"sourceid": 4}])
def test_a_subscription_against_an_opt_out_is_not_put_to_the_importer(more: Row) -> None:
    """It would not subscribe them, and say nothing."""
    row = {"contact": 1, "list": 5, "status": 1, "email": "a@x.org", **more}
    assert left(bulk.subscriptions, row) == [Outcome("again", bulk.LOST)]


def test_rows_that_go_alone_do_not_shift_the_others() -> None:
    rows = [tagged(1, ""), tagged(2, "a"), tagged(3, "a,b"), tagged(4, "a")]
    outcomes, _ = drive(bulk.tags(rows), [accepted()])
    assert [outcome.state for outcome in outcomes] == ["again", "accepted"] * 2


def test_a_batch_of_the_documented_size_is_one_call_and_one_more_contact_is_two() -> None:
    people = [person(f"p{n}@x.org") for n in range(251)]
    outcomes, asked = drive(bulk.new_contacts(people[:250]), [accepted()])
    assert [len(call.body["contacts"]) for call in asked] == [250]
    outcomes, asked = drive(bulk.new_contacts(people), [accepted("a"), accepted("b")])
    assert [len(call.body["contacts"]) for call in asked] == [250, 1]
    assert [outcome.ticket for outcome in outcomes] == ["a"] * 250 + ["b"]


def test_a_call_is_never_larger_than_documented() -> None:
    people = [person(f"p{n}@x.org", firstName="\u00e9" * 30_000) for n in range(5)]
    answers = [accepted(str(n)) for n in range(3)]
    outcomes, asked = drive(bulk.new_contacts(people), answers)
    assert [len(call.body["contacts"]) for call in asked] == [2, 2, 1]
    assert all(len(json.dumps(call.body)) <= bulk.BYTES for call in asked)
    assert [outcome.ticket for outcome in outcomes] == ["0", "0", "1", "1", "2"]


def test_a_call_may_be_as_large_as_documented() -> None:
    people = [person("a@x.org", firstName="A"), person("b@x.org", firstName="B")]
    free = bulk.BYTES - len(json.dumps({"contacts": put(bulk.new_contacts, *people)}))
    people[1]["firstName"] += "x" * (free - 2)  # the last comma is counted, and not sent
    assert len(put(bulk.new_contacts, *people)) == 2
    people[1]["firstName"] += "x"
    _, asked = drive(bulk.new_contacts(people), [accepted(), accepted()])
    assert len(asked) == 2


def test_new_contacts_that_are_refused_are_named_by_their_rows() -> None:
    """B7: `contact` counts within the call, and rows that never went do not count."""
    rows = [person(""), person("a@x.org"), person("bad")]
    with pytest.raises(BatchRefused, match="did not pass") as caught:
        drive(bulk.new_contacts(rows), [reply("bulk_refused")])
    assert caught.value.culprits == {2: "Field 'email' incorrect format"}


def test_a_refused_batch_of_contacts_that_exist_goes_again_without_its_culprits() -> None:
    """B7: all rows of a culprit are tried alone, by the contact's id."""
    rows = [tagged(1, "a"), tagged(2, "a"), tagged(1, "b")]
    outcomes, asked = drive(bulk.tags(rows), [refused((0, "bad address")), accepted()])
    assert [entry["email"] for entry in asked[1].body["contacts"]] == ["p2@x.org"]
    alone = Outcome("again", "bad address")
    assert outcomes == [alone, Outcome("accepted", ticket="t"), alone]


def test_a_batch_that_is_refused_without_its_culprits_too_accuses_nobody() -> None:
    """B7: who exists is never rejected on the importer's word alone."""
    rows = [tagged(number, "a") for number in range(3)]
    with pytest.raises(BatchRefused, match="odd") as caught:
        drive(bulk.tags(rows), [refused((0, "bad address")), refused(message="odd")])
    assert caught.value.culprits == {}


def test_a_batch_of_culprits_only_is_not_sent_again() -> None:
    outcomes, asked = drive(bulk.tags([tagged(1, "a")]), [refused((0, "no"))])
    assert (len(asked), outcomes) == (1, [Outcome("again", "no")])


@pytest.mark.parametrize("place", [2, "9", "x", None, -1, 1.5])
def test_a_culprit_who_is_not_in_the_call_names_nobody(place: Any) -> None:
    """Then the API counts otherwise than we believe: the batch is halved instead."""
    rows = [person("a@x.org"), person("b@x.org")]
    with pytest.raises(BatchRefused) as caught:
        drive(bulk.new_contacts(rows), [refused((0, "no"), (place, "no"))])
    assert caught.value.culprits == {}


@pytest.mark.parametrize("reasons", [None, "words", ["words"], {}])
def test_a_batch_refused_without_culprits_is_refused_in_the_apis_words(reasons: Any) -> None:
    answer = Response(400, {"message": "too odd", "failureReasons": reasons})
    for send in (bulk.new_contacts, bulk.changed_contacts):
        with pytest.raises(BatchRefused, match="too odd") as caught:
            drive(send([person("a@x.org"), person("b@x.org")]), [answer])
        assert caught.value.culprits == {}


def test_one_contact_that_is_refused_without_a_name_is_tried_alone() -> None:
    outcomes, _ = drive(bulk.tags([tagged(1, "a"), tagged(1, "b")]), [refused()])
    assert outcomes == [Outcome("again", "no")] * 2


def test_a_refusal_after_an_acceptance_does_not_take_that_back() -> None:
    people = [person(f"p{n}@x.org", firstName="x" * 250_000) for n in range(2)]
    for refusal in (refused(), refused((0, "no"))):
        outcomes, _ = drive(bulk.new_contacts(people), [accepted(), refusal])
        assert [outcome.state for outcome in outcomes] == ["accepted", "again"]


@pytest.mark.parametrize("body", [None, {}, {"success": 1}, {"batchId": ""}])
def test_an_acceptance_without_a_batch_is_unknown(body: Any) -> None:
    outcomes, _ = drive(bulk.new_contacts([person("a@x.org")]), [Response(200, body)])
    assert [outcome.state for outcome in outcomes] == ["unknown"]


def info(status: Any) -> Response:
    return Response(200, {"status": status})


def test_a_job_is_asked_for_until_it_is_done() -> None:
    """B6: accepted is not done; it is asked for ever less often."""
    answers = [info("waiting"), info("claimed"), info("active"), reply("bulk_completed")]
    words, asked = drive(bulk.finish("0b7c"), answers)
    assert words == "done"
    assert {(call.path, call.query) for call in asked} == {("/import/info", (("batchId", "0b7c"),))}
    waits = [call.after for call in asked]
    assert waits == sorted(waits)
    assert 0 < waits[0] <= 5


@pytest.mark.parametrize("state", ["failed", "interrupted", "Failed"])
def test_a_job_that_broke_off_is_said_to_have(state: str) -> None:
    words, asked = drive(bulk.finish("0b7c"), [info("active"), info(state)])
    assert words == f"bulk import 0b7c is {state.casefold()}"
    assert len(asked) == 2


def test_a_job_that_nobody_knows_is_not_waited_for() -> None:
    words, _ = drive(bulk.finish("0b7c"), [Response(404, {"message": "?"})])
    assert words == "bulk import 0b7c is not known"


def test_a_job_that_never_ends_is_given_up_after_ten_minutes() -> None:
    words, asked = drive(bulk.finish("0b7c"), [info("claimed")] * len(bulk.POLLS))
    assert words == "bulk import 0b7c is claimed"
    assert sum(call.after for call in asked) == 600


ANN = {"id": 1, "email": "ann@x.org", "first_name": "Ann", "phone": None, "hobbies": ["a"]}


@pytest.mark.parametrize(
    ("before", "values", "taken"),
    [
        (ANN, {"first_name": "Anna"}, True),
        (ANN, {"first_name": "Anna", "email": "ann@x.org"}, True),
        (ANN, {"phone": "1", "shoe_size": 3.5}, True),
        ({**ANN, "hobbies": None}, {"hobbies": ["b"]}, True),
        ({**ANN, "hobbies": []}, {"hobbies": ["b"]}, True),
        (ANN, {"hobbies": ["b"]}, False),
        (ANN, {"colours": ["b"]}, False),
        (ANN, {"email": "anna@x.org"}, False),
        (ANN, {"email": "ANN@x.org"}, False),
        (ANN, {"first_name": None}, False),
        (ANN, {"first_name": "", "phone": "1"}, False),
        (ANN, {"first_name": "  "}, False),
        (ANN, {"hobbies": []}, False),
        ({**ANN, "email": None}, {"first_name": "Anna"}, False),
        (None, {"email": "ann@x.org"}, False),
    ],
)
def test_only_changes_that_mean_the_same_are_imported(
    before: Row | None, values: Row, taken: bool
) -> None:
    """Not a blank, not another address, not choices where there are some: all undocumented."""
    assert changes(before, values) is taken


@pytest.mark.parametrize(
    ("old", "new", "taken"),
    [
        ("a", "b", True),
        ("", "||b||", True),
        (None, "||b||", True),
        ("||a||", "b", True),
        ("||a||", "||b||", False),
        ("a", "", False),
        ("a", None, False),
    ],
)
def test_only_values_that_take_the_old_ones_place_are_imported(
    old: Any, new: Any, taken: bool
) -> None:
    assert revalues({"contact_id": 1, "value": old}, {"value": new}) is taken
    assert not revalues(None, {"value": new})


@pytest.mark.parametrize("was", [0, 1, 3, 91])
def test_who_is_on_a_list_is_only_taken_off_by_the_importer(was: int) -> None:
    before = {"contact_id": 1, "list_id": 2, "status": was}
    assert leaves(before, {"status": 2})
    assert not leaves(before, {"status": 1})
    assert not leaves(None, {"status": 2})


def test_rows_that_exist_are_not_imported_as_new_ones() -> None:
    assert absent(None, {"contact_id": 1})
    assert not absent({"contact_id": 1}, {"contact_id": 1})


def test_nobody_is_put_back_on_a_list_by_the_importer() -> None:
    """Every way in: neither what it takes nor what it is told subscribes who had a row before."""
    table = next(table for table in connector.tables if table.consent)
    many: list[Write] = [write for write in table.writes if write.send]
    for write in many:
        assert write.takes is not None
        for was in (None, 0, 1, 2, 3, 91):
            before = {"contact_id": 1, "list_id": 2, "status": was}
            assert not write.takes(before, {"status": 1})
