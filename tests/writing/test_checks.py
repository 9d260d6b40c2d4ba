"""Source values are brought to their column's form, or refused with a reason."""

import datetime as dt
import uuid
from decimal import Decimal

import pytest

from sqlcrm.sdk import Column, Type
from sqlcrm.writing.checks import Unfit, comparable, fitted, identical, same

AMSTERDAM = dt.timezone(dt.timedelta(hours=2))


@pytest.mark.parametrize(
    ("type_", "given", "found"),
    [
        (Type.TEXT, 5.0, "5"),
        (Type.TEXT, True, "true"),
        (Type.TEXT, ["a"], '["a"]'),
        (Type.TEXT, "  ", None),
        (Type.TEXT, uuid.UUID(int=1), "00000000-0000-0000-0000-000000000001"),
        (Type.INTEGER, " 12 ", 12),
        (Type.INTEGER, Decimal("3.0"), 3),
        (Type.FLOAT, "1.5", 1.5),
        (Type.BOOLEAN, "False", False),
        (Type.BOOLEAN, 1, True),
        (Type.DATE, "2026-02-28", dt.date(2026, 2, 28)),
        (Type.DATE, dt.datetime(2026, 2, 28, 12, tzinfo=dt.UTC), dt.date(2026, 2, 28)),
        (Type.TEXTS, "one", ["one"]),
        (Type.TEXTS, (1, "b"), ["1", "b"]),
        (Type.JSON, {"a": 1}, '{"a": 1}'),
        (Type.TEXT, None, None),
    ],
)
def test_a_value_becomes_its_columns_type(type_, given, found):
    assert fitted(Column("c", type_), given) == found


@pytest.mark.parametrize(
    ("type_", "given", "words"),
    [
        (Type.TEXT, b"bytes", "no text"),
        (Type.INTEGER, "twelve", "'twelve' is no whole number"),
        (Type.INTEGER, 1.5, "no whole number"),
        (Type.INTEGER, 2**63, "no whole number"),
        (Type.FLOAT, float("nan"), "no number"),
        (Type.BOOLEAN, "maybe", "no true or false"),
        (Type.DATE, "2026-02-30", "no date"),
        (Type.DATE, dt.date.max, "no date"),
        (Type.TIMESTAMP, "yesterday", "no time"),
        (Type.TEXTS, ["a", None], "no list of texts"),
        (Type.TEXTS, 7, "no list of texts"),
    ],
)
def test_what_does_not_fit_is_refused_in_words_that_name_the_column(type_, given, words):
    with pytest.raises(Unfit, match=f"c: .*{words}"):
        fitted(Column("c", type_), given)


def test_a_moment_without_a_zone_is_in_the_sessions_and_infinity_is_none():
    column = Column("c", Type.TIMESTAMP)
    plain = dt.datetime.fromisoformat("2026-07-01 12:00:00")
    assert fitted(column, plain, "Europe/Amsterdam") == plain.replace(tzinfo=AMSTERDAM)
    assert fitted(column, "2026-07-01T10:00:00Z") == plain.replace(tzinfo=AMSTERDAM)
    assert fitted(column, dt.date(2026, 7, 1)) == dt.datetime(2026, 7, 1, tzinfo=dt.UTC)
    infinite = dt.datetime.max  # noqa: DTZ901 - what DuckDB's infinity arrives as
    with pytest.raises(Unfit):
        fitted(column, infinite)


@pytest.mark.parametrize("address", ["a@b@c.org", "no-at.example.org", "a b@example.org", "@x.org"])
def test_a_malformed_address_is_refused(address):
    with pytest.raises(Unfit, match="is no e-mail address"):
        fitted(Column("email", check="email"), address)


@pytest.mark.parametrize("address", ["ana+list@example.org", "zoë@exämple.org", " o'neill@x.test "])
def test_an_unusual_but_proper_address_is_taken_as_it_is_written(address):
    assert fitted(Column("email", check="email"), address) == address.strip()


def test_a_value_outside_the_choices_is_refused_with_them():
    column = Column("status", Type.INTEGER, choices=(1, 2))
    assert fitted(column, "2") == 2
    with pytest.raises(Unfit, match="status: 3 is not one of 1, 2"):
        fitted(column, 3)


def test_keys_are_compared_as_the_crm_does():
    email = Column("email", nocase=True)
    assert same(email, " Ana@X.org", "ana@x.org ")
    assert not same(email, "straße@x.org", "strasse@x.org")
    assert not same(Column("name"), "Ana", "ana")
    assert comparable(email, "") is None
    assert same(Column("choices", Type.TEXTS), ["b", "a"], ["a", "b"])
    noon = dt.datetime(2026, 7, 1, 12, tzinfo=AMSTERDAM)
    assert same(Column("at", Type.TIMESTAMP), noon, noon.astimezone(dt.UTC))


def test_values_are_compared_exactly_but_for_blanks_and_the_order_of_choices():
    assert identical("", None)
    assert identical([], None)
    assert identical(["b", "a"], ["a", "b"])
    assert not identical(" Ana", "Ana")
    assert not identical(0, None)
    assert not identical(False, None)


def test_a_value_is_brought_to_the_form_in_which_the_api_keeps_it():
    def digits(value: str) -> str:
        if not value.strip("+ "):
            raise ValueError("no digits")
        return value.replace(" ", "")

    column = Column("phone", normal=digits)
    assert fitted(column, "20 25") == "2025"
    assert fitted(column, None) is None
    with pytest.raises(Unfit, match="phone: no digits"):
        fitted(column, "+")
