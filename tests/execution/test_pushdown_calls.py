"""C7: how many calls a query costs that reads its tables through others, counted by the door."""

import re
from typing import Any

import pytest
from fakes.crm import Crm, Door
from fakes.session import FakeSession

PERSON: dict[str, Any] = dict.fromkeys(
    ("email", "name", "city", "score", "active", "born", "seen_at", "group_id")
)


def crm() -> Crm:
    """Return thirty people in ten groups: eight pages of people, four of groups."""
    people = [
        PERSON
        | {"id": i, "email": f"P{i}@x.org", "name": f"n{i}", "group_id": i % 10 + 1}
        | {"town": "Hull" if i % 2 else None}
        for i in range(1, 31)
    ]
    return Crm(
        people=people,
        groups=[{"id": i, "title": f"g{i}", "size": i, "leader_id": i} for i in range(1, 11)],
        members=[{"person_id": i, "group_id": i % 10 + 1, "role": "r"} for i in range(1, 31)],
        events=[{"id": i, "person_id": i, "kind": "k"} for i in range(1, 31)],
        custom={1: "town"},
    )


@pytest.fixture
def session(session: FakeSession) -> FakeSession:
    session.connect(Door(crm()))
    session.engine.run(
        "CREATE TABLE loc AS SELECT i AS k, 'p' || i || '@x.org' AS who FROM range(3, 6) t(i)"
    )
    return session


CALLS = [
    # Three people by their keys are one call; the next tables have as many keys.
    (1, "SELECT p.name FROM (VALUES (3), (4)) v(k) JOIN people@fake p ON p.id = v.k"),
    (1, "SELECT p.name FROM unnest([3, 4]) v(k) JOIN people@fake p ON p.id = v.k"),
    (1, "WITH v(k) AS (VALUES (3), (4)) SELECT name FROM people@fake "
        "WHERE id IN (SELECT k FROM v)"),
    (3, "SELECT p.name FROM loc JOIN people@fake p ON lower(p.email) = loc.who"),
    (1, "SELECT s.name FROM loc JOIN (SELECT id AS i, name FROM people@fake) s ON s.i = loc.k"),
    (1, "WITH p AS (SELECT * FROM people@fake) SELECT p.email FROM p JOIN loc ON p.id = loc.k"),
    (1, "SELECT name FROM (SELECT * FROM people@fake) s WHERE s.id = 3"),
    (1, "WITH p AS (SELECT * FROM people@fake) SELECT name FROM p WHERE id = 1 "
        "UNION ALL SELECT email FROM p WHERE id = 2"),
    (2, "SELECT id FROM (SELECT id FROM people@fake UNION ALL SELECT id FROM groups@fake) u "
        "WHERE id IN (3, 4)"),
    (5, "SELECT g.title FROM loc JOIN people@fake p ON p.id = loc.k JOIN members@fake m "
        "ON m.person_id = p.id JOIN groups@fake g ON g.id = m.group_id"),
    (5, "SELECT title FROM groups@fake WHERE id IN (SELECT group_id FROM members@fake WHERE "
        "person_id IN (SELECT id FROM people@fake WHERE id IN (SELECT k FROM loc)))"),
    (2, "SELECT k FROM loc WHERE EXISTS (SELECT 1 FROM members@fake m WHERE m.person_id = loc.k)"),
    (1, "SELECT k FROM loc WHERE NOT EXISTS (SELECT 1 FROM people@fake p WHERE p.id = loc.k)"),
    (1, "SELECT k FROM loc WHERE k IN (SELECT id FROM people@fake)"),
    (1, "SELECT k, (SELECT name FROM people@fake p WHERE p.id = loc.k) FROM loc"),
    (1, "SELECT p.name FROM loc, LATERAL (SELECT name FROM people@fake p WHERE p.id = loc.k) p"),
    (2, "SELECT m.role FROM people@fake p JOIN members@fake m ON m.person_id = p.id "
        "WHERE p.id = 3"),
    (2, "SELECT p.name FROM people@fake p LEFT JOIN members@fake m ON m.person_id = p.id "
        "WHERE m.person_id = 3"),
    (1, "SELECT k FROM loc WHERE EXISTS (SELECT 1 FROM people@fake)"),
    (1, "WITH p AS (SELECT * FROM people@fake) SELECT name FROM p LIMIT 4"),
    (2, "SELECT name FROM people@fake LIMIT 8"),
    (2, "(SELECT id FROM people@fake LIMIT 2) UNION ALL (SELECT id FROM groups@fake LIMIT 2)"),
    (0, "WITH p AS (SELECT * FROM people@fake) SELECT 1"),
    (1, "SELECT name FROM people@fake WHERE id = 1 + 2 AND name = 'n' || '3'"),
    (1, "SELECT group_id, n FROM (SELECT group_id, count(*) AS n FROM people@fake "
        "GROUP BY group_id) WHERE group_id = 3"),
]  # fmt: skip


