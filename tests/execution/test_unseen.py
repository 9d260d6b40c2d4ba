"""Rows that come twice are left out; what only looks alike is not."""

from typing import Any

import pytest

from sqlcrm.execution.unseen import Unseen
from sqlcrm.sdk import Column

KEY = [Column("id")]
PAIR = [Column("a"), Column("b", at="links.b")]


@pytest.mark.parametrize(
    ("first", "second", "same"),
    [
        (5, 5, True),
        (6, "6", True),  # APIs write an id now as a number, now as a text
        ("x", "x", True),
        ("05", "5", False),
        ("5", "5.0", False),
        (None, None, False),  # no id: nothing says that they are the same
        ("9" * 30, "9" * 30, True),
        ("9" * 30, "9" * 29, False),
        ("-5", "5", False),
        ("\u0665", "5", False),
        (True, 1, False),
    ],
)
def test_an_id_is_compared_as_it_is_written(first: Any, second: Any, same: bool) -> None:
    unseen = Unseen(KEY)
    assert len(unseen.of([{"id": first}, {"id": second}])) == (1 if same else 2)
    assert unseen.doubled == int(same)


def test_rows_are_remembered_over_pages_until_they_shall_be_forgotten() -> None:
    unseen = Unseen(KEY)
    assert unseen.of([{"id": 1}, {"id": 2}]) == [{"id": 1}, {"id": 2}]
    assert unseen.of([{"id": 2}, {"id": 3}]) == [{"id": 3}]
    unseen.forget()
    assert unseen.doubled == 0
    assert unseen.of([{"id": 3}]) == [{"id": 3}]


def test_a_key_of_several_columns_counts_as_a_whole() -> None:
    unseen = Unseen(PAIR)
    rows = [{"a": 1, "links": {"b": b}} for b in (1, 2, 1)] + [{"a": 1}, {"a": 1}]
    assert len(unseen.of(rows)) == 4
    assert Unseen([]).of(rows) == rows
