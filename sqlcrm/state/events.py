"""Events that CRMs sent: stored before they are acknowledged, run later, each person's in order.

::

    pending ─→ done                    settle
       │  ↑    dead ─→ dropped         fail after the last attempt; drop
       └──┴─────┘                      fail: again after a while; revive
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlcrm.state.database import Database
from sqlcrm.state.values import checksum, now, to_text

PAGE = 2_000
"""Events that are read at once."""


@dataclass(frozen=True, slots=True)
class Source:
    """Where events come from: a connection, and what it led to when they came."""

    alias: str
    connector: str
    origin: str

    def kind(self, type_: str) -> str:
        """Return what names the events of one type."""
        return "\x1f".join((self.alias, self.connector, self.origin, type_))


@dataclass(frozen=True, slots=True)
class Arrival:
    """An event that has come. data: its row, as JSON. error: why it can never be run."""

    source: Source
    own_id: str
    type: str
    person: str = field(repr=False)
    data: str = field(repr=False)
    error: str = ""


@dataclass(frozen=True, slots=True)
class StoredEvent:
    """An event of the journal. own_id: what the CRM calls it."""

    position: int
    own_id: str
    type: str
    person: str = field(repr=False)
    data: str = field(repr=False)
    received_at: datetime
    attempts: int = 0


_INSERT = """
INSERT INTO events (alias, connector, origin, own_id, type, person, data, checksum, received_at,
    state, error, ended_at)
SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, CASE WHEN ?10 = 'dead' THEN ?9 END
WHERE NOT EXISTS (SELECT 1 FROM events_pruned WHERE digest = ?12)
ON CONFLICT DO NOTHING
"""
_COLUMNS = "position, own_id, type, person, data, received_at, attempts, checksum"
_KIND = "alias || char(31) || connector || char(31) || origin || char(31) || type"
_OURS = f"({_KIND}) IN (SELECT value FROM json_each(:kinds))"
_DUE = f"""
SELECT {_COLUMNS} FROM events e
WHERE state = 'pending' AND (retry_at IS NULL OR retry_at <= :now) AND {_OURS}
AND (person = '' OR NOT EXISTS (
    SELECT 1 FROM (SELECT * FROM events WHERE state = 'pending' AND person = e.person
        AND position < e.position) WHERE {_OURS}))
