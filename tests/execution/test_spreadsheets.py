"""Spreadsheets as tables: their types, their headers, and what is wrong with them."""

import datetime as dt
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
from fakes.session import FakeSession

from sqlcrm.errors import FileProblem, SqlError

Book = Callable[..., str]


@pytest.fixture
def book(tmp_path: Path) -> Book:
    def write(name: str = "book.xlsx", **sheets: Sequence[Sequence[Any]]) -> str:
        path = str(tmp_path / name)
        with xlsxwriter.Workbook(path, {"default_date_format": "yyyy-mm-dd hh:mm"}) as made:
            day = made.add_format({"num_format": "yyyy-mm-dd"})
            for title, rows in sheets.items():
                sheet = made.add_worksheet(title)
                for y, row in enumerate(rows):
                    for x, cell in enumerate(row):
                        plain_day = isinstance(cell, dt.date) and not isinstance(cell, dt.datetime)
                        if isinstance(cell, str):
                            sheet.write_string(y, x, cell)
                        else:
                            sheet.write(y, x, cell, *([day] if plain_day else []))
        return path

    return write


def test_a_column_has_the_type_that_all_its_cells_share(session: FakeSession, book: Book) -> None:
    path = book(
        S=[
            ["whole", "real", "yes", "day", "text", "mixed", "nothing"],
            [1, 1.5, True, dt.date(2026, 1, 31), "x", 5, None],
            [2, 2, False, dt.date(2026, 2, 1), "", "y", None],
            [None, None, None, None, None, 2.0, None],
        ]
    )
    result = session.result(f"SELECT * FROM '{path}'")
    assert [str(kind) for _, kind in result.columns] == [
        "BIGINT", "DOUBLE", "BOOLEAN", "DATE", "VARCHAR", "VARCHAR", "VARCHAR",
    ]  # fmt: skip
    assert result.rows() == [
        (1, 1.5, True, dt.date(2026, 1, 31), "x", "5", None),
        (2, 2.0, False, dt.date(2026, 2, 1), None, "y", None),
        (None, None, None, None, None, "2", None),
    ]


def test_headers_that_are_blank_or_repeated_still_name_their_columns(
    session: FakeSession, book: Book
) -> None:
    path = book(S=[["a", "", "A", "  ", "a", 2024, " c "], [1, 2, 3, 4, 5, 6, 7]])
    assert session.result(f"SELECT * FROM '{path}'").names == [
        "a", "B", "A_2", "D", "a_3", "2024", "c",
    ]  # fmt: skip


def test_without_a_header_columns_have_the_sheets_own_letters(
    session: FakeSession, book: Book
) -> None:
    path = book(S=[list(range(28))])
    names = session.result(f"SELECT * FROM read_excel('{path}', header => false)").names
    assert (names[0], names[25], names[26], names[27]) == ("A", "Z", "AA", "AB")


def test_rows_of_different_length_are_filled_with_null(session: FakeSession, book: Book) -> None:
    path = book(S=[["a"], [1, 2], [], [3]])
    assert session.rows(f"SELECT a, B FROM '{path}'") == [(1, 2), (None, None), (3, None)]


@pytest.mark.parametrize("sheet", ["'Second'", "'sECOND'", "2"])
def test_a_sheet_is_taken_by_name_or_number(session: FakeSession, book: Book, sheet: str) -> None:
    path = book(First=[["a"], [1]], Second=[["a"], [2]])
    assert session.rows(f"SELECT a FROM read_excel('{path}', sheet => {sheet})") == [(2,)]
    assert session.rows(f"SELECT a FROM read_excel('{path}')") == [(1,)]


def test_a_sheet_joins_remote_and_local_tables(session: FakeSession, book: Book) -> None:
    path = book(S=[["k"], [1], [2]])
    session.engine.run("CREATE TABLE loc AS SELECT 2 AS k")
    assert session.rows(f"SELECT book.k FROM '{path}' JOIN loc ON loc.k = book.k") == [(2,)]


def test_a_sheet_of_a_header_alone_has_no_rows(session: FakeSession, book: Book) -> None:
    assert session.rows(f"SELECT a FROM '{book(S=[['a']])}'") == []


@pytest.mark.parametrize(
    ("sheet", "message"),
    [("'Thrid'", "Did you mean Third"), ("7", "has 1 sheets"), ("0", "no sheet 0")],
)
def test_a_sheet_that_is_not_there(
    session: FakeSession, book: Book, sheet: str, message: str
) -> None:
    path = book(Third=[["a"], [1]])
    with pytest.raises(FileProblem, match=message):
        session.rows(f"SELECT * FROM read_excel('{path}', sheet => {sheet})")


def test_what_is_no_spreadsheet_is_said_to_be_none(session: FakeSession, tmp_path: Path) -> None:
    file = tmp_path / "book.xlsx"
    with pytest.raises(FileProblem, match="there is no file"):
        session.rows(f"SELECT * FROM '{file}'")
    file.write_text("id,name\n1,Ana\n")
    with pytest.raises(FileProblem, match="cannot be read as a spreadsheet"):
        session.rows(f"SELECT * FROM '{file}'")


def test_an_empty_sheet_is_an_error(session: FakeSession, book: Book) -> None:
    with pytest.raises(FileProblem, match="empty"):
        session.rows(f"SELECT * FROM '{book(S=[])}'")


@pytest.mark.parametrize("arguments", ["", "5", "'a.xlsx', colour => 1", "path => k"])
def test_read_excel_says_what_it_takes(session: FakeSession, arguments: str) -> None:
    with pytest.raises(SqlError):
        session.rows(f"SELECT * FROM read_excel({arguments})")
