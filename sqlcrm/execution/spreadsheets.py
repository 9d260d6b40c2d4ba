"""Reads spreadsheets: .xlsx, .xls, .xlsb and .ods, by python-calamine."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sqlcrm.errors import FileProblem, did_you_mean
from sqlcrm.execution.columns import stage_columns
from sqlcrm.execution.engine import Engine


def stage_sheet(
    engine: Engine, name: str, path: str, sheet: str | int | None = None, header: bool = True
) -> str:
    """Put one sheet into a stage and return its quoted name.

    The first sheet is taken where none is named; a number counts from 1. The first row names the
    columns unless `header` is false (then: A, B, …). A column has the type all its cells share.
    Raises: FileProblem that says what is there instead.
    """
    rows = _rows(path, sheet)
    width = max((len(row) for row in rows), default=0)
    if not width:
        raise FileProblem(f"{path}: the sheet is empty")
    names = _names(rows[0], width) if header else [_letters(i) for i in range(width)]
    body = rows[1:] if header else rows
    columns = [[row[i] if i < len(row) else None for row in body] for i in range(width)]
    return stage_columns(engine, name, names, [_typed(column) for column in columns])


def _rows(path: str, sheet: str | int | None) -> list[list[Any]]:
    import python_calamine as calamine

    file = Path(path).expanduser()
    if not file.is_file():
        raise FileProblem(f"there is no file {path}")
    try:
        book = calamine.CalamineWorkbook.from_path(str(file))
        wanted = _sheet(path, book.sheet_names, sheet)
        return book.get_sheet_by_name(wanted).to_python(skip_empty_area=False)
    except FileProblem:
        raise
    except Exception as error:  # noqa: BLE001 - calamine has a class for each of its formats
        raise FileProblem(f"{path} cannot be read as a spreadsheet: {error}") from None


def _sheet(path: str, names: Sequence[str], sheet: str | int | None) -> str:
    if not names:
        raise FileProblem(f"{path} has no sheet")
    if sheet is None:
        return names[0]
    if isinstance(sheet, int):
        if 1 <= sheet <= len(names):
            return names[sheet - 1]
        raise FileProblem(f"{path} has {len(names)} sheets, so there is no sheet {sheet}")
    for name in names:
        if name.casefold() == sheet.casefold():
            return name
    raise FileProblem(f"{path} has no sheet {sheet!r}. {did_you_mean(sheet, names)}")


def _names(row: Sequence[Any], width: int) -> list[str]:
    """Return column names from the header: letters for blanks, `_2` for a repetition."""
    names: list[str] = []
    taken: set[str] = set()
    for i in range(width):
        value = row[i] if i < len(row) else ""
        plain = ("" if value is None else _text(value).strip()) or _letters(i)
        name, number = plain, 1
        while name.casefold() in taken:
            number += 1
            name = f"{plain}_{number}"
        taken.add(name.casefold())
        names.append(name)
    return names


def _letters(index: int) -> str:
    """Return a spreadsheet's own name of column `index`, counted from 0."""
    letters = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def _typed(values: Sequence[Any]) -> tuple[str, list[Any]]:
    """Return the DuckDB type that all cells share, VARCHAR for a mixture, and the values."""
    cells = [None if value == "" else value for value in values]
    kinds = {_kind(cell) for cell in cells if cell is not None}
    if kinds <= {"BIGINT"} and kinds:
        return "BIGINT", [None if cell is None else int(cell) for cell in cells]
    if kinds <= {"BIGINT", "DOUBLE"} and kinds:
        return "DOUBLE", [None if cell is None else float(cell) for cell in cells]
    if kinds == {"DATE", "TIMESTAMP"}:
        return "TIMESTAMP", [_as_moment(cell) for cell in cells]
    if len(kinds) == 1 and kinds & {"BOOLEAN", "DATE", "TIMESTAMP"}:
        return kinds.pop(), cells
    return "VARCHAR", [None if cell is None else _text(cell) for cell in cells]


def _kind(cell: Any) -> str:
    if isinstance(cell, bool):
        return "BOOLEAN"
    if isinstance(cell, int | float):
        return "BIGINT" if float(cell).is_integer() and abs(cell) < 2**53 else "DOUBLE"
    if isinstance(cell, dt.datetime):
        return "TIMESTAMP"
    return "DATE" if isinstance(cell, dt.date) else "VARCHAR"


def _as_moment(cell: Any) -> dt.datetime | None:
    if cell is None or isinstance(cell, dt.datetime):
        return cell
    return dt.datetime(cell.year, cell.month, cell.day)  # noqa: DTZ001 - a sheet has no zone


def _text(cell: Any) -> str:
    """Return a cell as text; a whole number without `.0`, as the sheet shows it."""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell)
