"""Names over full copies and over the CRM: what a name means does not depend on what is cached."""

from typing import Any

import pytest
from fakes.crm import Crm, Door
from fakes.session import FakeSession

from sqlcrm.errors import DatabaseError, SqlError

PERSON: dict[str, Any] = dict.fromkeys(
    ("email", "name", "city", "score", "active", "born", "seen_at", "group_id")
)


def crm() -> Crm:
    people = [
        PERSON
        | {"id": i, "name": f"n{i}", "group_id": i % 3, "town": ["Hull", "Bonn", None][i % 3]}
        for i in range(1, 10)
    ]
    return Crm(
        people=people,
        groups=[{"id": i, "title": f"g{i}", "size": i, "leader_id": i} for i in range(3)],
        members=[{"person_id": i % 5, "group_id": i % 3, "role": "r"} for i in range(7)],
        custom={1: "town"},
    )


def both(session: FakeSession, text: str, binds: Any = None) -> tuple[Any, Any]:
    """Return what a text gives over the CRM and over full copies: rows and names, or an error."""
    session.tell_truth()
    return outcome(session, text.replace("§", ""), binds), outcome(
        session, text.replace("§", "truth.").replace("@fake", ""), binds
    )


def outcome(session: FakeSession, text: str, binds: Any) -> Any:
    try:
        result = session.result(text, binds)
    except DatabaseError:
        return "an error"
    return sorted(map(repr, result.rows())), [n.replace("truth.", "") for n in result.names]


SAME = [
    "SELECT name AS town FROM §people@fake WHERE town = 'Hull'",
    "SELECT upper(town) AS town FROM §people@fake",
    "SELECT coalesce(town, '?') AS town, count(*) FROM §people@fake GROUP BY 1",
    "SELECT id, name AS town FROM §people@fake ORDER BY lower(town)",
    "SELECT k FROM loc WHERE EXISTS (SELECT 1 FROM §people@fake p WHERE p.id = k AND town = 'x')",
    "SELECT k, (SELECT town FROM §people@fake p WHERE p.id = k) FROM loc",
    "WITH w AS (SELECT 1 AS one) SELECT town FROM w, §people@fake p WHERE p.id = one",
    "SELECT town FROM (SELECT 1 AS one) s JOIN §people@fake p ON p.id = one",
    "WITH x AS (SELECT town AS t FROM §people@fake) SELECT t AS town FROM x WHERE town IS NULL",
    "SELECT town FROM loc JOIN §people@fake p ON p.id = loc.k",
    "SELECT p.id FROM §people@fake p JOIN loc USING (town)",
    "SELECT k FROM loc l JOIN §people@fake p ON p.id = l.k AND l.town = 'x'",
    "SELECT x.b FROM §people@fake AS x(a, b, c) WHERE x.a = 3",
    "SELECT id FROM §groups@fake AS x(title, id) WHERE title = 2",
]


@pytest.fixture
def session(session: FakeSession) -> FakeSession:
    session.connect(Door(crm()))
    session.engine.run(
        "CREATE TABLE loc AS SELECT i AS k, 'Hull' AS town, i AS lid FROM range(5) t(i)"
    )
    return session


@pytest.mark.parametrize("text", SAME)
@pytest.mark.parametrize("cached", [False, True])
def test_a_custom_field_is_found_however_it_is_named(
    session: FakeSession, text: str, cached: bool
) -> None:
    if cached:
        session.rows("SELECT * FROM people@fake LIMIT 1")
    got, expected = both(session, text)
    assert got == expected


@pytest.mark.parametrize(
    "text",
    [
        "SELECT lower(name) AS n FROM people@fake WHERE id = 1 ORDER BY n",
        "SELECT n FROM (SELECT lower(name) AS n FROM people@fake WHERE id = 1) s WHERE n > ''",
    ],
)
def test_custom_fields_are_not_asked_for_where_a_name_is_known(
    session: FakeSession, text: str
) -> None:
    session.rows(text)
    assert [r.path for r in session.door.asked if r.path == "/fields"] == []


