"""Pruning throws away what is old, forgetting takes a person out; what must be remembered stays."""

import contextlib
import json
import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from sqlcrm.errors import GuardRefused, ProgrammingError
from sqlcrm.state.addresses import Address
from sqlcrm.state.journal import Journal, Operation, Settled

ANA = "Ana+news@x.org"
NOBODY = "forgotten:"


def operation(number: int, **changes: Any) -> Operation:
    email = f"a{number}@x.org"
    values: dict[str, Any] = {
        "number": number,
        "table": "contacts",
        "verb": "create",
        "key": {},
        "natural_key": {"email": email},
        "values": {"email": email, "first_name": "Bo"},
        "before": None,
        "state": "planned",
    }
    return Operation(**{**values, **changes})


@pytest.fixture
def account(journal: Journal) -> int:
    return journal.account("fake", "https://acme.example", "7")


def write(
    journal: Journal, account: int, *rows: Operation, settle: bool = True, text: str = "INSERT"
) -> int:
    run = journal.begin_run("script", "job.sql", text)
    journal.begin_statement(run, 1, text, "insert", account=account)
    journal.freeze(run, 1, account, rows, len(rows))
    numbers = [row.number for row in rows if row.state == "planned"]
    if settle:
        journal.mark_sent(run, 1, numbers)
        call = {"method": "POST", "path": "/contacts"}
        journal.settle(run, 1, [Settled(n, "done", remote_id=str(n)) for n in numbers], [call])
        journal.note_unmatched(run, 1, [("p.csv", "contacts", "email", "x@x.org", 1)])
        journal.end_statement(run, 1, "done")
        journal.end_run(run, "done", 0)
    return run


def age(journal: Journal, run: int, days: int) -> None:
    at = (datetime.now(UTC) - timedelta(days=days)).isoformat(timespec="microseconds")
    with contextlib.closing(sqlite3.connect(journal.path)) as connection:
        connection.execute(
            "UPDATE runs SET started_at = ?, ended_at = CASE WHEN ended_at IS NOT NULL THEN ? END "
            "WHERE run_id = ?",
            (at, at, run),
        )
        connection.commit()


def kill(journal: Journal, run: int) -> None:
    with contextlib.closing(sqlite3.connect(journal.path)) as connection:
        connection.execute("UPDATE runs SET process = 'boot:1' WHERE run_id = ?", (run,))
        connection.commit()


def shown(journal: Journal, name: str, **arguments: int) -> list[dict[str, Any]]:
    columns, rows = journal.relation(name, **arguments)
    return [dict(zip([column for column, _ in columns], row, strict=True)) for row in rows]


def runs(journal: Journal) -> list[int]:
    return [row["run_id"] for row in shown(journal, "runs")]


def test_pruning_deletes_old_runs_with_all_that_is_theirs(journal: Journal, account: int) -> None:
    old = write(
        journal, account, *[operation(n, values={"note": "x" * 999}) for n in range(1, 200)]
    )
    young = write(journal, account, operation(1))
    age(journal, old, 91)
    size = journal.path.stat().st_size
    counts = journal.prune(timedelta(days=90))
    assert counts == {
        "runs": 1,
        "statements": 1,
        "operations": 199,
        "requests": 1,
        "unmatched": 1,
        "kept_operations": 0,
        "events": 0,
        "copies": 0,
    }
    assert journal.path.stat().st_size < size / 2
    for name in ("runs", "statements", "operations", "requests"):
        assert {row["run_id"] for row in shown(journal, name)} == {young}
    assert journal.begin_run("query") > young  # numbers are never given twice
    assert set(journal.prune(timedelta(days=90)).values()) == {0}


def test_pruning_leaves_what_is_unfinished_or_runs(journal: Journal, account: int) -> None:
    crashed = write(journal, account, operation(1), settle=False)
    living = write(journal, account, operation(1), settle=False)
    stopped = write(journal, account, operation(1), settle=False)
    over = write(journal, account, settle=False)  # crashed with nothing left to do
    journal.end_statement(over, 1, "done")
    journal.end_statement(stopped, 1, "failed")
    journal.end_run(stopped, "interrupted", 130)
    for run in (crashed, living, stopped, over):
        age(journal, run, 400)
    kill(journal, crashed)
    kill(journal, over)
    assert journal.prune(timedelta(days=90))["runs"] == 1
    assert runs(journal) == [crashed, living, stopped]


