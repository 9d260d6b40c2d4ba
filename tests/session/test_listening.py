"""Events are run in batches, each person's in order; what fails holds up nobody else."""

import datetime as dt
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

import sqlcrm
from sqlcrm.catalog.config import load_config
from sqlcrm.errors import Busy, SqlError
from sqlcrm.session import listening
from sqlcrm.session.listening import Listener, Work
from sqlcrm.session.opening import Limits
from sqlcrm.session.state import Session
from sqlcrm.transport import testing

sys.path.insert(0, str(Path(__file__).parents[1]))  # so that `fakes` can be imported

from fakes import hooked
from fakes.ledger import Fault, Ledger

CHANGE = "ON CONFLICT (name) DO UPDATE SET note = excluded.note"
UPSERT = (
    f"INSERT INTO upserts@crm (name, note) SELECT name, note FROM signed_up@crm_events {CHANGE}"
)


@pytest.fixture
def crm() -> Iterator[Ledger]:
    ledger = Ledger()
    with testing():
        yield ledger
    ledger.close()


class Bench:
    """Listeners on one journal and one CRM; `said` is what they told."""

    def __init__(self, crm: Ledger, state: Path) -> None:
        self.crm, self.state = crm, state
        self.said: list[str] = []
        self.sessions: list[Session] = []

    def open(self) -> Session:
        configs = load_config({"crm": hooked.settings(self.crm.url)})
        found = Session(configs, kind="listen", state=self.state, limits=Limits(), wait=1.0)
        self.sessions.append(found)
        return found

    def listener(self, text: str = UPSERT, **more: Any) -> Listener:
        return Listener(self.open, Work(text, "job.sql", **more), self.said.append)

    def receive(self, listener: Listener, bodies: Sequence[bytes]) -> None:
        endpoint = listener.endpoints["crm"]
        listener.store([one for body in bodies for one in endpoint.read(body).arrivals])

    def run(self, *bodies: bytes, text: str = UPSERT, attempts: int = 8) -> int:
        """Store events, run what is stored, and return the exit code."""
        listener = self.listener(text, attempts=attempts)
        try:
            self.receive(listener, bodies)
            return listener.work(once=True)
        finally:
            listener.close()

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        given = hooked.settings(self.crm.url)
        with sqlcrm.connect(crm=given, state=self.state) as connection:
            return connection.execute(sql).fetchall()

    def states(self) -> dict[int, str]:
        return dict(self.rows("SELECT event_position, state FROM events@sqlcrm"))

    def notes(self, table: str = "upserts") -> dict[str, str]:
        return {row["name"]: row["note"] for row in self.crm.tables[table]}


