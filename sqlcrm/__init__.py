"""SQL over the CRMs and outreach tools of organisers and marketers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlcrm.errors import (
    DatabaseError,
    DataError,
    Error,
    GuardRefused,
    IntegrityError,
    InterfaceError,
    InternalError,
    NotSupportedError,
    OperationalError,
    ProgrammingError,
    Rejected,
)

if TYPE_CHECKING:
    from sqlcrm.session.api import Connection, Cursor, connect

__version__ = "0.1.0"

apilevel = "2.0"
threadsafety = 1
paramstyle = "qmark"

__all__ = [
    "Connection",
    "Cursor",
    "DataError",
    "DatabaseError",
    "Error",
    "GuardRefused",
    "IntegrityError",
    "InterfaceError",
    "InternalError",
    "NotSupportedError",
    "OperationalError",
    "ProgrammingError",
    "Rejected",
    "apilevel",
    "connect",
    "paramstyle",
    "threadsafety",
]


def __getattr__(name: str) -> Any:
    """Load the session on first use: `sqlcrm --version` must not wait for DuckDB."""
    if name in {"Connection", "Cursor", "connect"}:
        from sqlcrm.session import api

        return getattr(api, name)
    raise AttributeError(f"module 'sqlcrm' has no attribute {name!r}")
