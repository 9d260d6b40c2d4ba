"""ON CONFLICT, RETURNING and WITH OPT IN behind INSERT, UPDATE and DELETE."""

import re

import pytest

from sqlcrm.dialect import Assignment, Conflict, parse
from sqlcrm.errors import SqlError

INSERT = "INSERT INTO t@crm (a, b) SELECT a, b FROM s"


@pytest.mark.parametrize(
    ("clause", "conflict"),
    [
        ("ON CONFLICT DO NOTHING", Conflict((), update=False)),
        ("ON CONFLICT DO UPDATE", Conflict((), update=True)),
        ("on conflict (a) do nothing", Conflict(("a",), update=False)),
        ('ON CONFLICT ("a b", [c]) DO UPDATE', Conflict(("a b", "c"), update=True)),
        (
            "ON CONFLICT (a) DO UPDATE SET b = excluded.b, c = f(1, (SELECT 2 WHERE true))",
            Conflict(
                ("a",),
                update=True,
                assignments=(
                    Assignment("b", "excluded.b", 74),
                    Assignment("c", "f(1, (SELECT 2 WHERE true))", 90),
                ),
            ),
        ),
    ],
)
def test_on_conflict_is_cut_from_the_query(clause: str, conflict: Conflict) -> None:
    found = parse(f"{INSERT} {clause}")
    assert found.conflict == conflict
    assert found.query == "SELECT a, b FROM s"
    assert all(found.text[a.start] == a.column for a in conflict.assignments)


@pytest.mark.parametrize(
    "query",
    [
        "SELECT a FROM s JOIN conflict ON conflict.x = s.x",
        "SELECT a FROM s JOIN u ON conflict = u.x",
        "SELECT a FROM s JOIN u ON conflict(s.x) = 3",
        "SELECT 'on conflict do nothing' AS \"on conflict\" FROM s",
        "SELECT a FROM (SELECT a FROM s JOIN u ON conflict)",
        "SELECT a AS returning FROM s",
        "SELECT s.returning, \"returning\", 'returning' FROM s",
        "SELECT a /* ON CONFLICT DO NOTHING RETURNING a */ FROM s -- RETURNING a\n WHERE b",
    ],
)
def test_the_words_elsewhere_are_no_clauses(query: str) -> None:
    found = parse(f"INSERT INTO t@crm (a) {query}")
    assert (found.conflict, found.returning, found.query) == (None, None, query)
    found = parse(f"INSERT INTO t@crm (a) {query} ON CONFLICT (a) DO NOTHING RETURNING a")
    assert (found.conflict, found.returning) == (Conflict(("a",), update=False), "a")
    assert found.query == query


@pytest.mark.parametrize(
    "text",
    [
        INSERT,
        f"{INSERT} ON CONFLICT (a) DO UPDATE SET b = 1",
        f"{INSERT} ON CONFLICT DO NOTHING",
        "UPDATE t@crm x SET a = 1 FROM s WHERE x.a = s.a",
        "DELETE FROM t@crm USING s WHERE t.a = s.a",
    ],
)
def test_returning_is_the_list_at_the_end(text: str) -> None:
    for items in ("*", "a, b + 1 AS c", "outcome, (SELECT max(x) FROM u WHERE y)"):
        bare, found = parse(text), parse(f"{text} RETURNING {items}")
        assert (bare.returning, found.returning) == (None, items)
        assert (found.query, found.where, found.sources) == (bare.query, bare.where, bare.sources)
        assert found.conflict == bare.conflict


def test_opt_in_stands_behind_everything_else() -> None:
    found = parse(f"{INSERT} ON CONFLICT (a) DO UPDATE SET b = 1 RETURNING a WITH OPT IN WHERE c")
    assert (found.opt_in, found.returning) == ("c", "a")
    assert found.conflict is not None
    assert [a.expression for a in found.conflict.assignments] == ["1"]
    assert parse(f"{INSERT} ON CONFLICT DO UPDATE WITH OPT IN").opt_in == ""
    assert parse(f"{INSERT} RETURNING * WITH OPT IN").returning == "*"


def test_the_target_of_an_upsert_is_not_read() -> None:
    found = parse("INSERT INTO t@crm (a) SELECT a FROM t@crm ON CONFLICT (a) DO UPDATE RETURNING a")
    assert [ref.start for ref in found.reads] == [found.text.rindex("t@crm")]


def test_an_upserts_target_may_have_an_alias_to_speak_of_it() -> None:
    found = parse("INSERT INTO t@crm AS x (a, b) FROM s ON CONFLICT (a) DO UPDATE SET b = x.b + 1")
    assert (found.target_alias, found.columns, found.query) == ("x", ("a", "b"), "FROM s")


def test_what_duckdb_cannot_parse_is_known() -> None:
    assert parse(f"{INSERT} ON CONFLICT (a) DO UPDATE SET b = 1 RETURNING a").standard
    assert not parse(f"{INSERT} ON CONFLICT (a) DO UPDATE").standard
    assert not parse(f"{INSERT} WITH OPT IN").standard
    assert not parse("SYNC s TO t WITH INSERT IDENTIFIED BY a").standard


@pytest.mark.parametrize(
    ("clause", "message", "underlined"),
    [
        ("ON CONFLICT", "comes DO NOTHING or DO UPDATE", "ON CONFLICT"),
        ("ON CONFLICT (a)", "comes DO NOTHING or DO UPDATE", "ON CONFLICT (a)"),
        ("ON CONFLICT (a) UPDATE", "comes DO NOTHING or DO UPDATE", "UPDATE"),
        ("ON CONFLICT (a) DO REPLACE", "comes DO NOTHING or DO UPDATE", "DO REPLACE"),
        ("ON CONFLICT () DO NOTHING", "needs names of columns", ")"),
        ("ON CONFLICT (lower(a)) DO NOTHING", "names and commas", "("),
        ("ON CONFLICT (a) WHERE b DO NOTHING", "not supported", "WHERE b DO NOTHING"),
        ("ON CONFLICT ON CONSTRAINT x DO NOTHING", "not supported", None),
        ("ON CONFLICT (a) DO UPDATE SET b = 1 WHERE c", "not supported", "WHERE c"),
        ("ON CONFLICT (a) DO UPDATE WHERE c", "not supported", "WHERE c"),
        ("ON CONFLICT (a) DO UPDATE SET", "SET needs column = value", "SET"),
        ("ON CONFLICT (a) DO UPDATE SET (a, b) = (1, 2)", "SET needs column = value", None),
        ("ON CONFLICT (a) DO NOTHING SET a = 1", "here the statement ends", "SET a = 1"),
        ("RETURNING", "RETURNING needs a list", "RETURNING"),
        ("RETURNING WITH OPT IN", "RETURNING needs a list", "RETURNING"),
        ("WITH OPT IN RETURNING a", "nothing, or WHERE", "RETURNING a"),
        ("WITH OPT IN WHERE b RETURNING a", "write RETURNING before it", "RETURNING a"),
    ],
)
def test_what_is_written_wrongly_is_pointed_at(
    clause: str, message: str, underlined: str | None
) -> None:
    text = f"{INSERT} {clause}"
    with pytest.raises(SqlError, match=re.escape(message)) as caught:
        parse(text)
    place = text[caught.value.start : caught.value.end]
    assert place == (place if underlined is None else underlined)
