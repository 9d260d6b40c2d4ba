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
    PlanMoved,
    ProgrammingError,
    Rejected,
)

if TYPE_CHECKING:
    from sqlcrm.session.api import Connection, connect
    from sqlcrm.session.cursor import Cursor
    from sqlcrm.session.plans import Plan
    from sqlcrm.writing.report import Report

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
    "Plan",
    "PlanMoved",
    "ProgrammingError",
    "Rejected",
    "Report",
    "apilevel",
    "connect",
    "paramstyle",
    "threadsafety",
]


_LATER = {
    "Connection": "sqlcrm.session.api",
    "Cursor": "sqlcrm.session.cursor",
    "Plan": "sqlcrm.session.plans",
    "Report": "sqlcrm.writing.report",
    "connect": "sqlcrm.session.api",
}


def __getattr__(name: str) -> Any:
    """Load the session on first use: `sqlcrm --version` must not wait for DuckDB."""
    if name in _LATER:
        from importlib import import_module

        return getattr(import_module(_LATER[name]), name)
    raise AttributeError(f"module 'sqlcrm' has no attribute {name!r}")
