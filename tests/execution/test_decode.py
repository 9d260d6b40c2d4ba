"""From wire values to columns: every value in its type, NULL as declared, or an error by name."""

import datetime as dt
import json
import math
from contextlib import suppress
from dataclasses import replace
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sqlcrm.errors import ShapeChanged
from sqlcrm.execution.decode import NEAR, Decoder, check_expected
from sqlcrm.execution.quick import Wire, quick
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


def test_columns_of_one_kind_and_of_another_are_looked_up_beside_the_same_reply() -> None:
    other = Sideload("labels", ask=("include", "labels"), parent="row", by="kind", value="text")
    columns = [
        Column("size", at="7", sideload=SIDE),
        Column("shoe", Type.INTEGER, at="8", sideload=SIDE),
        Column("label", at="a", sideload=other),
    ]
    row = {"id": "5", "values": ["1", "2"], "labels": ["9"]}
    body = {
        "values": [
            {"id": "1", "person": "5", "field": "7", "value": "XL"},
            {"id": "2", "person": "5", "field": "8", "value": "43"},
        ],
        "labels": [{"id": "9", "row": 5, "kind": "a", "text": "new"}],
    }
    batch = Decoder(columns, "people@crm", "UTC").batch([row], body)
    assert batch.to_pylist() == [{"size": "XL", "shoe": 43, "label": "new"}]


def test_rows_gather_over_pages_until_they_are_taken() -> None:
    decoder = Decoder([Column("c", Type.INTEGER)], "t@crm", "UTC")
    decoder.add([{"c": "1"}, {"c": None}], {})
    decoder.add([{"c": 3}], {})
    assert len(decoder) == 3
    assert decoder.take().column(0).to_pylist() == [1, None, 3]
    assert len(decoder) == 0
    assert decoder.take().num_rows == 0


def test_a_member_that_some_rows_lack_is_null_there_on_this_page_and_on_later_ones() -> None:
    columns = [Column("a"), Column("same", at="a"), Column("b"), Column("c", Type.INTEGER)]
    decoder = Decoder(columns, "t@crm", "UTC")
    decoder.add([{"a": "1", "b": "2", "c": "3"}, {"c": "4"}], {})
    decoder.add([{"a": "5", "c": "6"}, {}], {})
    assert decoder.take().to_pydict() == {
        "a": ["1", None, "5", None],
        "same": ["1", None, "5", None],
        "b": ["2", None, None, None],
        "c": [3, 4, 6, None],
    }


def test_values_of_another_kind_may_follow_many_texts() -> None:
    decoder = Decoder([Column("c"), Column("n", Type.INTEGER)], "t@crm", "UTC")
    decoder.add([{"c": "ä", "n": "1"}] * NEAR, {})
    decoder.add([{"c": None, "n": None}, {"c": 5, "n": 2}, {"c": "b", "n": "3"}], {})
    batch = decoder.take()
    assert batch.num_rows == NEAR + 3
    assert batch.column(0).to_pylist()[NEAR - 1 :] == ["ä", None, "5", "b"]
    assert batch.column(1).to_pylist()[NEAR - 1 :] == [1, None, 2, 3]


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


DAYS = st.dates().map(dt.date.isoformat)
MOMENTS = st.datetimes().map(lambda moment: moment.replace(microsecond=0))
OFFSETS = st.integers(-1439, 1439).map(lambda m: dt.timezone(dt.timedelta(minutes=m)))
WIRE = {
    "texts": st.text(st.characters(exclude_categories=["Cs"]), max_size=4),
    "ids": st.integers(-5, 2**64).map(str),
    "numbers": st.integers(-(2**64), 2**64),
    "odd numbers": st.sampled_from(["0x1F", "+5", " 5", "1_0", "٣", "5.0", "1e3", "nan", "007"]),
    "floats": st.floats(),
    "flags": st.sampled_from(["0", "1", "true", "f", "yes", "2"]),
    "truths": st.booleans() | st.integers(0, 1),
    "days": DAYS | st.sampled_from(["0000-00-00", "0001-01-01", "9999-12-31", "0000-01-01"]),
    "local times": MOMENTS.map(lambda moment: moment.isoformat(" ")),
    "borders of summer": st.sampled_from(
        ["2026-03-08 02:30:00", "2026-11-01 01:30:00", "2026-03-08T01:59:59", "2026-07-01T24:00:00"]
    ),
    "times": st.builds(lambda m, z: m.replace(tzinfo=z).isoformat(), MOMENTS, OFFSETS),
    "zero times": st.sampled_from(["0000-00-00 00:00:00", "0000-00-00T00:00:00+00:00"]),
    "anything": ANYTHING,
}


def decoded(decoder: Decoder, values: list[Any]) -> Any:
    """Return what a column of these wire values is, or the error's name and place."""
    try:
        return decoder.batch([{"c": value} for value in values], {}).column(0)
    except ShapeChanged as error:
        return str(error).partition(":")[0]


QUICK = st.sampled_from([type_ for type_ in Type if type_ not in {Type.JSON, Type.TEXTS}])
COLUMNS = st.lists(st.sampled_from(list(WIRE)), min_size=1, max_size=2).flatmap(
    lambda kinds: st.lists(
        st.none() | st.just("") | st.one_of([WIRE[kind] for kind in kinds]), max_size=5
    )
)


@settings(deadline=None, derandomize=True, max_examples=1500)
@given(
    QUICK,
    COLUMNS,
    st.sampled_from([(), ("",), ("", "0"), ("f",)]),
    st.sampled_from(["UTC", "America/Chicago"]),
)
def test_a_column_read_at_once_equals_one_read_value_by_value(
    type_: Type, values: list[Any], nulls: tuple[str, ...], zone: str
) -> None:
    column = Column("c", type_, nulls=nulls)
    at_once = decoded(Decoder([column], "t@crm", zone), values)
    slow = replace(column, from_wire=lambda value: value)  # is always read value by value
    exact = decoded(Decoder([slow], "t@crm", zone), values)
    assert type(at_once) is type(exact)
    if isinstance(at_once, str):
        assert at_once == exact
    else:
        at_once.validate(full=True)
        assert repr(at_once.to_pylist()) == repr(exact.to_pylist())  # NaN is not equal to itself


@settings(deadline=None, derandomize=True, max_examples=500)
@given(QUICK, COLUMNS, COLUMNS)
def test_a_column_that_came_in_pieces_equals_one_that_came_whole(
    type_: Type, first: list[Any], then: list[Any]
) -> None:
    whole, pieces = (Wire(Column("c", type_)) for _ in range(2))
    whole.add(first + then)
    for values in (first, then):
        pieces.add(values)
        pieces.settle()
    found, same = (quick(wire, ZoneInfo("America/Chicago")) for wire in (pieces, whole))
    assert type(found) is type(same)
    if found is not None:
        assert repr(found.to_pylist()) == repr(same.to_pylist())
    assert repr(pieces.values()) == repr(first + then)
