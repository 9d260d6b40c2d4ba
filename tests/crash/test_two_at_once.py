"""Two processes on one target, and rows that stay as they were first written down."""

import contextlib
import csv
import time
from collections import Counter

import pytest
from harness import KILLED, Crm, place, served

import sqlcrm
from sqlcrm.errors import Busy, ProgrammingError

NOTES = "insert into notes@ac (note, related_id, related_type) values " + ", ".join(
    f"('Told {n}', {n}, 'Subscriber')" for n in range(1, 51)
)
TAGS = "insert into contact_tags@ac (contact_id, tag_id) values (1, 40), (2, 40), (3, 40)"
SCRIPT = f"{NOTES};\n{TAGS}"


@pytest.fixture(scope="module")
def slow():
    """A CRM that takes its time, so that two runs meet."""
    with served(latency_ms=10) as found:
        yield found


def _written(crm: Crm) -> tuple[Counter, int]:
    state = crm.state()
    notes = Counter(r["note"] for r in state["notes"] if r["note"].startswith("Told"))
    return notes, sum(row["tag"] == "40" for row in state["contactTags"])


ONCE = Counter(f"Told {n}" for n in range(1, 51))


@pytest.mark.parametrize("offset", [0, 0.03, 0.08, 0.15, 0.2])
def test_the_second_of_two_equal_scripts_waits_and_finds_all_done(slow, children, offset):
    """A8: the same script started twice at once."""
    with place(slow, children) as there:
        before = _written(slow)[1]
        first = there.begun("run", SCRIPT)
        time.sleep(offset)
        second = there.begun("run", SCRIPT)
        notes = [there.ended(first), there.ended(second)]
        assert [note["errors"] for note in notes] == [[], []]
        assert _written(slow) == (ONCE, before + 3)


def test_the_second_is_told_who_holds_the_table_when_it_may_not_wait(slow, children):
    """A8: it ends with exit code 3, and nothing is written twice."""
    with place(slow, children) as there:
        first = there.begun("run", NOTES)
        _until(lambda: there.journal("SELECT 1 FROM operations WHERE state = 'done'"))
        second = there.child("run", NOTES, wait=0.1)
        there.ended(first)
        assert second["codes"] == [3]
        assert f"notes is being written by process {first[0]}" in second["errors"][0]
        assert _written(slow)[0] == ONCE


def test_a_run_that_still_runs_is_not_resumed(slow, children):
    """A8: resume while the first still runs."""
    with place(slow, children) as there:
        first = there.begun("run", NOTES)
        _until(lambda: there.journal("SELECT 1 FROM operations WHERE state = 'done'"))
        with sqlcrm.connect(ac=slow.settings, state=there.folder / "state") as db:
            assert db.resume() == []
            with pytest.raises(Busy, match="Run 1 is being worked on by process"):
                db.resume(1)
            there.ended(first)
            with pytest.raises(ProgrammingError, match="nothing to resume"):
                db.resume(1)
        assert _written(slow)[0] == ONCE


def test_the_lock_of_a_dead_process_is_free_at_once(crm, children):
    """A8: a stale lock is taken over in less than two seconds."""
    with place(crm, children) as there:
        assert there.child("run", TAGS, kill={"at": "sent", "times": 2})["status"] == KILLED
        began = time.monotonic()
        note = there.child("run", TAGS)
        assert time.monotonic() - began < 2
        assert note["errors"] == []


@pytest.mark.parametrize("at", ["frozen", "sent", "settled?", "settled"])
def test_a_resumed_run_writes_the_rows_that_were_first_written_down(crm, children, at):
    """A10: the source changes between the crash and the resume."""
    with place(crm, children) as there:
        source = there.folder / "people.csv"
        _people(source, "first", range(4))
        insert = f"insert into contacts@ac (email, first_name) select * from '{source}'"
        assert there.child("run", insert, kill={"at": at, "times": 1})["status"] == KILLED
        _people(source, "second", range(2, 9))
        assert there.child("resume")["codes"] == [0]
        people = {p["email"]: p["firstName"] for p in crm.state()["contacts"]}
        new = {email: name for email, name in people.items() if email.startswith("source")}
        assert new == {f"source.{n}@example.org": "first" for n in range(4)}


def test_resume_says_how_many_statements_never_ran_after_a_kill_between_two(crm, children):
    """A1: nothing is left half done then, but the script is."""
    with place(crm, children) as there:
        kill = {"at": "ended_statement", "times": 1}
        assert there.child("run", SCRIPT, kill=kill)["status"] == KILLED
        assert there.child("resume")["never"] == 1


def _people(path, name, numbers):
    with path.open("w", newline="") as file:
        rows = [(f"source.{n}@example.org", name) for n in numbers]
        csv.writer(file).writerows([("email", "first_name"), *rows])


def _until(condition) -> None:
    end = time.monotonic() + 20
    while time.monotonic() < end:
        with contextlib.suppress(Exception):
            if condition():
                return
        time.sleep(0.002)
    raise AssertionError("it did not come to pass in 20 s")
