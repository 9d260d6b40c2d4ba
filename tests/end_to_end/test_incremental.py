"""`last_run('contacts@ac')`: each run of a script reads what changed since its last one."""

import random
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import formatdate
from pathlib import Path
from typing import Any

import pytest

from sqlcrm.catalog.config import load_config
from sqlcrm.errors import SqlError
from sqlcrm.sandbox import Clock, Options, serve
from sqlcrm.session.plans import make_plan
from sqlcrm.session.scripts import Script, run_script
from sqlcrm.session.state import Session
from sqlcrm_activecampaign.sandbox import sandbox

from .conftest import Crm

SEEN = """
CREATE OR REPLACE TABLE changed AS
SELECT id, first_name, updated_at FROM contacts@ac WHERE updated_at > last_run('contacts@ac');
SELECT id, first_name FROM changed;
"""


class Moved(Clock):
    """A clock that a test sets ahead, or back."""

    ahead = timedelta()

    def now(self) -> datetime:
        return datetime.now(UTC) + self.ahead


class Desk:
    """A CRM whose clock moves, and runs of scripts against it, each in a session of its own."""

    def __init__(self, crm: Crm, clock: Moved, state: Path) -> None:
        self.crm, self.clock, self.state = crm, clock, state
        self.notices: list[str] = []

    def run(
        self, text: str = SEEN, name: str = "hourly.sql", binds: Mapping[str, Any] | None = None
    ) -> tuple[dict[str, str], Script]:
        """Run a script; return the ids and names of its last result."""
        configs = load_config({"ac": self.crm.settings})
        session = Session(configs, kind="script", state=self.state)
        rows: list[Any] = []

        def keep(_statement: Any, result: Any) -> None:
            self.notices += result.notices
            rows[:] = result.rows() if result.columns else rows

        try:
            script = run_script(session, text, name=name, binds=binds, on_result=keep)
        finally:
            session.close()
        return {str(row[0]): row[1] for row in rows if len(row) == 2}, script

    def rename(self, contact: str, name: str) -> None:
        self.crm.api("PUT", f"contacts/{contact}", {"contact": {"firstName": name}})

    def reads(self) -> int:
        return sum(call["path"] == "/api/3/contacts" for call in self.crm.calls())


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    clock = Moved()
    with serve([sandbox], Options(people=300, limits="off", clock=clock)) as running:
        yield Desk(Crm(running[0]), clock, tmp_path / "state")


def test_the_first_run_reads_all_and_the_next_one_costs_a_call(desk: Desk) -> None:
    everybody, _ = desk.run()
    assert len(everybody) == 300
    desk.clock.ahead += timedelta(hours=1)
    desk.rename("7", "Seven")
    before = desk.reads()
    changed, _ = desk.run()
    assert changed["7"] == "Seven"
    assert len(changed) < 20
    assert desk.reads() - before == 1


def test_a_change_that_the_filter_finds_late_is_found_by_the_next_run(desk: Desk) -> None:
    """C9: a change may come into the list up to the declared lag after it was made."""
    desk.run()
    desk.clock.ahead += timedelta(hours=2)
    desk.run()
    desk.clock.ahead -= timedelta(minutes=9)  # stamped before the last run, seen only now
    desk.rename("8", "Late")
    desk.clock.ahead += timedelta(minutes=9)
    assert desk.run()[0]["8"] == "Late"


def test_nothing_is_lost_over_fifty_runs_whatever_the_clocks_say(desk: Desk) -> None:
    """C9: the CRM's clock jumps by minutes and by a day; edits come between runs and in them."""
    chance = random.Random(9)  # noqa: S311 - no secret
    desk.run()
    for round_ in range(50):
        desk.clock.ahead = timedelta(days=1 if round_ >= 25 else 0) + timedelta(
            minutes=20 * round_ + chance.choice([-5, 0, 5])
        )
        edited = {str(chance.randint(1, 300)): f"Name {round_}.{n}" for n in range(3)}
        for contact, name in edited.items():
            desk.rename(contact, name)
        found, _ = desk.run()
        assert edited.items() <= found.items(), round_


def test_after_a_busy_hour_quiet_runs_cost_little_again(desk: Desk) -> None:
    desk.run()
    desk.clock.ahead += timedelta(hours=5)
    for contact in range(1, 101):
        desk.rename(str(contact), "Busy")
    found = []
    for _ in range(5):
        found.append(len(desk.run()[0]))
        desk.clock.ahead += timedelta(hours=1)
    assert found[0] >= 100
    assert found[-1] == 0, found


@pytest.mark.parametrize("ahead", [timedelta(minutes=5), timedelta(hours=3), timedelta(days=1)])
def test_rows_dated_by_a_slower_clock_than_the_answers_are_not_lost(
    desk: Desk, ahead: timedelta, monkeypatch: pytest.MonkeyPatch
) -> None:
    """C9: the Date of the answers is ahead of the dates of the rows."""

    def date(_app: object) -> tuple[bytes, bytes]:
        return b"date", formatdate((desk.clock.now() + ahead).timestamp(), usegmt=True).encode()

    monkeypatch.setattr("sqlcrm.sandbox.app.App._date", date)
    for round_ in range(6):
        desk.clock.ahead += timedelta(hours=1)
        desk.rename("5", f"Round {round_}")
        assert desk.run()[0]["5"] == f"Round {round_}"


def test_a_run_that_failed_leaves_the_watermark(desk: Desk) -> None:
    desk.run()
    desk.clock.ahead += timedelta(hours=1)
    desk.rename("9", "Nine")
    broken = SEEN + "SELECT * FROM nowhere;"
    desk.run(broken)  # another text: it reads all
    desk.clock.ahead += timedelta(hours=1)
    found, script = desk.run(broken)
    assert script.exit_code == 1
    assert len(found) == 300