@pytest.fixture
def bench(crm: Ledger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    hooked.installed(monkeypatch)
    monkeypatch.setattr(listening, "FIRST_WAIT", 3600.0)  # no test waits for another attempt
    return Bench(crm, tmp_path / "state")


def calls(*names: str) -> list[bytes]:
    return [hooked.call(number, name) for number, name in enumerate(names, 1)]


def test_the_script_runs_over_what_came_in(bench: Bench) -> None:
    assert bench.run(*calls("ana", "bo")) == 0
    assert bench.notes() == {"ana": "event 1", "bo": "event 2"}
    assert bench.states() == {1: "done", 2: "done"}
    assert len(bench.said) == 1
    assert bench.said[0].startswith("2 events run in ")
    assert bench.said[0].endswith("s: INSERT upserts@crm: 2 done (run 1)")


def test_each_persons_events_run_one_after_another_and_the_last_one_stays(bench: Bench) -> None:
    """T7: keep time order."""
    bench.run(*calls("ana", "bo", "ana", "ana"))
    sent = [one.body for one in bench.crm.writes if one.path == "/upserts/ana"]
    assert [body["note"] for body in sent] == ["event 1", "event 3", "event 4"]


def test_the_order_holds_across_tables_of_events(bench: Bench) -> None:
    """T7: who left and then signed up again has signed up."""
    text = (
        f"{UPSERT}; INSERT INTO upserts@crm (name, note) "
        f"SELECT name, 'gone' FROM went_away@crm_events {CHANGE}"
    )
    back = [hooked.call(1, "ana", "went.away"), hooked.call(2, "ana"), hooked.call(3, "bo"),
            hooked.call(4, "bo", "went.away")]  # fmt: skip
    bench.run(*back, text=text)
    assert bench.notes() == {"ana": "event 2", "bo": "gone"}


def test_a_batch_costs_as_few_calls_as_a_script(bench: Bench) -> None:
    """C7: what many events need is read together."""
    text = "INSERT INTO batched@crm (name, note) SELECT name, note FROM signed_up@crm_events"
    bench.run(*calls(*(f"p{n}" for n in range(100))), text=text)
    assert len(bench.crm.writes) == 1
    assert len(bench.crm.seen) <= 4


def test_a_poison_event_goes_to_the_dead_letters_and_the_others_are_done(bench: Bench) -> None:
    bad = hooked.call(3, "eve", score="no number")
    bodies = [*calls("ana", "bo"), bad, hooked.call(4, "eve"), hooked.call(5, "zoe")]
    assert bench.run(*bodies, attempts=1) == 1
    assert bench.states() == {1: "done", 2: "done", 3: "dead", 4: "done", 5: "done"}
    assert bench.notes() == {"ana": "event 1", "bo": "event 2", "eve": "event 4", "zoe": "event 5"}
    ((error, attempts),) = bench.rows(
        "SELECT error, attempts FROM events@sqlcrm WHERE state = 'dead'"
    )
    assert "score" in error
    assert attempts == 1
    assert any("sqlcrm events retry 3" in line for line in bench.said)


def test_later_events_of_a_person_wait_while_an_earlier_one_is_retried(bench: Bench) -> None:
    bodies = [hooked.call(1, "eve", score="no number"), *calls("x", "ana", "eve")[1:]]
    assert bench.run(*bodies, attempts=2) == 1
    assert bench.states() == {1: "pending", 2: "done", 3: "pending"}
    assert bench.run(attempts=2) == 1
    assert bench.states() == {1: "dead", 2: "done", 3: "done"}


def failing_for(crm: Ledger, name: str) -> None:
    """Let the CRM answer 500 to whatever is about a person."""
    whole = crm._apply

    def apply(seen: Any) -> Any:
        return (500, {"message": "oops"}) if seen.path.endswith(f"/{name}") else whole(seen)

    crm._apply = apply  # type: ignore[method-assign]


def test_a_dead_letter_runs_again_once_what_was_wrong_is_mended(bench: Bench) -> None:
    before = bench.crm._apply
    failing_for(bench.crm, "eve")
    bench.run(*calls("eve", "ana"), attempts=1)
    assert bench.states() == {1: "dead", 2: "done"}
    bench.crm._apply = before  # type: ignore[method-assign]
    assert bench.run() == 0
    assert bench.states() == {1: "dead", 2: "done"}
    listener = bench.listener()
    try:
        assert listener.events.revive() == 1
        assert listener.work(once=True) == 0
    finally:
        listener.close()
    assert bench.states() == {1: "done", 2: "done"}
    assert bench.notes() == {"ana": "event 2", "eve": "event 1"}


def test_rejected_rows_are_counted_and_are_no_failure(bench: Bench) -> None:
    bench.crm.refuses = lambda row: "no" if row["name"] == "bo" else ""
    assert bench.run(*calls("ana", "bo")) == 0
    assert bench.states() == {1: "done", 2: "done"}
    assert "1 done, 1 rejected" in bench.said[0]


def test_while_the_crm_cannot_be_reached_events_wait_and_none_is_charged(bench: Bench) -> None:
    """B10: an outage makes no dead letters."""
    bench.crm.faults = {0: Fault(status=503, times=100_000)}
    for _ in range(3):
        assert bench.run(*calls("ana"), attempts=1) == 3
    assert bench.states() == {1: "pending"}
    assert "the events wait: " in bench.said[-1]
    bench.crm.faults = {}
    assert bench.run(attempts=1) == 0
    assert bench.rows("SELECT state, attempts FROM events@sqlcrm") == [("done", 1)]
    assert bench.crm.counts("upserts") == {"ana": 1}


def test_one_row_that_the_crm_always_fails_on_does_not_stop_the_others(bench: Bench) -> None:
    """B10: the CRM answers, so that it is the event's fault."""
    failing_for(bench.crm, "eve")
    assert bench.run(*calls("ana", "eve", "bo"), attempts=1) in {3, 5}
    assert bench.states() == {1: "done", 2: "dead", 3: "done"}


def test_a_guard_refuses_more_than_was_allowed_without_being_asked(bench: Bench) -> None:
    """F1: a delete needs to be allowed; nobody can be asked."""
    bench.crm.add("items", "ana")
    text = "DELETE FROM items@crm WHERE name IN (SELECT name FROM signed_up@crm_events)"
    assert bench.run(*calls("ana"), text=text, attempts=1) == 6
    assert bench.crm.counts("items") == {"ana": 1}
    assert bench.states() == {1: "dead"}


def test_what_a_script_makes_for_itself_is_gone_with_its_batch(bench: Bench) -> None:
    text = (
        "CREATE TABLE mine AS SELECT name, note FROM signed_up@crm_events;"
        "CREATE VIEW ours AS SELECT m.name, m.note FROM mine m LEFT JOIN items@crm USING (name);"
        f"INSERT INTO upserts@crm (name, note) SELECT name, note FROM ours {CHANGE}"
    )
    assert bench.run(*calls("ana", "ana", "bo"), text=text) == 0
    assert bench.notes() == {"ana": "event 2", "bo": "event 3"}


def test_a_listeners_memory_of_calls_does_not_grow(bench: Bench) -> None:
    listener = bench.listener()
    try:
        bench.receive(listener, calls(*["ana"] * 30))
        assert listener.work(once=True) == 0
        assert len(listener._session.connections.calls) < 10
        assert listener._session is bench.sessions[0]
        assert [one.path for one in bench.crm.seen].count("/me") == 1
    finally:
        listener.close()


def test_once_in_a_while_a_session_is_opened_anew(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listening, "FRESH", -1.0)
    assert bench.run(*calls("ana", "ana", "ana")) == 0
    assert bench.notes() == {"ana": "event 3"}
    assert len(bench.sessions) > 3


def test_a_run_that_a_crash_ended_is_resumed_before_anything_newer(bench: Bench) -> None:
    """A1: what was sent without an answer is looked up; the events are run again after it."""
    listener = bench.listener("INSERT INTO notes@crm (name) SELECT name FROM signed_up@crm_events")
    bench.receive(listener, calls("ana", "bo"))
    killed = KeyboardInterrupt()

    def kill(name: str) -> None:
        if name == "settled":
            raise killed

    listener._session.journal.database.watch = kill
    with pytest.raises(KeyboardInterrupt):
        listener.work(once=True)
    listener.close()
    bench.rows("SELECT 1 AS one")  # a new process would find that the run's process is gone
    database = listener.events._database
    with database.writing() as connection:
        connection.execute("UPDATE runs SET process = 'boot:1'")
    database.close()
    text = "INSERT INTO notes@crm (name) SELECT name FROM signed_up@crm_events"
    assert bench.run(text=text) == 0
    assert bench.said[0].startswith("run 1 (job.sql): resumed")
    assert bench.crm.counts("notes") == {"ana": 1, "bo": 1}
    assert set(bench.states().values()) == {"done"}


def test_a1_killed_after_a_run_and_before_its_events_are_done_nothing_is_doubled(
    bench: Bench,
) -> None:
    """A1: the batch is run again, and finds what is there."""
    text = "INSERT INTO items@crm (name) SELECT name FROM signed_up@crm_events"
    listener = bench.listener(text)
    bench.receive(listener, calls("ana", "bo"))

    def kill(name: str) -> None:
        if name == "events_done?":
            raise KeyboardInterrupt

    listener.events._database.watch = kill
    with pytest.raises(KeyboardInterrupt):
        listener.work(once=True)
    listener.close()
    assert bench.crm.counts("items") == {"ana": 1, "bo": 1}
    assert set(bench.states().values()) == {"pending"}
    assert bench.run(text=text) == 0
    assert bench.crm.counts("items") == {"ana": 1, "bo": 1}
    assert set(bench.states().values()) == {"done"}


def test_two_listeners_do_not_run_the_same_events(bench: Bench) -> None:
    first, second = bench.listener(), bench.listener()
    try:
        with (
            first.alone(),
            pytest.raises(Busy, match="@crm are being run by another"),
            second.alone(),
        ):
            pass
    finally:
        first.close()
        second.close()


def test_a_wrong_script_is_refused_before_anything_is_taken(bench: Bench) -> None:
    with pytest.raises(SqlError, match="syntax error"):
        bench.listener(f"{UPSERT}; SELEC 1")
    assert not (bench.state / "journal.sqlite3").exists()


def test_elsewhere_a_table_of_events_has_all_of_them(bench: Bench) -> None:
    bench.run(*calls("ana", "bo"))
    found = bench.rows(
        "SELECT event_id, event_position, name, note, score, received_at "
        "FROM signed_up@crm_events ORDER BY event_position"
    )
    assert [row[:5] for row in found] == [
        ("jid-1", 1, "ana", "event 1", None), ("jid-2", 2, "bo", "event 2", None)
    ]  # fmt: skip
    assert dt.datetime.now(dt.UTC) - found[0][5] < dt.timedelta(minutes=1)
    joined = "SELECT e.note FROM SignedUp@crm_events e JOIN upserts@crm u USING (name)"
    with pytest.raises(SqlError, match="signed_up"):
        bench.rows(joined)
    assert len(bench.rows(joined.replace("SignedUp", "SIGNED_UP"))) == 2


def test_a_table_of_events_is_not_written(bench: Bench) -> None:
    with pytest.raises(SqlError, match="read-only"):
        bench.rows("DELETE FROM signed_up@crm_events WHERE name = 'ana'")


def test_a_parameter_of_the_script_has_its_value(bench: Bench) -> None:
    text = "INSERT INTO upserts@crm (name, note) SELECT name, $tag FROM signed_up@crm_events"
    listener = bench.listener(text, binds={"tag": "via web"})
    try:
        bench.receive(listener, calls("ana"))
        assert listener.work(once=True) == 0
    finally:
        listener.close()
    assert bench.notes() == {"ana": "via web"}
