"""The DuckDB of a session: its settings, its stages, its words for errors."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb

from sqlcrm.errors import (
    Cancelled,
    DatabaseError,
    DataError,
    Error,
    FileProblem,
    ProgrammingError,
    SqlError,
)

if TYPE_CHECKING:
    import pyarrow as pa

    from sqlcrm.sdk import Column

STAGE = "sqlcrm_stage_"

_PLACE = re.compile(r"\n\nLINE (?P<number>\d+): .*\n(?P<pad> *)(?P<carets>\^[~^]*)", re.DOTALL)
_SQL_ERRORS = (
    duckdb.ParserException,
    duckdb.BinderException,
    duckdb.CatalogException,
)


def quote(name: str) -> str:
    """Return an identifier quoted; a name from an API can hold anything."""
    return '"' + name.replace('"', '""') + '"'


class Engine:
    """One in-memory DuckDB. Not for two threads at once; `interrupt` may be called from another.

    scratch: the folder in which its temporary files get a folder of their own, which only the
    user can read: what spills to disk are people's data.
    restricted: no files, no settings.
    """

    def __init__(self, scratch: Path | None = None, *, restricted: bool = False) -> None:
        self.restricted = restricted
        self._scratch = tempfile.TemporaryDirectory(prefix="duckdb-", dir=scratch)
        config: dict[str, Any] = {
            "python_enable_replacements": "false",
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
            "temp_directory": self._scratch.name,
        }
        self.connection = duckdb.connect(":memory:", config=config)
        self.connection.execute("SET TimeZone = 'UTC'")
        if restricted:
            self.connection.execute("SET enable_external_access = false")
            self.connection.execute("SET lock_configuration = true")
        self._stages = 0

    def run(self, text: str, binds: Any = None) -> duckdb.DuckDBPyConnection:
        """Run one statement; its result is read with fetchall or to Arrow.

        Raises: ProgrammingError, DataError or FileProblem in DuckDB's own words.
        """
        try:
            return self.connection.execute(text, binds) if binds else self.connection.execute(text)
        except duckdb.Error as error:
            raise translated(error) from None

    def query(self, text: str, binds: Any = None) -> list[tuple[Any, ...]]:
        """Run one statement and return all its rows."""
        result = self.run(text, binds)
        try:
            return result.fetchall()
        except duckdb.Error as error:
            raise translated(error) from None

    def relation(self, text: str, binds: Any = None) -> duckdb.DuckDBPyRelation | None:
        """Run one statement once and keep its rows; None where it has no result set."""
        try:
            found = self.connection.sql(text, params=binds or None)
            return None if found is None else found.materialize()
        except duckdb.Error as error:
            raise translated(error) from None

    def bind(self, text: str, binds: Any = None) -> None:
        """Let DuckDB check names and types of a statement without running it."""
        self.query(f"EXPLAIN {text}", binds)

    def columns(self, source: str) -> list[str] | None:
        """Return the column names of a FROM item, None where DuckDB cannot tell."""
        try:
            self.connection.execute(f"SELECT * FROM {source} LIMIT 0")
        except duckdb.Error:
            return None
        return [str(item[0]) for item in self.connection.description or ()]

    def zone(self) -> str:
        """Return the session's time zone."""
        rows = self.query("SELECT current_setting('TimeZone')")
        return str(rows[0][0])

    def stage(
        self, name: str, columns: Sequence[Column], spelled: Sequence[tuple[str, str]] = ()
    ) -> str:
        """Create an empty stage table and return its quoted name.

        Its last part is the name as the user wrote it, so that it can qualify columns.
        """
        by_name = {column.name: column for column in columns}
        parts = [(c.name, _type(c)) for c in columns]
        parts += [(spelling, _type(by_name[c])) for spelling, c in spelled]
        return self.stage_typed(name, parts)

    def stage_typed(self, name: str, columns: Sequence[tuple[str, str]]) -> str:
        """Create an empty stage table of DuckDB types and return its quoted name."""
        self._stages += 1
        schema = quote(f"{STAGE}{self._stages}")
        table = f"{schema}.{quote(name)}"
        parts = ", ".join(f"{quote(column)} {kind}" for column, kind in columns)
        self.run(f"CREATE SCHEMA {schema}")
        self.run(f"CREATE TABLE {table} ({parts})")
        return table

    def insert(
        self, table: str, data: pa.Table, columns: Sequence[str], spelled: Sequence[str] = ()
    ) -> None:
        """Append Arrow data to a stage; `spelled` columns are copied under a second name."""
        name = "sqlcrm_arriving"
        chosen = ", ".join(quote(column) for column in (*columns, *spelled))
        self.connection.register(name, data)
        try:
            self.run(f"INSERT INTO {table} SELECT {chosen} FROM {name}")
        finally:
            self.connection.unregister(name)

    def check_syntax(self, text: str, marked: str) -> None:
        """Refuse a text that DuckDB cannot parse, pointing into the user's own.

        Raises: SqlError.
        """
        try:
            self.connection.extract_statements(marked)
        except duckdb.ParserException as error:
            message = _PLACE.sub("", str(error)).removeprefix("Parser Error: ").strip()
            start, end = _location(marked)
            if start < 0:
                raise SqlError(message) from None
            if message.startswith("syntax error at or near"):  # DuckDB's own words hold marks
                message = f'syntax error at or near "{text[start:end]}"'
            raise SqlError(message, text, start, end) from None

    def drop_stages(self) -> None:
        """Remove every stage."""
        for number in range(1, self._stages + 1):
            self.run(f"DROP SCHEMA IF EXISTS {quote(f'{STAGE}{number}')} CASCADE")
        self._stages = 0

    def interrupt(self) -> None:
        """Stop the running statement; callable from another thread."""
        self.connection.interrupt()

    def close(self) -> None:
        """Close the database and remove its temporary folder."""
        self.connection.close()
        self._scratch.cleanup()


