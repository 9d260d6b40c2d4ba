"""Pages of a list: they end, repeat nothing, and are never taken for complete without a proof."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from fakes.crm import Body, Crm, Door
from fakes.session import FakeSession

from sqlcrm.errors import ShapeChanged
from sqlcrm.sdk import Request

Twist = Callable[[Request, Body], Any]


def person(id_: int, **values: Any) -> dict[str, Any]:
    return {
        "id": id_,
        "email": f"p{id_}@x.org",
        "name": "Ana",
        "city": "Bonn",
        "score": 1.5,
        "active": True,
        "born": dt.date(2000, 1, 1),
        "seen_at": dt.datetime(2026, 1, 1, tzinfo=dt.UTC),
        "group_id": id_ % 3,
    } | values


def small(table: str, count: int) -> Crm:
    text = {"events": "kind", "tickets": "state", "visits": "page"}
    if table == "people":
        return Crm(people=[person(i) for i in range(1, count + 1)])
    if table == "groups":
        return Crm(
            groups=[{"id": i, "title": "t", "size": i, "leader_id": 1} for i in range(count)]
        )
    if table == "members":
        return Crm(members=[{"person_id": i, "group_id": 1, "role": "r"} for i in range(count)])
    rows = [{"id": i, "person_id": i, text[table]: "x"} for i in range(count)]
    return Crm(**{table: rows})


def ids(session: FakeSession, table: str, where: str = "") -> list[int]:
    key = "person_id" if table == "members" else "id"
    return [row[0] for row in session.rows(f"SELECT {key} FROM {table}@fake {where}")]


SIZES = {"people": 4, "groups": 3, "members": 5, "events": 4, "tickets": 3, "visits": 4}


@pytest.mark.parametrize("table", SIZES)
@pytest.mark.parametrize("pages", [0, 1, 2, 3])
@pytest.mark.parametrize("more", [-1, 0, 1])
def test_every_row_comes_once_in_as_many_calls_as_there_are_pages(
    session: FakeSession, table: str, pages: int, more: int
) -> None:
    count = max(0, pages * SIZES[table] + more)
    session.connect(Door(small(table, count)))
    assert len(ids(session, table)) == len(set(ids(session, table))) == count
    needed = max(1, -(-count // SIZES[table]))
    if table == "members" and count % SIZES[table] == 0:
        needed = count // SIZES[table] + 1  # no total: a short page is the end
    assert session.calls == 2 * needed


@pytest.mark.parametrize("table", ["groups", "members", "tickets"])
def test_c1_a_row_that_moves_to_the_next_page_comes_once(session: FakeSession, table: str) -> None:
    crm = small(table, 9)
    rows = getattr(crm, table)

    def insert(_request: Request, body: Body) -> Body:
        key = "person_id" if table == "members" else "id"
        if len(session.door.asked) == 1:
            rows.insert(0, rows[0] | {key: 99})
        return body

    session.connect(Door(crm, insert))
    found = ids(session, table)
    assert sorted(found) == list(range(9))


def test_c1_rows_behind_a_cursor_of_ids_are_neither_lost_nor_doubled(session: FakeSession) -> None:
    crm = small("people", 12)

    def move(_request: Request, body: Body) -> Body:
        if len(session.door.asked) == 1:
            del crm.people[0]
            crm.people.append(person(50))
        return body

    session.connect(Door(crm, move))
    assert sorted(ids(session, "people")) == [*range(1, 13), 50]


def test_rows_without_a_key_are_never_taken_for_the_same(session: FakeSession) -> None:
    def without(_request: Request, body: Body) -> Body:
        return body | {"groups": [{"title": row["title"]} for row in body["groups"]]}

    session.connect(Door(small("groups", 6), without))
    assert len(session.rows("SELECT title FROM groups@fake")) == 6


def test_c2_rows_of_one_moment_come_once_each(session: FakeSession) -> None:
    """C2: many rows of the same time lie across the borders of pages."""
    crm = small("people", 25)
    moment = dt.datetime(2026, 1, 5, 12, tzinfo=dt.UTC)
    for row in crm.people:
        row["seen_at"] = moment
    session.connect(Door(crm))
    found = ids(session, "people", "WHERE seen_at >= TIMESTAMPTZ '2026-01-05 12:00:00+00'")
    assert sorted(found) == sorted(row["id"] for row in crm.people)
    assert len(found) == 25


def change(**values: Any) -> Twist:
    return lambda _request, body: body | values


def lack(name: str) -> Twist:
    return lambda _request, body: {k: v for k, v in body.items() if k != name}


BROKEN: dict[str, Twist] = {
    "people without meta": lack("meta"),
    "people without rows": lack("people"),
    "people empty too soon": change(people=[]),
    "people that are a text": change(people="none"),
    "people without ids": change(people=[{}] * 4),
    "people that are numbers": change(people=[5] * 4),
    "people of an odd total": change(meta={"total": "many"}),
    "groups without meta": lack("meta"),
    "groups without rows": lack("groups"),
    "groups empty too soon": change(groups=[]),
    "groups that are no objects": change(groups=[None, 3]),
    "groups in a null": lambda _request, _body: None,
    "groups in a list": lambda _request, _body: [],
    "groups in a text": lambda _request, _body: "maintenance",
    "members without rows": lack("members"),
    "tickets without a count": lack("count"),
    "tickets empty too soon": change(tickets=[]),
    "events of one cursor": change(meta={"next": "same"}),
    "events in empty pages": change(events=[], meta={"next": "same"}),
    "visits of one address": change(next="/visits?after=4"),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_reply_that_proves_no_end_is_an_error_and_no_short_result(
    session: FakeSession, case: str
) -> None:
    table = case.split()[0]
    session.connect(Door(small(table, 9), BROKEN[case]))
    with pytest.raises(ShapeChanged, match=table):
        ids(session, table)
    assert session.calls <= 5  # what was asked for in advance comes in vain


def test_c3_cursors_that_go_round_or_lead_through_empty_pages_are_stopped(
    session: FakeSession,
) -> None:
    cursors = iter("ABABABABAB")
    session.connect(
        Door(small("events", 2), lambda _request, body: body | {"meta": {"next": next(cursors)}})
    )
    with pytest.raises(ShapeChanged, match="circle"):
        ids(session, "events")
    assert session.calls == 3
    numbers = iter(range(100))
    session.connect(
        Door(Crm(), lambda _request, body: body | {"meta": {"next": f"c{next(numbers)}"}})
    )
    with pytest.raises(ShapeChanged, match="circle"):
        ids(session, "events")
    assert session.calls == 3


def test_c3_an_empty_cursor_is_the_end(session: FakeSession) -> None:
    session.connect(Door(small("events", 3), change(meta={"next": ""})))
    assert len(ids(session, "events")) == 3
    assert session.calls == 1


@pytest.mark.parametrize(
    ("table", "where"),
    [
        ("people", "WHERE id IN (900, 901)"),
        ("people", "WHERE email = 'nobody@x.org' AND id = 900"),
        ("members", "WHERE person_id = 900"),
        ("events", "WHERE person_id = 900"),
    ],
)
def test_an_api_that_ignores_the_keys_it_was_given_is_noticed(
    session: FakeSession, table: str, where: str
) -> None:
    crm = small(table, 9)

    def ignore(request: Request, _body: Body) -> Body:
        dull = Request("GET", request.path, tuple(p for p in request.query if "[]" not in p[0]))
        return Door(crm).send(dull).response.body  # type: ignore[no-any-return]

    session.connect(Door(crm, ignore))
    with pytest.raises(ShapeChanged, match="ignored the filter"):
        ids(session, table, where)


@pytest.mark.parametrize(("count", "calls"), [(1, 1), (3, 1), (4, 2), (9, 3), (10, 4)])
def test_c7_keys_cost_a_call_a_batch(session: FakeSession, count: int, calls: int) -> None:
    session.connect(Door(small("people", 40)))
    keys = ", ".join(str(3 * i + 1) for i in range(count))
    assert len(ids(session, "people", f"WHERE id IN ({keys})")) == count
    assert session.calls == calls


def test_c7_keys_of_a_join_cost_a_call_a_batch_and_none_where_there_are_none(
    session: FakeSession,
) -> None:
    session.connect(Door(small("people", 40)))
    session.engine.run("CREATE TABLE loc AS SELECT i AS k FROM range(7) t(i)")
    text = "SELECT p.id FROM loc JOIN people@fake p ON p.id = loc.k WHERE loc.k > {}"
    assert len(session.rows(text.format(0))) == 6
    assert session.calls == 2
    assert session.rows(text.format(100)) == []
    assert session.calls == 2


@pytest.mark.parametrize(
    ("tail", "rows", "calls"),
    [
        ("LIMIT 0", 0, 0),
        ("LIMIT 1", 1, 1),
        ("LIMIT 4", 4, 1),
        ("LIMIT 5", 5, 2),
        ("LIMIT 8 OFFSET 1", 8, 3),
        ("WHERE id % 2 = 0 LIMIT 3", 3, 2),
        ("WHERE name = 'Ana' LIMIT 4", 4, 1),
        ("LIMIT 100", 40, 10),
    ],
)
def test_c7_a_limit_costs_the_pages_that_it_needs(
    session: FakeSession, tail: str, rows: int, calls: int
) -> None:
    session.connect(Door(small("people", 40)))
    assert len(ids(session, "people", tail)) == rows
    assert session.calls == calls


def test_a_call_with_a_limit_has_all_its_rows(session: FakeSession) -> None:
    crm = small("people", 12)
    crm.people[-1]["city"] = "Rome"
    session.connect(Door(crm))
    assert session.rows("SELECT id FROM people@fake(city => 'Rome') LIMIT 1") == [(12,)]


def test_many_keys_of_a_list_without_a_total_are_looked_up(session: FakeSession) -> None:
    session.connect(Door(small("events", 400)))
    session.engine.run("CREATE TABLE loc AS SELECT 10 * i AS k FROM range(40) t(i)")
    found = session.rows("SELECT e.id FROM loc JOIN events@fake e ON e.person_id = loc.k")
    assert len(found) == 40
    assert session.calls == 10


def test_a_short_list_is_read_where_keys_would_cost_more(session: FakeSession) -> None:
    session.connect(Door(small("groups", 6)))
    session.engine.run("CREATE TABLE loc AS SELECT i AS k FROM range(40) t(i)")
    assert len(session.rows("SELECT g.id FROM loc JOIN groups@fake g ON g.id = loc.k")) == 6
    assert session.calls == 2


def test_rows_of_several_parents_get_the_id_that_they_do_not_repeat(session: FakeSession) -> None:
    notes = [{"id": i % 2, "person_id": i // 2, "body": f"n{i}"} for i in range(6)]
    session.connect(Door(Crm(notes=notes)))
    session.engine.run("CREATE TABLE loc AS SELECT i AS k FROM range(3) t(i)")
    expected = sorted((n["person_id"], n["id"], n["body"]) for n in notes)
    for text in (
        "SELECT person_id, id, body FROM notes@fake WHERE person_id IN (0, 1, 2)",
        "SELECT n.person_id, n.id, n.body FROM loc JOIN notes@fake n ON n.person_id = loc.k",
        "SELECT n.person_id, n.id, n.body FROM loc l, NotesByPersonId@fake(l.k) n",
    ):
        assert sorted(session.rows(text)) == expected


def test_describe_needs_no_page(session: FakeSession) -> None:
    assert [row[0] for row in session.rows("DESCRIBE groups@fake")] == [
        "id",
        "title",
        "size",
        "leader_id",
    ]
    assert session.calls == 0
