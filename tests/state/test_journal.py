"""The journal through its own methods, on real files."""

import json
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sqlcrm.errors import InternalError, ProgrammingError
from sqlcrm.state.database import Database
from sqlcrm.state.journal import Journal, Operation, Settled

ORIGIN = "https://acme.example"


def operation(number: int, state: str = "planned", **changes: Any) -> Operation:
    email = f"a{number}@x.org"
    values: dict[str, Any] = {
        "number": number,
        "table": "contacts",
        "verb": "create",
        "key": {},
        "natural_key": {"email": email},
        "values": {"email": email, "first_name": "Ana"},
        "before": None,
        "state": state,
    }
    return Operation(**{**values, **changes})


def begun(journal: Journal, *operations: Operation) -> tuple[int, int]:
    """Start run and statement and freeze the operations; returns run and account."""
    account = journal.account("fake", ORIGIN, "7")
    run = journal.begin_run("query", text="INSERT …")
    journal.begin_statement(run, 1, "INSERT …", "insert", account=account, table="contacts")
    journal.freeze(run, 1, account, operations, len(operations))
    return run, account


def shown(journal: Journal, name: str, **arguments: int) -> list[dict[str, Any]]:
    columns, rows = journal.relation(name, **arguments)
    return [dict(zip([column for column, _ in columns], row, strict=True)) for row in rows]


def states(journal: Journal, run: int) -> list[str]:
    return [row["state"] for row in shown(journal, "operations", run=run)]


def test_looking_makes_no_file_and_shows_empty_tables_with_their_columns(
    journal: Journal, folder: Path
) -> None:
    for name in ("runs", "statements", "operations", "requests", "unmatched", "rejected"):
        columns, rows = journal.relation(name)
        assert rows == []
        assert ("run_id", "BIGINT") in columns
    assert journal.latest_write() is None
    assert journal.counts(1, 1) == {}
    assert not folder.exists()


def test_a_row_goes_from_planned_over_sent_to_done(journal: Journal) -> None:
    run, _ = begun(journal, operation(1), operation(2))
    journal.mark_sent(run, 1, [1])
    assert states(journal, run) == ["sent", "planned"]
    journal.settle(run, 1, [Settled(1, "done", remote_id="77", answer="created")])
    first, second = shown(journal, "operations")
    assert (first["state"], first["remote_id"], first["answer"]) == ("done", "77", "created")
    assert first["attempts"] == 1
    assert first["sent_at"] <= first["ended_at"]
    assert first["sent_at"].tzinfo == UTC
    assert (second["state"], second["attempts"], second["sent_at"]) == ("planned", 0, None)
    assert journal.counts(run, 1) == {"done": 1, "planned": 1}


def test_what_is_committed_is_seen_by_another_process_at_once(
    journal: Journal, folder: Path
) -> None:
    run, _ = begun(journal, operation(1))
    journal.mark_sent(run, 1, [1])
    with Journal(folder) as other:
        assert other.counts(run, 1) == {"sent": 1}


def test_a_row_that_provably_was_not_sent_is_planned_again_and_counts_its_attempts(
    journal: Journal,
) -> None:
    run, _ = begun(journal, operation(1))
    for _ in range(2):
        journal.mark_sent(run, 1, [1])
        journal.settle(run, 1, [Settled(1, "planned", reason="connection refused")])
    journal.mark_sent(run, 1, [1])
    journal.settle(run, 1, [Settled(1, "rejected", reason="bad", answer="email is not valid")])
    (row,) = shown(journal, "rejected")
    assert (row["state"], row["attempts"], row["answer"]) == ("rejected", 3, "email is not valid")


@pytest.mark.parametrize("state", ["unchanged", "rejected"])
def test_planning_may_freeze_final_states(journal: Journal, state: str) -> None:
    run, _ = begun(journal, operation(1), operation(2, state, reason="why", same_as=1))
    row = shown(journal, "operations", run=run)[1]
    assert (row["state"], row["reason"], row["same_as"]) == (state, "why", 1)
    assert row["ended_at"] is not None


def test_illegal_transitions_are_refused_and_undo_the_whole_call(journal: Journal) -> None:
    run, account = begun(journal, operation(1), operation(2), operation(3, "unchanged"))
    refused: list[Callable[[], object]] = [
        lambda: journal.settle(run, 1, [Settled(1, "done")]),
        lambda: journal.mark_sent(run, 1, [1, 3]),
        lambda: journal.mark_sent(run, 1, [1, 1]),
        lambda: journal.mark_sent(run, 1, [1, 99]),
        lambda: journal.mark_sent(run, 2, [1]),
        lambda: journal.skip(run, 1, "why", [1, 3]),
        lambda: journal.settle(run, 1, [Settled(1, "skipped")]),
        lambda: journal.freeze(run, 1, account, [operation(4, "done")], 1),
        lambda: journal.freeze(run, 1, account, [operation(4), operation(4)], 2),
        lambda: journal.freeze(run, 9, account, [], 0),
        lambda: journal.freeze(run, 1, 99, [operation(4)], 1),
    ]
    for call in refused:
        with pytest.raises(InternalError):
            call()
    assert states(journal, run) == ["planned", "planned", "unchanged"]


