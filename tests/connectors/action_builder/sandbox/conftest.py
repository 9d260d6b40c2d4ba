"""A served Action Builder with 300 people, and a client of it."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from sqlcrm.sandbox import Clock, Options, serve
from sqlcrm_action_builder.sandbox import sandbox

PEOPLE = 300
FIRST = "c0000000-0000-4000-8000-000000000001"
KEYS = {"people": "osdi:people", "tags": "osdi:tags", "taggings": "osdi:taggings"}


class Api(httpx.Client):
    """Calls the API by path in the configured campaign and keeps the key to itself."""

    def __init__(self, url: str) -> None:
        self.root = url
        self.first = FIRST
        self.top = f"{url}/api/rest/v1"
        headers = {"OSDI-API-Token": "sandbox-key"}
        super().__init__(base_url=f"{self.top}/campaigns/{FIRST}/", headers=headers)

    @staticmethod
    def uuid(row: dict[str, Any]) -> str:
        """The bare id of a row."""
        own: str = row["identifiers"][0]
        return own.removeprefix("action_builder:")

    @staticmethod
    def answer(section: str, field: str, name: str, **more: Any) -> dict[str, Any]:
        """One entry of `add_tags`; `date_response=…` is sent as `action_builder:date_response`."""
        sent = {"action_builder:section": section, "action_builder:field": field, "name": name}
        return sent | {f"action_builder:{key}": value for key, value in more.items()}

    def rows(self, path: str, **query: Any) -> list[dict[str, Any]]:
        """All rows of a list, page by page, along the next links."""
        name = path.rpartition("/")[2]
        key = KEYS.get(name, f"action_builder:{name}")
        reply = self.get(path, params={"per_page": 25, **query})
        rows = []
        while True:
            assert reply.status_code == 200, reply.text
            body = reply.json()
            rows += body.get("_embedded", {}).get(key, [])
            if "next" not in body["_links"]:
                return rows
            reply = self.get(body["_links"]["next"]["href"])

    def find(self, **filters: str) -> list[str]:
        """The ids of everybody whom a filter on one column finds."""
        ((column, value),) = filters.items()
        quoted = value.replace("'", "''")
        return [self.uuid(row) for row in self.rows("people", filter=f"{column} eq '{quoted}'")]

    def person(self, name: str = "Bo", **values: Any) -> str:
        """The id of a new person; what is not a field of a person goes beside it."""
        more = {key: values.pop(key) for key in ("add_tags", "add_connections") if key in values}
        kind = values.pop("kind", "Person")
        sent = {"action_builder:entity_type": kind, "given_name": name, "name": name, **values}
        return self.uuid(self.wrote("people", {"person": sent, **more}))

    def wrote(self, path: str, body: dict[str, Any], method: str = "POST") -> dict[str, Any]:
        """What the API answers to a write that it takes."""
        reply = self.request(method, path, json=body)
        assert reply.status_code == 200, reply.text
        return reply.json()

    def tagged(self, person: str, **values: Any) -> list[dict[str, Any]]:
        """The taggings of a person, those of one field if given as `field`."""
        rows = self.rows(f"people/{person}/taggings")
        field = values.get("field")
        return [row for row in rows if field in (None, row["action_builder:field"])]

    def values(self, person: str, field: str) -> list[str]:
        """The plain answers of a person to one field."""
        return [row["action_builder:name"] for row in self.tagged(person, field=field)]

    def tag(self, section: str, field: str, name: str) -> str:
        """The id of a tag."""
        quoted = name.replace("'", "''")
        return next(
            self.uuid(row)
            for row in self.rows("tags", filter=f"name eq '{quoted}'")
            if (row["action_builder:section"], row["action_builder:field"]) == (section, field)
        )

    def campaigns(self) -> list[str]:
        """The ids of the campaigns."""
        return [self.uuid(row) for row in self.rows(f"{self.top}/campaigns")]

    def modified(self, person: str) -> str:
        """When a person was changed last."""
        return self.get(f"people/{person}").json()["modified_date"]

    def switch(self, **settings: Any) -> None:
        """Set switches."""
        reply = self.post(f"{self.root}/_sandbox/settings", json=settings)
        assert reply.status_code == 200, reply.text

    def fault(self, name: str, **more: float) -> None:
        """Hit every call with a fault from now on; "" for none."""
        body = {"name": name, **more} if name else {}
        assert self.post(f"{self.root}/_sandbox/faults", json=body).status_code == 200

    def state(self) -> dict[str, list[dict[str, Any]]]:
        """Everything the network holds."""
        self.get(self.top)  # so that links lead where calls come in
        return self.get(f"{self.root}/_sandbox/state").json()


class Still(Clock):
    """A clock that moves only when told to."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def monotonic(self) -> float:
        return self.seconds

    def now(self) -> datetime:
        return datetime(2026, 11, 22, 12, tzinfo=UTC) + timedelta(seconds=self.seconds)


@pytest.fixture(scope="session")
def clock() -> Still:
    return Still()


@pytest.fixture(scope="session")
def _client(clock: Still) -> Iterator[Api]:
    options = Options(people=PEOPLE, limits="off", clock=clock)
    with serve([sandbox], options) as (running,), Api(running.url) as client:
        yield client


@pytest.fixture
def ab(_client: Api) -> Api:
    """A client of a network that is as new."""
    _client.post(f"{_client.root}/_sandbox/reset")
    return _client


@pytest.fixture
def limited(clock: Still) -> Iterator[Api]:
    """A client of a network with the real limits."""
    with (
        serve([sandbox], Options(people=60, clock=clock)) as (running,),
        Api(running.url) as client,
    ):
        yield client
