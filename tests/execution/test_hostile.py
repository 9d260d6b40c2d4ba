"""Hostile values and identifiers: they arrive unchanged, or stay mere names."""

from typing import Any

import pytest
from fakes.crm import Crm, Door
from fakes.session import FakeSession
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sqlcrm.errors import SqlError
from sqlcrm.execution.engine import Engine, quote
from sqlcrm.sdk import Column

UNHURRIED = settings(
    deadline=None,
    derandomize=True,
    max_examples=60,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
NASTY = ["'", "\\", "\\'", "\r\n", "%00", "{}", "../", "\u202e", "😀", "$1", "?", "a@b", "--", "/*"]
TEXTS = st.lists(
    st.sampled_from(NASTY)
    | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
).map("".join)


def literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def sent(session: FakeSession, where: str, binds: Any = None) -> list[tuple[str, str]]:
    """Return the parameters of the first call, without those of paging."""
    session.connect(Door(Crm()))
    session.rows(f"SELECT id FROM people@fake WHERE {where}", binds)
    query = session.door.asked[0].query
    return [pair for pair in query if pair[0] not in {"limit", "sort"}]


@UNHURRIED
@given(TEXTS)
def test_e4_a_text_arrives_at_the_api_as_it_was_written(session: FakeSession, text: str) -> None:
    for binds, written in ((None, literal(text)), ([text], "?"), ({"t": text}, "$t")):
        assert sent(session, f"name = {written}", binds) == [("name", text)]
        assert sent(session, f"email = {written}", binds) == [("email", text)]
        assert sent(session, f"email IN ({written})", binds) == [("email", text)]
    inner = text.strip("%")
    if inner and not set(inner) & set("%_\\"):
        for pattern, name in ((f"{inner}%", "name_starts"), (f"%{inner}%", "name_has")):
            assert (name, inner) in sent(session, f"name LIKE {literal(pattern)}")
            assert (name, inner) in sent(session, "name LIKE ?", [pattern])


@UNHURRIED
@given(st.lists(TEXTS, min_size=1, max_size=4))
def test_e4_keys_of_a_join_arrive_as_they_are(session: FakeSession, texts: list[str]) -> None:
    session.connect(Door(Crm()))
    session.engine.run("CREATE OR REPLACE TABLE loc (who VARCHAR)")
    for text in texts:
        session.engine.run("INSERT INTO loc VALUES (?)", [text])
    session.rows("SELECT p.id FROM loc JOIN people@fake p ON p.email = loc.who")
    asked = [v for request in session.door.asked for n, v in request.query if n == "email"]
    lower = {row[0] for row in session.engine.query("SELECT DISTINCT lower(who) FROM loc")}
    assert set(asked) == lower
    assert len(asked) == len(lower)


NAMES = [
    'x"; DROP TABLE loc; --',
    "a.b",
    "at",
    "select",
    "from",
    "it's",
    "with space",
    "ünï",
    "x" * 300,
    "\n",
    "$1",
    "?",
    "a@fake",
    "rowid",
    "😀",
    "1",
]


@pytest.mark.parametrize("name", NAMES, ids=lambda name: repr(name)[:20])
def test_e5_any_name_of_a_custom_column_is_a_mere_name(session: FakeSession, name: str) -> None:
    person: dict[str, Any] = dict.fromkeys(
        ("email", "name", "city", "score", "active", "born", "seen_at", "group_id")
    )
    session.engine.run("CREATE TABLE loc AS SELECT 1 AS k")
    session.connect(Door(Crm(people=[person | {"id": 1, name: "v"}], custom={7: name})))
    result = session.result("SELECT * FROM people@fake")
    assert result.names[-1] == name
    assert result.rows()[0][-1] == "v"
    assert session.rows(f"SELECT p.{quote(name)} FROM people@fake p") == [("v",)]
    assert session.rows("SELECT k FROM loc") == [(1,)]


def test_e5_names_that_differ_in_case_only_are_numbered(session: FakeSession) -> None:
    person: dict[str, Any] = dict.fromkeys(
        ("email", "city", "score", "active", "born", "seen_at", "group_id")
    )
    person |= {"id": 1, "name": "n", "Shirt": "a", "shirt": "b", "EMAIL": "c"}
    crm = Crm(people=[person], custom={1: "Shirt", 2: "shirt", 3: "EMAIL"})
    session.connect(Door(crm))
    result = session.result("SELECT * FROM people@fake")
    assert result.names[-3:] == ["Shirt", "shirt_2", "EMAIL_2"]
    assert result.rows()[0][-3:] == ("a", "b", "c")
    assert session.rows("SELECT p.SHIRT, p.email FROM people@fake p") == [("a", None)]


def test_stages_of_one_name_do_not_meet_and_are_gone_afterwards() -> None:
    engine = Engine()
    first = engine.stage('t"', [Column('a"b')])
    second = engine.stage('t"', [Column("c")])
    assert first != second
    assert engine.columns(first) == ['a"b']
    engine.drop_stages()
    assert engine.columns(first) is None
    engine.close()


@pytest.mark.parametrize(
    ("text", "underlined"),
    [
        ("SELECT * FROM people@fake WHERE WHERE x", "WHERE"),
        ("SELECT 'äöü😀', x FROM people@fake bar bazinga", "bazinga"),
        (f"SELECT {', '.join(f'column_{i}' for i in range(40))} FROM a b c", "c"),
        ("SELECT *\nFROM people@fake(\n  segment => 1\n)\nWHER x = 1", "x"),
        ("SELEC 1", "SELEC"),
    ],
)
def test_a_mistake_in_the_syntax_is_underlined_in_the_users_own_text(
    session: FakeSession, text: str, underlined: str
) -> None:
    with pytest.raises(SqlError) as caught:
        session.rows(text)
    error = caught.value
    assert error.text[error.start : error.end] == underlined
    assert error.start == text.rindex(underlined)
    assert underlined in error.message
    assert session.calls == 0


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("SELECT p.nonsense FROM people@fake p", "nonsense"),
        ("CREATE TABLE a AS SELECT p.emial FROM people@fake p", "emial"),
        ("SELECT p.id FROM people@fake p WHERE p.emial = 'a'", "emial"),
    ],
)
def test_an_unknown_column_is_underlined_and_the_nearest_offered(
    session: FakeSession, text: str, name: str
) -> None:
    with pytest.raises(SqlError, match="email") as caught:
        session.rows(text)
    error = caught.value
    assert error.text[error.start : error.end] == name
