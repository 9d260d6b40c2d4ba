"""From wire values to columns: every value in its type, NULL as declared, or an error by name."""

import datetime as dt
import json
import math
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sqlcrm.errors import ShapeChanged
from sqlcrm.execution.decode import Decoder, check_expected
from sqlcrm.sdk import Column, Sideload, Type

SIDE = Sideload("values", ask=("include", "values"), parent="person")


def read(column: Column, value: Any, zone: str = "UTC") -> Any:
    batch = Decoder([column], "people@crm", zone).batch([{column.path: value}], {})
    return batch.column(0)[0].as_py()


@pytest.mark.parametrize(
    ("type_", "wire", "value"),
    [
        (Type.TEXT, "ä\x00\n", "ä\x00\n"),
        (Type.TEXT, 5, "5"),
        (Type.TEXT, 2**70, str(2**70)),
        (Type.TEXT, True, "true"),
        (Type.TEXT, ["a", 1], '["a", 1]'),
        (Type.INTEGER, "5", 5),
        (Type.INTEGER, 5.0, 5),
        (Type.INTEGER, str(2**63 - 1), 2**63 - 1),
        (Type.INTEGER, -(2**63), -(2**63)),
        (Type.FLOAT, "1.5", 1.5),
        (Type.FLOAT, 3, 3.0),
        (Type.BOOLEAN, "1", True),
        (Type.BOOLEAN, 0, False),
        (Type.BOOLEAN, "false", False),
        (Type.DATE, "2026-01-31", dt.date(2026, 1, 31)),
        (Type.DATE, "2026-01-31T23:00:00-05:00", dt.date(2026, 1, 31)),
        (Type.DATE, "0000-00-00", None),
        (Type.TIMESTAMP, "0000-00-00 00:00:00", None),
        (Type.TIMESTAMP, 0, dt.datetime(1970, 1, 1, tzinfo=dt.UTC)),
        (Type.TIMESTAMP, "2026-01-31T10:00:00Z", dt.datetime(2026, 1, 31, 10, tzinfo=dt.UTC)),
        (Type.TIMESTAMP, "2026-01-31 10:00:00+02", dt.datetime(2026, 1, 31, 8, tzinfo=dt.UTC)),
        (Type.TEXTS, ["a", 1, None], ["a", "1", "None"]),
        (Type.TEXTS, [], []),
        (Type.JSON, {"a": [1, None]}, '{"a": [1, null]}'),
        (Type.JSON, "text", '"text"'),
    ],
)
def test_a_value_becomes_its_columns_type(type_: Type, wire: Any, value: Any) -> None:
    assert read(Column("c", type_), wire) == value


@pytest.mark.parametrize("type_", list(Type))
def test_null_is_null_in_every_type_and_so_is_the_empty_text_unless_declared_otherwise(
    type_: Type,
) -> None:
    assert read(Column("c", type_), None) is None
    assert read(Column("c", type_), "") is None
    assert read(Column("c", type_, nulls=("", "-")), "-") is None
    assert read(Column("c", nulls=()), "") == ""


@pytest.mark.parametrize(
    ("type_", "wire"),
    [
        (Type.TEXT, "\ud800"),
        (Type.INTEGER, "five"),
        (Type.INTEGER, 5.5),
        (Type.INTEGER, 2**63),
        (Type.INTEGER, math.nan),
        (Type.INTEGER, []),
        (Type.INTEGER, "9" * 5000),
        (Type.FLOAT, "much"),
        (Type.FLOAT, {}),
        (Type.FLOAT, 10**400),
        (Type.BOOLEAN, "perhaps"),
        (Type.BOOLEAN, 2),
        (Type.BOOLEAN, []),
        (Type.DATE, "31.1.2026"),
        (Type.DATE, 20260131),
        (Type.DATE, ["2026-01-31"]),
        (Type.DATE, "2026-13-01"),
        (Type.TIMESTAMP, "soon"),
        (Type.TIMESTAMP, []),
        (Type.TIMESTAMP, {}),
        (Type.TIMESTAMP, True),
        (Type.TIMESTAMP, 1e300),
        (Type.TEXTS, "a"),
        (Type.TEXTS, {"a": 1}),
        (Type.JSON, {"a": "\ud800"}),
        (Type.JSON, [math.inf]),
    ],
    ids=lambda value: value.name if isinstance(value, Type) else repr(value)[:30],
)
def test_a_value_of_another_kind_is_named_with_its_place(type_: Type, wire: Any) -> None:
    with pytest.raises(ShapeChanged, match=r"^people@crm\.c: "):
        read(Column("c", type_), wire)


