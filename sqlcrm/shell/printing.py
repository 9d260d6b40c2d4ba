"""Rows in the formats that the command knows, written to an open file."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any

from sqlcrm.session.text import cell, csv_line, escaped, to_json

if TYPE_CHECKING:
    from sqlcrm.session.result import Result

Row = Sequence[Any]
Columns = Sequence[tuple[str, str]]

BINARY = {"parquet", "arrow"}
FORMATS = ("table", "csv", "json", "jsonl", "markdown", *sorted(BINARY))

_NUMBERS = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "FLOAT", "DOUBLE", "DECIMAL")


@dataclass(frozen=True, slots=True)
class Style:
    """How rows are printed.

    raw: no protection against formulas in CSV. terminal: a person reads it there, so that control
    characters are shown escaped in every format.
    """

    format: str = "table"
    raw: bool = False
    terminal: bool = False


def write_rows(out: IO[bytes], style: Style, columns: Columns, rows: Sequence[Row]) -> None:
    """Write rows as text in UTF-8."""
    for part in _PRINTERS[style.format](style, columns, rows):
        text = escaped(part, keep="\r\n") if style.terminal and style.format == "csv" else part
        out.write(text.encode("utf-8", errors="backslashreplace"))


def write_binary(out: IO[bytes], style: Style, result: Result) -> int:
    """Write a result as Parquet or as an Arrow file; return how many rows it has."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = result.arrow()
    if style.format == "parquet":
        pq.write_table(table, out)
    else:
        with pa.ipc.new_file(out, table.schema) as file:
            file.write_table(table)
    return int(table.num_rows)


def _is_number(kind: str) -> bool:
    return kind.upper().removeprefix("U").startswith(_NUMBERS) and not kind.endswith("]")


def _grid(name: str) -> Callable[[Style, Columns, Sequence[Row]], Iterable[str]]:
    """Return a printer of tables in one of tabulate's formats; NULL is shown, nothing is cut."""

    def printer(_style: Style, columns: Columns, rows: Sequence[Row]) -> Iterable[str]:
        if name == "table" and [column for column, _ in columns] == EXPLAINED:
            yield from (f"{row[1]}\n" for row in rows)
            return
        from tabulate import tabulate

        show = _markdown_cell if name == "markdown" else cell
        yield tabulate(
            [[show(value) for value in row] for row in rows],
            headers=[show(column) for column, _ in columns],
            tablefmt="pipe" if name == "markdown" else "psql",
            disable_numparse=True,
            preserve_whitespace=True,
            colalign=["right" if _is_number(kind) else "left" for _, kind in columns],
        )
        yield "\n"

    return printer


EXPLAINED = ["explain_key", "explain_value"]
"""The columns of an EXPLAIN: its texts are printed as they are."""


def _markdown_cell(value: Any) -> str:
    return cell(value).replace("|", "\\|")


def _csv(style: Style, columns: Columns, rows: Sequence[Row]) -> Iterable[str]:
    yield csv_line([name for name, _ in columns], raw=style.raw)
    for row in rows:
        yield csv_line(row, raw=style.raw)


def _objects(columns: Columns, rows: Sequence[Row]) -> Iterable[str]:
    """Yield each row as a JSON object; columns of type JSON are nested, not quoted."""
    nested = [kind.upper() == "JSON" for _, kind in columns]
    names = [name for name, _ in columns]
    for row in rows:
        values = [
            _parsed(value) if inside else value for value, inside in zip(row, nested, strict=True)
        ]
        yield to_json(dict(zip(names, values, strict=True)))


def _parsed(value: Any) -> Any:
    return json.loads(value) if isinstance(value, str) else value


def _json(_style: Style, columns: Columns, rows: Sequence[Row]) -> Iterable[str]:
    before = "[\n"
    for one in _objects(columns, rows):
        yield f"{before}{one}"
        before = ",\n"
    yield "\n]\n" if rows else "[]\n"


def _jsonl(_style: Style, columns: Columns, rows: Sequence[Row]) -> Iterable[str]:
    for one in _objects(columns, rows):
        yield f"{one}\n"


_PRINTERS: dict[str, Callable[[Style, Columns, Sequence[Row]], Iterable[str]]] = {
    "table": _grid("table"),
    "markdown": _grid("markdown"),
    "csv": _csv,
    "json": _json,
    "jsonl": _jsonl,
}
