"""Events are kept before they are acknowledged, once each, and come back in each person's order."""

import contextlib
import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from sqlcrm.errors import GuardRefused, JournalProblem
from sqlcrm.state.events import Arrival, Events, Source
from sqlcrm.state.journal import Journal

CS = Source("cs", "fake", "https://acme.example")
CREATED = CS.kind("signature.created")
LATER = datetime(2999, 1, 1, tzinfo=UTC)
PAST = datetime(2000, 1, 1, tzinfo=UTC)


@pytest.fixture
def events(journal: Journal) -> Events:
    return Events(journal.database)


def arrival(number: int, person: str = "", **changes: Any) -> Arrival:
    values: dict[str, Any] = {
        "source": CS,
        "own_id": f"jid-{number}",
        "type": "signature.created",
        "person": person or f"a{number}@x.org",
        "data": f'{{"email":"{person or f"a{number}@x.org"}"}}',
    }
    return Arrival(**{**values, **changes})


def positions(found: list[Any]) -> list[int]:
    return [one.position for one in found]


def states(journal: Journal) -> dict[int, str]:
    columns, rows = journal.relation("events")
    names = [name for name, _ in columns]
    return {row[0]: row[names.index("state")] for row in rows}


def test_e11_an_event_that_comes_again_is_stored_once(events: Events) -> None:
    """E11: an id that came before is refused, also within one delivery."""
    assert events.store([arrival(1), arrival(2), arrival(1)]) == 2
    assert events.store([arrival(2), arrival(3)]) == 1
    assert [one.own_id for one in events.due([CREATED], 9)] == ["jid-1", "jid-2", "jid-3"]


def test_the_same_id_of_another_connection_is_another_event(events: Events) -> None:
    other = Source("cs2", "fake", "https://acme.example")
    assert events.store([arrival(1), arrival(1, source=other)]) == 2
    assert len(events.due([CREATED], 9)) == 1


def test_of_each_person_only_the_oldest_event_is_due(events: Events) -> None:
    events.store([arrival(1, "ana"), arrival(2, "bo"), arrival(3, "ana"), arrival(4, "ana")])
    assert positions(events.due([CREATED], 9)) == [1, 2]
    events.settle([1, 2], None)
    assert positions(events.due([CREATED], 9)) == [3]


def test_events_about_nobody_wait_for_none(events: Events) -> None:
    nobody = [Arrival(CS, f"n{n}", "signature.created", "", "{}") for n in range(3)]
    events.store(nobody)
    assert len(events.due([CREATED], 9)) == 3


def test_a_person_waits_while_an_event_is_retried_and_others_go_on(events: Events) -> None:
    events.store([arrival(1, "ana"), arrival(2, "ana"), arrival(3, "bo")])
    events.fail(1, "no", LATER, None)
    assert positions(events.due([CREATED], 9)) == [3]
    assert events.hurry([CREATED]) == 1
    assert positions(events.due([CREATED], 9)) == [1, 3]


def test_after_its_last_attempt_an_event_is_dead_and_the_next_one_is_due(
    events: Events, journal: Journal
) -> None:
    events.store([arrival(1, "ana"), arrival(2, "ana")])
    events.fail(1, "no", PAST, None)
    events.fail(1, "still no", None, None)
    assert states(journal)[1] == "dead"
    assert positions(events.due([CREATED], 9)) == [2]
    assert events.revive([1]) == 1
    found = events.due([CREATED], 9)
    assert [(one.position, one.attempts) for one in found] == [(1, 0)]


def test_kinds_that_nobody_asks_for_hold_nobody_up(events: Events) -> None:
    events.store([arrival(1, "ana", type="other"), arrival(2, "ana")])
    assert positions(events.due([CREATED], 9)) == [2]
    assert positions(events.due([CREATED, CS.kind("other")], 9)) == [1]


def test_a_call_that_cannot_be_read_is_dead_from_the_start_and_stays_so(events: Events) -> None:
    events.store([arrival(1, type="", error="it has no type")])
    assert events.counts() == {"dead": 1}
    assert events.revive() == 0
    assert events.drop([1]) == 1
    assert events.counts() == {"dropped": 1}


