"""What a CRM sends by itself: webhooks, delivered in the background and tried again.

Only addresses of this machine are called; a sandbox must never reach anybody's real server.
"""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from dataclasses import dataclass, field
from datetime import timedelta
from heapq import heappop, heappush
from ipaddress import ip_address
from itertools import count

import httpx

from sqlcrm.sandbox.clock import Clock
from sqlcrm.sandbox.model import Message, Posting

AT_ONCE = 8  # messages to one endpoint that are on their way at the same time; can be set
KEPT = 10_000  # finished messages remembered one by one; the counters count them all
_POLL = 0.02  # seconds between looks at a clock that somebody may have moved


def loopback(url: str) -> bool:
    """Whether this is an http address of this machine, the only kind that is ever called."""
    try:
        parsed = httpx.URL(url)
        if parsed.scheme != "http":
            return False
        return parsed.host == "localhost" or ip_address(parsed.host).is_loopback
    except (httpx.InvalidURL, ValueError):
        return False


@dataclass(slots=True, eq=False)
class _Entry:
    number: int
    message: Message
    state: str = "queued"
    attempts: int = 0
    next_try: str | None = None
    problem: str | None = None

    def shown(self) -> dict[str, object]:
        return {
            "id": self.number,
            "url": self.message.url,
            "endpoint": self.message.endpoint,
            "label": self.message.label,
            "state": self.state,
            "attempts": self.attempts,
            "next_try": self.next_try,
            "problem": self.problem,
        }


@dataclass(slots=True)
class _Line:
    """The messages that wait for one endpoint, and how many are sent at this moment."""

    waiting: deque[_Entry] = field(default_factory=deque)
    workers: int = 0


class Outbox:
    """All messages of one CRM. Lives on the loop that serves it."""

    def __init__(self, crm: Posting, clock: Clock) -> None:
        self.retry_scale = 1.0
        self.at_once = AT_ONCE
        self._crm = crm
        self._clock = clock
        self._numbers = count(1)
        self._open: dict[int, _Entry] = {}
        self._done: deque[_Entry] = deque(maxlen=KEPT)
        self._counts: Counter[str] = Counter()
        self._lines: dict[str, _Line] = {}
        self._retries: list[tuple[float, int, _Entry]] = []
        self._wake = asyncio.Event()
        self._idle = asyncio.Event()
        self._idle.set()
        self._task: asyncio.Task[None] | None = None

    def collect(self) -> None:
        """Take over what the CRM has to send."""
        messages = self._crm.outgoing()
        for message in messages:
            entry = _Entry(next(self._numbers), message)
            self._open[entry.number] = entry
            self._queue(entry)
        if messages:
            self._start()

    async def deliver(self) -> None:
        """Try everything that waits now, and come back when each has been tried."""
        due, self._retries = self._retries, []
        for _, _, entry in sorted(due):
            self._queue(entry)
        if due:
            self._start()
        await self._idle.wait()

    def stop(self) -> None:
        """Send nothing more."""
        if self._task is not None:
            self._task.cancel()

    def listing(self) -> dict[str, object]:
        """All that is open, what was finished last, and how many there are in each state."""
        counts = self._counts + Counter(entry.state for entry in self._open.values())
        entries = sorted([*self._done, *self._open.values()], key=lambda entry: entry.number)
        return {"counts": dict(counts), "messages": [entry.shown() for entry in entries]}

    def _queue(self, entry: _Entry) -> None:
        entry.state, entry.next_try = "queued", None
        self._lines.setdefault(entry.message.endpoint, _Line()).waiting.append(entry)
        self._idle.clear()

    def _start(self) -> None:
        self._wake.set()
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._run())
            self._task.add_done_callback(lambda _: self._idle.set())  # nobody waits for nothing

    async def _run(self) -> None:
        limits = httpx.Limits(max_connections=None, max_keepalive_connections=AT_ONCE * 4)
        timeout = self._crm.delivery.timeout
        client = httpx.AsyncClient(limits=limits, timeout=timeout, trust_env=False)
        async with client, asyncio.TaskGroup() as tasks:
            while True:
                self._queue_due()
                for line in self._lines.values():
                    for _ in range(min(self.at_once - line.workers, len(line.waiting))):
                        line.workers += 1
                        tasks.create_task(self._work(line, client))
                self._wake.clear()
                waits = _POLL if self._retries else None
                try:
                    await asyncio.wait_for(self._wake.wait(), waits)
                except TimeoutError:
                    continue

    def _queue_due(self) -> None:
        while self._retries and self._retries[0][0] <= self._clock.monotonic():
            self._queue(heappop(self._retries)[2])

    async def _work(self, line: _Line, client: httpx.AsyncClient) -> None:
        while line.waiting:
            await self._try(line.waiting.popleft(), client)
        line.workers -= 1
        if not any(other.waiting or other.workers for other in self._lines.values()):
            self._idle.set()

    async def _try(self, entry: _Entry, client: httpx.AsyncClient) -> None:
        message = entry.message
        if not loopback(message.url) or not self._crm.wanted(message):
            self._finish(entry, "dropped")
            return
        entry.state = "sending"
        entry.attempts += 1
        entry.problem = await self._post(message, client)
        if entry.problem is None:
            self._finish(entry, "delivered")
            self._crm.delivered(message)
        elif entry.attempts > len(self._crm.delivery.delays):
            self._finish(entry, "failed")
            self._crm.failed(message, entry.problem)
        else:
            self._again(entry)

    async def _post(self, message: Message, client: httpx.AsyncClient) -> str | None:
        """What went wrong, or None."""
        try:
            reply = await client.post(message.url, content=message.body, headers=message.headers)
        except httpx.HTTPError as problem:
            return f"{type(problem).__name__}: {problem}"
        ok = reply.status_code in self._crm.delivery.accepted
        return None if ok else f"HTTP {reply.status_code}"

    def _again(self, entry: _Entry) -> None:
        delay = self._crm.delivery.delays[entry.attempts - 1] * self.retry_scale
        entry.state = "waiting"
        entry.next_try = (self._clock.now() + timedelta(seconds=delay)).isoformat()
        heappush(self._retries, (self._clock.monotonic() + delay, entry.number, entry))
        self._wake.set()

    def _finish(self, entry: _Entry, state: str) -> None:
        entry.state = state
        self._counts[state] += 1
        del self._open[entry.number]
        self._done.append(entry)
