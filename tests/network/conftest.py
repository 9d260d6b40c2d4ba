"""Runs over the fake CRM of tests/fakes/ledger.py; a check that nothing is lost or doubled."""

import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import sqlcrm
from sqlcrm.catalog import connectors
from sqlcrm.errors import Error
from sqlcrm.transport import Client, testing
from sqlcrm.transport.clock import FakeClock

sys.path.insert(0, str(Path(__file__).parents[1]))  # so that `fakes` can be imported

if TYPE_CHECKING:
    from fakes.ledger import Ledger

CANARY = "c4nary/S3cret+Token=="
STATES = {"planned", "sent", "done", "rejected", "unknown", "skipped", "unchanged"}
SILENCE = 0.4
"""Seconds after which an answer is given up, in tests where one never comes."""


@dataclass
class Told:
    """What one run says of its rows, by name: state and reason."""

    table: str
    names: list[str]
    states: dict[str, str]
    reasons: dict[str, str]
    error: Error | None
    report: Any
    run: int

    @property
    def counts(self) -> dict[str, int]:
        return dict(Counter(self.states.values()))


@dataclass
class Bench:
    """A session on a ledger."""

    crm: "Ledger"
    state: Path
    clock: FakeClock
    settings: dict[str, Any] = field(repr=False)
    opened: list[sqlcrm.Connection] = field(default_factory=list)

    def open(self, **more: Any) -> sqlcrm.Connection:
        """Open a session of its own."""
        given = {"yes": True, "state": self.state, **more}
        self.opened.append(sqlcrm.connect(crm=self.settings, **given))
        return self.opened[-1]

    @property
    def db(self) -> sqlcrm.Connection:
        """The first session."""
        return self.opened[0] if self.opened else self.open()

    def again(self) -> None:
        """Start with an empty CRM and a new session."""
        while self.opened:
            self.opened.pop().close()
        self.crm.clear()

    def warm(self) -> None:
        """Have a session that knows who it is; start counting requests with the next."""
        self.insert("upserts", ["warm"])
        self.crm.clear()

    def insert(self, table: str, names: list[str], db: Any = None) -> Told:
        """Insert rows of these names; tell what the journal says of each."""
        db = db or self.db
        values = ", ".join(f"('{name}', 'note of {name}')" for name in names)
        error = report = None
        try:
            report = db.execute(f"insert into {table}@crm (name, note) values {values}").report
        except Error as problem:
            error = problem
        return self.told(db, table, names, error, report)

    def told(self, db: Any, table: str, names: list[str], error: Any, report: Any) -> Told:
        """Return what the journal says of the last run."""
        run = db.session.last_run
        stored = db.session.journal.operations(run, 1, STATES)
        states = {one.operation.values["name"]: one.state for one in stored}
        reasons = {one.operation.values["name"]: one.reason for one in stored}
        return Told(table, names, states, reasons, error, report, run)

    def check(self, told: Told) -> None:
        """Hold what was told against the ledger: nothing lost, nothing doubled."""
        found = self.crm.counts(told.table)
        assert set(found) <= set(told.names)
        for name in told.names:
            state = told.states[name]
            wanted = {"done": {1}, "unknown": {0, 1}}.get(state, {0})
            assert found[name] in wanted, (name, state, found[name], told.reasons[name])
            assert state in {"done", "rejected", "unknown", "skipped"}, (name, state)
        if told.report is not None:
            assert told.report.counts == told.counts
        if "unknown" in told.counts:
            code = told.error.exit_code if told.error else told.report.exit_code
            assert code == 5

    def all_done(self, told: Told) -> None:
        """Check that every row is there once, and told to be."""
        assert told.error is None, told.error
        assert told.counts == {"done": len(told.names)}, set(told.reasons.values())
        self.check(told)


@pytest.fixture(autouse=True)
def _installed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let sqlcrm find the fake CRM as it finds any connector."""
    point = EntryPoint("ledger", "fakes.ledger:connector", connectors.GROUP)
    monkeypatch.setattr(connectors, "installed", lambda: {"ledger": point})


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give up answers early."""
    monkeypatch.setitem(Client.__init__.__kwdefaults__, "timeout", SILENCE)


@pytest.fixture(autouse=True)
def clock() -> Iterator[FakeClock]:
    with testing() as fake:
        yield fake


@pytest.fixture
def crm() -> "Iterator[Ledger]":
    from fakes.ledger import Ledger

    made = Ledger()
    yield made
    made.close()


@pytest.fixture
def folder() -> Iterator[Path]:
    """Return a folder for the journal: in memory, where the system has such a place."""
    memory = Path("/dev/shm")  # noqa: S108 - a folder of our own in it
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as made:
        yield Path(made)


@pytest.fixture
def bench(crm: "Ledger", clock: FakeClock, folder: Path) -> Iterator[Bench]:
    settings = {"connector": "ledger", "url": crm.url, "token": CANARY, "rate_limit": "off"}
    made = Bench(crm, folder / "state", clock, settings)
    yield made
    for db in made.opened:
        db.close()


@pytest.fixture
def canary() -> str:
    return CANARY


@pytest.fixture
def names() -> Callable[[int], list[str]]:
    """Return names of so many rows, new ones at each call."""
    made = 0

    def make(count: int) -> list[str]:
        nonlocal made
        made += 1
        return [f"row {made}-{i}" for i in range(count)]

    return make
