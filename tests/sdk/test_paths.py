"""Paths into JSON: what is written at one is read back from it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sqlcrm.sdk import dig, put, step
from sqlcrm.sdk.paths import plain

NAMES = st.text(st.characters(codec="utf-8"), min_size=1, max_size=8)


@given(st.lists(NAMES, min_size=1, max_size=3, unique=True), st.integers())
def test_a_value_is_found_where_it_was_put_whatever_the_names_hold(
    names: list[str], value: int
) -> None:
    path = ".".join(map(step, names))
    row: dict[str, object] = {}
    put(row, path, value)
    assert dig(row, path) == value
    inner: object = row
    for name in names:
        assert isinstance(inner, dict)
        inner = inner[name]
    assert inner == value


def test_of_a_list_the_flagged_object_is_read_else_the_first() -> None:
    mails = [{"address": "a"}, {"address": "b", "primary": True}]
    assert dig({"mails": mails}, "mails[primary].address") == "b"
    assert dig({"mails": mails[:1]}, "mails[primary].address") == "a"
    assert dig({"mails": mails}, "mails[].address") == "a"


@pytest.mark.parametrize("body", [{}, {"mails": []}, {"mails": None}, {"mails": {"a": 1}}, None])
def test_an_empty_list_has_no_such_value(body: object) -> None:
    assert dig(body, "mails[primary].address") is None


def test_siblings_are_written_into_one_object_of_the_list() -> None:
    row: dict[str, object] = {}
    put(row, "mails[primary].address", "a@x.org")
    put(row, "mails[primary].status", "unsubscribed")
    assert row == {"mails": [{"address": "a@x.org", "status": "unsubscribed"}]}


def test_a_plain_path_is_a_bare_name() -> None:
    assert plain("email")
    assert not any(map(plain, ["a.b", "a[b].c", r"a\.b"]))
