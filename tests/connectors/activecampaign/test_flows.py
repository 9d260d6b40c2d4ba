"""Flows, driven by hand: what they ask, and what they make of the answers."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any, TypeVar

import pytest

from sqlcrm.sdk import BatchRefused, Flow, Request, Response, ShapeChanged, Type
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


def test_options_that_are_made_twice_or_under_another_name_are_unknown() -> None:
    """B8: more, fewer, reordered and doubled results."""
    rows = [{"field": 62, "value": each} for each in ("x", "y", "z")]
    made = [{"id": str(n), "field": "62", "value": each} for n, each in enumerate("zyay")]
    outcomes, _ = drive(add_options(rows), [Response(201, {"fieldOptions": made})])
    assert [(outcome.state, outcome.id) for outcome in outcomes] == [
        ("unknown", ""),
        ("unknown", ""),
        ("done", "0"),
    ]


@pytest.mark.parametrize("body", [None, {}, {"fieldOptions": None}, {"fieldOptions": ["x", 1]}])
def test_an_answer_that_names_no_options_leaves_all_of_them_unknown(body: Any) -> None:
    """B8: the call was not refused, so it may have had its effect."""
    outcomes, _ = drive(add_options([{"field": 1, "value": "x"}]), [Response(201, body)])
    assert [outcome.state for outcome in outcomes] == ["unknown"]


def test_options_are_refused_as_a_whole_in_the_apis_words() -> None:
    """B7: none of them was made, so that they can be sent in halves."""
    with pytest.raises(BatchRefused, match="Bulk operation failed") as caught:
        drive(add_options([{"field": 1, "value": "x"}]), [reply("options_refused")])
    assert caught.value.culprits == {}
