"""The statements by which a status can be written, and by which a sandbox is asked."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Mapping
from typing import Any

from sqlcrm.sandbox import Running
from sqlcrm.session.api import Connection

PATHS: Mapping[str, tuple[str, tuple[str, ...], str]] = {
    "INSERT": ("INSERT INTO {table} ({names}) SELECT {names} FROM wanted", ("insert",), "source"),
    "ON CONFLICT DO UPDATE": (
        "INSERT INTO {table} ({names}) SELECT {names} FROM wanted ON CONFLICT ({keys}) DO UPDATE",
        ("insert", "update"),
        "source",
    ),
    "ON CONFLICT DO UPDATE SET": (
        "INSERT INTO {table} ({names}) SELECT {names} FROM wanted "
        "ON CONFLICT ({keys}) DO UPDATE SET {status} = excluded.{status}",
        ("insert", "update"),
        "source",
    ),
    "UPDATE": (
        "UPDATE {table} AS t SET {status} = w.{status} FROM wanted AS w WHERE {on}",
        ("update",),
        "w",
    ),
    "MERGE": (
        "MERGE INTO {table} AS t USING wanted AS w ON {on} WHEN MATCHED THEN UPDATE SET {sets} "
        "WHEN NOT MATCHED THEN INSERT ({names}) VALUES ({values})",
        ("insert", "update"),
        "w",
    ),
    "SYNCHRONIZE": (
        "SYNCHRONIZE wanted TO {table} WITH INSERT OR UPDATE IDENTIFIED BY {keys}",
        ("insert", "update"),
        "source",
    ),
}
"""By name, each way to write a status: the statement, the writes it needs, its source's name."""


def ask(crm: Running, path: str, body: Any = None) -> Any:
    """Ask the sandbox something, or tell it, behind sqlcrm's back."""
    data = None if body is None else json.dumps(body).encode()
    url = f"{crm.url}/_sandbox/{path}"
    request = urllib.request.Request(url, data, {"Content-Type": "application/json"})  # noqa: S310
    with urllib.request.urlopen(request) as answer:  # noqa: S310 - a sandbox on loopback
        return json.loads(answer.read() or b"null")


def sampled(db: Connection, value: Any) -> Any:
    """Return a value of a sample; `{table.column}` stands for one of a row that exists."""
    if isinstance(value, str) and value.startswith("{") and value.endswith("}"):
        table, column = value[1:-1].split(".")
        row = db.execute(f"SELECT max({column}) FROM {table}@crm").fetchone()
        assert row is not None
        return row[0]
    return value


def literal(value: Any) -> str:
    """Return a value as SQL text."""
    return str(value) if isinstance(value, int) else "'" + str(value).replace("'", "''") + "'"