def test_pruning_keeps_the_memory_of_tables_that_only_append_and_of_what_was_stored_otherwise(
    journal: Journal, account: int
) -> None:
    rows = [
        operation(1, table="notes", natural_key={}, values={"note": "hi"}),
        operation(2),
        operation(3),
        operation(4, table="notes", natural_key={}, state="rejected", reason="bad"),
    ]
    run = write(journal, account, *rows, text="INSERT INTO notes …")
    again = write(journal, account, operation(1), settle=False)
    journal.mark_sent(again, 1, [1])
    journal.settle(again, 1, [Settled(1, "done", after={"first_name": "BO"})])
    journal.end_statement(again, 1, "done")
    journal.end_run(again, "done", 0)
    made, otherwise = journal.made_before(account, "notes"), journal.stored_as(account, "contacts")
    assert (len(made), len(otherwise)) == (1, 1)
    age(journal, run, 100)
    age(journal, again, 100)
    counts = journal.prune(timedelta(days=90))
    assert (counts["operations"], counts["kept_operations"], counts["runs"]) == (3, 2, 0)
    assert journal.made_before(account, "notes") == made
    assert journal.stored_as(account, "contacts") == otherwise
    assert {row["script_text"] for row in shown(journal, "runs")} == {""}
    assert {row["text"] for row in shown(journal, "statements")} == {""}
    assert shown(journal, "requests") == []


def test_pruning_keeps_opt_outs_and_drops_old_copies(
    journal: Journal, account: int, folder: Path
) -> None:
    journal.remember_opt_outs(account, [("ana@x.org", "", "unsubscribed")])
    age(journal, write(journal, account, operation(1)), 100)
    (folder / "journal.sqlite3.v1").write_bytes(b"old")
    assert journal.prune(timedelta(days=90))["copies"] == 0
    assert journal.prune(timedelta())["copies"] == 1
    assert journal.opted_out(account, [("ana@x.org", "")]) != {}


def test_upkeep_makes_no_journal(journal: Journal) -> None:
    assert set(journal.prune(timedelta(days=1)).values()) == {0}
    assert set(journal.forget(ANA).values()) == {0}
    assert not journal.path.exists()


def test_a_forgotten_person_is_nowhere_in_the_file_and_stays_counted(
    journal: Journal, account: int, folder: Path
) -> None:
    her = {"email": ANA, "first_name": "Anabel", "phone": None}
    rows = [
        operation(1, natural_key={"email": ANA.lower()}, values=her, key={"email": ANA}),
        operation(2, verb="update", before=her, natural_key={}),
        operation(3, values={"note": f"wrote to <{ANA.upper()}> twice"}),
        operation(4, state="rejected", reason=f"{ANA} is taken"),
        operation(5),
    ]
    run = write(journal, account, *rows, text=f"INSERT … VALUES ('{ANA}'), ('a5@x.org')")
    journal.log_requests(
        run,
        1,
        [
            {"path": "/contacts", "query": [("email", "ana%2bnews%40x.org"), ("limit", "1")]},
            {"path": f"/contact/{ANA}", "error": f"no {ANA}"},
        ],
    )
    journal.note_unmatched(run, 1, [("p.csv", "contacts", "email", ANA, 1)])
    journal.remember_opt_outs(account, [(ANA, "", "unsubscribed")])
    before = journal.counts(run, 1)
    (folder / "journal.sqlite3.v1").write_bytes(b"old")
    counts = journal.forget(f" {ANA.upper()} ")
    assert counts == {
        "operations": 4,
        "requests": 2,
        "unmatched": 1,
        "statements": 1,
        "runs": 1,
        "watermarks": 0,
        "events": 0,
        "copies": 1,
    }
    data = journal.path.read_bytes().lower()
    for trace in (b"ana+news", b"ana%2bnews", b"anabel"):
        assert trace not in data
    assert journal.counts(run, 1) == before
    first, *_, last = shown(journal, "operations", run=run)
    values = json.loads(first["new_values"])
    assert set(values) == set(her)
    assert values["phone"] is None
    assert values["email"] == values["first_name"] == first["remote_id"]
    assert values["email"].startswith(NOBODY)
    assert json.loads(last["new_values"]) == operation(5).values  # another person's
    assert "a5@x.org" in shown(journal, "statements")[0]["text"]
    assert "limit=1" in shown(journal, "requests")[1]["query"]
    stored = journal.operations(run, 1)  # checksums hold
    assert [one.forgotten for one in stored] == [True, True, True, True, False]
    assert journal.opted_out(account, [(ANA, "")]) == {(ANA, ""): "unsubscribed"}
    assert set(journal.forget(ANA).values()) == {0}


