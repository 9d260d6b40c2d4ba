"""Runs that ended early: found, taken over, given up, and what of them is read back."""

import contextlib
import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from sqlcrm.errors import Busy, InternalError, JournalProblem, ProgrammingError
from sqlcrm.state import process
from sqlcrm.state.journal import Journal, Operation, Settled


def operation(number: int, state: str = "planned", **changes: Any) -> Operation:
    email = f"a{number}@x.org"
    values: dict[str, Any] = {
        "number": number,
        "table": "contacts",
        "verb": "update",
        "key": {"id": str(number)},
        "natural_key": {"email": email},
        "values": {"first_name": "Ana", "joined": datetime(2026, 1, 2, tzinfo=UTC)},
        "before": {"first_name": None},
        "state": state,
    }
    return Operation(**{**values, **changes})


def begun(journal: Journal, *operations: Operation, state: str = "running") -> int:
    account = journal.account("fake", "https://acme.example", "7")
    run = journal.begin_run("script", "job.sql", "UPDATE …; UPDATE …", statements=2)
    journal.begin_statement(
        run, 1, "UPDATE …", "update", account=account, alias="crm", table="contacts", state=state
    )
    journal.freeze(run, 1, account, operations, len(operations))
    return run


def states(journal: Journal, run: int) -> list[str]:
    return [one.state for one in journal.operations(run, 1)]


def shown(journal: Journal, run: int) -> dict[str, Any]:
    columns, rows = journal.relation("runs", run=run)
    return dict(zip([name for name, _ in columns], rows[0], strict=True))


def elsewhere(journal: Journal, run: int, **owner: Any) -> None:
    """Let the run's process be another one: by default one that died here."""
    values = {"pid": 2**22, "process": "boot:1", "host": process.host(), **owner}
    with contextlib.closing(sqlite3.connect(journal.path)) as connection:
        sets = ", ".join(f"{name} = ?" for name in values)
        connection.execute(f"UPDATE runs SET {sets} WHERE run_id = ?", (*values.values(), run))
        connection.commit()


def test_a_run_whose_process_died_is_unfinished_with_all_that_resuming_needs(
    journal: Journal,
) -> None:
    run = begun(journal, operation(1), operation(2), operation(3, "rejected"))
    journal.mark_sent(run, 1, [1])
    assert journal.unfinished() == []  # we live
    elsewhere(journal, run)
    (found,) = journal.unfinished()
    assert (found.run, found.kind, found.script, found.state) == (
        run,
        "script",
        "job.sql",
        "crashed",
    )
    assert (found.script_text, found.statements_total) == ("UPDATE …; UPDATE …", 2)
    assert found.started_at.tzinfo == UTC
    (one,) = found.statements
    assert (one.statement, one.text, one.verb, one.alias) == (1, "UPDATE …", "update", "crm")
    assert (one.origin, one.own_id, one.table) == ("https://acme.example", "7", "contacts")
    assert one.account == journal.account("fake", one.origin, one.own_id)
    assert (one.state, one.counts) == ("running", {"planned": 1, "rejected": 1, "sent": 1})
    assert journal.unfinished(run) == [found]
    assert journal.unfinished(run + 1) == []


def test_an_interrupted_run_is_unfinished_only_while_rows_are_left(journal: Journal) -> None:
    run = begun(journal, operation(1))
    journal.end_statement(run, 1, "failed")
    journal.end_run(run, "interrupted", 130)
    assert [one.run for one in journal.unfinished()] == [run]
    journal.skip(run, 1, "given up")
    (left,) = journal.unfinished()
    assert (left.statements, left.last, left.statements_total) == ((), 1, 2), "one never began"


def test_a_run_that_failed_well_is_finished_and_one_with_a_lost_outcome_is_not(
    journal: Journal,
) -> None:
    run = begun(journal, operation(1))
    journal.mark_sent(run, 1, [1])
    journal.end_statement(run, 1, "failed")
    journal.end_run(run, "failed", 2)
    assert [one.run for one in journal.unfinished()] == [run]
    journal.take_over(run)
    journal.resolve(run, 1, [Settled(1, "done")])
    journal.end_run(run, "done", 0)
    assert journal.unfinished() == []


def test_a_statement_that_waits_for_commit_is_nothing_to_resume(journal: Journal) -> None:
    run = begun(journal, operation(1), state="planned")
    elsewhere(journal, run)
    assert journal.unfinished() == []
    journal.start_statement(run, 1)
    assert [one.statements[0].state for one in journal.unfinished()] == ["running"]


