"""What the names of a statement mean: remote tables, spreadsheets, the journal's own tables."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from sqlcrm.catalog.tables import find_table
from sqlcrm.dialect import SYSTEM, Ref
from sqlcrm.errors import SqlError
from sqlcrm.execution.engine import Engine, quote
from sqlcrm.planner.constants import NOTHING, UNKNOWN, Binds, constant
from sqlcrm.planner.plan import Relation
from sqlcrm.planner.sources import parse
from sqlcrm.sdk import Table
from sqlcrm.session.connections import Connections
from sqlcrm.session.events import are_events
from sqlcrm.state.journal import Journal


def remote(ref: Ref, connections: Connections, text: str) -> Relation:
    """Return the relation of a remote ref, its custom columns not read yet.

    Raises: SqlError that points at the name.
    """
    if are_events(ref, connections.configs):  # where it is read, it was staged
        raise SqlError(f"tables of @{ref.alias} are read-only", text, ref.start, ref.end)
    try:
        opened = connections.get(ref.alias)
        named = find_table(opened.connector, ref.name, ref.alias)
    except SqlError as error:
        raise SqlError(error.message, text, ref.start, ref.end) from None
    if any(ref.qualifiers):
        message = f"@{ref.alias} has no schemas: write {ref.name}@{ref.alias}"
        raise SqlError(message, text, ref.start, ref.end)
    table, complete = opened.known(named.table)
    arguments = tuple((a.name, a.text) for a in ref.arguments)
    return Relation(
        mark=ref.mark,
        name=ref.name,
        connection=ref.alias,
        table=table,
        by=named.by,
        arguments=arguments,
        start=ref.start,
        end=ref.end,
        complete=complete,
        custom=_added(named.table, table),
    )


def complete(relation: Relation, connections: Connections) -> Relation:
    """Return a relation with the account's own columns, which costs a call the first time."""
    table = connections.get(relation.connection).complete(relation.table)
    custom = relation.custom | _added(relation.table, table)
    return replace(relation, table=table, complete=True, custom=custom)


def _added(before: Table, after: Table) -> frozenset[str]:
    """Return the names of the columns that a table got from the account, in lower case."""
    known = {column.name for column in before.columns}
    return frozenset(c.name.casefold() for c in after.columns if c.name not in known)


def arguments(ref: Ref, binds: Binds, text: str) -> tuple[list[Any], dict[str, Any]]:
    """Return the constant arguments of a ref, positional and named.

    Raises: SqlError where one is no constant.
    """
    positional: list[Any] = []
    named: dict[str, Any] = {}
    for argument in ref.arguments:
        tree = parse(f"SELECT {argument.text}")
        value = constant(tree.expressions[0], binds) if tree is not None else UNKNOWN
        if value is UNKNOWN:
            message = f"{argument.text} must be a constant here"
            raise SqlError(message, text, ref.start, ref.end)
        if argument.name:
            named[argument.name.casefold()] = value
        else:
            positional.append(value)
    return positional, named


_EXCEL = ("path", "sheet", "header")


def spreadsheet(ref: Ref, engine: Engine, binds: Binds, text: str) -> str:
    """Stage a spreadsheet and return its quoted table."""
    from sqlcrm.execution.spreadsheets import stage_sheet

    if engine.restricted:
        raise SqlError("this session may not read files", text, ref.start, ref.end)
    positional, named = arguments(ref, binds, text)
    given = dict(zip(_EXCEL, positional, strict=False)) | named
    unknown = [name for name in given if name not in _EXCEL]
    if unknown or len(positional) > len(_EXCEL) or not isinstance(given.get("path"), str):
        message = "read_excel takes a path, then sheet => …, header => true or false"
        raise SqlError(message, text, ref.start, ref.end)
    return stage_sheet(
        engine, ref.name, given["path"], given.get("sheet"), bool(given.get("header", True))
    )


def system(ref: Ref, engine: Engine, journal: Journal, text: str) -> str:
    """Stage one of the journal's tables and return its quoted name."""
    from sqlcrm.execution.columns import stage_columns

    positional, named = arguments(ref, NOTHING, text)
    if positional or any(name not in {"run", "statement"} for name in named):
        message = f"{ref.name}@{SYSTEM} takes run => n, statement => n"
        raise SqlError(message, text, ref.start, ref.end)
    name = ref.name.casefold()
    try:
        described, rows = journal.relation(name, **named)
    except SqlError:
        raise
    except Exception as error:
        if type(error).__name__ != "ProgrammingError":
            raise
        raise SqlError(str(error), text, ref.start, ref.end) from None
    if name == "rejected":
        described, rows = _in_target_columns(described, rows)
    names = [column for column, _ in described]
    columns = [(kind, [row[i] for row in rows]) for i, (_, kind) in enumerate(described)]
    return stage_columns(engine, ref.name, names, columns)


def _in_target_columns(
    described: Sequence[tuple[str, str]], rows: Sequence[tuple[Any, ...]]
) -> tuple[list[tuple[str, str]], list[tuple[Any, ...]]]:
    """Return rejected rows in the columns of their target, the reason and number behind them."""
    place = {name: i for i, (name, _) in enumerate(described)}
    values = [
        json.loads(row[place["natural_key"]] or "{}")
        | json.loads(row[place["key"]] or "{}")
        | json.loads(row[place["new_values"]] or "{}")
        for row in rows
    ]
    names = list(dict.fromkeys(name for one in values for name in one))
    found = [
        (
            *(_plain(one.get(name)) for name in names),
            row[place["reason"]],
            row[place["number"]],
        )
        for one, row in zip(values, rows, strict=True)
    ]
    columns = [(name, "VARCHAR") for name in names]
    reason = "reason" if "reason" not in names else "rejected_reason"
    number = "number" if "number" not in names else "rejected_number"
    return [*columns, (reason, "VARCHAR"), (number, "BIGINT")], found


def _plain(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False) if isinstance(value, list | dict) else str(value)


def local_name(ref: Ref) -> str:
    """Return the DuckDB name of `x@inmemorystorage`: simply x."""
    return ".".join(quote(part) for part in (*filter(None, ref.qualifiers), ref.name))