def test_a_person_of_a_longer_or_shorter_name_stays(journal: Journal, account: int) -> None:
    near = [
        "mariana@x.org",
        "ana@x.org.au",
        "x.ana@x.org",
        "x-ana@x.org",
        "ana@x.orga",
        "o'ana@x.org",
    ]
    rows = [
        operation(n, natural_key={"email": e}, values={"email": e}) for n, e in enumerate(near, 1)
    ]
    run = write(journal, account, *rows, text="; ".join(near[:5]))
    before = shown(journal, "operations", run=run)
    assert set(journal.forget("ana@x.org").values()) == {0}
    assert shown(journal, "operations", run=run) == before


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("ana@x.org", True),
        ("(ANA@X.ORG).", True),
        ("email=ana%40x.org&a", True),
        ("q%3Dana%40x.org", True),
        ("%22ana%40x%2Eorg%22", True),
        ("--ana@x.org", True),
        ("'ana@x.org'", True),
        ("bob%2Bana%40x.org", False),
        ("bob+ana@x.org", False),
        ("ana@x.org.au", False),
        ("ana%40x.org%2Eau", False),
        ("banana@x.org", False),
        ("ana@xxorg", False),
        ("", False),
    ],
)
def test_an_address_is_found_as_people_and_urls_spell_it(text: str, said: bool) -> None:
    assert Address("Ana@x.org").is_in(text) == said
    assert ("ana" in Address("Ana@x.org").replaced(text, "-").casefold()) == (
        "ana" in text.casefold() and not said
    )


def test_addresses_of_other_scripts_and_odd_letters_are_found(
    journal: Journal, account: int
) -> None:
    for email in ("ÄNA@bücher.example", 'o"neil@x.org', "50%off@x.org"):
        row = operation(1, values={"email": email}, natural_key={"email": email})
        run = write(journal, account, row)
        assert journal.forget(email.lower())["operations"] == 1
        assert shown(journal, "operations", run=run)[0]["new_values"].startswith('{"email":"forgot')


def test_a_person_who_is_still_to_be_written_is_not_forgotten(
    journal: Journal, account: int
) -> None:
    row = operation(1, values={"email": ANA})
    run = write(journal, account, row, settle=False)
    ends: list[Callable[[], object]] = [
        lambda: None,
        lambda: journal.mark_sent(run, 1, [1]),
        lambda: journal.end_run(run, "interrupted", 130),
    ]
    for end in ends:
        end()
        before = shown(journal, "operations")
        with pytest.raises(GuardRefused, match=f"resume {run}"):
            journal.forget(ANA)
        assert shown(journal, "operations") == before
    journal.take_over(run)
    journal.resolve(run, 1, [Settled(1, "done")])
    assert journal.forget(ANA)["operations"] == 1


def test_what_the_crm_made_of_a_forgotten_persons_values_teaches_nothing(
    journal: Journal, account: int
) -> None:
    run = write(journal, account, operation(1), settle=False)
    journal.mark_sent(run, 1, [1])
    journal.settle(run, 1, [Settled(1, "done", after={"email": "A1@X.ORG"})])
    assert len(journal.stored_as(account, "contacts")) == 1
    journal.forget("a1@x.org")
    assert journal.stored_as(account, "contacts") == []


def test_what_is_no_address_is_refused(journal: Journal) -> None:
    for text in ("", "@", "ana", "%"):
        with pytest.raises(ProgrammingError, match="no e-mail address"):
            journal.forget(text)
