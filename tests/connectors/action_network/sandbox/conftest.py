"""A served Action Network with 300 people, and a client of it."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from sqlcrm.sandbox import Clock, Options, serve
from sqlcrm_action_network.sandbox import KEY, Switches, sandbox, switched

PEOPLE = 300
Json = dict[str, Any]


class Api(httpx.Client):
    """Calls the API by path; lists are read to their end."""

    def __init__(self, url: str, key: str = KEY) -> None:
        super().__init__(base_url=f"{url}/api/v2/", headers={"OSDI-API-Token": key})
        self.root = url

    def page(self, path: str, **params: Any) -> Json:
        reply = self.get(path, params=params or None)
        assert reply.status_code == 200, reply.text
        return reply.json()

    def rows(self, path: str, **params: Any) -> list[Json]:
        """All rows of a list: along the next links until an empty page or none."""
        rows: list[Json] = []
        page = self.page(path, **params)
        while True:
            (new,) = page["_embedded"].values()
            rows += new
            following = page["_links"].get("next")
            if not new or not following:
                return rows
            page = self.page(following["href"])

    def first(self, path: str) -> Json:
        (rows,) = self.page(path)["_embedded"].values()
        return rows[0]

    def ok(self, method: str, path: str, body: object = None) -> Json:
        """A write that succeeds."""
        reply = self.request(method, path, json=body)
        assert reply.status_code == 200, reply.text
        return reply.json()

    def sign_up(self, email: str = "ana@example.net", **fields: Any) -> Json:
        """The signup helper with one address."""
        person = {"email_addresses": [{"address": email}], **fields}
        return self.ok("POST", "people", {"person": person})

    def control(self, path: str, body: object) -> Json:
        reply = self.post(f"{self.root}/_sandbox/{path}", json=body)
        assert reply.status_code == 200, reply.text
        return reply.json()

    @staticmethod
    def key(row: Json) -> str:
        """The id of a row."""
        (own,) = [one for one in row["identifiers"] if one.startswith("action_network:")]
        return own.partition(":")[2]

    def link(self, person: Json) -> Json:
        """The link form of a record of this person."""
        href = f"https://actionnetwork.org/api/v2/people/{self.key(person)}"
        return {"_links": {"osdi:person": {"href": href}}}

    def reload(self, person: Json) -> Json:
        return self.page(f"people/{self.key(person)}")

    def made(self, path: str, **fields: Any) -> str:
        """The path of a new action."""
        body = {"title": "Ours", "origin_system": "tests", **fields}
        return f"{path}/{self.key(self.ok('POST', path, body))}"

    def state(self) -> dict[str, list[Json]]:
        return self.get(f"{self.root}/_sandbox/state").json()


class Moved(Clock):
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.back()

    def back(self) -> None:
        self.time = datetime(2026, 10, 1, 12, 0, tzinfo=UTC)

    def monotonic(self) -> float:
        return self.time.timestamp()

    def now(self) -> datetime:
        return self.time

    def move(self, seconds: float) -> None:
        self.time += timedelta(seconds=seconds)


@pytest.fixture(scope="session")
def clock() -> Moved:
    return Moved()


@pytest.fixture(scope="session")
def _client(clock: Moved) -> Iterator[Api]:
    options = Options(people=PEOPLE, limits="off", clock=clock)
    with serve([sandbox], options) as (running,), Api(running.url) as client:
        yield client


@pytest.fixture
def an(_client: Api, clock: Moved) -> Api:
    """A client of a group that is as new."""
    clock.back()
    _client.control("reset", {})
    return _client


@pytest.fixture
def other(an: Api) -> Iterator[Api]:
    """A client with the key of another group."""
    with Api(an.root, "sandbox-other-key") as client:
        yield client


@pytest.fixture
def keyless(an: Api) -> Iterator[httpx.Client]:
    """A client that sends no key."""
    with httpx.Client(base_url=f"{an.root}/api/v2/") as client:
        yield client


@pytest.fixture
def variant(clock: Moved) -> Iterator[Callable[..., Api]]:
    """Serves a group of 60 that decides otherwise."""
    with ExitStack() as stack:

        def start(people: int = 60, limits: Any = "off", **switches: Any) -> Api:
            options = Options(people=people, limits=limits, clock=clock)
            served = switched(Switches(**switches))
            (running,) = stack.enter_context(serve([served], options))
            return stack.enter_context(Api(running.url))

        yield start
