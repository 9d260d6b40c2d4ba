"""Recipes as a user runs them: copied into a folder, against served sandboxes."""

import json
import shutil
import urllib.request
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from sqlcrm.catalog.config import load_config
from sqlcrm.errors import Error
from sqlcrm.sandbox import Clock, Running
from sqlcrm.session.resuming import resume
from sqlcrm.session.scripts import Script, run_script
from sqlcrm.session.state import Session
from sqlcrm.transport import testing
from sqlcrm.writing.guards import Limits

RECIPES = Path(__file__).parents[2] / "docs" / "recipes"

WRITES = ("POST", "PUT", "DELETE")


class Moved(Clock):
    """A clock that a test sets ahead."""

    ahead = timedelta()

    def now(self) -> datetime:
        return datetime.now(UTC) + self.ahead


class Served:
    """A running sandbox: its plain API, and what lies behind it."""

    def __init__(self, running: Running, base: str = "") -> None:
        self.url, self.base = running.url, base
        self.settings = {**running.settings, "rate_limit": "off"}

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        headers = {"OSDI-API-Token": "sandbox-key", "Content-Type": "application/json"}
        request = urllib.request.Request(self.url + path, data, headers, method=method)
        with urllib.request.urlopen(request) as answer:
            return json.loads(answer.read() or b"null")

    def api(self, method: str, path: str, body: Any = None) -> Any:
        return self.ask(method, f"{self.base}/{path}", body)

    def state(self) -> dict[str, list[dict[str, Any]]]:
        return dict(self.ask("GET", "/_sandbox/state"))

    def fault(self, name: str = "", share: float = 1.0) -> None:
        self.ask("POST", "/_sandbox/faults", {"name": name, "share": share} if name else {})

    def set(self, **switches: Any) -> None:
        self.ask("POST", "/_sandbox/settings", switches)

    def calls(self) -> int:
        return int(self.ask("GET", "/_sandbox/counters")["calls"])

    def writes(self) -> int:
        by_method = self.ask("GET", "/_sandbox/counters")["by_method"]
        return sum(by_method.get(method, 0) for method in WRITES)


class Desk:
    """A folder with a recipe in it, and runs of it, each in a session of its own."""

    def __init__(self, folder: Path, settings: Mapping[str, Mapping[str, Any]]) -> None:
        self.folder, self.settings = folder, dict(settings)
        self.reports: list[Any] = []
        self.rows: list[Any] = []
        """What the queries of the last run gave."""

    def copy(self, *names: str) -> None:
        for name in names:
            shutil.copy(RECIPES / name, self.folder)

    def session(self, **limits: Any) -> Session:
        found = Limits(**limits) if limits else Limits(yes=True)
        configs = load_config(self.settings)
        return Session(configs, kind="script", state=self.folder / "state", limits=found)

    def run(self, name: str, binds: Mapping[str, Any] | None = None, **limits: Any) -> Script:
        """Run a script of the folder, which is the working folder."""
        session = self.session(**limits)
        self.reports, self.rows = [], []
        text = (self.folder / name).read_text(encoding="utf-8")
        try:
            with testing():  # a sandbox shows at once what was written
                return run_script(
                    session,
                    text,
                    name=name,
                    binds=binds,
                    on_result=self._keep,
                )
        finally:
            session.close()

    def _keep(self, _: Any, result: Any) -> None:
        self.reports += result.all_reports
        self.rows += result.rows() if result.columns and not result.all_reports else []

    def resume(self) -> None:
        """Finish what a stopped run left; what cannot be finished yet stays for the next try."""
        session = self.session()
        try:
            resume(session)
        except Error:
            pass
        finally:
            session.close()


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to work in."""
    monkeypatch.chdir(tmp_path)
    return tmp_path
