"""The control endpoints under `/_sandbox/`: they need no key and are not counted."""

from __future__ import annotations

import json
from typing import Protocol

import msgspec
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sqlcrm.sandbox.abilities import abilities
from sqlcrm.sandbox.calls import CallLog
from sqlcrm.sandbox.faults import NAMES, Fault
from sqlcrm.sandbox.model import Crm
from sqlcrm.sandbox.outbox import Outbox


class Controlled(Protocol):
    """What the endpoints control."""

    name: str
    crm: Crm
    log: CallLog
    outbox: Outbox | None

    def reset(self) -> None:
        """Begin anew with another account."""

    def set_fault(self, fault: Fault | None) -> None:
        """Hit calls with this fault from now on."""

    def collect(self) -> None:
        """Send on their way the messages that came of an action."""


def control(app: Controlled) -> Starlette:
    """The endpoints of one CRM, as a Starlette application."""

    async def counters(_: Request) -> Response:
        return JSONResponse(app.log.counters())

    async def calls(_: Request) -> Response:
        return JSONResponse(app.log.calls())

    async def state(_: Request) -> Response:
        return Response(msgspec.json.encode(app.crm.state()), media_type="application/json")

    async def reset(_: Request) -> Response:
        app.reset()
        return JSONResponse({"reset": app.name})

    async def faults(request: Request) -> Response:
        try:
            fault = _fault(await request.body())
        except (ValueError, TypeError) as problem:
            body = {"message": str(problem), "faults": sorted(NAMES)}
            return JSONResponse(body, status_code=400)
        app.set_fault(fault)
        return JSONResponse({"name": fault.name, "share": fault.share} if fault else {})

    return Starlette(
        routes=[
            Route("/_sandbox/counters", counters),
            Route("/_sandbox/calls", calls),
            Route("/_sandbox/state", state),
            Route("/_sandbox/reset", reset, methods=["POST"]),
            Route("/_sandbox/faults", faults, methods=["POST"]),
            *abilities(app),
        ]
    )


def _fault(body: bytes) -> Fault | None:
    """The fault a body asks for: {"name": …, "share": …, "ms": …}, or none with {}."""
    asked = json.loads(body or b"{}")
    if not isinstance(asked, dict):
        message = 'Send {"name": NAME, "share": 0.3}, or {} to clear.'
        raise TypeError(message)
    if not asked:
        return None
    known = {"share", "ms"} & asked.keys()
    return Fault(str(asked.get("name")), **{key: float(asked[key]) for key in known})
