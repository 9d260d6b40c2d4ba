"""A served ActiveCampaign with 300 people, and a client of it."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from sqlcrm.sandbox import Clock, Options, serve
from sqlcrm_activecampaign.sandbox import sandbox

PEOPLE = 300


class Api(httpx.Client):
    """Calls the API by resource path and keeps the key to itself."""

    def __init__(self, url: str) -> None:
        super().__init__(base_url=f"{url}/api/3/", headers={"Api-Token": "sandbox-key"})
        self.root = url

    def rows(self, path: str, key: str = "") -> list[dict[str, Any]]:
        """All rows of a list, page by page, until a short page."""
        rows: list[dict[str, Any]] = []
        while True:
            sign = "&" if "?" in path else "?"
            page = self.get(f"{path}{sign}limit=100&offset={len(rows)}").json()
            new = page[key or path.partition("?")[0].rpartition("/")[2]]
            rows += new
            if len(new) < 100:
                return rows

    def add(self, path: str, singular: str, **values: Any) -> dict[str, Any]:
        """Create a row; gives what the API answers for it."""
        reply = self.post(path, json={singular: values})
        assert reply.is_success, reply.text
        return reply.json()[singular]

    def contact(self, email: str = "ana@example.org", **values: Any) -> str:
        """The id of a new contact."""
        return self.add("contacts", "contact", email=email, **values)["id"]

    def fault(self, name: str, **more: float) -> None:
        """Hit every call with a fault from now on; "" for none."""
        body = {"name": name, **more} if name else {}
        assert self.post(f"{self.root}/_sandbox/faults", json=body).status_code == 200

    def state(self) -> dict[str, list[dict[str, Any]]]:
        """Everything the account holds."""
        return self.get(f"{self.root}/_sandbox/state").json()


class Still(Clock):
    """A clock whose seconds move only when told to."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def monotonic(self) -> float:
        return self.seconds


@pytest.fixture(scope="session")
def clock() -> Still:
    return Still()


@pytest.fixture(scope="session")
def _client(clock: Still) -> Iterator[Api]:
    options = Options(people=PEOPLE, limits="off", clock=clock)
    with serve([sandbox], options) as (running,), Api(running.url) as client:
        yield client


@pytest.fixture
def ac(_client: Api) -> Api:
    """A client of an account that is as new."""
    _client.post(f"{_client.root}/_sandbox/reset")
    return _client


@pytest.fixture
def limited(clock: Still) -> Iterator[Api]:
    """A client of an account with the real limits."""
    with (
        serve([sandbox], Options(people=10, clock=clock)) as (running,),
        Api(running.url) as client,
    ):
        yield client
