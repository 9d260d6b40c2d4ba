"""A served ControlShift organisation with 300 people, its client, and a receiver of webhooks."""

import csv
import io
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from sqlcrm.sandbox import Clock, Options, serve
from sqlcrm_controlshift.sandbox import sandbox
from tests.sandbox.receiver import Receiver, receiver

PEOPLE = 300
Json = dict[str, Any]


class Api(httpx.Client):
    """Calls the API with its key."""

    def __init__(self, url: str) -> None:
        headers = {"authorization": "Bearer cs_sandbox"}
        super().__init__(base_url=f"{url}/api/v1/", headers=headers)
        self.root = url

    def open(self, path: str) -> httpx.Response:
        """A page that needs no key."""
        return httpx.get(self.root + path)

    def pages(self, path: str, name: str) -> list[Json]:
        """All rows of a list."""
        rows: list[Json] = []
        page: int | None = 1
        while page:
            shown = self.get(path, params={"page": page}).json()
            rows += shown[name]
            page = shown["meta"]["next_page"]
        return rows

    def sign(
        self, email: str = "ana@example.org", slug: str = "save-the-park", **more: Any
    ) -> Json:
        """A signature that the API creates."""
        sent = {
            "first_name": "Ana",
            "last_name": "Lee",
            "email": email,
            "postcode": "45402",
            "country": "US",
            "email_opt_in_type_external_id": "paper-2026",
            "join_organisation": True,
            **more,
        }
        reply = self.post(f"petitions/{slug}/signatures/", json={"signature": sent})
        assert reply.status_code == 200, reply.text
        return reply.json()["signature"]

    def act(self, action: str, **values: Any) -> Json:
        """Let somebody do something on the web pages."""
        reply = self.post(f"{self.root}/_sandbox/actions", json={"action": action, **values})
        assert reply.status_code == 200, reply.text
        return reply.json()

    def switch(self, **values: Any) -> None:
        """Set switches."""
        assert self.post(f"{self.root}/_sandbox/settings", json=values).status_code == 200

    def fault(self, name: str) -> None:
        """Hit every call with a fault from now on."""
        assert self.post(f"{self.root}/_sandbox/faults", json={"name": name}).status_code == 200

    def state(self) -> dict[str, list[Json]]:
        """Everything the organisation holds."""
        return self.get(f"{self.root}/_sandbox/state").json()

    def mailable(self, email: str) -> bool:
        """Whether the rules say that somebody may be mailed."""
        state = self.state()
        member = next(row["id"] for row in state["bulk/members"] if row["email"] == email)
        found = {str(row["member_id"]): row["mailable"] for row in state["mailable"]}
        return found[member]

    def hook(self, url: str, **more: str) -> str:
        """Add a webhook endpoint; gives its signing secret."""
        reply = self.post("webhook_endpoints", json={"endpoint": {"url": url, **more}})
        assert reply.status_code == 200, reply.text
        self.switch(at_once=1)  # so that messages come in the order they are made
        return reply.json()["endpoint"]["signing_secret"]

    def deliver(self) -> dict[str, int]:
        """Try all messages that wait; gives how many there are in each state."""
        reply = self.post(f"{self.root}/_sandbox/outbox", json={"deliver": True})
        return reply.json()["counts"]

    def told(self, hook: Receiver) -> list[Json]:
        """Deliver, and what came so far."""
        self.deliver()
        return [json.loads(body) for body in hook.bodies]


class Moved(Clock):
    """A clock that moves only when told to."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def monotonic(self) -> float:
        return 1000.0 + self.seconds

    def now(self) -> datetime:
        return datetime(2026, 2, 1, 10, tzinfo=UTC) + timedelta(seconds=self.seconds)


def rows_of(text: str) -> list[dict[str, str]]:
    """The rows of a bulk file."""
    return list(csv.DictReader(io.StringIO(text, newline="")))


@pytest.fixture(scope="session")
def clock() -> Moved:
    return Moved()


@pytest.fixture(scope="session")
def _served_controlshift(clock: Moved) -> Iterator[Api]:
    options = Options(people=PEOPLE, limits="off", clock=clock)
    with serve([sandbox], options) as (running,), Api(running.url) as client:
        yield client


@pytest.fixture
def cs(_served_controlshift: Api, clock: Moved) -> Api:
    """A client of an organisation that is as new."""
    clock.seconds = 0.0
    _served_controlshift.post(f"{_served_controlshift.root}/_sandbox/reset")
    return _served_controlshift


@pytest.fixture
def hook() -> Iterator[Receiver]:
    with receiver() as seen:
        yield seen


@pytest.fixture
def limited() -> Iterator[tuple[Api, Moved]]:
    """An organisation that keeps its limits, and its clock."""
    clock = Moved()
    options = Options(people=PEOPLE, clock=clock)
    with serve([sandbox], options) as (running,), Api(running.url) as client:
        yield client, clock
