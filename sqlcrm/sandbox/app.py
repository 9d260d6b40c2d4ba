"""One CRM as an ASGI application: limits, latency and faults around a `Crm`."""

from __future__ import annotations

import asyncio
import secrets
from dataclasses import replace
from email.utils import formatdate
from time import perf_counter

from starlette.types import Message, Receive, Scope, Send

from sqlcrm.sandbox.calls import CallLog, Line, Seen
from sqlcrm.sandbox.control import control
from sqlcrm.sandbox.faults import WORDED, Fault, Faults
from sqlcrm.sandbox.limits import Limiter
from sqlcrm.sandbox.model import Call, Located, Options, Posting, Reply, Sandbox
from sqlcrm.sandbox.outbox import Outbox

CONTROL = "/_sandbox"
CUT = "sqlcrm.cut"  # ASGI extension of our server: closes the connection at once
STAMP = b"x-sqlcrm-sandbox"  # header of every reply: tells accounts apart that have no name
MAX_BODY = 10_000_000  # bytes
_TOO_LARGE = Reply(413, b'{"message":"Request body is larger than 10 MB"}')


class App:
    """Serves one CRM. Written straight on ASGI, since every page passes here."""

    def __init__(
        self, sandbox: Sandbox, options: Options, show: Line | None = None, url: str = ""
    ) -> None:
        self._url = url
        self.name = sandbox.name
        self._build = sandbox.build
        self._options = options
        self._dated = 0, b""
        self._control = control(self)
        self.log = CallLog(show, options.clock)
        self.outbox: Outbox | None = None
        self.reset()

    def reset(self) -> None:
        """Data, faults, limits and counters as at the start; the account is a new one."""
        if self.outbox is not None:
            self.outbox.stop()
        self.crm = self._build(self._options)
        if isinstance(self.crm, Located):
            self.crm.origin = self._url
        clock = self._options.clock
        self.outbox = Outbox(self.crm, clock) if isinstance(self.crm, Posting) else None
        self._stamp = (STAMP, secrets.token_hex(8).encode())
        self.log.clear()
        self.faults = Faults(self._options)
        rate = self.crm.rate if self._options.limits == "real" else None
        self._limiter = Limiter(*rate, self._options.clock) if rate else None

    def set_fault(self, fault: Fault | None) -> None:
        """Hit calls with this fault from now on; None for none, with all rows back in place."""
        self.faults.set(fault)
        self.crm.drift(None)

    def collect(self) -> None:
        """Send on their way the messages that came of a call or an action."""
        if self.outbox is not None:
            self.outbox.collect()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["path"].startswith(CONTROL):
            await self._control(scope, receive, send)
            return
        started = perf_counter()
        body = await _body(receive)
        call = Call(
            scope["method"],
            scope["path"],
            scope["query_string"].decode("latin-1"),
            scope["headers"],
            body or b"",
        )
        limiter = self._limiter if self.crm.limited(call) else None
        refused = limiter is not None and not limiter.take()  # calls count when they arrive
        fault = self.faults.pick()
        waits = self._options.latency_ms + (fault.ms if fault and fault.name == "slow" else 0)
        if waits:
            await asyncio.sleep(waits / 1000)
        if body is None:
            reply = _TOO_LARGE
        else:
            reply = self.crm.wording("429", call) if refused else self._answer(call, fault)
            self.collect()
        reply = replace(reply, headers=(*reply.headers, self._stamp, self._date()))
        cut = fault.name if fault and fault.name in {"lost-reply", "truncated"} else ""
        status = 0 if cut == "lost-reply" else reply.status
        spent = (perf_counter() - started) * 1000
        self.log.add(Seen(call.method, call.path, call.query, status, round(spent, 2)))
        if cut:
            await _cut(scope, receive, send, reply if cut == "truncated" else None)
        else:
            await _send(send, reply)

    def _date(self) -> tuple[bytes, bytes]:
        """The time of day, by the sandbox's own clock: its rows are dated by it, too."""
        second = int(self._options.clock.now().timestamp())
        if second != self._dated[0]:
            self._dated = second, formatdate(second, usegmt=True).encode()
        return b"date", self._dated[1]

    def _answer(self, call: Call, fault: Fault | None) -> Reply:
        """The reply, and what the fault makes of it."""
        if fault is not None and fault.name in WORDED:
            return self.crm.wording(fault.name, call)
        if fault is not None and fault.name == "html-error":
            return self.faults.html()
        if fault is not None and fault.name == "drift":
            self.crm.drift(self.faults.random)
        reply = self.crm.handle(call)
        limiter = self._limiter if self.crm.limited(call) else None
        if limiter is None:
            return reply
        headers = (*reply.headers, *self.crm.allowance(limiter.left))
        return Reply(reply.status, reply.body, headers, reply.type)


async def _body(receive: Receive) -> bytes | None:
    """The whole body, or None when it is too large; it is read to its end in both cases."""
    message = await receive()
    if not message.get("more_body"):
        first: bytes = message.get("body", b"")
        return first if len(first) <= MAX_BODY else None
    parts = [message.get("body", b"")]
    size = len(parts[0])
    while message.get("more_body"):
        message = await receive()
        part: bytes = message.get("body", b"")
        size += len(part)
        if size <= MAX_BODY:
            parts.append(part)
    return b"".join(parts) if size <= MAX_BODY else None


def _start(reply: Reply) -> Message:
    headers = [
        (b"content-type", reply.type.encode()),
        (b"content-length", b"%d" % len(reply.body)),
        *reply.headers,
    ]
    return {"type": "http.response.start", "status": reply.status, "headers": headers}


async def _send(send: Send, reply: Reply) -> None:
    await send(_start(reply))
    await send({"type": "http.response.body", "body": reply.body})


async def _cut(scope: Scope, receive: Receive, send: Send, reply: Reply | None) -> None:
    """Close the connection, after half of the body where a reply is given."""
    if reply is not None:
        await send(_start(reply))
        half = reply.body[: len(reply.body) // 2]
        await send({"type": "http.response.body", "body": half, "more_body": True})
    scope["extensions"][CUT]()
    while (await receive())["type"] != "http.disconnect":
        pass
