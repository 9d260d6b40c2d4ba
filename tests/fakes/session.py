"""A session whose connection @fake leads to the small CRM, and the truth beside it."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from typing import Any, cast

import pyarrow as pa
from fakes.crm import Crm, Door, connector

from sqlcrm.catalog.config import ConnectionConfig
from sqlcrm.execution.decode import ARROW
from sqlcrm.execution.engine import quote
from sqlcrm.sdk import Connector, Type
from sqlcrm.session.connections import Connections, Opened
from sqlcrm.session.result import Result
from sqlcrm.session.run import parsed, run
from sqlcrm.session.state import Session

TRUTH = "truth"
"""The schema that holds every table of the CRM in full."""


class FakeOpened(Opened):
    """A connection that is open already."""

    def __init__(self, door: Any, connector: Connector) -> None:
        self.config = ConnectionConfig("fake", connector.name, {})
        self.connector = connector
        self.calls = []
        self._client = door
        self._bound = lambda _client, _config: None
        self._identity = None
        self._columns = {}

    @property
    def account_key(self) -> str:
        """There is but one account."""
        return "fake"


class FakeSession(Session):
    """A session whose only connection is open already; nothing of it is journaled."""

    def __init__(self, crm: Crm | None = None, connector: Connector = connector) -> None:
        super().__init__({})
        self.connect(Door(crm or Crm()), connector)

    def connect(self, door: Door, connector: Connector = connector) -> None:
        """Let @fake lead to another door; nothing is remembered of the one before."""
        self.door = door
        self.connections = Connections({}, threading.Event())
        self.connections.configs["fake"] = cast("ConnectionConfig", None)
        self.connections._opened["fake"] = FakeOpened(door, connector)

    @property
    def calls(self) -> int:
        """How many requests were sent."""
        return len(self.door.asked)

    def result(self, sql: str, binds: Sequence[Any] | Mapping[str, Any] | None = None) -> Result:
        """Run one statement as a session does."""
        (statement,) = parsed(self, sql)
        return run(self, statement, binds)

    def rows(self, sql: str, binds: Any = None) -> list[tuple[Any, ...]]:
        """Run one statement and return its rows."""
        return self.result(sql, binds).rows()

    def tell_truth(self) -> None:
        """Put the CRM's tables in full into the schema `truth`, in the same types."""
        self.engine.run(f"DROP SCHEMA IF EXISTS {TRUTH} CASCADE")
        self.engine.run(f"CREATE SCHEMA {TRUTH}")
        crm = self.door.crm
        for table in connector.tables:
            columns = crm.columns(table)
            parts = ", ".join(
                f"{quote(c.name)} {c.type}"
                + (" COLLATE NOCASE" if c.nocase and c.type is Type.TEXT else "")
                for c in columns
            )
            self.engine.run(f"CREATE TABLE {TRUTH}.{table.name} ({parts})")
            rows = getattr(crm, table.name)
            arrays = [pa.array([r.get(c.name) for r in rows], ARROW[c.type]) for c in columns]
            data = pa.table(arrays, names=[c.name for c in columns])
            self.engine.insert(f"{TRUTH}.{table.name}", data, [c.name for c in columns])

    def close(self) -> None:
        """Close DuckDB; the door is no socket."""
        self.engine.close()
