"""Local CRMs to rehearse on: the kit that every sandbox is built with.

A sandbox is written from an API's facts alone; it never looks at the connector beside it. It says
what it is with a :class:`Sandbox` and answers calls through a :class:`Crm`. The kit does the rest:
ports, threads, limits, latency, faults, the call log and the control endpoints under `/_sandbox/`.

    with serve([available()["activecampaign"]], Options(people=300)) as running:
        print(running[0].url)
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlcrm.sandbox.clock import Clock
from sqlcrm.sandbox.model import (
    Acting,
    Call,
    Crm,
    Delivery,
    Located,
    Message,
    Options,
    Posting,
    Reply,
    Running,
    Sandbox,
    Switched,
)

if TYPE_CHECKING:
    from sqlcrm.sandbox.server import available, serve

__all__ = [
    "Acting",
    "Call",
    "Clock",
    "Crm",
    "Delivery",
    "Located",
    "Message",
    "Options",
    "Posting",
    "Reply",
    "Running",
    "Sandbox",
    "Switched",
    "available",
    "serve",
]


def __getattr__(name: str) -> object:
    """Load the server (uvicorn, Starlette) only when somebody serves."""
    if name in {"available", "serve"}:
        from sqlcrm.sandbox import server

        return getattr(server, name)
    message = f"module {__name__!r} has no attribute {name!r}"
    raise AttributeError(message)