@pytest.mark.parametrize(
    "text",
    [
        "SELECT p.id FROM loc JOIN §people@fake p ON p.id = lid WHERE loc.k < $lid",
        "SELECT id FROM §people@fake WHERE id < $lid",
        "SELECT $lid, id FROM §people@fake p JOIN loc ON p.id = lid",
    ],
)
def test_a_value_may_be_called_as_a_column_is(session: FakeSession, text: str) -> None:
    got, expected = both(session, text, {"lid": 4})
    assert got == expected
    assert got != "an error"


def test_a_value_called_as_its_column_is_pushed(session: FakeSession) -> None:
    session.rows("SELECT id FROM people@fake WHERE name = $name", {"name": "n2"})
    assert ("name", "n2") in session.door.asked[0].query


@pytest.mark.parametrize(
    "text",
    [
        "SELECT p.id FROM l LEFT JOIN §members@fake m USING (person_id) "
        "JOIN §people@fake p ON p.id = person_id",
        "SELECT p.id FROM l RIGHT JOIN §members@fake m USING (person_id) "
        "JOIN §people@fake p ON p.id = person_id",
        "SELECT p.id FROM l FULL JOIN §members@fake m USING (person_id) "
        "JOIN §people@fake p ON p.id = person_id",
        "SELECT p.id FROM l NATURAL LEFT JOIN §members@fake m "
        "JOIN §people@fake p ON p.id = person_id",
        "SELECT person_id FROM l FULL JOIN §members@fake m USING (person_id) WHERE person_id = 3",
        "SELECT person_id FROM l LEFT JOIN §members@fake m USING (person_id) WHERE person_id = 7",
        "SELECT person_id FROM l ANTI JOIN §members@fake m USING (person_id) WHERE person_id > 3",
    ],
)
def test_what_using_merges_is_of_no_single_table(session: FakeSession, text: str) -> None:
    session.engine.run("CREATE TABLE l AS SELECT i AS person_id FROM range(3, 9) t(i)")
    got, expected = both(session, text)
    assert got == expected


@pytest.mark.parametrize(
    ("call", "join"),
    [
        ("w, MembersByPersonId@fake(person_id) m", "w JOIN members m USING (person_id)"),
        ("w, MembersByPersonId@fake(w.person_id) m", "w JOIN members m USING (person_id)"),
        ("w members, members@fake(person_id => members.person_id) m",
         "w JOIN members m USING (person_id)"),
        ("w, members@fake(group_id => ? + 0, person_id => person_id) m",
         "w JOIN members m USING (person_id) WHERE group_id = 2"),
        ("people@fake p, members@fake(group_id => p.team) m",
         "people p JOIN members m USING (group_id)"),
        ("people@fake p, members@fake(group_id => team) m",
         "people p JOIN members m USING (group_id)"),
    ],
)  # fmt: skip
def test_an_argument_without_a_table_is_that_of_the_table_before(
    session: FakeSession, call: str, join: str
) -> None:
    session.engine.run("CREATE TABLE w AS SELECT 2 AS person_id")
    session.tell_truth()
    truth = join.replace("JOIN members", "JOIN truth.members").replace("people p", "truth.people p")
    binds = [2] if "?" in call else None
    if "?" in call:
        with pytest.raises(DatabaseError, match="neither"):
            session.rows(f"SELECT count(*) FROM {call}", binds)
        return
    expected = session.engine.query(f"SELECT count(*) FROM {truth}")
    assert session.rows(f"SELECT count(*) FROM {call}") == expected


@pytest.mark.parametrize(
    "call",
    [
        "w, x, MembersByPersonId@fake(person_id) m",
        "w, MembersByPersonId@fake(group_id) m",
        "(SELECT 1 AS one), MembersByPersonId@fake(one) m",
        "MembersByPersonId@fake(person_id) m, w",
    ],
)
def test_an_argument_of_no_certain_table_is_refused(session: FakeSession, call: str) -> None:
    session.engine.run("CREATE TABLE w AS SELECT 2 AS person_id")
    session.engine.run("CREATE TABLE x AS SELECT 2 AS person_id")
    with pytest.raises(SqlError, match="argument"):
        session.rows(f"SELECT count(*) FROM {call}")
    assert session.calls == 0