def test_one_dropped_while_it_ran_stays_dropped(events: Events) -> None:
    events.store([arrival(1), arrival(2)])
    assert events.drop([1]) == 1
    events.settle([1, 2], 7)
    assert events.counts() == {"done": 1, "dropped": 1}


def test_events_of_a_kind_come_in_pages_and_only_those_asked_for(events: Events) -> None:
    events.store([arrival(n) for n in range(1, 4_502)])
    pages = list(events.of_kind(CREATED))
    assert [len(page) for page in pages] == [2_000, 2_000, 501]
    assert [one.position for page in pages for one in page] == list(range(1, 4_502))
    assert positions(next(iter(events.of_kind(CREATED, [4, 2])))) == [2, 4]
    assert list(events.of_kind(CREATED, [])) == []


def test_a6_an_event_whose_text_was_changed_is_noticed(events: Events, journal: Journal) -> None:
    """A6: what is not what was stored is not sent."""
    events.store([arrival(1)])
    journal.close()
    with contextlib.closing(sqlite3.connect(journal.path)) as connection:
        connection.execute("UPDATE events SET person = 'b' WHERE position = 1")
        connection.commit()
    with pytest.raises(JournalProblem, match="event 1 is not what was stored"):
        events.due([CREATED], 9)


def test_the_file_with_peoples_events_is_private(events: Events, journal: Journal) -> None:
    """E9: the events are people's data."""
    events.store([arrival(1)])
    assert journal.path.stat().st_mode & 0o077 == 0


def test_pruned_events_are_gone_and_are_still_not_stored_again(
    events: Events, journal: Journal
) -> None:
    events.store([arrival(n) for n in range(1, 5)])
    events.settle([1, 2], None)
    events.fail(3, "no", None, None)
    assert journal.prune(timedelta(days=1))["events"] == 0
    assert journal.prune(timedelta())["events"] == 2
    assert states(journal) == {3: "dead", 4: "pending"}
    assert events.store([arrival(1), arrival(5)]) == 1
    assert b"a1@x.org" not in journal.path.read_bytes()


def test_positions_are_not_given_out_again_after_pruning(events: Events, journal: Journal) -> None:
    events.store([arrival(1), arrival(2)])
    events.settle([1, 2], None)
    journal.prune(timedelta())
    events.store([arrival(3)])
    assert positions(events.due([CREATED], 9)) == [3]


def test_a_person_is_forgotten_in_events_and_they_are_not_stored_again(
    events: Events, journal: Journal
) -> None:
    ana = [arrival(n, "ana@x.org") for n in (1, 2)]
    mine = arrival(3, "ana@x.org", own_id="ana@x.org/3")
    events.store([*ana, mine, arrival(4, "diana@x.org")])
    events.settle([1, 3, 4], 7)
    events.fail(2, "ana@x.org: no", None, None)
    assert journal.forget("Ana@x.org")["events"] == 3
    assert b"ana@x.org" not in journal.path.read_bytes().replace(b"diana@x.org", b"")
    assert states(journal) == {1: "done", 2: "dropped", 3: "done", 4: "done"}
    assert [one.position for page in events.of_kind(CREATED) for one in page] == [4]
    assert events.store([*ana, mine]) == 0
    assert journal.forget("ana@x.org")["events"] == 0


def test_a_person_with_an_event_to_run_is_not_forgotten_half(
    events: Events, journal: Journal
) -> None:
    events.store([arrival(1, "ana@x.org"), arrival(2, "ana@x.org")])
    events.settle([1], None)
    with pytest.raises(GuardRefused, match="sqlcrm events drop 2"):
        journal.forget("ana@x.org")
    assert events.store([arrival(1)]) == 0
    assert len(next(events.of_kind(CREATED))) == 2


def test_without_a_journal_nothing_is_made(folder: Path) -> None:
    with Journal(folder) as journal:
        events = Events(journal.database)
        assert events.due([CREATED], 9) == []
        assert events.counts() == {}
        assert events.hurry([CREATED]) == events.revive() == events.drop([1]) == 0
    assert not folder.exists()