@pytest.mark.parametrize(("calls", "text"), CALLS)
def test_a_query_costs_the_calls_that_its_rows_need(
    session: FakeSession, calls: int, text: str
) -> None:
    session.tell_truth()
    got = session.rows(text)
    assert session.calls == calls
    full = session.engine.query(re.sub(r"(\w+)@fake", r"truth.\1", text))
    if "LIMIT" not in text:
        assert sorted(map(repr, got)) == sorted(map(repr, full))
    assert len(got) == len(full)


def test_custom_fields_are_asked_for_only_if_the_query_around_a_star_may_mean_one(
    session: FakeSession,
) -> None:
    with_ = "WITH p AS (SELECT * FROM people@fake)"
    session.rows(f"{with_} SELECT p.name FROM p WHERE p.id = 3")
    assert [request.path for request in session.door.asked] == ["/people"]
    rows = session.rows(f"{with_} SELECT town FROM p WHERE p.id = 3")
    assert rows == [("Hull",)]
    assert "/fields" in [request.path for request in session.door.asked]


def test_a_local_column_that_a_custom_field_is_called_like_is_ambiguous_through_a_star(
    session: FakeSession,
) -> None:
    session.engine.run("CREATE TABLE places AS SELECT 3 AS k, 'x' AS town")
    text = "SELECT town FROM (SELECT * FROM people@fake) s JOIN places ON s.id = places.k"
    with pytest.raises(Exception, match="mbiguous"):
        session.rows(text)


def test_a_limit_counts_the_rows_that_a_derived_table_lets_through(session: FakeSession) -> None:
    inner = "SELECT * FROM people@fake WHERE reverse(name) LIKE '%2n'"
    assert len(session.rows(f"SELECT id FROM ({inner}) s LIMIT 5")) == 5
    both = f"SELECT id FROM ({inner}) s UNION ALL SELECT id FROM ({inner}) t LIMIT 15"
    assert len(session.rows(both)) == 15


def test_keys_of_a_not_in_are_none(session: FakeSession) -> None:
    """A NULL in it decides for every row, and so does its having no rows at all."""
    session.engine.run("CREATE TABLE one AS SELECT NULL::BIGINT AS k")
    text = "SELECT count(*) FROM one WHERE k NOT IN (SELECT id FROM people@fake)"
    assert session.rows(text) == [(0,)]


def test_a_border_of_the_clock_is_sent_and_checked_again(session: FakeSession) -> None:
    text = "SELECT id FROM people@fake WHERE seen_at >= now() - INTERVAL 7 DAY"
    assert session.rows(text) == []
    assert "seen_after" in dict(session.door.asked[0].query)
    session.rows("SELECT id FROM people@fake WHERE seen_at <= now()")
    assert not any(name.startswith("seen") for name, _ in session.door.asked[-1].query)


@pytest.mark.parametrize(
    ("text", "binds", "calls", "rows"),
    [
        ("SELECT name FROM people@fake WHERE id = ? + 1", [2], 1, ["n3"]),
        ("SELECT name FROM people@fake WHERE email = lower(?)", ["P3@X.org"], 1, ["n3"]),
        ("SELECT name FROM people@fake WHERE id = $a OR id IN ($b)", {"a": 1, "b": 2}, 1, None),
        ("SELECT name FROM people@fake WHERE id = ANY(?)", [[1, 2]], 1, ["n1", "n2"]),
        ("SELECT name FROM people@fake WHERE name <> ? LIMIT ?", ["n1", 3], 1, None),
    ],
)
def test_values_that_are_bound_are_constants(
    session: FakeSession, text: str, binds: Any, calls: int, rows: list[str] | None
) -> None:
    got = sorted(name for (name,) in session.rows(text, binds))
    assert session.calls == calls
    assert rows is None or got == rows


def test_a_constant_that_cannot_be_evaluated_leaves_a_transaction_as_it_is(
    session: FakeSession,
) -> None:
    session.engine.run("BEGIN")
    session.rows("SELECT id FROM people@fake WHERE false AND born = CAST('x' || 'y' AS DATE)")
    assert session.engine.query("SELECT 1") == [(1,)]
    session.engine.run("ROLLBACK")
