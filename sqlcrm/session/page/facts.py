"""What a page tells of a run: read from the journal's relations, counted, and cut to size."""

from __future__ import annotations

import datetime as dt
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlcrm.errors import ProgrammingError
from sqlcrm.session.page.calls import Call, Calls, by_method
from sqlcrm.session.page.changes import Change, change, changed_columns
from sqlcrm.session.page.rows import Room, RowTable, rejected_table, unknown_table
from sqlcrm.session.page.timeline import Timeline, timeline
from sqlcrm.state.journal import Journal

STATEMENTS = 200
"""Statements that have a section of their own."""
TEXT = 20_000
"""Characters shown of a statement's text; and of all texts together, ten times that."""
SAMPLE = 200
"""Operations shown of what changed."""

STATES = ("done", "unchanged", "rejected", "skipped", "unknown", "planned", "sent")


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement that wrote.

    plan: operations by verb, of what was to be sent. columns: how often each column changes.
    hidden: characters of its text that are not shown. writes: how many operations are done.
    """

    number: int
    text: str
    hidden: int
    verb: str
    target: str
    connector: str
    account: str
    state: str
    error: str
    started: dt.datetime | None
    ended: dt.datetime | None
    source_rows: int | None
    plan: tuple[tuple[str, int], ...]
    columns: tuple[tuple[str, int], ...]
    outcomes: tuple[tuple[str, int], ...]
    calls: Calls
    rejected: RowTable
    unknown: RowTable
    changes: tuple[Change, ...]
    writes: int


@dataclass(frozen=True, slots=True)
class Facts:
    """A run. more: statements without a section. reading: calls of statements that only read.

    of_run: the run that it undoes, resumes or applies.
    """

    number: int
    kind: str
    script: str
    state: str
    exit_code: int | None
    started: dt.datetime
    ended: dt.datetime | None
    version: str
    error: str
    of_run: int | None
    outcomes: tuple[tuple[str, int], ...]
    calls: Calls
    reading: Calls
    timeline: Timeline | None
    statements: tuple[Statement, ...]
    more: int


class _Rooms:
    """What may still be shown on the page, all statements together."""

    def __init__(self) -> None:
        self.rejected = Room(rows=1000, characters=300_000)
        self.unknown = Room(rows=1000, characters=200_000)
        self.changes = Room(rows=SAMPLE, characters=200_000)
        self.text = 10 * TEXT
        self.download = Room(rows=0, characters=600_000)


def run_facts(journal: Journal, run: int) -> Facts:
    """Read what the journal knows of a run.

    Raises: ProgrammingError where there is no such run.
    """
    found = _dicts(journal, "runs", run=run)
    if not found:
        raise ProgrammingError(f"There is no run {run}: SELECT * FROM runs@sqlcrm lists them.")
    (one,) = found
    calls = [Call.of(row) for row in _dicts(journal, "requests", run=run)]
    written = _dicts(journal, "statements", run=run)
    numbers = {row["statement"] for row in written}
    rooms, outcomes = _Rooms(), Counter[str]()
    statements: list[Statement] = []
    for row in written:
        operations = _dicts(journal, "operations", run=run, statement=row["statement"])
        outcomes.update(operation["state"] for operation in operations)
        if len(statements) < STATEMENTS:
            own = [call for call in calls if call.statement == row["statement"]]
            statements.append(_statement(row, operations, own, rooms))
    return Facts(
        number=run,
        kind=one["kind"],
        script=one["script"],
        state=one["state"],
        exit_code=one["exit_code"],
        started=one["started_at"],
        ended=one["ended_at"],
        version=one["version"],
        error=one.get("error") or "",
        of_run=one.get("of_run"),
        outcomes=_by_state(outcomes),
        calls=by_method(calls),
        reading=by_method([call for call in calls if call.statement not in numbers]),
        timeline=timeline(calls),
        statements=tuple(statements),
        more=len(written) - len(statements),
    )


def _statement(
    row: dict[str, Any], operations: Sequence[dict[str, Any]], calls: list[Call], rooms: _Rooms
) -> Statement:
    """Return the section of one statement."""
    for operation in operations:
        for name in ("key", "natural_key", "new_values", "before"):
            operation[name] = json.loads(operation[name] or "{}")
    sent = [one for one in operations if one["attempts"] or one["state"] not in _UNSENT]
    done = [one for one in operations if one["state"] == "done"]
    text = row["text"][: min(TEXT, rooms.text)]
    rooms.text -= len(text)
    place = (row["run_id"], row["statement"])
    states = {state: [one for one in operations if one["state"] == state] for state in _LISTED}
    where = (row["table_name"], row["alias"])
    return Statement(
        number=row["statement"],
        text=text,
        hidden=len(row["text"]) - len(text),
        verb=row["verb"],
        target=f"{row['table_name']}@{row['alias']}" if row["alias"] else row["table_name"],
        connector=row["connector"],
        account=row["account"] or "",
        state=row["state"],
        error=row["error"],
        started=row["started_at"],
        ended=row["ended_at"],
        source_rows=row["source_rows"],
        plan=tuple(Counter(one["verb"] for one in sent).most_common()),
        columns=tuple(Counter(name for one in sent for name in changed_columns(one)).most_common()),
        outcomes=_by_state(Counter(one["state"] for one in operations)),
        calls=by_method(calls),
        rejected=rejected_table(place, states["rejected"], rooms.rejected, rooms.download),
        unknown=unknown_table(place, where, states["unknown"], rooms.unknown, rooms.download),
        changes=_sample(done, rooms.changes),
        writes=len(done),
    )


_UNSENT = {"unchanged", "rejected"}
_LISTED = ("rejected", "unknown")


def _sample(done: Sequence[dict[str, Any]], room: Room) -> tuple[Change, ...]:
    found = []
    for one in done:
        shown = change(one)
        if not room.take(shown.size):
            break
        found.append(shown)
    return tuple(found)


def _by_state(counts: Counter[str]) -> tuple[tuple[str, int], ...]:
    """Return the counts in the order in which states are always told."""
    known = [(state, counts[state]) for state in STATES if counts[state]]
    return (*known, *((state, n) for state, n in counts.items() if state not in STATES))


def _dicts(journal: Journal, name: str, **arguments: int) -> list[dict[str, Any]]:
    described, rows = journal.relation(name, **arguments)
    names = [column for column, _ in described]
    return [dict(zip(names, row, strict=True)) for row in rows]
