"""Runs in a real journal, made through its own methods."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlcrm.state.journal import Journal, Operation, Settled

START = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)


def operation(number: int, state: str = "planned", **changes: Any) -> Operation:
    email = f"person{number}@example.org"
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


def call(second: float, method: str = "GET", **changes: Any) -> dict[str, Any]:
    values = {
        "connection": "ac",
        "at": (START + timedelta(seconds=second)).isoformat(timespec="microseconds"),
        "method": method,
        "path": "/api/3/contacts",
        "query": "",
        "status": 200,
        "ms": 120.0,
        "bytes": 2000,
    }
    return {**values, **changes}


def make_run(
    journal: Journal,
    operations: Sequence[Operation],
    settled: Sequence[Settled] = (),
    calls: Sequence[Mapping[str, Any]] = (),
    *,
    text: str = "INSERT INTO contacts@ac SELECT * FROM people",
    verb: str = "insert",
    script: str = "import.sql",
    exit_code: int | None = 0,
    **ending: str,
) -> int:
    """Make a run of one statement, whose settled operations were sent; return its number."""
    account = journal.account("activecampaign", "https://acme.example", "7")
    run = journal.begin_run("script", script, text, at=START)
    journal.begin_statement(
        run,
        1,
        text,
        verb,
        account=account,
        alias="ac",
        connector="activecampaign",
        table="contacts",
    )
    journal.freeze(run, 1, account, operations, len(operations))
    if settled:
        journal.mark_sent(run, 1, [one.number for one in settled])
        journal.settle(run, 1, settled)
    journal.log_requests(run, 1, calls)
    if exit_code is not None:
        journal.end_statement(
            run, 1, ending.get("statement", "done"), calls=len(calls), error=ending.get("error", "")
        )
        journal.end_run(run, ending.get("state", "done"), exit_code)
    return run
