"""UPDATE and DELETE as the query of their rows; what cannot be written is refused."""

import pytest
from fakes.crm import people

from sqlcrm.dialect import parse
from sqlcrm.errors import NotSupportedError, SqlError
from sqlcrm.planner.dml import RowQuery, check_verb, row_query, target_columns
from sqlcrm.planner.plan import Relation
from sqlcrm.sdk import Write

RELATION = Relation("m", "people", "fake", people)


def rows(text: str) -> RowQuery:
    """Return the row query, with the target's name in place of its mark."""
    statement = parse(text)
    found = row_query(statement, RELATION, ("id", "email"))
    for ref in statement.lexed.refs:
        plain = " ".join(found.text.replace(ref.quoted, ref.name).split())
        found = RowQuery(plain, found.before, found.sets, found.opt_in)
    return found


def test_an_update_yields_the_old_row_and_its_new_values() -> None:
    found = rows("UPDATE people@fake SET name = upper(name), team = 5 WHERE id = 1")
    assert found.text == (
        'SELECT "people"."id", "people"."email", (upper(name)), (5) '
        'FROM people AS "people" WHERE id = 1'
    )
    assert (found.sets, found.opt_in) == (("name", "group_id"), False)


def test_sources_and_alias_are_those_of_the_statement() -> None:
    found = rows("UPDATE people@fake AS p SET name = s.name FROM s WHERE p.id = s.id")
    assert found.text == (
        'SELECT "p"."id", "p"."email", (s.name) FROM people AS "p", s WHERE p.id = s.id'
    )
    found = rows("WITH s AS (SELECT 1) DELETE FROM people@fake USING s WHERE true")
    assert found.text == (
        'WITH s AS (SELECT 1) SELECT "people"."id", "people"."email" '
        'FROM people AS "people", s WHERE true'
    )


def test_an_opt_in_is_the_last_column() -> None:
    found = rows("UPDATE people@fake SET name = 'x' WHERE true WITH OPT IN WHERE city = 'y'")
    assert found.opt_in
    assert "('x'), (city = 'y') FROM" in found.text


@pytest.mark.parametrize(
    ("text", "message", "underlined"),
    [
        ("INSERT INTO people@fake (emial) SELECT 1", "Did you mean email", "emial"),
        ("INSERT INTO people@fake (id) SELECT 1", "set by the CRM", "id"),
        ("INSERT INTO people@fake (name, Name) SELECT 1, 2", "given twice", "name"),
        ("INSERT INTO people@fake (team, group_id) SELECT 1, 2", "given twice", "group_id"),
        ("UPDATE people@fake SET nmae = 1 WHERE true", "Did you mean name", "nmae"),
    ],
)
def test_columns_that_cannot_be_written_are_pointed_at(
    text: str, message: str, underlined: str
) -> None:
    with pytest.raises(SqlError, match=message) as caught:
        target_columns(parse(text), RELATION)
    error = caught.value
    assert text[error.start : error.end] == underlined


@pytest.mark.parametrize(
    ("verbs", "text", "fine"),
    [
        (("insert",), "INSERT INTO people@fake (name) SELECT 1", True),
        (("upsert",), "INSERT INTO people@fake (name) SELECT 1", True),
        (("upsert",), "UPDATE people@fake SET name = 1 WHERE true", True),
        (("upsert",), "DELETE FROM people@fake WHERE true", False),
        (("insert", "delete"), "UPDATE people@fake SET name = 1 WHERE true", False),
        ((), "INSERT INTO people@fake (name) SELECT 1", False),
    ],
)
def test_a_verb_that_the_api_does_not_have_is_refused_with_those_it_has(
    verbs: tuple[str, ...], text: str, fine: bool
) -> None:
    from dataclasses import replace

    table = replace(people, writes=tuple(Write(verb) for verb in verbs))
    relation = Relation("m", "people", "fake", table)
    if fine:
        check_verb(parse(text), relation)
        return
    can = ", ".join(sorted(verb.upper() for verb in verbs)) or "nothing but SELECT"
    with pytest.raises(NotSupportedError, match=f"allows {can}"):
        check_verb(parse(text), relation)
