"""Reads that take several calls or take replies apart, driven by hand."""

from __future__ import annotations

from typing import Any

import pytest

from sqlcrm.sdk import Response, ShapeChanged
from sqlcrm_controlshift.flows import near, schema, texts_of, who
from sqlcrm_controlshift.tables.labels import labels_of


def test_who_we_are_is_the_organisation_of_the_key(drive: Any) -> None:
    """C1: a key belongs to an organisation, not to a user."""
    body = {"organisation": {"slug": "demo", "name": "Demo Org", "members_count": 5}}
    identity, asked = drive(who(), [Response(200, body)])
    assert [(r.method, r.path) for r in asked] == [("GET", "/api/v1/organisation")]
    assert (identity.account, identity.user) == ("demo", "Demo Org")


def test_who_refuses_a_reply_without_an_organisation(drive: Any) -> None:
    with pytest.raises(ShapeChanged, match="organisation"):
        drive(who(), [Response(200, {})])


def test_texts_of_a_petition_take_two_calls_and_a_hidden_one_has_none(drive: Any) -> None:
    answers = [
        Response(200, {"plain_text": "Do", "rich_text": "<b>Do</b>"}),
        Response(200, {"plain_text": "So", "rich_text": "<b>So</b>"}),
        Response(404),
    ]
    rows, asked = drive(texts_of(["a", "hidden"], ()), answers)
    assert [(r.path, r.fill["slug"]) for r in asked] == [
        ("/api/petitions/{slug}/what.json", "a"),
        ("/api/petitions/{slug}/why.json", "a"),
        ("/api/petitions/{slug}/what.json", "hidden"),
    ]
    assert [row["petition_slug"] for row in rows] == ["a"]
    assert rows[0]["why"]["plain_text"] == "So"


def test_a_search_of_an_effort_gives_the_closest_first(drive: Any) -> None:
    body = {"closest_target": {"slug": "x"}, "other_targets": [{"slug": "y"}, {"slug": "z"}]}
    rows, asked = drive(near(["towns"], [("location_query", "Ghent")]), [Response(200, body)])
    assert asked[0].query == (("location_query", "Ghent"),)
    assert [(row["position"], row["slug"], row["effort_slug"]) for row in rows] == [
        (1, "x", "towns"),
        (2, "y", "towns"),
        (3, "z", "towns"),
    ]


@pytest.mark.parametrize("code", ["no_nearby_targets", "no_nearby_petitions"])
def test_a_search_that_finds_nothing_has_no_rows(drive: Any, code: str) -> None:
    assert drive(near(["towns"], ()), [Response(200, {"code": code})])[0] == []
    assert drive(near(["gone"], ()), [Response(404)])[0] == []


def test_a_search_that_cannot_be_made_is_an_error_and_not_nothing(drive: Any) -> None:
    with pytest.raises(ShapeChanged, match="location_required"):
        drive(near(["towns"], ()), [Response(200, {"code": "location_required"})])


def test_the_schema_of_exports_is_a_row_for_each_column(drive: Any) -> None:
    """C11: columns are a map; `settings` is there where exports are compressed."""
    column = {"type": "integer", "sql_type": "bigint", "nullable": False, "default_value": None}
    table = {"table": {"name": "categories", "columns": {"id": column, "name": column}}}
    body = {"tables": [table], "settings": {"compression_format": "BZIP2"}}
    rows, _ = drive(schema((), ()), [Response(200, body)])
    assert [(r["table_name"], r["column_name"], r["compression_format"]) for r in rows] == [
        ("categories", "id", "BZIP2"),
        ("categories", "name", "BZIP2"),
    ]
    with pytest.raises(ShapeChanged, match="map of columns"):
        drive(schema((), ()), [Response(200, {"tables": [{"table": {"name": "x"}}]})])


def test_labels_are_read_from_what_shows_them_and_not_taken_for_none_where_nothing_does() -> None:
    labels = labels_of("petition_slug")
    assert labels({"slug": "a", "labels": ["x", "y"]}) == [
        {"petition_slug": "a", "name": "x"},
        {"petition_slug": "a", "name": "y"},
    ]
    assert labels({"slug": "a", "labels": []}) == []
    with pytest.raises(ShapeChanged, match="does not show"):
        labels({"slug": "a"})
