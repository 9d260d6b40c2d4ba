"""Rows that need a person: rejected and unknown ones, to look at and to download."""

from __future__ import annotations

import base64
import io
import re
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlcrm.session.page.values import Shown, shown
from sqlcrm.session.text import csv_line, to_json

Row = tuple[Any, ...]

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


class Room:
    """How much may still be shown, in rows and in characters."""

    def __init__(self, *, rows: int, characters: int) -> None:
        self.rows = rows
        self.characters = characters

    def take(self, size: int) -> bool:
        """Take room for one row, if there is room left."""
        if self.rows < 1 or self.characters < size:
            return False
        self.rows -= 1
        self.characters -= size
        return True

    def take_characters(self, size: int) -> bool:
        """Take room for a text, if there is room left."""
        if self.characters < size:
            return False
        self.characters -= size
        return True


@dataclass(frozen=True, slots=True)
class Download:
    """A file within the page. `address` is a `data:` URI."""

    name: str
    address: str
    packed: bool


@dataclass(frozen=True, slots=True)
class RowTable:
    """The first rows of `total`, and all of them as a file."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Shown, ...], ...]
    total: int
    download: Download | None


def rejected_table(
    place: tuple[int, int], operations: Sequence[Mapping[str, Any]], room: Room, download: Room
) -> RowTable:
    """Return rejected rows in the columns of their target, reason and number behind them.

    So they can be mended and inserted again. place: run and statement.
    """
    return _table(place, "rejected", operations, ("reason", "number"), room, download)


def unknown_table(
    place: tuple[int, int],
    where: tuple[str, str],
    operations: Sequence[Mapping[str, Any]],
    room: Room,
    download: Room,
) -> RowTable:
    """Return rows of which nobody knows whether they arrived, and a query that looks each up.

    where: the target table and the alias of its connection.
    """
    asked = [{**one, "look_up": look_up(where, one)} for one in operations]
    behind = ("verb", "reason", "number", "look_up")
    return _table(place, "unknown", asked, behind, room, download)


def look_up(where: tuple[str, str], operation: Mapping[str, Any]) -> str:
    """Return the query that shows whether an operation had its effect, or "" where none can."""
    table, alias = where
    new = operation["verb"] in {"create", "link"}
    keys = [operation["natural_key"], operation["key"]]
    key = next((one for one in (keys if new else keys[::-1]) if one), None)
    if key is None or not alias or any(value is None for value in key.values()):
        return ""
    terms = " AND ".join(f"{_quoted(name)} = {_literal(value)}" for name, value in key.items())
    return f"SELECT * FROM {_quoted(table)}@{alias} WHERE {terms}"


def _table(
    place: tuple[int, int],
    what: str,
    operations: Sequence[Mapping[str, Any]],
    behind: Sequence[str],
    room: Room,
    download: Room,
) -> RowTable:
    values = [{**o["key"], **o["natural_key"], **o["new_values"]} for o in operations]
    names = list(dict.fromkeys(name for one in values for name in one))
    columns = (*names, *(n if n not in names else f"{what}_{n}" for n in behind))
    rows = [
        (*(one.get(name) for name in names), *(operation[name] for name in behind))
        for one, operation in zip(values, operations, strict=True)
    ]
    first = []
    for row in rows:
        cells = tuple(shown(value) for value in row)
        if not room.take(sum(len(cell.text) for cell in cells) + 20 * len(cells)):
            break
        first.append(cells)
    run, statement = place
    name = f"run-{run}-statement-{statement}-{what}.csv"
    file = _download(name, columns, rows, download) if rows else None
    return RowTable(columns, tuple(first), len(rows), file)


def _download(name: str, columns: Row, rows: Sequence[Row], room: Room) -> Download:
    """Return all rows as CSV by RFC 4180, compressed where the page would become too large."""
    lines = [csv_line(row, raw=False).removesuffix("\n") for row in (columns, *rows)]
    text = "".join(f"{line}\r\n" for line in lines).encode("utf-8", errors="backslashreplace")
    packed = not room.take_characters(len(text))
    kind = "text/csv;charset=utf-8"
    if packed:
        name, kind, text = f"{name}.zip", "application/zip", _zipped(name, text)
    return Download(name, f"data:{kind};base64,{base64.b64encode(text).decode()}", packed)


def _zipped(name: str, content: bytes) -> bytes:
    """Return an archive with one file: what every system opens with a double click."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as file:
        file.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED, 9)
    return archive.getvalue()


def _quoted(name: str) -> str:
    """Return an identifier as it must stand in a statement."""
    return name if _NAME.fullmatch(name) else '"' + name.replace('"', '""') + '"'


def _literal(value: Any) -> str:
    if isinstance(value, bool | int | float):
        return str(value).lower()
    text = value if isinstance(value, str) else to_json(value)
    return "'" + text.replace("'", "''") + "'"