@pytest.mark.parametrize("state", ["done", "rejected", "unknown"])
def test_final_states_stay(journal: Journal, state: str) -> None:
    run, _ = begun(journal, operation(1))
    journal.mark_sent(run, 1, [1])
    journal.settle(run, 1, [Settled(1, state)])
    for call in (
        lambda: journal.mark_sent(run, 1, [1]),
        lambda: journal.settle(run, 1, [Settled(1, "done")]),
        lambda: journal.skip(run, 1, "why", [1]),
    ):
        with pytest.raises(InternalError):
            call()
    assert states(journal, run) == [state]


def test_skipping_takes_all_that_is_planned_or_the_rows_named(journal: Journal) -> None:
    run, _ = begun(journal, *[operation(n) for n in range(1, 6)])
    journal.mark_sent(run, 1, [1])
    assert journal.skip(run, 1, "past EXIT AFTER", [5]) == 1
    assert journal.skip(run, 1, "stopped by an error") == 3
    assert journal.skip(run, 1, "nothing left") == 0
    reasons = [row["reason"] for row in shown(journal, "operations")]
    assert reasons == ["", *["stopped by an error"] * 3, "past EXIT AFTER"]


def test_runs_and_statements_end_once_and_only_in_known_states(journal: Journal) -> None:
    run, _ = begun(journal, operation(1))
    with pytest.raises(InternalError):
        journal.end_run(run, "fine", 0)
    with pytest.raises(InternalError):
        journal.end_statement(run, 1, "running")
    journal.end_statement(run, 1, "done", calls=3)
    journal.end_run(run, "interrupted", 130)
    with pytest.raises(InternalError):
        journal.end_statement(run, 1, "failed")
    with pytest.raises(InternalError):
        journal.end_run(run, "done", 0)
    with pytest.raises(InternalError):
        journal.begin_run("party")
    (row,) = shown(journal, "runs")
    assert (row["state"], row["exit_code"], row["calls"]) == ("interrupted", 130, 3)


def test_an_account_has_one_number_whatever_its_alias(journal: Journal, folder: Path) -> None:
    first = journal.account("fake", ORIGIN, "7")
    assert journal.account("fake", ORIGIN, "8") != first
    assert journal.account("fake", ORIGIN, "7") == first
    with Journal(folder) as other:
        assert other.account("fake", ORIGIN, "7") == first


def test_the_last_write_is_this_journals_own_else_the_newest_in_the_file(
    journal: Journal, folder: Path
) -> None:
    run, _ = begun(journal, operation(1, "rejected", reason="mine"))
    with Journal(folder) as other:
        assert other.latest_write() == (run, 1)
        later, _ = begun(other, operation(1, "rejected", reason="theirs"))
        assert other.latest_write() == (later, 1)
    assert journal.latest_write() == (run, 1)
    assert [row["reason"] for row in shown(journal, "rejected")] == ["mine"]
    chosen = shown(journal, "rejected", run=later, statement=1)
    assert [row["reason"] for row in chosen] == ["theirs"]


def test_unmatched_keys_and_calls_are_kept(journal: Journal) -> None:
    run, account = begun(journal, operation(1))
    journal.note_unmatched(run, 1, [("people.csv", "contacts", "email", "é@x.org", 2)])
    journal.note_unmatched(run, 1, [("people.csv", "contacts", "id", None, 1)])
    call = {"method": "GET", "path": "/contacts", "query": [("limit", "3")], "status": 200}
    journal.log_requests(run, 1, [{**call, "account_id": account}])
    journal.mark_sent(run, 1, [1])
    journal.settle(run, 1, [Settled(1, "done")], [{"method": "POST", "path": "/contacts"}])
    found = [
        (row["target_column"], row["value"], row["rows"]) for row in shown(journal, "unmatched")
    ]
    assert found == [("email", "é@x.org", 2), ("id", None, 1)]
    get, post = shown(journal, "requests")
    assert (get["query"], get["account"], get["status"]) == ("limit=3", "7", 200)
    assert (post["method"], post["status"], post["attempt"]) == ("POST", None, 1)
    with pytest.raises(InternalError, match="colour"):
        journal.log_requests(run, 1, [{"colour": "red"}])


def test_unknown_tables_and_parameters_name_what_there_is(journal: Journal) -> None:
    with pytest.raises(ProgrammingError, match="runs@sqlcrm"):
        journal.relation("walks")
    with pytest.raises(ProgrammingError, match="run and statement"):
        journal.relation("operations", batch=1)
    with pytest.raises(ProgrammingError, match="it has run"):
        journal.relation("runs", statement=1)
    with pytest.raises(ProgrammingError, match="whole number"):
        journal.relation("operations", run="1")  # type: ignore[arg-type]


