"""Flows, driven by hand: what they ask, and what they make of the answers."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any, TypeVar

import pytest

from sqlcrm.sdk import Flow, Outcome, Request, Response, ShapeChanged, Type
from sqlcrm_activecampaign.bulk import BYTES, POLLS, ROWS, bulk_import, entry, parts
from sqlcrm_activecampaign.flows import add_options, contact_fields, field_column, free_name, who
from sqlcrm_activecampaign.tables.contacts import TAKEN

REPLIES = Path(__file__).parent / "replies"
T = TypeVar("T")


def reply(name: str) -> Response:
    kept = json.loads((REPLIES / f"{name}.json").read_text())
    return Response(kept["status"], kept["body"])


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


def fields(*made: dict[str, Any], total: int = 0) -> Response:
    return Response(200, {"fields": list(made), "meta": {"total": str(total or len(made))}})


def test_who_we_are_is_read_from_the_users_own_links() -> None:
    identity, asked = drive(who(), [reply("users_me")])
    assert [(r.method, r.path) for r in asked] == [("GET", "/users/me")]
    assert identity.account == "acme.activehosted.com"
    assert identity.user == "Jo Doe <jo@example.org>"


@pytest.mark.parametrize("links", [[], {}, None, {"a": "https://:account.api-us1.com/x", "b": 1}])
def test_an_account_without_links_has_no_name(links: Any) -> None:
    identity, _ = drive(who(), [Response(200, {"user": {"username": "jdoe", "links": links}})])
    assert (identity.account, identity.user) == ("", "jdoe")


def test_who_refuses_a_reply_without_a_user() -> None:
    with pytest.raises(ShapeChanged, match="no user"):
        drive(who(), [Response(200, {})])


def test_custom_fields_are_columns_named_after_their_tags() -> None:
    columns, asked = drive(contact_fields(TAKEN), [reply("fields_page")])
    assert asked[0].path == "/fields"
    assert dict(asked[0].query)["limit"] == "100"
    group, languages = columns
    assert (group.name, group.type, group.path) == ("customer_group", Type.TEXT, "1")
    assert (languages.name, languages.type, languages.path) == ("languages", Type.TEXTS, "2")
    assert group.sideload is not None
    assert group.sideload.ask == ("include", "fieldValues")
    assert languages.from_wire is not None
    assert languages.to_wire is not None
    assert languages.from_wire("||nl||de||") == ["nl", "de"]
    assert languages.to_wire(["nl", "de"]) == "||nl||de||"
    assert group.to_wire is None  # a dropdown's value wrapped in bars would be stored so


def test_all_fields_are_read_not_only_the_first_page() -> None:
    first = fields(*({"id": str(n), "perstag": f"T{n}", "type": "text"} for n in range(100)))
    first.body["meta"]["total"] = "101"
    second = fields({"id": "100", "perstag": "T100", "type": "text"}, total=101)
    columns, asked = drive(contact_fields(frozenset()), [first, second])
    assert len(columns) == 101
    assert dict(asked[1].query)["offset"] == "100"


def test_standard_names_win_and_clashes_are_numbered_by_age() -> None:
    found = fields(
        {"id": "12", "perstag": "SHOE_SIZE", "type": "text"},
        {"id": "7", "perstag": "Shoe Size", "type": "number"},
        {"id": "8", "perstag": "PHONE", "type": "text"},
        {"id": "9", "perstag": "FIRSTNAME", "type": "text"},
    )
    columns, _ = drive(contact_fields(TAKEN), [found])
    assert [(c.name, c.path) for c in columns] == [
        ("shoe_size", "7"),
        ("phone_2", "8"),
        ("firstname_2", "9"),
        ("shoe_size_2", "12"),
    ]


@pytest.mark.parametrize(
    ("tag", "name"),
    [("A-B c", "a_b_c"), ("%WIE_%", "wie"), ("", "field"), ("--", "field"), ("Straße", "straße")],
)
def test_names_of_fields_are_snake_case(tag: str, name: str) -> None:
    assert free_name(tag, set()) == name


@pytest.mark.parametrize(
    ("kind", "type_"),
    [
        ("text", Type.TEXT),
        ("textarea", Type.TEXT),
        ("dropdown", Type.TEXT),
        ("radio", Type.TEXT),
        ("hidden", Type.TEXT),
        ("NULL", Type.TEXT),
        ("", Type.TEXT),
        (None, Type.TEXT),
        ("date", Type.DATE),
        ("datetime", Type.TIMESTAMP),
        ("number", Type.FLOAT),
        ("currency", Type.INTEGER),
        ("checkbox", Type.TEXTS),
        ("listbox", Type.TEXTS),
    ],
)
def test_every_known_type_of_field_has_a_type(kind: str | None, type_: Type) -> None:
    column = field_column("x", {"id": "1", "type": kind, "title": "X"})
    assert column.type is type_
    assert ("cents" in column.doc) == (kind == "currency")


def test_an_unknown_type_of_field_is_an_error_that_names_it() -> None:
    with pytest.raises(ShapeChanged, match=r"17 \(x\).*'hologram'"):
        field_column("x", {"id": "17", "type": "hologram"})


def test_options_are_added_in_one_call_and_found_again_in_its_reply() -> None:
    rows = [{"field": 62, "value": "x"}, {"field": 62, "value": "y"}]
    made = {"fieldOptions": [{"id": "2", "field": "62", "value": "y"}]}
    outcomes, asked = drive(add_options(rows), [Response(201, made)])
    assert asked == [Request("POST", "/fieldOption/bulk", body={"fieldOptions": rows})]
    assert [outcome.state for outcome in outcomes] == ["unknown", "done"]
    assert outcomes[1].id == "2"


def test_options_refused_as_a_whole_are_all_rejected() -> None:
    outcomes, _ = drive(add_options([{"field": 1, "value": "x"}]), [reply("options_refused")])
    assert outcomes[0].state == "rejected"
    assert "Bulk operation failed" in outcomes[0].reason


def people(*emails: str) -> list[dict[str, Any]]:
    return [{"email": email, "firstName": "A"} for email in emails]


def info(status: str, **more: Any) -> Response:
    return Response(200, {"status": status, **more})


def found(*contacts: tuple[str, str]) -> Response:
    return Response(200, {"contacts": [{"id": i, "email": e} for i, e in contacts]})


def test_a_bulk_import_waits_and_gives_every_row_its_own_outcome() -> None:
    outcomes, asked = drive(
        bulk_import(people("a@example.org", "bad@@x", "skipped@example.org")),
        [
            reply("bulk_accepted"),
            info("active"),
            reply("bulk_completed"),
            found(("301", "A@example.org")),
            found(),
        ],
    )
    assert [(r.method, r.path) for r in asked] == [
        ("POST", "/import/bulk_import"),
        ("GET", "/import/info"),
        ("GET", "/import/info"),
        ("GET", "/contacts"),
        ("GET", "/contacts"),
    ]
    assert asked[1].query == (("batchId", "0b7c"),)
    assert asked[1].after > 0
    assert ("ids[]", "301") in asked[3].query
    assert asked[4].query == (("email", "skipped@example.org"),)
    assert outcomes[0] == Outcome("done", id="301")
    assert [outcome.state for outcome in outcomes] == ["done", "rejected", "rejected"]
    assert "excluded" in outcomes[2].reason


def test_a_contact_that_somebody_else_made_meanwhile_is_found_by_its_address() -> None:
    outcomes, _ = drive(
        bulk_import(people("a@example.org")),
        [
            reply("bulk_accepted"),
            info("completed"),
            found(("9", "b@x.org"), ("5", "a@example.org")),
        ],
    )
    assert outcomes == [Outcome("done", id="5")]


def test_a_batch_refused_as_a_whole_loses_its_culprits_and_goes_again() -> None:
    outcomes, asked = drive(
        bulk_import(people("a@example.org", "bad")),
        [
            reply("bulk_refused"),
            reply("bulk_accepted"),
            info("completed", success=["1"], failure=[]),
            found(("1", "a@example.org")),
        ],
    )
    assert asked[1].body == {"contacts": [{"email": "a@example.org", "first_name": "A"}]}
    assert [outcome.state for outcome in outcomes] == ["done", "rejected"]
    assert outcomes[1].reason == "Field 'email' incorrect format"


def test_a_batch_of_culprits_only_is_not_sent_again() -> None:
    refused = Response(400, {"failureReasons": [{"contact": 0, "failureReason": "no"}, "x"]})
    outcomes, asked = drive(bulk_import(people("bad")), [refused])
    assert (len(asked), outcomes) == (1, [Outcome("rejected", "no")])


def test_a_batch_refused_without_culprits_is_rejected_with_the_apis_words() -> None:
    refused = Response(400, {"success": 0, "message": "no", "failureReasons": [{"contact": 9}]})
    outcomes, _ = drive(bulk_import(people("a@example.org")), [refused])
    assert outcomes[0].state == "rejected"
    assert "no" in outcomes[0].reason


def test_an_acceptance_without_a_batch_is_unknown() -> None:
    outcomes, _ = drive(bulk_import(people("a@x.org")), [Response(200, {"success": 1})])
    assert outcomes[0].state == "unknown"


@pytest.mark.parametrize("state", ["failed", "interrupted"])
def test_a_batch_that_broke_off_is_unknown(state: str) -> None:
    outcomes, _ = drive(bulk_import(people("a@x.org")), [reply("bulk_accepted"), info(state)])
    assert outcomes[0].state == "unknown"
    assert state in outcomes[0].reason


def test_a_batch_that_never_ends_is_given_up_as_unknown() -> None:
    answers = [reply("bulk_accepted"), *(info("claimed") for _ in range(POLLS))]
    outcomes, _ = drive(bulk_import(people("a@x.org")), answers)
    assert outcomes == [Outcome("unknown", "bulk import 0b7c is claimed")]


def test_many_rows_are_cut_into_calls_of_the_documented_size() -> None:
    rows = people(*(f"p{n}@example.org" for n in range(ROWS + 10)))
    assert [len(part) for part in parts(rows)] == [ROWS, 10]
    large = [{"email": "a@example.org", "firstName": "é" * 30_000}] * 3
    cut = list(parts(large))
    assert [len(part) for part in cut] == [2, 1]
    assert all(
        len(json.dumps({"contacts": [entry(large[at]) for at in part]})) <= BYTES for part in cut
    )
    assert list(parts([])) == []


def test_the_importer_spells_contacts_its_own_way() -> None:
    row = {"email": "a@x.org", "lastName": "L", "fieldValues": [{"field": "1", "value": "||x||"}]}
    assert entry(row) == {
        "email": "a@x.org",
        "last_name": "L",
        "fields": [{"id": "1", "value": "||x||"}],
    }
    with pytest.raises(ShapeChanged, match="orgid"):
        entry({"orgid": "1"})
