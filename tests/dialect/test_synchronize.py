"""SYNCHRONIZE: its two tables, what it does, and clauses in any order."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sqlcrm.dialect import Statement, Step, Synchronize, parse
from sqlcrm.errors import SqlError

END = "WITH INSERT IDENTIFIED BY id"


def sync(text: str) -> Synchronize:
    """Return the parts of a SYNCHRONIZE."""
    found = parse(text).sync
    assert found is not None
    return found


def named(statement: Statement, text: str) -> str:
    """Return a marked text with names in place of its marks."""
    for ref in statement.lexed.refs:
        text = text.replace(ref.quoted, f"{ref.name}@{ref.alias}")
    return " ".join(text.split()).replace(" )", ")")


def test_every_clause_is_read() -> None:
    found = parse(
        "SYNCHRONIZE people TO contacts@crm"
        " WITH INSERT ALL EXCEPT a, b EXIT AFTER 5 ROWS OR UPDATE c, d ERROR AFTER 10 ROWS"
        " OR DELETE ERROR AFTER 0 ROWS"
        " IGNORE NULLS ON VALUES IGNORE CHANGES TO phone, fax IDENTIFIED BY email, kind"
        " CONTINUE ON FIRST 3 ERRORS WITH OPT IN WHERE source = 'form'"
    )
    assert (found.verb, found.opt_in) == ("synchronize", "source = 'form'")
    assert found.target is not None
    assert (found.target.name, found.target.alias) == ("contacts", "crm")
    assert found.sync == Synchronize(
        source="people",
        source_name="people",
        target_name="",
        where="",
        steps=(
            Step("insert", excluded=("a", "b"), limit=5, exits=True),
            Step("update", ("c", "d"), limit=10),
            Step("delete", limit=0),
        ),
        key=("email", "kind"),
        ignore_nulls="values",
        ignore_changes=("phone", "fax"),
        errors=3,
        start=12,
    )


def test_the_shortest_form_takes_every_column() -> None:
    found = sync(f"SYNC s TO t@crm {END}")
    assert found.steps == (Step("insert"),)
    assert found.step("insert") == Step("insert")
    assert found.step("delete") is None
    assert (found.key, found.ignore_nulls, found.ignore_changes) == (("id",), "", ())
    assert (found.errors, parse(f"SYNC s TO t@crm {END}").opt_in) == (None, None)


@pytest.mark.parametrize(
    ("tables", "source", "target", "reads"),
    [
        ("s TO t@crm", "s", "t", []),
        ("t@crm FROM s", "s", "t", []),
        ("s@crm TO t@other", "s@crm", "t", ["s"]),
        ("t@other FROM s@crm", "s@crm", "t", ["s"]),
        ('"s"@crm TO [t]@"crm"', "s@crm", "t", ["s"]),
        ("t@crm TO t@crm", "t@crm", "t", ["t"]),
        ("a.b.s TO t@crm", "a.b.s", "t", []),
        ("'x.csv' TO t@crm", "'x.csv'", "t", []),
        ("'to with.csv' TO t@crm", "'to with.csv'", "t", []),
        ("'x.xlsx' TO t@crm", "x@", "t", ["x"]),
        ("t@crm FROM 'x.xlsx'", "x@", "t", ["x"]),
        ("read_csv('x.csv', header = true) TO t@crm", "read_csv('x.csv', header = true)", "t", []),
        ("read_excel('x.xlsx') TO t@crm", "read_excel@", "t", ["read_excel"]),
        ("(SELECT a FROM s@crm) TO t@crm", "(SELECT a FROM s@crm)", "t", ["s"]),
        ("(WITH c AS (FROM s) FROM c) TO t@crm", "(WITH c AS (FROM s) FROM c)", "t", []),
        ("s@crm(x => 1) TO t@crm(y => 2)", "s@crm", "t", ["s"]),
        ("s@inmemorystorage TO t@crm", "s@inmemorystorage", "t", []),
        ("runs@sqlcrm TO t@crm", "runs@sqlcrm", "t", ["runs"]),
        ('"to" TO t@crm', '"to"', "t", []),
    ],
)
def test_the_source_is_anything_that_has_rows(
    tables: str, source: str, target: str, reads: list[str]
) -> None:
    for verb in ("SYNC", "synchronize"):
        found = parse(f"{verb} {tables} {END}")
        assert found.sync is not None
        assert found.target is not None
        assert found.target.name == target
        assert found.sync.target_name == ""
        assert named(found, found.sync.source) == source
        assert named(found, found.query) == f"SELECT * FROM {source}"
        assert [ref.name for ref in found.reads] == reads
        assert found.text[found.sync.start :].startswith(found.sync.source_name.split()[0])


@pytest.mark.parametrize(
    ("text", "source", "target"),
    [
        (f"SYNC s TO t {END}", "s", "t"),
        (f"SYNC a.t FROM s@crm {END}", "s@crm", "a.t"),
        (f'SYNC s TO "t x" {END}', "s", '"t x"'),
        (f"SYNC s TO t@inmemorystorage {END}", "s", "t@inmemorystorage"),
    ],
)
def test_a_local_target_is_a_text_and_no_target(text: str, source: str, target: str) -> None:
    found = parse(text)
    assert found.sync is not None
    assert (found.verb, found.target) == ("synchronize", None)
    assert named(found, found.sync.source) == source
    assert named(found, found.sync.target_name) == target


def test_a_statement_of_local_tables_alone_is_still_ours() -> None:
    assert not parse(f"SYNC s TO t {END}").plain
    assert not parse("SELECT * FROM s@crm").plain
    assert parse("SELECT 1").plain


def test_a_column_of_that_name_is_no_statement() -> None:
    assert parse("SELECT sync FROM synchronize").sync is None


def test_a_target_may_be_narrowed_by_arguments() -> None:
    target = parse(f"SYNC s TO contact_tags(tag_id => 5)@crm {END}").target
    assert target is not None
    assert [(a.name, a.text) for a in target.arguments] == [("tag_id", "5")]


@pytest.mark.parametrize(
    "condition",
    [
        "a = 1",
        "a IS DISTINCT FROM b AND c",
        "a IN (SELECT a FROM u WHERE b)",
        "b = 'with insert' OR \"with\" = 1",
        "at > x::TIMESTAMP WITH TIME ZONE",
        "EXISTS (FROM u@crm)",
    ],
)
def test_a_target_may_be_narrowed_by_a_condition(condition: str) -> None:
    for tables in (f"s TO t@crm WHERE {condition}", f"t@crm WHERE {condition} FROM s"):
        found = parse(f"SYNC {tables} {END}")
        assert found.sync is not None
        assert named(found, found.sync.where) == condition
        assert (found.sync.source, found.sync.key) == ("s", ("id",))


@pytest.mark.parametrize(
    ("clause", "expected"),
    [
        ("IGNORE NULLS", "all"),
        ("IGNORE NULLS ON ALL", "all"),
        ("ignore nulls on values", "values"),
        ("IGNORE NULLS ON (IDENTIFIED BY)", "identified by"),
        ("IGNORE NULLS ON IDENTIFIED BY", "identified by"),
    ],
)
def test_nulls_are_ignored_in_keys_in_values_or_in_both(clause: str, expected: str) -> None:
    for text in (f"WITH INSERT {clause} IDENTIFIED BY id", f"{END} {clause}"):
        found = sync(f"SYNC s TO t@crm {text}")
        assert (found.ignore_nulls, found.key) == (expected, ("id",))


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        ("a", ("a",)),
        ("(a)", ("a",)),
        ('"a b", [c d], e', ("a b", "c d", "e")),
        ('("with", [or])', ("with", "or")),
        ("identified, ignore, exit", ("identified", "ignore", "exit")),
    ],
)
def test_columns_stand_in_parentheses_or_not(columns: str, expected: tuple[str, ...]) -> None:
    found = sync(
        f"SYNC s TO t@crm WITH INSERT {columns} OR UPDATE ALL EXCEPT {columns} EXIT AFTER 1 ROW"
        f" IGNORE CHANGES TO {columns} IDENTIFIED BY {columns}"
    )
    assert found.steps == (
        Step("insert", expected),
        Step("update", excluded=expected, limit=1, exits=True),
    )
    assert (found.ignore_changes, found.key) == (expected, expected)


CLAUSES = (
    "WITH INSERT ALL EXCEPT a OR UPDATE b, c EXIT AFTER 7 ROWS OR DELETE",
    "IDENTIFIED BY (d, e)",
    "IGNORE NULLS ON IDENTIFIED BY",
    "IGNORE CHANGES TO f, g",
    "CONTINUE ON FIRST 9 ERRORS",
)


@settings(deadline=None, derandomize=True, max_examples=120)
@given(st.permutations(CLAUSES), st.sampled_from([" ", "\n", " -- x IDENTIFIED BY y\n", " /*(*/ "]))
def test_the_order_of_clauses_does_not_matter(clauses: list[str], gap: str) -> None:
    expected = parse(" ".join(("SYNC s TO t@crm", *CLAUSES, "WITH OPT IN")))
    found = parse(gap.join(("SYNC s TO t@crm", *clauses, "WITH OPT IN")))
    assert found.sync == expected.sync
    assert found.opt_in == expected.opt_in == ""


@pytest.mark.parametrize(
    ("text", "message", "underlined"),
    [
        ("SYNC", "a table or a query in parentheses", "SYNC"),
        ("SYNC s", "TO or FROM comes here", "s"),
        ("SYNC s TO", "a table or a query in parentheses", "TO"),
        ("SYNC TO t@crm", "a table or a query in parentheses", "TO"),
        ("SYNC s t@crm", "TO or FROM comes here", "t"),
        ("SYNC (s TO t@crm", "never closed", "("),
        ("SYNC s AS x TO t@crm", "TO or FROM comes here", "AS"),
        ("SYNC s TO t@crm AS x", "no clause of SYNCHRONIZE", "AS"),
        ("SYNC s TO t@crm", "needs WITH: SYNCHRONIZE source", "SYNC"),
        ("SYNC s TO t@crm IDENTIFIED BY a", "needs WITH", "SYNC"),
        ("SYNC s TO t@crm IDENTIFIED BY a WITH OPT IN", "needs WITH", "SYNC"),
        ("SYNC s TO t@crm WITH INSERT", "needs IDENTIFIED BY", "SYNC"),
        ("SYNC s TO t@crm WITH UPSERT", "INSERT, UPDATE or DELETE comes here", "UPSERT"),
        ("SYNC s TO t@crm WITH", "INSERT, UPDATE or DELETE comes here", "WITH"),
        ("SYNC s TO t@crm WITH INSERT OR MERGE", "INSERT, UPDATE or DELETE", "MERGE"),
        ("SYNC s TO t@crm WITH INSERT OR UPDATE OR INSERT", "INSERT stands here twice", "INSERT"),
        ("SYNC s TO t@crm WITH INSERT, UPDATE", "joined by OR", ","),
        ("SYNC s TO t@crm WITH INSERT AND UPDATE", "joined by OR", "AND"),
        ("SYNC s TO t@crm WITH INSERT UPDATE", "joined by OR", "UPDATE"),
        ("SYNC s TO t@crm WITH DELETE a", "DELETE takes whole rows", "a"),
        ("SYNC s TO t@crm WITH DELETE ALL EXCEPT a", "DELETE takes whole rows", "ALL EXCEPT a"),
        ("SYNC s TO t@crm WITH INSERT a b", "no clause of SYNCHRONIZE", "b"),
        ("SYNC s TO t@crm WITH INSERT (a b)", "names and commas", "b"),
        ("SYNC s TO t@crm WITH INSERT a, A", "given twice", "a, A"),
        ("SYNC s TO t@crm WITH INSERT ALL EXCEPT", "EXCEPT needs a column", "EXCEPT"),
        ("SYNC s TO t@crm WITH INSERT EXIT AFTER ROWS", "EXIT AFTER n ROWS", "EXIT AFTER ROWS"),
        ("SYNC s TO t@crm WITH INSERT ERROR AFTER 1.5 ROWS", "ERROR AFTER n", None),
        ("SYNC s TO t@crm WITH INSERT ERROR AFTER -1 ROWS", "ERROR AFTER n", None),
        ("SYNC s TO t@crm WITH INSERT EXIT AFTER 5", "EXIT AFTER n ROWS", "EXIT AFTER 5"),
        (f"SYNC s TO t@crm {END} WITH UPDATE", "WITH stands here twice", "WITH"),
        (f"SYNC s TO t@crm {END} IDENTIFIED BY b", "BY stands here twice", "IDENTIFIED BY"),
        ("SYNC s TO t@crm WITH INSERT IDENTIFIED BY", "IDENTIFIED BY needs a column", "BY"),
        ("SYNC s TO t@crm WITH INSERT IDENTIFIED BY a,", "IDENTIFIED BY needs a column", ","),
        ("SYNC s TO t@crm IDENTIFIED BY WITH INSERT", "needs columns before this", "WITH"),
        ("SYNC s TO t@crm WITH INSERT IDENTIFIED BY 'a'", "needs names of columns", "'a'"),
        (f"SYNC s TO t@crm {END} IGNORE NULLS ON KEYS", "IGNORE NULLS ON ALL", "ON KEYS"),
        (f"SYNC s TO t@crm {END} IGNORE CHANGES a", "IGNORE CHANGES TO", "IGNORE CHANGES a"),
        (f"SYNC s TO t@crm {END} IGNORE CASE", "no clause of SYNCHRONIZE", "IGNORE"),
        (f"SYNC s TO t@crm {END} CONTINUE ON FIRST ERRORS", "CONTINUE ON FIRST n", None),
        (f"SYNC s TO t@crm {END} CONTINUE ON 5 ERRORS", "FIRST n", "CONTINUE ON 5"),
        (f"SYNC s TO t@crm {END} RETURNING a", "has no RETURNING", "RETURNING"),
        (f"SYNC s TO t@crm {END} ORDER BY a", "no clause of SYNCHRONIZE", "ORDER BY"),
        (f"SYNC s TO t@crm {END} WITH OPT IN IF a", "after WITH OPT IN", "IF a"),
        (f"SYNC s@crm TO t {END} WITH OPT IN", "WITH OPT IN means nothing", "t"),
        (f"SYNC s WHERE a TO t@crm {END}", "a source has no WHERE", "WHERE a"),
        (f"SYNC t@crm FROM s WHERE a {END}", "a source has no WHERE", "WHERE a"),
        (f"SYNC s TO t@crm WHERE {END}", "WHERE needs a condition", "WHERE"),
        (f"SYNC s TO 'x.csv' {END}", "can only be read", "'x.csv'"),
        (f"SYNC s TO 'x.xlsx' {END}", "can only be read", "'x.xlsx'"),
        (f"SYNC 'x.xlsx' FROM s {END}", "can only be read", "'x.xlsx'"),
        (f"SYNC s TO read_csv('x') {END}", "can only be read", "read_csv('x')"),
        (f"SYNC s TO (FROM t) {END}", "can only be read", "(FROM t)"),
        (f"SYNC s TO runs@sqlcrm {END}", "read-only", "runs@sqlcrm"),
    ],
)
def test_what_is_written_wrongly_is_pointed_at(
    text: str, message: str, underlined: str | None
) -> None:
    with pytest.raises(SqlError, match=re.escape(message)) as caught:
        parse(text)
    error = caught.value
    place = text[error.start : error.end]
    assert place == (place if underlined is None else underlined)
