"""A receiver over real HTTP, and a CRM that sends to it."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from sqlcrm.catalog.config import load_config
from sqlcrm.doors.receiver import Receiver
from sqlcrm.doors.serving import serving
from sqlcrm.session.listening import Listener, Work
from sqlcrm.session.state import Session

sys.path.insert(0, str(Path(__file__).parents[1]))  # so that `fakes` can be imported

from fakes import hooked


@dataclass
class Desk:
    """A receiver that is served: `listener` has what it stored, `said` what it told."""

    url: str
    listener: Listener
    receiver: Receiver
    said: list[str] = field(default_factory=list)

    @property
    def hook(self) -> str:
        return f"{self.url}/hooks/crm"

    def stored(self) -> list[str]:
        kinds = [kind for one in self.listener.endpoints.values() for kind in one.kinds]
        return [one.own_id for one in self.listener.events.due(kinds, 1_000_000)]


@pytest.fixture
def desk(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    """Serve a receiver for a connector; no CRM is called."""
    hooked.installed(monkeypatch)

    @contextmanager
    def served(connector: str = "signed") -> Iterator[Desk]:
        said: list[str] = []

        def opened() -> Session:
            given = {"crm": hooked.settings("http://127.0.0.1:9", connector)}
            return Session(load_config(given), kind="listen", state=tmp_path / "state")

        listener = Listener(opened, Work("SELECT * FROM signed_up@crm_events"), said.append)
        receiver = Receiver(listener.endpoints, listener.store, said.append)
        try:
            with serving(receiver.app, "127.0.0.1", 0) as server:
                yield Desk(server.url, listener, receiver, said)
        finally:
            listener.close()

    return served
