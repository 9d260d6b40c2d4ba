"""Control endpoints of what only some CRMs have: switches, actions of people, an outbox."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Protocol

import msgspec
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sqlcrm.sandbox.model import Acting, Crm, Switched
from sqlcrm.sandbox.outbox import Outbox

# The kit's own switches. 0.001 makes a retry after 15 s one after 15 ms; one message at once makes
# the order of arrival strict.
_SCALE, _AT_ONCE = "retry_scale", "at_once"


class Able(Protocol):
    """What the endpoints control."""

    crm: Crm
    outbox: Outbox | None

    def collect(self) -> None:
        """Send on their way the messages that came of an action."""


def abilities(app: Able) -> list[Route]:
    """The endpoints."""

    async def settings(request: Request) -> Response:
        if request.method == "POST":
            _set_all(app, _object(await request.body()))
            app.collect()
        return _json(_settings(app))

    async def actions(request: Request) -> Response:
        crm = app.crm
        known = crm.actions if isinstance(crm, Acting) else {}
        if request.method == "GET":
            return _json(known)
        asked = _object(await request.body())
        name = asked.pop("action", None)
        if not isinstance(crm, Acting) or not isinstance(name, str) or name not in known:
            raise _Unknown(f"There is no action {name!r}.", known)
        done = crm.act(name, asked)
        app.collect()
        return _json(done)

    async def outbox(request: Request) -> Response:
        if request.method == "POST":
            if _object(await request.body()) != {"deliver": True}:
                message = 'Send {"deliver": true}.'
                raise ValueError(message)
            if app.outbox is not None:
                await app.outbox.deliver()
        return _json(app.outbox.listing() if app.outbox else {"counts": {}, "messages": []})

    return [
        Route(f"/_sandbox/{name}", _refusing(endpoint), methods=["GET", "POST"])
        for name, endpoint in (("settings", settings), ("actions", actions), ("outbox", outbox))
    ]


class _Unknown(ValueError):
    """A name that there is not; those there are go with the answer."""

    def __init__(self, message: str, known: Mapping[str, object]) -> None:
        super().__init__(message)
        self.known = known


Endpoint = Callable[[Request], Awaitable[Response]]


def _refusing(endpoint: Endpoint) -> Endpoint:
    async def answer(request: Request) -> Response:
        try:
            return await endpoint(request)
        except (ValueError, TypeError) as problem:
            known = problem.known if isinstance(problem, _Unknown) else {}
            return JSONResponse({"message": str(problem), "known": dict(known)}, status_code=400)

    return answer


def _json(value: object) -> Response:
    return Response(msgspec.json.encode(value), media_type="application/json")


def _object(body: bytes) -> dict[str, object]:
    asked = json.loads(body or b"{}")
    if not isinstance(asked, dict):
        message = "Send a JSON object."
        raise TypeError(message)
    return asked


def _settings(app: Able) -> dict[str, object]:
    settings = dict(app.crm.settings) if isinstance(app.crm, Switched) else {}
    if app.outbox is not None:
        settings |= {_SCALE: app.outbox.retry_scale, _AT_ONCE: app.outbox.at_once}
    return settings


def _set_all(app: Able, asked: Mapping[str, object]) -> None:
    """Set all or none."""
    before = _settings(app)
    for name, value in asked.items():
        if name not in before:
            raise _Unknown(f"There is no setting {name!r}.", before)
        if not _fits(value, before[name]):
            kind = type(before[name]).__name__
            raise _Unknown(f"The setting {name!r} is a {kind}, not {value!r}.", before)
    try:
        for name, value in asked.items():
            _set(app, name, value)
    except ValueError as problem:
        for name in asked:
            _set(app, name, before[name])
        raise _Unknown(str(problem), before) from problem


def _fits(value: object, now: object) -> bool:
    if isinstance(now, float):
        return isinstance(value, (int, float)) and not isinstance(value, bool)
    return type(value) is type(now)


def _set(app: Able, name: str, value: object) -> None:
    if name in {_SCALE, _AT_ONCE} and app.outbox is not None:
        if not isinstance(value, (int, float)) or value < (name == _AT_ONCE):
            message = f"{_SCALE} is 0 or more, {_AT_ONCE} 1 or more."
            raise ValueError(message)
        setattr(app.outbox, name, value)
    elif isinstance(app.crm, Switched):
        app.crm.set(name, value)