def test_keys_of_a_call_are_those_of_a_cte_not_of_the_table_it_hides(session: FakeSession) -> None:
    session.engine.run("CREATE TABLE w AS SELECT 2 AS person_id")
    text = "WITH w AS (SELECT 3 AS person_id) SELECT m.person_id FROM w, {} m"
    assert session.rows(text.format("MembersByPersonId@fake(w.person_id)")) == [(3,)]


@pytest.mark.parametrize(
    ("text", "full"),
    [
        ("SELECT * FROM people@fake WHERE team = 1", "SELECT * FROM people WHERE group_id = 1"),
        ("SELECT team, id FROM people@fake", "SELECT group_id AS team, id FROM people"),
        ('SELECT p."Team" FROM people@fake p', 'SELECT group_id AS "Team" FROM people p'),
        ("SELECT DISTINCT team FROM people@fake ORDER BY team",
         "SELECT DISTINCT group_id AS team FROM people ORDER BY team"),
        ("SELECT team FROM loc2 JOIN people@fake p ON p.id = loc2.k",
         "SELECT team FROM loc2 JOIN people p ON p.id = loc2.k"),
        ("SELECT id AS team FROM people@fake WHERE team = 1",
         "SELECT id AS team FROM people WHERE team = 1"),
        ("SELECT id FROM loc2 WHERE EXISTS (SELECT 1 FROM people@fake p WHERE p.id = team)",
         "SELECT id FROM loc2 WHERE EXISTS (SELECT 1 FROM people p WHERE p.id = team)"),
        ("SELECT k FROM loc2 WHERE EXISTS (SELECT 1 FROM people@fake p WHERE p.id = team)",
         "SELECT k FROM loc2 WHERE EXISTS (SELECT 1 FROM people p WHERE p.id = team)"),
        ("WITH w AS (SELECT 8 AS team) SELECT p.id FROM w, people@fake p WHERE p.id = team",
         "WITH w AS (SELECT 8 AS team) SELECT p.id FROM w, people p WHERE p.id = team"),
        ("SELECT * EXCLUDE (team) FROM people@fake", "SELECT * EXCLUDE (group_id) FROM people"),
        ("SELECT team FROM people@fake UNION SELECT id FROM people@fake ORDER BY team",
         "SELECT group_id AS team FROM people UNION SELECT id FROM people ORDER BY team"),
        ("SELECT g.title FROM groups@fake g JOIN people@fake p ON p.team = g.id",
         "SELECT g.title FROM groups g JOIN people p ON p.group_id = g.id"),
    ],
)  # fmt: skip
def test_another_spelling_gives_way_to_every_column_of_that_name(
    session: FakeSession, text: str, full: str
) -> None:
    session.engine.run("CREATE TABLE loc2 AS SELECT i AS k, 100 + i AS team FROM range(5) t(i)")
    session.tell_truth()
    for name in ("people", "groups"):
        full = full.replace(f" {name} ", f" truth.{name} ").replace(f" {name}", f" truth.{name}")
    full = full.replace("truth.truth.", "truth.")
    assert outcome(session, text, None) == outcome(session, full, None)


def test_using_needs_the_main_spelling(session: FakeSession) -> None:
    session.engine.run("CREATE TABLE loc2 AS SELECT 1 AS team")
    text = "SELECT * FROM loc2 JOIN people@fake USING (team)"
    with pytest.raises(SqlError, match="group_id") as caught:
        session.rows(text)
    assert text[caught.value.start : caught.value.end] == "team"


@pytest.mark.parametrize(
    "text",
    [
        "SELECT upper(name) AS f FROM §people@fake WHERE f = 'N3' LIMIT 5",
        "SELECT id FROM §people@fake WHERE name::INTEGER = 5 OR id > 0 LIMIT 100",
    ],
)
def test_a_limit_does_not_fail_by_itself(session: FakeSession, text: str) -> None:
    got, expected = both(session, text)
    assert got == expected


