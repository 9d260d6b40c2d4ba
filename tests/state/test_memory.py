"""What earlier runs teach: how a CRM stored values, how large a source was, what was made."""

import json
from typing import Any

import pytest

from sqlcrm.state.journal import Journal, Operation, Settled


@pytest.fixture
def account(journal: Journal) -> int:
    return journal.account("fake", "https://acme.example", "7")


def done(
    journal: Journal,
    account: int,
    *settled: tuple[dict[str, Any], dict[str, Any] | None],
    table: str = "contacts",
    natural: dict[str, Any] | None = None,
) -> int:
    """Write rows, sent and stored as given; returns the run."""
    run = journal.begin_run("query")
    journal.begin_statement(run, 1, "UPDATE", "update", account=account)
    operations = [
        Operation(
            n,
            table,
            "update",
            {"id": n},
            natural if natural is not None else {"n": n},
            sent,
            None,
            "planned",
        )
        for n, (sent, _) in enumerate(settled, 1)
    ]
    journal.freeze(run, 1, account, operations, len(operations))
    journal.mark_sent(run, 1, range(1, len(operations) + 1))
    outcomes = [Settled(n, "done", after=after) for n, (_, after) in enumerate(settled, 1)]
    journal.settle(run, 1, outcomes)
    return run


def test_values_that_the_crm_stored_otherwise_are_known_by_natural_key(
    journal: Journal, account: int
) -> None:
    done(journal, account, ({"email": " A@x.org"}, {"email": "a@x.org"}), ({"email": "b"}, None))
    assert journal.stored_as(account, "contacts") == [
        ('{"n":1}', '{"id":1}', '{"email":" A@x.org"}', '{"email":"a@x.org"}')
    ]
    assert journal.stored_as(account, "notes") == []
    assert journal.stored_as(account + 1, "contacts") == []


def test_the_newest_counts_and_other_columns_of_older_ones_are_kept(
    journal: Journal, account: int
) -> None:
    done(journal, account, ({"first": " A", "last": " B"}, {"first": "A", "last": "B"}))
    done(journal, account, ({"first": " C"}, {"first": "C"}))
    ((natural, _, sent, after),) = journal.stored_as(account, "contacts")
    assert natural == '{"n":1}'
    assert json.loads(sent) == {"first": " C", "last": " B"}
    assert json.loads(after) == {"first": "C", "last": "B"}


def test_what_was_undone_teaches_nothing(journal: Journal, account: int) -> None:
    run = done(journal, account, ({"first": " A"}, {"first": "A"}))
    journal.mark_undone(run, 1, [1], run)
    assert journal.stored_as(account, "contacts") == []


def test_a_hundred_thousand_other_rows_are_not_looked_at(journal: Journal, account: int) -> None:
    done(journal, account, ({"first": " A"}, {"first": "A"}))
    plan = journal.database.rows(
        "EXPLAIN QUERY PLAN SELECT natural_key FROM operations WHERE account_id = 1 "
        "AND table_name = 'contacts' AND after IS NOT NULL ORDER BY operation_id"
    )
    assert any("operations_stored_otherwise" in str(row) for row in plan)


def test_the_size_of_a_source_is_that_of_its_last_run(journal: Journal, account: int) -> None:
    assert journal.source_rows(account, "contacts", "h") is None
    journal.remember_source(account, "contacts", "h", 100)
    journal.remember_source(account, "contacts", "h", 90)
    journal.remember_source(account, "contacts", "other", 5)
    assert journal.source_rows(account, "contacts", "h") == 90
    assert journal.source_rows(account, "notes", "h") is None
    assert journal.source_rows(account + 1, "contacts", "h") is None


def test_what_was_undone_was_not_made(journal: Journal, account: int) -> None:
    run = journal.begin_run("query")
    journal.begin_statement(run, 1, "INSERT", "insert", account=account)
    rows = [Operation(n, "notes", "create", {}, {}, {"t": 1}, None, "planned") for n in (1, 2)]
    journal.freeze(run, 1, account, rows, 2)
    journal.mark_sent(run, 1, [1, 2])
    journal.settle(run, 1, [Settled(1, "done"), Settled(2, "unknown")])
    assert [state for _, state, _ in journal.made_before(account, "notes")] == ["done", "unknown"]
    journal.mark_undone(run, 1, [1], run)
    assert [state for _, state, _ in journal.made_before(account, "notes")] == ["unknown"]