def test_a_run_that_left_rows_out_leaves_the_watermark(desk: Desk) -> None:
    some = """
    SYNC (SELECT email, first_name || '!' AS first_name FROM contacts@ac
          WHERE updated_at > last_run('contacts@ac')) TO contacts@ac
    WITH UPDATE EXIT AFTER 2 ROWS IDENTIFIED BY email;
    """
    _, script = desk.run(some)
    assert script.exit_code == 0
    assert script.skipped
    asked = [c["query"] for c in desk.crm.calls() if "updated_after" in c["query"]]
    desk.run(some)
    again = [c["query"] for c in desk.crm.calls() if "updated_after" in c["query"]]
    assert asked == again == []


@pytest.mark.parametrize(
    "end", ["ORDER BY updated_at LIMIT 40", "FETCH FIRST 40 ROWS ONLY", "USING SAMPLE 40 ROWS"]
)
def test_a_statement_that_takes_some_of_the_changes_leaves_the_watermark(
    desk: Desk, end: str
) -> None:
    """Which ones it left out, the next run would have to know."""
    some = f"""
    CREATE OR REPLACE TABLE a_few AS
    SELECT id, first_name FROM contacts@ac WHERE updated_at > last_run('contacts@ac') {end};
    """
    whole = "SELECT id, first_name FROM contacts@ac WHERE updated_at > last_run('contacts@ac');"
    _, script = desk.run(some + whole)
    assert script.exit_code == 0, script.errors
    assert "stays where it is" in "".join(desk.notices)
    desk.clock.ahead += timedelta(hours=1)
    assert len(desk.run(some + whole)[0]) == 300


@pytest.mark.parametrize(
    "given_up",
    [
        "BEGIN; UPDATE contacts@ac SET first_name = 'X' WHERE updated_at > "
        "last_run('contacts@ac'); ROLLBACK;",
        "PLAN UPDATE contacts@ac SET first_name = 'X' WHERE updated_at > last_run('contacts@ac');",
        "SELECT id, 1 AS x FROM contacts@ac WHERE updated_at > last_run('contacts@ac') AND false;",
        "EXPLAIN ANALYZE SELECT id FROM contacts@ac WHERE updated_at > last_run('contacts@ac');",
    ],
)
def test_where_nothing_came_of_the_changes_the_watermark_stays(desk: Desk, given_up: str) -> None:
    for _ in range(2):
        _, script = desk.run(given_up)
        assert script.exit_code == 0, script.errors
        desk.clock.ahead += timedelta(hours=3)
    asked = [call["query"] for call in desk.crm.calls() if "updated_after" in call["query"]]
    assert asked == []


def test_another_text_or_other_parameters_begin_anew(desk: Desk) -> None:
    """A script that was edited may want rows that it did not want before."""
    desk.run()
    desk.clock.ahead += timedelta(hours=1)
    assert len(desk.run(SEEN + "-- edited\n")[0]) == 300
    given = SEEN.replace("FROM changed", "FROM changed WHERE coalesce(first_name, '') <> $name")
    assert len(desk.run(given, binds={"name": "x"})[0]) == 300
    assert len(desk.run(given, binds={"name": "y"})[0]) == 300
    assert len(desk.run(given, binds={"name": "y"})[0]) < 20


def test_the_same_text_in_another_folder_begins_anew(desk: Desk) -> None:
    """It may be about another account on the other side."""
    assert len(desk.run(name="one/hourly.sql")[0]) == 300
    assert len(desk.run(name="two/hourly.sql")[0]) == 300


def test_a_new_account_begins_anew(desk: Desk) -> None:
    desk.run()
    desk.crm.reset()
    assert len(desk.run()[0]) == 300


def test_without_a_script_it_is_the_beginning_of_time_and_says_so(
    desk: Desk, tmp_path: Path
) -> None:
    found, _ = desk.run(name="")
    assert len(found) == 300
    assert len(desk.run(name="")[0]) == 300
    assert "kept for scripts" in desk.notices[0]


@pytest.mark.parametrize(
    ("argument", "words"),
    [
        ("'tags@ac'", "does not tell which rows changed"),
        ("'contakts@ac'", "no table"),
        ("'contacts@nowhere'", "no connection"),
        ("'contacts'", "takes the name of a remote table"),
        ("updated_at", "takes the name of a remote table"),
    ],
)
def test_a_wrong_argument_is_pointed_at(
    desk: Desk, argument: str, words: str, refused: Callable[..., str]
) -> None:
    text = f"SELECT id, 1 AS x FROM contacts@ac WHERE updated_at > last_run({argument})"
    assert words in refused(desk, text)


@pytest.fixture
def refused() -> Callable[..., str]:
    def read(desk: Desk, text: str) -> str:
        _, script = desk.run(text)
        (error,) = script.errors
        assert isinstance(error, SqlError)
        assert script.exit_code == 1
        assert desk.reads() == 0
        return str(error)

    return read


def test_a_plan_reads_what_changed_and_leaves_the_watermark(desk: Desk) -> None:
    text = """
    UPDATE contacts@ac SET first_name = 'Found' WHERE updated_at > last_run('contacts@ac');
    """
    configs = load_config({"ac": desk.crm.settings})
    for _ in range(2):
        session = Session(configs, kind="script", state=desk.state)
        try:
            plan = make_plan(session, text, name="hourly.sql")
            assert [len(part.plan.operations) for part in plan.parts] == [300]
        finally:
            session.close()
