"""What staging is given of a connection, and what it has done for a scan."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlcrm.execution.pages import Door
from sqlcrm.planner.access import Access
from sqlcrm.planner.plan import Scan
from sqlcrm.sdk import Table


@dataclass(frozen=True, slots=True)
class Staged:
    """A remote table that now lies in DuckDB: its quoted name, how it was read, rows and calls.

    calls: every attempt that it took, as the transport recorded it. cached: seconds since it was
    read, None where it was read now. stopped: whether the rest was not needed. total: the rows
    of the whole list, where the API told it. shared: whether another scan of the statement read
    it. extra: calls that reading the list in parts may have cost, at the most.
    """

    scan: Scan
    table: str
    access: Access
    rows: int
    pages: int
    calls: Sequence[Any] = ()
    cached: float | None = None
    stopped: bool = False
    total: int | None = None
    shared: bool = False
    extra: int = 0


@dataclass(frozen=True, slots=True)
class Connection:
    """What staging needs of a connection: its door and the zone of its times.

    account: what names the account to the cache. ttl: seconds that what was read may be used
    again. calls: every call of the session so far, in order. tables: the connector's, by name.
    """

    door: Door
    zone: str
    account: str = ""
    ttl: float = 0.0
    calls: Sequence[Any] = ()
    tables: Mapping[str, Table] = field(default_factory=dict)
