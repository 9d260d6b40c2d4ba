import datetime as dt
from decimal import Decimal

import pytest

from sqlcrm.session.text import cell, csv_line, escaped, to_json


def test_control_characters_are_shown_and_not_obeyed():
    assert escaped("\x1b[31mred\x07\n\t\x9b") == "\\x1b[31mred\\x07\\n\\t\\x9b"


def test_characters_that_turn_the_writing_are_shown():
    assert escaped("a\u202eb") == "a\\u202eb"


def test_a_kept_line_break_stays():
    assert escaped("a\nb\r", keep="\n") == "a\nb\\r"


def test_letters_of_all_scripts_stay():
    assert escaped("Zoë 日本 😀 עברית") == "Zoë 日本 😀 עברית"


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, "NULL"),
        ("", ""),
        (True, "true"),
        (Decimal("1.10"), "1.10"),
        (b"\x00\xff", "00ff"),
        (dt.date(2026, 1, 2), "2026-01-02"),
        (dt.datetime(2026, 1, 2, 3, 4, tzinfo=dt.UTC), "2026-01-02 03:04:00+00:00"),
        (["a\n", None], '["a\\n", null]'),
    ],
)
def test_a_cell_is_one_line(value, shown):
    assert cell(value) == shown


@pytest.mark.parametrize(
    "text", ["=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(1)", "\tx", "\rx", "-", "+", "=", "+a1"]
)
def test_a_formula_is_taken_for_text(text):
    assert csv_line([text], raw=False).lstrip('"').startswith("'")


@pytest.mark.parametrize(
    "text", ["+61412345678", "+61 412 345 678", "+1 (555) 123-4567", "-5", "+5", "-1.5e3", "a=b"]
)
def test_numbers_and_phone_numbers_stay_as_they_are(text):
    assert csv_line([text], raw=False) == f"{text}\n"


def test_numbers_that_are_no_text_are_never_prefixed():
    assert csv_line([-5, Decimal("-1.50"), dt.date(2026, 1, 2)], raw=False) == (
        "-5,-1.50,2026-01-02\n"
    )


def test_raw_csv_leaves_formulas_alone():
    assert csv_line(["=1"], raw=True) == "=1\n"


def test_csv_is_quoted_as_rfc_4180_wants_it():
    line = csv_line(['say "hi"', "a,b", "two\nlines", " x", "", None], raw=False)
    assert line == '"say ""hi""","a,b","two\nlines"," x","",\n'


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (Decimal("1.10"), "1.1"),
        (Decimal(7), "7"),
        (Decimal("0.1234567890123456789"), '"0.1234567890123456789"'),
        (float("nan"), '"nan"'),
        (b"\x01", '"01"'),
        ({"a": [dt.date(2026, 1, 2)]}, '{"a": ["2026-01-02"]}'),
        ("é\x9b", '"é\\u009b"'),
        (dt.datetime(2026, 1, 2, 3, tzinfo=dt.UTC), '"2026-01-02T03:00:00+00:00"'),
    ],
)
def test_json_loses_nothing_and_shows_nothing_harmful(value, text):
    assert to_json(value) == text
