"""A served ActiveCampaign of sixty people, whose imports are done when a test says so."""

import json
import sys
import tempfile
import urllib.request
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

import sqlcrm
from sqlcrm.sandbox import Clock, Options, Running, serve
from sqlcrm.transport import testing
from sqlcrm_activecampaign.sandbox import sandbox

sys.path.insert(0, str(Path(__file__).parent))

PEOPLE = 60


class Ahead(Clock):
    """A clock whose every look is a minute later.

    No test waits for an import, and no two changes carry the same time.
    """

    def __init__(self) -> None:
        self.looks = 0

    def monotonic(self) -> float:
        self.looks += 1
        return super().monotonic() + 60.0 * self.looks

    def now(self) -> datetime:
        self.looks += 1
        return super().now() + timedelta(minutes=self.looks)


class Crm:
    """The sandbox behind sqlcrm's back."""

    def __init__(self, running: Running) -> None:
        self.url = running.url
        self.settings = {**running.settings, "rate_limit": "off"}

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        headers = {"Api-Token": "sandbox-key", "Content-Type": "application/json"}
        request = urllib.request.Request(self.url + path, data, headers, method=method)
        with urllib.request.urlopen(request) as answer:
            return json.loads(answer.read() or b"null")

    def api(self, method: str, path: str, body: Any = None) -> Any:
        return self.ask(method, f"/api/3/{path}", body)

    def calls(self, since: int = 0) -> list[dict[str, Any]]:
        return list(self.ask("GET", "/_sandbox/calls"))[since:]

    def writes(self, since: int = 0) -> list[dict[str, Any]]:
        return [call for call in self.calls(since) if call["method"] != "GET"]

    def count(self) -> int:
        return int(self.ask("GET", "/_sandbox/counters")["calls"])

    def state(self) -> dict[str, list[dict[str, Any]]]:
        return dict(self.ask("GET", "/_sandbox/state"))

    def fault(self, name: str = "", share: float = 1.0) -> None:
        self.ask("POST", "/_sandbox/faults", {"name": name, "share": share} if name else {})

    def reset(self) -> None:
        """Begin anew with another account."""
        self.fault()
        self.ask("POST", "/_sandbox/reset", {})


@pytest.fixture(scope="session")
def served() -> Iterator[Crm]:
    options = Options(people=PEOPLE, limits="off", clock=Ahead())
    with serve([sandbox], options) as running:
        yield Crm(running[0])


@pytest.fixture
def crm(served: Crm) -> Crm:
    served.reset()
    return served


@pytest.fixture
def folder() -> Iterator[Path]:
    """A state folder, in memory where there is such a place: no test here is about the disk."""
    memory = Path("/dev/shm")  # noqa: S108 - a folder of our own is made in it
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as found:
        yield Path(found) / "state"


@pytest.fixture
def opened(crm: Crm, folder: Path) -> Iterator[Callable[..., sqlcrm.Connection]]:
    """Open a session on the CRM; all of a test share one journal."""
    found: list[sqlcrm.Connection] = []

    def open_(*, policy: dict[str, Any] | None = None, **more: Any) -> sqlcrm.Connection:
        more.setdefault("yes", True)
        settings = {**crm.settings, **(policy or {})}
        found.append(sqlcrm.connect(ac=settings, state=folder, **more))
        return found[-1]

    with testing():
        yield open_
        for one in found:
            one.close()


@pytest.fixture
def db(opened: Callable[..., sqlcrm.Connection]) -> sqlcrm.Connection:
    return opened()