def test_a_statement_starts_from_planned_or_where_it_failed_with_rows_left(
    journal: Journal,
) -> None:
    run = begun(journal, operation(1), state="planned")
    journal.start_statement(run, 1)
    with pytest.raises(InternalError):
        journal.start_statement(run, 1)
    journal.end_statement(run, 1, "failed", calls=2)
    journal.start_statement(run, 1)
    journal.skip(run, 1, "why")
    journal.end_statement(run, 1, "failed", calls=3)
    with pytest.raises(InternalError, match="nothing to do"):
        journal.start_statement(run, 1)
    columns, rows = journal.relation("statements", run=run)
    assert rows[0][[name for name, _ in columns].index("calls")] == 5
    with pytest.raises(InternalError):
        journal.begin_statement(run, 2, "", "update", state="done")


def test_taking_over_makes_the_run_ours_and_running(journal: Journal) -> None:
    run = begun(journal, operation(1))
    journal.end_run(run, "interrupted", 130)
    elsewhere(journal, run)
    journal.take_over(run)
    now = shown(journal, run)
    assert (now["state"], now["pid"], now["host"]) == ("running", os.getpid(), process.host())
    assert (now["ended_at"], now["exit_code"]) == (None, None)
    assert now["process"] == process.token(os.getpid())
    assert journal.unfinished() == []
    journal.end_run(run, "done", 0)


def test_a8_a_run_whose_process_lives_is_not_taken_over_nor_given_up(journal: Journal) -> None:
    """A8: resume while the first still runs."""
    run = begun(journal, operation(1))
    for call in (lambda: journal.take_over(run), lambda: journal.abandon(run, "mine")):
        with pytest.raises(Busy, match=f"process {os.getpid()} on {process.host()}"):
            call()
    assert shown(journal, run)["state"] == "running"


TAKE = """
import sys
from pathlib import Path
from sqlcrm.errors import Busy
from sqlcrm.state.journal import Journal
journal = Journal(Path(sys.argv[1]))
sys.stdin.readline()
try:
    journal.take_over(int(sys.argv[2]))
    print("taken", flush=True)
except Busy:
    print("busy", flush=True)
sys.stdin.readline()
"""


