import io
import json

import pytest

from sqlcrm.shell.printing import Style, write_rows

COLUMNS = [("n", "BIGINT"), ("name", "VARCHAR"), ("more", "JSON")]
ROWS = [(1, "a|b", '{"x": 1}'), (22, "\x1b[2J", None), (None, "x" * 200, None)]


def printed(format_: str, rows=ROWS, columns=COLUMNS, **options) -> str:
    out = io.BytesIO()
    write_rows(out, Style(format_, **options), columns, rows)
    return out.getvalue().decode()


def test_a_table_aligns_numbers_right_and_shows_null():
    lines = printed("table").splitlines()
    assert lines[3].startswith("|    1 | a|b")
    assert lines[4].startswith("|   22 | \\x1b[2J")
    assert lines[5].startswith("| NULL | ")


def test_a_wide_table_is_not_cut():
    assert "x" * 200 in printed("table")


def test_an_empty_table_has_its_names():
    assert "| n   | name" in printed("table", [])


def test_markdown_escapes_its_own_bars():
    lines = printed("markdown").splitlines()
    assert lines[1].startswith("|-----:|:-----")
    assert "a\\|b" in lines[2]


def test_leading_spaces_survive():
    assert "|   x |" in printed("table", [("  x",)], [("a", "VARCHAR")])


def test_json_is_one_array_with_nested_json_columns():
    found = json.loads(printed("json"))
    assert found[0] == {"n": 1, "name": "a|b", "more": {"x": 1}}
    assert found[1]["name"] == "\x1b[2J"


def test_json_of_nothing_is_an_empty_array():
    assert json.loads(printed("json", [])) == []


def test_jsonl_is_one_object_a_line():
    assert [json.loads(line)["n"] for line in printed("jsonl").splitlines()] == [1, 22, None]


@pytest.mark.parametrize("terminal", [True, False])
def test_csv_keeps_its_bytes_unless_a_terminal_would_obey_them(terminal):
    assert ("\x1b" in printed("csv", terminal=terminal)) is not terminal


def test_explain_is_shown_as_duckdb_draws_it():
    columns = [("explain_key", "VARCHAR"), ("explain_value", "VARCHAR")]
    assert printed("table", [("physical_plan", "┌─┐\n└─┘")], columns) == "┌─┐\n└─┘\n"
