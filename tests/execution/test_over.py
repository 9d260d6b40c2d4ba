"""Tables that have no list of their own: the rows of every parent are read, one after the other."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from fakes.crm import Crm, connector, notes
from fakes.session import FakeSession

from sqlcrm.errors import DeclarationError
from sqlcrm.sdk import Read, validate

from .test_pages import person

(BY_PERSON,) = notes.reads
LETTERS = replace(
    notes, name="letters", reads=(replace(BY_PERSON, over=("people", "id")),), natural_key=()
)
WITH_LETTERS = replace(connector, tables=(*connector.tables, LETTERS))


@pytest.fixture
def session() -> Iterator[FakeSession]:
    crm = Crm(
        people=[person(i) for i in range(1, 10)],
        notes=[{"id": i, "person_id": i % 9 + 1, "body": f"b{i}"} for i in range(20)],
    )
    found = FakeSession(crm, WITH_LETTERS)
    yield found
    found.close()


def paths(session: FakeSession) -> list[str]:
    return [request.path for request in session.door.asked]


def test_without_a_key_all_parents_are_listed_and_asked(session: FakeSession) -> None:
    rows = session.rows("SELECT person_id, id FROM letters@fake ORDER BY id")
    assert rows == [(i % 9 + 1, i) for i in range(20)]
    assert paths(session).count("/people") == 3  # nine people, four a page
    assert paths(session).count("/people/{person_id}/notes") == 9


def test_a_key_is_asked_for_alone(session: FakeSession) -> None:
    assert session.rows("SELECT id FROM letters@fake WHERE person_id = 2") == [(1,), (10,), (19,)]
    assert paths(session) == ["/people/{person_id}/notes"]


def test_keys_of_a_join_leave_the_other_parents_alone(session: FakeSession) -> None:
    sql = "SELECT l.id FROM (VALUES (1), (2)) v(p) JOIN letters@fake l ON l.person_id = v.p"
    assert sorted(session.rows(sql)) == [(0,), (1,), (9,), (10,), (18,), (19,)]
    assert paths(session) == ["/people/{person_id}/notes"] * 2


def test_what_was_read_over_all_parents_serves_the_rest_of_the_statement(
    session: FakeSession,
) -> None:
    sql = "SELECT count(*) FROM letters@fake a JOIN letters@fake b ON b.id = a.id"
    assert session.rows(sql) == [(20,)]
    assert paths(session).count("/people/{person_id}/notes") == 9


def test_a_limit_stops_between_parents(session: FakeSession) -> None:
    assert len(session.rows("SELECT id FROM letters@fake LIMIT 2")) == 2
    assert paths(session).count("/people/{person_id}/notes") == 1


def test_parents_that_are_not_there_are_a_mistake_of_the_declaration() -> None:
    wrong = replace(LETTERS, reads=(replace(BY_PERSON, over=("persons", "id")),))
    with pytest.raises(DeclarationError, match=r"goes over persons\.id, which is no column"):
        validate(replace(connector, tables=(*connector.tables, wrong)))
    whole = replace(LETTERS, reads=(Read("/notes", "notes", over=("people", "id")),))
    with pytest.raises(DeclarationError, match="reads by no column"):
        validate(replace(connector, tables=(*connector.tables, whole)))


def test_a_blank_key_has_no_address_and_finds_nothing(session: FakeSession) -> None:
    """A cell of a file may be empty; the rows beside it are found all the same."""
    places = replace(connector.tables[1], name="places", key=("title",), natural_key=())
    one = replace(places.reads[0], path="/groups/{title}", by="title", filters=())
    texts = replace(connector, tables=(*WITH_LETTERS.tables, replace(places, reads=(one,))))
    session.connect(session.door, texts)
    sql = "SELECT p.size FROM (VALUES (''), ('.'), ('..')) v(t) JOIN places@fake p ON p.title = v.t"
    assert session.rows(sql) == []
    assert session.calls == 0