def test_a8_of_many_that_take_over_at_once_one_does(journal: Journal, folder: Path) -> None:
    """A8: resumed twice at once."""
    run = begun(journal, operation(1))
    elsewhere(journal, run)
    command = [sys.executable, "-c", TAKE, str(folder), str(run)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    children = [subprocess.Popen(command, **pipes) for _ in range(6)]
    for child in children:
        child.stdin.write("\n")
        child.stdin.flush()
    told = sorted(child.stdout.readline().strip() for child in children)  # all still live
    for child in children:
        child.communicate("\n", timeout=60)
    assert told == ["busy"] * 5 + ["taken"]
    journal.take_over(run)  # the dead taker's is taken over in turn


def test_what_ended_or_never_was_is_not_taken_over(journal: Journal) -> None:
    run = begun(journal, operation(1, "rejected"))
    journal.end_run(run, "failed", 1)
    for call in (lambda: journal.take_over(run), lambda: journal.abandon(run, "")):
        with pytest.raises(ProgrammingError, match="is failed"):
            call()
    with pytest.raises(ProgrammingError, match="no run 99"):
        journal.take_over(99)


def test_a_run_of_another_machine_is_shown_as_it_is_until_a_person_gives_it_up(
    journal: Journal,
) -> None:
    run = begun(journal, operation(1))
    elsewhere(journal, run, host="laptop")
    assert (shown(journal, run)["state"], shown(journal, run)["host"]) == ("running", "laptop")
    assert journal.unfinished() == []
    with pytest.raises(Busy, match="on laptop: resume it there"):
        journal.take_over(run)
    journal.abandon(run, "the laptop was stolen")
    now = shown(journal, run)
    assert (now["state"], now["error"]) == ("crashed", "the laptop was stolen")
    assert [one.run for one in journal.unfinished()] == [run]
    journal.take_over(run)


def test_operations_come_back_as_they_were_frozen_with_what_became_of_them(
    journal: Journal,
) -> None:
    run = begun(journal, *[operation(n, batch=1) for n in (1, 2, 3)])
    journal.mark_sent(run, 1, [1, 2])
    journal.settle(run, 1, [Settled(1, "done", "why", "17", after={"first_name": "ANA"})])
    first, second, third = journal.operations(run, 1)
    assert (first.state, first.reason, first.remote_id, first.attempts) == ("done", "why", "17", 1)
    assert (first.after, first.undone_by) == ({"first_name": "ANA"}, None)
    assert first.operation == operation(
        1,
        "done",
        reason="why",
        batch=1,
        values={"first_name": "Ana", "joined": "2026-01-02T00:00:00+00:00"},
    )
    assert second.sent_at is not None
    assert (datetime.now(UTC) - second.sent_at).total_seconds() < 60
    assert (third.sent_at, third.after, third.state) == (None, None, "planned")
    chosen = journal.operations(run, 1, {"sent", "planned"})
    assert [one.operation.number for one in chosen] == [2, 3]
    assert journal.operations(run, 1, []) == []
    assert journal.operations(run, 2) == []
    columns, rows = journal.relation("operations", run=run)
    place = [name for name, _ in columns].index("after")
    assert [row[place] for row in rows] == ['{"first_name":"ANA"}', None, None]


def test_a_row_that_is_not_what_was_frozen_is_never_given_out(journal: Journal) -> None:
    run = begun(journal, operation(1), operation(2))
    with contextlib.closing(sqlite3.connect(journal.path)) as connection:
        connection.execute(
            """UPDATE operations SET new_values = '{"first_name":"Eve"}' WHERE number = 2"""
        )
        connection.commit()
    assert len(journal.operations(run, 1, ["done"])) == 0
    with pytest.raises(JournalProblem, match="row 2 is not what was frozen"):
        journal.operations(run, 1)


@pytest.mark.parametrize("before", ["sent", "unknown"])
@pytest.mark.parametrize("found", ["done", "rejected", "unknown"])
def test_looking_up_settles_what_was_sent_or_unknown(
    journal: Journal, before: str, found: str
) -> None:
    run = begun(journal, operation(1))
    journal.mark_sent(run, 1, [1])
    if before == "unknown":
        journal.settle(run, 1, [Settled(1, "unknown")])
    journal.resolve(run, 1, [Settled(1, found, "looked up", "17")])
    (one,) = journal.operations(run, 1)
    assert (one.state, one.reason, one.remote_id) == (found, "looked up", "17")


def test_what_was_not_found_is_planned_again_and_counts_its_attempts(journal: Journal) -> None:
    run = begun(journal, operation(1), operation(2))
    journal.mark_sent(run, 1, [1, 2])
    journal.settle(run, 1, [Settled(2, "unknown")])
    journal.reset(run, 1, [1, 2])
    assert states(journal, run) == ["planned", "planned"]
    journal.mark_sent(run, 1, [1, 2])
    assert [one.attempts for one in journal.operations(run, 1)] == [2, 2]


def test_what_is_final_or_was_never_sent_is_neither_resolved_nor_reset(journal: Journal) -> None:
    run = begun(journal, operation(1), operation(2), operation(3, "unchanged"))
    journal.mark_sent(run, 1, [1])
    journal.settle(run, 1, [Settled(1, "done")])
    refused: list[Callable[[], object]] = [
        lambda: journal.resolve(run, 1, [Settled(1, "unknown")]),
        lambda: journal.resolve(run, 1, [Settled(2, "done")]),
        lambda: journal.resolve(run, 1, [Settled(3, "done")]),
        lambda: journal.resolve(run, 1, [Settled(2, "planned")]),
        lambda: journal.reset(run, 1, [1]),
        lambda: journal.reset(run, 1, [2]),
        lambda: journal.reset(run, 1, [3]),
        lambda: journal.mark_undone(run, 1, [2], run),
        lambda: journal.mark_undone(run, 1, [1, 3], run),
    ]
    for call in refused:
        with pytest.raises(InternalError):
            call()
    assert states(journal, run) == ["done", "planned", "unchanged"]
    assert journal.operations(run, 1)[0].undone_by is None


def test_what_one_run_took_back_no_other_takes_back(journal: Journal) -> None:
    run = begun(journal, operation(1))
    journal.mark_sent(run, 1, [1])
    journal.settle(run, 1, [Settled(1, "done")])
    undo = journal.begin_run("undo", of_run=run)
    for _ in range(2):  # a resumed undo says it again
        journal.mark_undone(run, 1, [1], undo)
    with pytest.raises(InternalError):
        journal.mark_undone(run, 1, [1], journal.begin_run("undo", of_run=run))
    assert journal.operations(run, 1)[0].undone_by == undo
    assert (shown(journal, undo)["kind"], shown(journal, undo)["of_run"]) == ("undo", run)
    assert shown(journal, run)["statements_total"] == 2
