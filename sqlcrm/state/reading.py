"""Rows of the journal, read at once and looked over."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlcrm.errors import ProgrammingError
from sqlcrm.state import process
from sqlcrm.state.database import Database
from sqlcrm.state.relations import Relation
from sqlcrm.state.values import checksum

SEALED = ("number", "table_name", "verb", "key", "natural_key", "new_values", "before")
"""The columns of an operation that its checksum is made of, in order."""


def read(
    database: Database, name: str, relation: Relation, arguments: Mapping[str, int]
) -> list[tuple[Any, ...]]:
    """Return the rows of a relation, in its order.

    Raises: JournalProblem where a row is not what was written.
    """
    _check(name, relation, arguments)
    sql = relation.query(run="run" in arguments, statement="statement" in arguments)
    asked = [arguments[one] for one in ("run", "statement") if one in arguments]
    rows = database.rows(sql, asked)
    places = {column: place for place, (column, _) in enumerate(relation.described)}
    if relation.frozen:
        rows = [_unsealed(database, places, row) for row in rows]
    times = [place for place, (_, kind) in enumerate(relation.described) if kind == "TIMESTAMPTZ"]
    try:
        rows = [_with_times(row, times) for row in rows]
    except (TypeError, ValueError) as error:
        raise database.damaged(str(error)) from error
    return [_with_crash(places, row) for row in rows] if name == "runs" else rows


def _check(name: str, relation: Relation, arguments: Mapping[str, int]) -> None:
    known = ["run"] if relation.statement == "NULL" else ["run", "statement"]
    for argument, value in arguments.items():
        if argument not in known:
            names = " and ".join(known)
            raise ProgrammingError(f"{name}@sqlcrm has no parameter {argument}: it has {names}.")
        if type(value) is not int:
            raise ProgrammingError(f"{argument} of {name}@sqlcrm must be a whole number.")


def _unsealed(database: Database, places: Mapping[str, int], row: tuple[Any, ...]) -> Any:
    """Return the row without its checksum, which must be that of the row."""
    number, *texts = (row[places[column]] for column in SEALED)
    sound = all(isinstance(text, str | None) for text in texts)
    if not sound or checksum(number, *texts) != row[-1]:
        raise database.damaged(f"row {number} is not what was frozen")
    return row[:-1]


def _with_times(row: tuple[Any, ...], times: list[int]) -> tuple[Any, ...]:
    values = list(row)
    for place in times:
        if values[place] is not None:
            values[place] = datetime.fromisoformat(values[place])
    return tuple(values)


def _with_crash(places: Mapping[str, int], row: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return a run's row, shown as crashed where its process is gone."""
    if row[places["state"]] != "running":
        return row
    if process.is_alive(row[places["pid"]], row[places["process"]], row[places["host"]]):
        return row
    values = list(row)
    values[places["state"]] = "crashed"
    return tuple(values)