def _location(marked: str) -> tuple[int, int]:
    """Return which characters DuckDB's parser stumbles over, (-1, -1) where it does not say.

    Its own underlining will not do: it cuts long lines short.
    """
    with duckdb.connect(config={"errors_as_json": "true"}) as other:
        try:
            other.extract_statements(marked)
        except duckdb.ParserException as error:
            found = re.search(r'"location":"\[(\d+),(\d+)\]"', str(error))
            if found is not None:
                raw, start = marked.encode(), int(found[1])  # it counts bytes
                before, there = raw[:start], raw[start : start + int(found[2])]
                first = len(before.decode(errors="replace"))
                return first, first + max(1, len(there.decode(errors="replace")))
    return -1, -1


def _type(column: Column) -> str:
    collate = " COLLATE NOCASE" if column.nocase and column.type == "VARCHAR" else ""
    return f"{column.type}{collate}"


def translated(error: duckdb.Error) -> Error:
    """Return DuckDB's error as one of ours, without marks and stages of ours in its text."""
    text = re.sub(rf'"?{STAGE}\d+"?\.', "", str(error))
    text = re.sub(r"^(\w+ )*Error: ", "", text)
    if isinstance(error, duckdb.InterruptException):
        return Cancelled("cancelled")
    if isinstance(error, duckdb.IOException):
        return FileProblem(_without_place(text))
    if isinstance(error, _SQL_ERRORS):
        return SqlError(_without_place(text))
    if isinstance(error, duckdb.InvalidInputException):
        return ProgrammingError(_without_place(text))
    if isinstance(error, duckdb.DataError | duckdb.ConstraintException):
        return DataError(_without_place(text))
    return DatabaseError(_without_place(text))


def _without_place(text: str) -> str:
    """Take off DuckDB's own underlined line: it shows the text after our replacements."""
    return _PLACE.sub("", text).strip()


def named_binds(text: str, binds: Mapping[str, Any]) -> dict[str, Any]:
    """Return those of the binds that a text uses: DuckDB refuses more than it needs."""
    used = set(re.findall(r"\$(\w+)", text))
    return {name: value for name, value in binds.items() if name in used}