@pytest.mark.parametrize(
    ("text", "binds"),
    [
        ("SELECT (SELECT count(*) FROM §members@fake WHERE person_id = ?)", [1]),
        ("SELECT EXISTS (SELECT 1 FROM §groups@fake WHERE id = ?2 AND size = ?1)", [1, 1]),
        ("SELECT id + ?, max(size) OVER () FROM §groups@fake", [5]),
    ],
)
def test_a_column_is_named_by_the_users_own_words(
    session: FakeSession, text: str, binds: list[Any]
) -> None:
    names = session.result(text.replace("§", ""), binds).names
    assert names == session.result(text.replace("§", ""), binds).names
    assert session.result(text.replace("§", ""), binds).arrow().column_names == names
    session.tell_truth()
    full = session.result(text.replace("§", "truth.").replace("@fake", ""), binds).names
    assert names == [name.replace("truth.", "") for name in full]


@pytest.mark.parametrize(
    ("text", "binds"),
    [
        ("SELECT id FROM §people@fake WHERE id = ?and group_id = ?", [4, 1]),
        ("SELECT id FROM §people@fake WHERE id = ?2 AND group_id = ?1", [1, 4]),
        ("SELECT id FROM §people@fake WHERE id IN(?1, ?1) OR id =?2or id=?1", [1, 4]),
    ],
)
def test_binds_stand_where_they_stand(session: FakeSession, text: str, binds: list[Any]) -> None:
    got, expected = both(session, text, binds)
    assert got == expected
    assert got[0]


def test_a_lateral_subquery_may_have_an_alias(session: FakeSession) -> None:
    text = (
        "SELECT g.id, n FROM §groups@fake g LEFT JOIN LATERAL "
        "(SELECT count(*) n FROM §members@fake m WHERE m.group_id = g.id) x ON true"
    )
    got, expected = both(session, text)
    assert got == expected


def test_keys_that_a_collation_compares_are_none(session: FakeSession) -> None:
    session.engine.run("CREATE TABLE c (who TEXT COLLATE NOCASE, plain TEXT COLLATE NOACCENT)")
    session.engine.run("INSERT INTO c VALUES ('N3', 'ñ4'), ('n5', 'x')")
    for text in (
        "SELECT p.id FROM c JOIN §people@fake p ON p.name = c.who",
        "SELECT p.id FROM c JOIN §people@fake p ON p.name = c.plain",
        "SELECT p.id FROM §people@fake p WHERE p.name IN (SELECT who FROM c)",
        "SELECT p.id FROM (SELECT who AS name FROM c) c JOIN §people@fake p USING (name)",
    ):
        got, expected = both(session, text)
        assert got == expected
        assert got[0]


def test_a_local_table_is_merged_from_a_remote_one(session: FakeSession) -> None:
    session.engine.run("CREATE TABLE s AS SELECT 1 AS id, 'old' AS title")
    session.rows(
        "MERGE INTO s USING groups@fake g ON g.id = s.id "
        "WHEN MATCHED THEN UPDATE SET title = g.title "
        "WHEN NOT MATCHED THEN INSERT (id) VALUES (g.id)"
    )
    assert sorted(session.rows("FROM s"), key=repr) == [(0, None), (1, "g1"), (2, None)]


def test_an_error_within_a_transaction_is_told_as_it_is(session: FakeSession) -> None:
    session.rows("BEGIN")
    with pytest.raises(DatabaseError, match="Could not convert"):
        session.rows("SELECT 'x'::INTEGER, id FROM groups@fake")
    session.rows("ROLLBACK")
    assert len(session.rows("SELECT id FROM groups@fake")) == 3


@pytest.mark.parametrize("remote", ["", ", groups@fake"])
def test_a_value_that_python_does_not_have_is_an_error_of_ours(
    session: FakeSession, remote: str
) -> None:
    session.rows("SET TimeZone = 'America/New_York'")
    text = f"SELECT TIMESTAMPTZ '0001-01-01 00:00:00+00' FROM (SELECT 1){remote}"
    with pytest.raises(DatabaseError):
        session.rows(text)
    with pytest.raises(DatabaseError):
        session.engine.query("SELECT TIMESTAMPTZ '0001-01-01 00:00:00+00'")