def test_a_time_without_zone_is_in_the_connectors() -> None:
    noon = Column("c", Type.TIMESTAMP)
    summer = read(noon, "2026-07-01 12:00:00", "America/Chicago")
    winter = read(noon, "2026-01-01 12:00:00", "America/Chicago")
    assert (summer, winter) == (
        dt.datetime(2026, 7, 1, 17, tzinfo=dt.UTC),
        dt.datetime(2026, 1, 1, 18, tzinfo=dt.UTC),
    )


def test_a_nested_value_is_dug_out() -> None:
    column = Column("c", at="links.owner")
    batch = Decoder([column], "t@crm", "UTC").batch(
        [{"links": {"owner": "5"}}, {"links": []}, {}], {}
    )
    assert batch.column(0).to_pylist() == ["5", None, None]


def test_a_connectors_own_reading_goes_first_and_its_failures_are_shape_errors() -> None:
    column = Column("c", Type.INTEGER, from_wire=lambda value: value["n"])
    assert read(column, {"n": "5"}) == 5
    assert read(column, {"n": None}) is None
    for wire in ({}, [], 5):
        with pytest.raises(ShapeChanged, match=r"people@crm\.c"):
            read(column, wire)


@pytest.mark.parametrize("row", [None, 5, "x", ["id"]])
def test_a_row_that_is_no_object_is_an_error(row: Any) -> None:
    with pytest.raises(ShapeChanged, match="people@crm: a row is"):
        Decoder([Column("c")], "people@crm", "UTC").batch([row], {})


def beside(rows: list[Any], body: Any) -> list[Any]:
    column = Column("size", at="7", sideload=SIDE)
    batch = Decoder([column], "people@crm", "UTC").batch(rows, body)
    return list(batch.column(0).to_pylist())


def test_custom_values_beside_the_rows_find_their_rows() -> None:
    values = [
        {"id": 1, "person": "5", "field": 7, "value": "XL"},
        {"id": "2", "person": 6, "field": "8", "value": "no"},
    ]
    rows = [{"id": "5", "values": [1]}, {"id": 6, "values": ["2"]}, {"id": 7, "values": []}]
    assert beside(rows, {"values": values}) == ["XL", None, None]
    assert beside([{"id": 7, "values": []}], {}) == [None]


@pytest.mark.parametrize(
    ("rows", "body"),
    [
        ([{"id": "5"}], {"values": []}),
        ([{"id": "5", "values": None}], {"values": []}),
        ([{"id": "5", "values": ["1"]}], {"values": []}),
        ([{"id": "5", "values": ["1"]}], {}),
        ([{"id": "5", "values": ["1"]}], {"values": 5}),
        ([{"id": "5", "values": ["1"]}], {"values": [None]}),
    ],
)
def test_custom_values_that_were_asked_for_and_did_not_come_are_an_error(
    rows: list[Any], body: Any
) -> None:
    with pytest.raises(ShapeChanged, match="people@crm"):
        beside(rows, body)


@pytest.mark.parametrize(
    ("body", "expects", "fine"),
    [
        ({"meta": {"total": 0}}, ("meta.total",), True),
        ({"meta": {}}, ("meta.total",), False),
        (None, ("meta",), False),
        ({"rows": [{"a": 1}, {"a": 2}]}, ("rows[].a",), True),
        ({"rows": [{"a": 1}, {}]}, ("rows[].a",), False),
        ({"rows": []}, ("rows[].a",), True),
        ({"rows": {}}, ("rows[].a",), False),
    ],
)
def test_a_reply_must_hold_what_proves_that_it_was_understood(
    body: Any, expects: tuple[str, ...], fine: bool
) -> None:
    if fine:
        check_expected(body, expects, "t@crm")
        return
    with pytest.raises(ShapeChanged, match="t@crm: the reply lacks"):
        check_expected(body, expects, "t@crm")


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
    | st.sampled_from(["2026-01-31", "0000-00-00", "1e999", "12:00", "\ud800", "1_0"]),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(st.sampled_from(["id", "values", "c", "person", "field", "value"]), inner),
    max_leaves=6,
)  # fmt: skip


@settings(deadline=None, derandomize=True, max_examples=400)
@given(st.sampled_from(list(Type)), ANYTHING, ANYTHING)
def test_b11_any_json_is_either_a_value_or_a_shape_error(type_: Type, row: Any, body: Any) -> None:
    column = Column("c", type_)
    custom = Column("s", at="7", sideload=SIDE)
    for columns in ([column], [custom]):
        with suppress(ShapeChanged):
            batch = Decoder(columns, "t@crm", "UTC").batch([row], body)
            assert batch.num_rows == 1
            if type_ is Type.JSON and columns == [column] and batch.column(0)[0].is_valid:
                json.loads(batch.column(0)[0].as_py(), parse_constant=pytest.fail)