ORDER BY position LIMIT :limit
"""
_OF_KIND = f"""
SELECT {_COLUMNS} FROM events
WHERE {_OURS} AND state <> 'dropped' AND data <> '' AND position > :after {{chosen}}
ORDER BY position LIMIT {PAGE}
"""
_CHOSEN = "AND position IN (SELECT value FROM json_each(:positions))"
_IN = "position IN (SELECT value FROM json_each(?))"


class Events:
    """The events in the journal's file."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def store(self, arrivals: Sequence[Arrival]) -> int:
        """Write events down, in order, in one transaction; they are on disk when it returns.

        One that came before, and one that is twice among them, is stored once. Returns how many
        are new.
        """
        at = now()
        rows = [_row(one, at) for one in arrivals]
        with self._database.writing("events") as connection:
            return max(connection.executemany(_INSERT, rows).rowcount, 0)

    def due(self, kinds: Collection[str], limit: int) -> list[StoredEvent]:
        """Return pending events of these kinds, the oldest first: of each person only the first.

        kinds: as `Source.kind` names them. A person's other events wait until that one has ended.
        """
        asked = {"kinds": json.dumps(sorted(kinds)), "now": now(), "limit": limit}
        return [self._stored(row) for row in self._database.rows(_DUE, asked)]

    def of_kind(
        self, kind: str, positions: Collection[int] | None = None
    ) -> Iterator[list[StoredEvent]]:
        """Yield the events of one kind, in order, a page at a time; those that were dropped not.

        positions: only these.
        """
        sql = _OF_KIND.format(chosen="" if positions is None else _CHOSEN)
        asked: dict[str, Any] = {"kinds": json.dumps([kind]), "after": 0}
        if positions is not None:
            asked["positions"] = json.dumps(sorted(positions))
        while rows := self._database.rows(sql, asked):
            yield [self._stored(row) for row in rows]
            asked["after"] = rows[-1][0]

    def settle(self, positions: Collection[int], run: int | None) -> None:
        """Say that these events were run, and by which run, if it wrote.

        One that somebody dropped meanwhile stays dropped.
        """
        with self._database.writing("events_done") as connection:
            connection.execute(
                "UPDATE events SET state = 'done', attempts = attempts + 1, error = '', "
                f"retry_at = NULL, ended_at = ?, run_id = ? WHERE {_IN} AND state = 'pending'",
                (now(), run, json.dumps(sorted(positions))),
            )

    def fail(self, position: int, error: str, retry_at: datetime | None, run: int | None) -> None:
        """Say that an event failed. retry_at: when to try again; None: never, it is dead."""
        state: str = "dead"
        again: str | None = None
        ended: str | None = now()
        if retry_at is not None:
            state, again, ended = "pending", now(retry_at), None
        with self._database.writing("event_failed") as connection:
            connection.execute(
                "UPDATE events SET state = ?, attempts = attempts + 1, error = ?, retry_at = ?, "
                "ended_at = ?, run_id = coalesce(?, run_id) "
                "WHERE position = ? AND state = 'pending'",
                (state, to_text(error), again, ended, run, position),
            )

    def hurry(self, kinds: Collection[str]) -> int:
        """Let events of these kinds that wait for another attempt have it now."""
        if not self._database.path.exists():
            return 0
        with self._database.writing("events_hurried") as connection:
            return connection.execute(
                "UPDATE events SET retry_at = NULL "
                f"WHERE state = 'pending' AND retry_at IS NOT NULL AND {_OURS}",
                {"kinds": json.dumps(sorted(kinds))},
            ).rowcount

    def revive(self, positions: Collection[int] | None = None) -> int:
        """Make dead events pending, all or these; return how many. Those of no type stay dead."""
        return self._move("pending", "state = 'dead' AND type <> '' AND data <> ''", positions)

    def drop(self, positions: Collection[int]) -> int:
        """Give up events that are dead or pending; return how many there were."""
        return self._move("dropped", "state IN ('dead', 'pending')", positions)

    def counts(self, kinds: Collection[str] | None = None) -> dict[str, int]:
        """Return how many events are in which state, of all kinds or of these."""
        where = "TRUE" if kinds is None else _OURS
        sql = f"SELECT state, count(*) FROM events WHERE {where} GROUP BY state"
        asked = {} if kinds is None else {"kinds": json.dumps(sorted(kinds))}
        return {str(state): int(count) for state, count in self._database.rows(sql, asked)}

    def _move(self, state: str, where: str, positions: Collection[int] | None) -> int:
        if not self._database.path.exists():
            return 0
        ended = None if state == "pending" else now()
        chosen = None if positions is None else json.dumps(sorted(positions))
        with self._database.writing(f"events_{state}") as connection:
            return connection.execute(
                "UPDATE events SET state = ?, retry_at = NULL, ended_at = ?, "
                "attempts = CASE WHEN ? IS NULL THEN 0 ELSE attempts END "
                f"WHERE {where} AND (? IS NULL OR {_IN})",
                (state, ended, ended, chosen, chosen),
            ).rowcount

    def _stored(self, row: tuple[Any, ...]) -> StoredEvent:
        """Return an event; raise JournalProblem where it is not what was stored."""
        position, own_id, type_, person, data, received_at, attempts, seal = row
        texts = (own_id, type_, person, data)
        if not all(isinstance(one, str) for one in texts) or checksum(0, *texts) != seal:
            raise self._database.damaged(f"event {position} is not what was stored")
        try:
            at = datetime.fromisoformat(received_at)
        except (TypeError, ValueError) as error:
            raise self._database.damaged(str(error)) from error
        return StoredEvent(position, own_id, type_, person, data, at, attempts)


def digest(alias: str, connector: str, origin: str, own_id: str) -> bytes:
    """Return what is remembered of an event that was pruned: it is still not run twice."""
    return hashlib.sha256("\x1f".join((alias, connector, origin, own_id)).encode()).digest()[:16]


def _row(arrival: Arrival, at: str) -> tuple[Any, ...]:
    source = arrival.source
    place = (source.alias, source.connector, source.origin)
    texts = [to_text(one) for one in (arrival.own_id, arrival.type, arrival.person, arrival.data)]
    state = "dead" if arrival.error else "pending"
    error = to_text(arrival.error)
    seal = checksum(0, *texts)
    return (*place, *texts, seal, at, state, error, digest(*place, texts[0]))
