"""EXPLAIN and PLAN before a statement."""

import pytest

from sqlcrm.dialect import Explain, parse, statements
from sqlcrm.errors import SqlError

WRITES = [
    ("INSERT INTO t@crm (a) SELECT 1 ON CONFLICT (a) DO UPDATE", "insert"),
    ("WITH c AS (SELECT 1 AS a) INSERT INTO t@crm (a) FROM c RETURNING a", "insert"),
    ("UPDATE t@crm SET a = 1 WHERE true WITH OPT IN", "update"),
    ("DELETE FROM t@crm WHERE true", "delete"),
    ("MERGE INTO t@crm USING s ON a WHEN MATCHED THEN DELETE", "merge"),
    ("SYNC s TO t@crm WITH INSERT IDENTIFIED BY a", "synchronize"),
    ("SYNCHRONIZE s TO t WITH INSERT IDENTIFIED BY a", "synchronize"),
]


@pytest.mark.parametrize(("text", "verb"), WRITES)
@pytest.mark.parametrize(
    ("prefix", "asked"),
    [
        ("EXPLAIN", Explain(end=7)),
        ("explain analyze", Explain(analyze=True, end=15)),
        ("EXPLAIN (ANALYZE, FORMAT json)", Explain(analyze=True, format="json", end=30)),
        ("PLAN", Explain(plan=True, end=4)),
        ("\n plan", Explain(plan=True, end=6)),
    ],
)
def test_a_write_behind_explain_or_plan_is_the_write_itself(
    prefix: str, asked: Explain, text: str, verb: str
) -> None:
    found, bare = parse(f"{prefix} {text}"), parse(text)
    assert (found.verb, found.explain) == (verb, asked)
    assert (found.query, found.where, found.opt_in) == (bare.query, bare.where, bare.opt_in)
    assert (found.returning, found.target is None) == (bare.returning, bare.target is None)
    assert found.lexed.marked.strip() == bare.lexed.marked.strip()


@pytest.mark.parametrize(
    "text",
    [
        "SELECT plan FROM plan@crm plan",
        "FROM plan@crm",
        "WITH plan AS (FROM t@crm) FROM plan",
        "INSERT INTO plan@crm (plan) SELECT 1",
        "EXPLAIN SELECT plan FROM plan",
    ],
)
def test_plan_is_a_name_anywhere_else(text: str) -> None:
    found = parse(text)
    assert found.explain is None or not found.explain.plan


def test_explain_of_what_is_all_duckdbs_stays_its_own() -> None:
    for text in ("EXPLAIN SELECT 1", "EXPLAIN (FORMAT html) SELECT sync FROM t"):
        found = parse(text)
        assert (found.explain, found.plain, found.text) == (None, True, text)


@pytest.mark.parametrize(
    ("text", "message", "underlined"),
    [
        ("PLAN SELECT * FROM t@crm", "PLAN takes a statement that writes", "PLAN"),
        ("PLAN INSERT INTO t (a) SELECT a FROM s@crm s", "PLAN takes", "PLAN"),
        ("PLAN DELETE FROM t", "PLAN takes", "PLAN"),
        ("  plan FROM t", "PLAN takes", "plan"),
        ("PLAN EXPLAIN DELETE FROM t@crm WHERE true", "stand alone", "PLAN"),
        ("EXPLAIN PLAN DELETE FROM t@crm WHERE true", "stand alone", "EXPLAIN"),
        ("PLAN PLAN DELETE FROM t@crm WHERE true", "stand alone", "PLAN"),
        ("PLAN DELETE FROM t@crm", "WHERE true", "DELETE"),
        ("EXPLAIN (FORMAT html) SYNC s TO t", "FORMAT text or json", "FORMAT html"),
        ("EXPLAIN (ANALYZE FROM t@crm", "never closed", "("),
        ("PLAN SYNC s TO t@crm WITH INSERT", "IDENTIFIED BY", "SYNC"),
    ],
)
def test_explain_and_plan_say_what_they_take(text: str, message: str, underlined: str) -> None:
    with pytest.raises(SqlError, match=message) as caught:
        parse(text)
    assert text[caught.value.start : caught.value.end] == underlined


@pytest.mark.parametrize(
    ("statement", "underlined"),
    [("PLAN SELECT 2", "PLAN"), ("PLAN DELETE FROM t@crm", "DELETE"), ("EXPLAIN SYNC s", "s")],
)
def test_an_error_behind_plan_points_into_the_script(statement: str, underlined: str) -> None:
    script = f"SELECT 1;\n{statement};"
    with pytest.raises(SqlError) as caught:
        list(statements(script))
    assert caught.value.text == script
    assert script[caught.value.start : caught.value.end] == underlined
    assert f"LINE 2: {statement};" in str(caught.value)