def test_e7_a_secret_is_stored_nowhere_but_as_the_value_of_a_row(folder: Path) -> None:
    def redact(text: str) -> str:
        return text.replace("CANARY", "***")

    with Journal(folder, redact=redact) as journal:
        account = journal.account("fake", ORIGIN, "7")
        run = journal.begin_run("script", "job.sql", "ATTACH CANARY")
        journal.begin_statement(run, 1, "ATTACH CANARY", "insert", account=account)
        journal.freeze(run, 1, account, [operation(n, reason="CANARY") for n in (1, 2, 3)], 3)
        journal.mark_sent(run, 1, [1])
        call = {"path": "/CANARY", "query": [("key", "CANARY")], "error": "CANARY"}
        journal.settle(run, 1, [Settled(1, "rejected", "CANARY", "", "CANARY")], [call])
        journal.skip(run, 1, "CANARY", [2])
        journal.skip(run, 1, "CANARY")
        journal.end_statement(run, 1, "failed", error="CANARY")
        assert b"CANARY" not in journal.path.read_bytes()
        kept = operation(1, values={"note": "CANARY"})
        begun(journal, kept)  # else a resumed run would send ***
        assert json.loads(shown(journal, "operations")[-1]["new_values"]) == kept.values


def test_lone_surrogates_and_nul_are_stored(journal: Journal) -> None:
    text = "a\ud800b\x00c"
    run, _ = begun(journal, operation(1, "rejected", reason=text, values={"note": text}))
    (row,) = shown(journal, "rejected", run=run)
    assert row["reason"] == "a\\ud800b\x00c"
    assert json.loads(row["new_values"]) == {"note": text}


def test_values_that_json_lacks_become_text_and_keys_are_sorted(journal: Journal) -> None:
    values = {
        "z": float("nan"),
        "y": [float("inf"), {"x": -float("inf")}],
        "d": date(2026, 11, 21),
        "t": datetime(2026, 11, 21, 8, 30, tzinfo=UTC),
        "n": Decimal("1.10"),
        "m": MappingProxyType({"k": 1}),
        "s": {"b", "a"},
    }
    begun(journal, operation(1, values=values))
    (row,) = shown(journal, "operations")
    assert row["new_values"] == (
        '{"d":"2026-11-21","m":{"k":1},"n":"1.10","s":["a","b"],"t":"2026-11-21T08:30:00+00:00",'
        '"y":["Infinity",{"x":"-Infinity"}],"z":"NaN"}'
    )


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
ROW = st.dictionaries(st.text(), JSON, max_size=5)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(rows=st.lists(st.tuples(ROW, ROW, ROW, st.none() | ROW), max_size=4), reason=st.text())
def test_any_values_come_back_as_they_were_frozen(
    journal: Journal, rows: list[tuple[Any, Any, Any, Any]], reason: str
) -> None:
    operations = [
        operation(n, key=key, natural_key=natural, values=values, before=before, reason=reason)
        for n, (key, natural, values, before) in enumerate(rows, 1)
    ]
    run, _ = begun(journal, *operations)
    found = shown(journal, "operations", run=run)
    for row, one in zip(found, operations, strict=True):
        assert _exact(json.loads(row["key"])) == _exact(one.key)
        assert _exact(json.loads(row["natural_key"])) == _exact(one.natural_key)
        assert _exact(json.loads(row["new_values"])) == _exact(one.values)
        assert (
            row["before"] is None if one.before is None else json.loads(row["before"]) == one.before
        )
        assert row["reason"] == reason


def _exact(value: Mapping[str, Any]) -> str:
    return json.dumps(value, sort_keys=True)  # tells 1 from 1.0 and True


def test_an_iterable_that_fails_freezes_nothing(journal: Journal) -> None:
    def rows() -> Iterator[Operation]:
        yield operation(1)
        raise ZeroDivisionError

    account = journal.account("fake", ORIGIN, "7")
    run = journal.begin_run("query")
    journal.begin_statement(run, 1, "INSERT", "insert")
    with pytest.raises(ZeroDivisionError):
        journal.freeze(run, 1, account, rows(), 1)
    assert journal.counts(run, 1) == {}


def test_freezing_is_one_commit_and_a_batch_one_before_and_one_after(folder: Path) -> None:
    commits = []

    class Counting(sqlite3.Connection):
        def execute(self, sql: str, *parameters: Any) -> sqlite3.Cursor:
            if sql == "COMMIT":
                commits.append(sql)
            return super().execute(sql, *parameters)

    with Journal(database=Database(folder / "journal.sqlite3", factory=Counting)) as journal:
        account = journal.account("fake", ORIGIN, "7")
        run = journal.begin_run("query")
        journal.begin_statement(run, 1, "INSERT …", "insert", account=account)
        commits.clear()
        journal.freeze(run, 1, account, [operation(n) for n in range(1, 1001)], 1000)
        assert len(commits) == 1
        journal.mark_sent(run, 1, range(1, 101))
        assert len(commits) == 2
        outcomes = [Settled(n, "done") for n in range(1, 101)]
        journal.settle(run, 1, outcomes, [{"method": "POST"}])
        assert len(commits) == 3
