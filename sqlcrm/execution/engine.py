"""The DuckDB of a session: its settings, its stages, its words for errors."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb

from sqlcrm.errors import (
    Busy,
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

MEMORY = '"memory"'
"""Where all of ours lies, whatever database the user made the current one."""

STAGE = "sqlcrm_stage_"
KEPT = "sqlcrm_cache"

LOSES_LIMITS = "statistics_propagation"
"""DuckDB 2.0.0: where it proves the other side of an outer join empty, it drops a LIMIT above it.
A stage that a condition narrowed is empty where the full table would not be."""

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
            self.connection.execute(f"SET disabled_optimizers = '{LOSES_LIMITS}'")
            self.connection.execute("SET enable_external_access = false")
            self.connection.execute("SET lock_configuration = true")
        self._stages: list[tuple[str, str]] = []  # schema and table of each
        self._kept = 0

    def run(self, text: str, binds: Any = None) -> duckdb.DuckDBPyConnection:
        """Run one statement; its result is read with fetchall or to Arrow.

        Raises: ProgrammingError, DataError or FileProblem in DuckDB's own words.
        """
        with ours():
            return self.connection.execute(text, binds) if binds else self.connection.execute(text)

    def query(self, text: str, binds: Any = None) -> list[tuple[Any, ...]]:
        """Run one statement and return all its rows."""
        result = self.run(text, binds)
        with ours():
            return result.fetchall()

    def relation(self, text: str, binds: Any = None) -> duckdb.DuckDBPyRelation | None:
        """Run one statement once and keep its rows; None where it has no result set."""
        with ours():
            found = self.connection.sql(text, params=binds or None)
            return None if found is None else found.materialize()

    def values(
        self, names: Sequence[str], kinds: Sequence[str], rows: Sequence[tuple[Any, ...]]
    ) -> duckdb.DuckDBPyRelation | None:
        """Return rows of ours as a result of DuckDB's; each row has a value for each name."""
        columns = ", ".join(f"unnest(?::{kind}[]) AS {quote(name)}"
                            for name, kind in zip(names, kinds, strict=True))  # fmt: skip
        lists = [list(values) for values in zip(*rows, strict=True)]
        return self.relation(f"SELECT {columns}", lists)

    @contextmanager
    def careful(self, text: str) -> Iterator[None]:
        """Run a query over stages without the optimizer that loses its LIMIT.

        A restricted session, whose settings are locked, does without it from the start.
        """
        words = set(re.findall(r"\w+", text.casefold()))
        if self.restricted or "limit" not in words or not words & {"left", "right", "full"}:
            yield
            return
        (before,) = self.query("SELECT current_setting('disabled_optimizers')")[0]
        self.run(f"SET disabled_optimizers = '{','.join(filter(None, (before, LOSES_LIMITS)))}'")
        try:
            yield
        finally:
            self.connection.execute(f"SET disabled_optimizers = '{before}'")

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

    def stage(self, name: str, columns: Sequence[Column]) -> str:
        """Create an empty stage table and return its quoted name.

        Its last part is the name as the user wrote it, so that it can qualify columns.
        """
        return self.stage_typed(name, [(column.name, _type(column)) for column in columns])

    def stage_typed(self, name: str, columns: Sequence[tuple[str, str]]) -> str:
        """Create an empty stage table of DuckDB types and return its quoted name."""
        schema = f"{MEMORY}.{quote(f'{STAGE}{len(self._stages) + 1}')}"
        table = f"{schema}.{quote(name)}"
        self._stages.append((schema, table))
        parts = ", ".join(f"{quote(column)} {kind}" for column, kind in columns)
        self.run(f"CREATE SCHEMA {schema}")
        self.run(f"CREATE TABLE {table} ({parts})")
        return table

    def keep(self, stage: str, name: str) -> str:
        """Copy a stage to where it outlives its statement; return the copy's quoted name."""
        self._kept += 1
        place = f"{MEMORY}.{quote(KEPT)}.{quote(f'{name}_{self._kept}')}"
        self.run(f"CREATE SCHEMA IF NOT EXISTS {MEMORY}.{quote(KEPT)}")
        self.run(f"CREATE TABLE {place} AS SELECT * FROM {stage}")
        return place

    def insert(
        self, table: str, data: pa.Table, columns: Sequence[str], json: Collection[str] = ()
    ) -> None:
        """Append Arrow data to a stage. json: columns of JSON; what is none becomes its text."""
        name = "sqlcrm_arriving"
        chosen = ", ".join(
            f"coalesce(TRY_CAST({quote(one)} AS JSON), to_json({quote(one)}))"
            if one in json
            else quote(one)
            for one in columns
        )
        self.connection.register(name, data)
        try:
            self.run(f"INSERT INTO {table} SELECT {chosen} FROM {name}")
        finally:
            self.connection.unregister(name)

    def check_syntax(self, text: str, marked: str, place: Callable[[int], int] = int) -> None:
        """Refuse a text that DuckDB cannot parse, pointing into the user's own.

        place: from an offset into `marked` to one into `text`.
        Raises: SqlError.
        """
        try:
            self.connection.extract_statements(marked)
        except duckdb.ParserException as error:
            message = _PLACE.sub("", str(error)).removeprefix("Parser Error: ").strip()
            start, end = _location(marked)
            if start < 0:
                raise SqlError(message) from None
            start, end = place(start), place(end)
            if message.startswith("syntax error at or near"):  # DuckDB's own words hold marks
                message = f'syntax error at or near "{text[start:end]}"'
            raise SqlError(message, text, start, end) from None

    def drop_stages(self) -> None:
        """Remove every stage; after an error within a transaction, ROLLBACK does so."""
        try:
            for schema, table in self._stages:
                # DuckDB 2.0.0 refuses to commit a transaction in which CASCADE dropped a new table.
                self.run(f"DROP TABLE IF EXISTS {table}")
                self.run(f"DROP SCHEMA IF EXISTS {schema} CASCADE")
        except DatabaseError:
            return  # their numbers stay taken, and the next statement tries again
        self._stages.clear()

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


@contextmanager
def ours() -> Iterator[None]:
    """Let what DuckDB raises leave as an error of ours.

    Its Python side raises Python's own errors for values that Python does not have.
    """
    try:
        yield
    except duckdb.Error as error:
        raise translated(error) from None
    except (ArithmeticError, LookupError, TypeError, ValueError) as error:
        raise DataError(f"a value cannot be handed over: {error}") from None


def shown(name: str) -> str:
    """Return the name that DuckDB gives a column, without our stages in it."""
    return re.sub(rf'(?:"?memory"?\.)?"?{STAGE}\d+"?\.', "", name)


def translated(error: duckdb.Error) -> Error:
    """Return DuckDB's error as one of ours, without marks and stages of ours in its text."""
    text = shown(str(error))
    text = re.sub(r"^(\w+ )*Error: ", "", text)
    if isinstance(error, duckdb.InterruptException):
        return Cancelled("cancelled")
    if isinstance(error, duckdb.IOException) and "Could not set lock on file" in text:
        return Busy(_without_place(text))
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
