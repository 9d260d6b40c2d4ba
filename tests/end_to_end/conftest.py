"""A served ActiveCampaign, and what a test wants to ask of it behind sqlcrm's back."""

import json
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

import sqlcrm
from sqlcrm.sandbox import Options, Running, serve
from sqlcrm_activecampaign.sandbox import sandbox

A2 = """insert into ContactTagsByContactId@ac
( contact
, tag
)
select ctt.id
,   tag.id
from  contacttags_other_system@inmemorystorage ctg
join  contacts@ac ctt
on   ctt.email = ctg.email
join  tags@ac tag
on   tag.tag = ctg.tag
"""


class Crm:
    """A running sandbox with its control endpoints and its plain API."""

    a2 = A2

    def __init__(self, running: Running) -> None:
        self.url = running.url
        self.settings = {**running.settings, "rate_limit": "off"}

    def _ask(self, method: str, path: str, body: Any = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        headers = {"Api-Token": "sandbox-key", "Content-Type": "application/json"}
        request = urllib.request.Request(self.url + path, data, headers, method=method)
        with urllib.request.urlopen(request) as answer:
            return json.loads(answer.read() or b"null")

    def calls(self) -> list[dict[str, Any]]:
        return list(self._ask("GET", "/_sandbox/calls"))

    def count(self) -> int:
        return int(self._ask("GET", "/_sandbox/counters")["calls"])

    def state(self) -> dict[str, list[dict[str, Any]]]:
        return dict(self._ask("GET", "/_sandbox/state"))

    def reset(self) -> None:
        self._ask("POST", "/_sandbox/reset", {})

    def fault(self, name: str = "", share: float = 1.0) -> None:
        self._ask("POST", "/_sandbox/faults", {"name": name, "share": share} if name else {})

    def api(self, method: str, path: str, body: Any = None) -> Any:
        return self._ask(method, f"/api/3/{path}", body)

    def tagged(self, name: str) -> set[str]:
        """Return the e-mail addresses of the contacts that have a tag, by the CRM's own state."""
        state = self.state()
        tag = next(t["id"] for t in state["tags"] if t["tag"] == name)
        has = {row["contact"] for row in state["contactTags"] if row["tag"] == tag}
        return {c["email"] for c in state["contacts"] if c["id"] in has}


def _served(people: int) -> Iterator[Crm]:
    with serve([sandbox], Options(people=people, limits="off")) as running:
        yield Crm(running[0])


@pytest.fixture(scope="session")
def small() -> Iterator[Crm]:
    """Three hundred people; shared, so each test resets it through `crm`."""
    yield from _served(300)


@pytest.fixture
def crm(small: Crm) -> Crm:
    small.fault()
    small.reset()
    return small


@pytest.fixture(scope="module")
def large() -> Iterator[Crm]:
    yield from _served(10_000)


@pytest.fixture
def db(crm: Crm, tmp_path: Path) -> Iterator[sqlcrm.Connection]:
    with sqlcrm.connect(ac=crm.settings, state=tmp_path / "state", yes=True) as connection:
        yield connection


@pytest.fixture
def opened(tmp_path: Path) -> Callable[..., sqlcrm.Connection]:
    """Open a session on a CRM; `state` names its folder, `policy` its connection's settings."""

    def open_(
        crm: Crm, state: str = "state", *, policy: Mapping[str, Any] = {}, **more: Any
    ) -> Any:
        more.setdefault("yes", True)
        settings = {**crm.settings, **policy}
        return sqlcrm.connect(ac=settings, state=tmp_path / state, **more)

    return open_


@pytest.fixture
def one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """Send one write after the other, however slow this machine answers just now."""
    monkeypatch.setattr("sqlcrm.writing.apply.SIDE_BY_SIDE", 1)


@pytest.fixture
def counts() -> Callable[[sqlcrm.Cursor], dict[str, int]]:
    """Return the outcome counts of a cursor's report."""

    def read(cursor: sqlcrm.Cursor) -> dict[str, int]:
        assert cursor.report is not None
        return dict(cursor.report.counts)

    return read


Rows = Sequence[tuple[Any, ...]]
