"""A statement taken apart: its verb, target, columns, assignments, sources and conditions."""

import pytest

from sqlcrm.dialect import Statement, parse, statements
from sqlcrm.errors import SqlError


def plain(statement: Statement, text: str) -> str:
    """Return a marked text with the user's own names."""
    for ref in statement.lexed.refs:
        text = text.replace(ref.quoted, f"{ref.name}@{ref.alias}")
    return " ".join(text.split()).replace(" ,", ",")


@pytest.mark.parametrize(
    ("text", "verb"),
    [
        ("SELECT 1", "select"),
        ("FROM t@crm", "select"),
        ("VALUES (1)", "select"),
        ("WITH a AS (SELECT 1) SELECT * FROM a", "select"),
        ("WITH a AS (SELECT 1), update AS (SELECT 2) SELECT * FROM update", "select"),
        ("INSERT INTO t@crm (a) SELECT 1", "insert"),
        ("INSERT INTO t (a) SELECT a FROM t@crm", "local"),
        ("INSERT INTO t@inmemorystorage SELECT a FROM t@crm", "local"),
        ("WITH a AS (SELECT 1 AS x) INSERT INTO t@crm (x) SELECT x FROM a", "insert"),
        ("WITH delete AS (SELECT 1 AS x) INSERT INTO t@crm (x) SELECT x FROM delete", "insert"),
        ('WITH "from" AS (SELECT 1 AS x) INSERT INTO t@crm (x) SELECT x FROM "from"', "insert"),
        ("WITH RECURSIVE merge(x) AS (SELECT 1) DELETE FROM t@crm WHERE true", "delete"),
        ("UPDATE t@crm SET a = 1 WHERE true", "update"),
        ("UPDATE t SET a = x.a FROM x@crm x WHERE true", "local"),
        ("DELETE FROM t@crm WHERE true", "delete"),
        ("MERGE INTO t@crm USING s ON a WHEN MATCHED THEN DELETE", "merge"),
        ("MERGE INTO t USING s@crm s ON a WHEN MATCHED THEN DELETE", "local"),
        ("SYNC s TO t@crm WITH INSERT IDENTIFIED BY a", "synchronize"),
        ("SYNCHRONIZE s TO t WITH INSERT IDENTIFIED BY a", "synchronize"),
        ("DELETE FROM t USING x@crm WHERE true", "local"),
        ("CREATE TABLE a AS SELECT * FROM t@crm", "local"),
        ("CREATE OR REPLACE TABLE x@inmemorystorage AS SELECT * FROM t@crm", "local"),
        ("DROP TABLE x@inmemorystorage", "local"),
        ("DROP TABLE IF EXISTS x@InMemoryStorage", "local"),
        ("COPY t@crm TO 'a.csv'", "local"),
        ("COPY a FROM 'a.csv'", "local"),
        ("DESCRIBE t@crm", "local"),
        ("SET threads = 1", "local"),
        ("", "local"),
    ],
)
def test_the_verb_says_who_does_the_work(text: str, verb: str) -> None:
    assert parse(text).verb == verb


def test_an_insert_has_target_columns_and_query() -> None:
    found = parse('INSERT INTO t@crm (a, "b c", [d]) SELECT 1, 2, 3 FROM s@crm')
    assert found.target is not None
    assert (found.target.name, found.target.alias) == ("t", "crm")
    assert found.columns == ("a", "b c", "d")
    assert plain(found, found.query) == "SELECT 1, 2, 3 FROM s@crm"
    assert [ref.name for ref in found.reads] == ["s"]


@pytest.mark.parametrize(
    ("text", "query"),
    [
        ("INSERT INTO t@crm (a) VALUES (1), (2)", "VALUES (1), (2)"),
        ("INSERT INTO t@crm (a) FROM s", "FROM s"),
        ("INSERT INTO t@crm (a) (SELECT 1)", "(SELECT 1)"),
        ("INSERT INTO t@crm (a) WITH b AS (SELECT 1) FROM b", "WITH b AS (SELECT 1) FROM b"),
        (
            "WITH b AS (SELECT 1) INSERT INTO t@crm (a) SELECT * FROM b",
            "WITH b AS (SELECT 1) SELECT * FROM b",
        ),
        ("INSERT INTO t@crm BY NAME SELECT 1 AS a", "SELECT 1 AS a"),
        ("INSERT INTO t@crm(p => 1) (a) SELECT 1", "SELECT 1"),
    ],
)
def test_the_rows_of_an_insert_come_from_any_query(text: str, query: str) -> None:
    assert plain(parse(text), parse(text).query) == query


def test_columns_may_be_taken_by_name() -> None:
    assert parse("INSERT INTO t@crm BY NAME SELECT 1 AS a").by_name
    assert not parse("INSERT INTO t@crm (name) SELECT 1").by_name


def test_an_update_has_assignments_sources_and_a_condition() -> None:
    found = parse(
        "UPDATE t@crm AS x SET a = f(1, 2), b = (SELECT max(y) FROM s WHERE z), c = x.c || '!'"
        " FROM s@crm s, u WHERE x.id = s.id AND u.b"
    )
    assert found.target_alias == "x"
    assert [(a.column, a.expression) for a in found.assignments] == [
        ("a", "f(1, 2)"),
        ("b", "(SELECT max(y) FROM s WHERE z)"),
        ("c", "x.c || '!'"),
    ]
    assert plain(found, found.sources) == "s@crm s, u"
    assert found.where == "x.id = s.id AND u.b"
    assert found.text[found.assignments[1].start] == "b"


@pytest.mark.parametrize(
    ("value", "where"),
    [
        ("a IS DISTINCT FROM b", "true"),
        ("a IS NOT DISTINCT FROM b", "c IS DISTINCT FROM d"),
        ("'from'", "true"),
        ("'where'", "true"),
        ("'x, where y'", "z = 'from'"),
        ("'returning'", "z = 'with opt in'"),
        ('"from"', '"where" = 1'),
        ("extract(year FROM now())", "true"),
        ("CASE WHEN b IS DISTINCT FROM 1 THEN 2 ELSE 3 END", "true"),
    ],
)
def test_words_within_values_and_conditions_are_no_clauses(value: str, where: str) -> None:
    found = parse(f"UPDATE t@crm SET a = {value} WHERE {where}")
    assert [(a.column, a.expression) for a in found.assignments] == [("a", value)]
    assert (found.sources, found.where) == ("", where)
    found = parse(f"UPDATE t@crm SET a = {value} FROM s WHERE {where}")
    assert (found.sources, found.where) == ("s", where)


def test_a_column_may_be_called_as_a_clause_is() -> None:
    found = parse('UPDATE t@crm SET "from" = 1, "where" = 2 WHERE true')
    assert [a.column for a in found.assignments] == ["from", "where"]


def test_a_delete_has_sources_and_a_condition() -> None:
    found = parse("DELETE FROM t@crm x USING s@crm, (SELECT 1) u WHERE x.id = s.id")
    assert found.target_alias == "x"
    assert plain(found, found.sources) == "s@crm, (SELECT 1) u"
    assert found.where == "x.id = s.id"


@pytest.mark.parametrize(
    ("tail", "opt_in"),
    [
        ("", None),
        (" WITH OPT IN", ""),
        (" with opt in where s.source = 'form'", "s.source = 'form'"),
    ],
)
def test_opt_in_stands_at_the_end_with_or_without_a_condition(
    tail: str, opt_in: str | None
) -> None:
    for text in (
        "INSERT INTO t@crm (a) SELECT a FROM s WHERE b",
        "UPDATE t@crm SET a = 1 FROM s WHERE b",
    ):
        found = parse(text + tail)
        assert found.opt_in == opt_in
        assert found.where in {"", "b"}
        assert "OPT" not in found.query.upper()


@pytest.mark.parametrize(
    ("text", "message", "underlined"),
    [
        ("UPDATE t@crm SET a = 1", "WHERE true", "UPDATE"),
        ("UPDATE t@crm SET a = 1 WITH OPT IN", "WHERE true", "UPDATE"),
        ("UPDATE t@crm SET a = (SELECT 1 WHERE true)", "WHERE true", "UPDATE"),
        ("DELETE FROM t@crm", "WHERE true", "DELETE"),
        ("DELETE FROM t@crm USING s", "WHERE true", "DELETE"),
        ("UPDATE t@crm SET a WHERE true", "column = value", "a"),
        ("UPDATE t@crm SET a = WHERE true", "column = value", "a ="),
        ("UPDATE t@crm SET (a, b) = (1, 2) WHERE true", "column = value", "(a, b) = (1, 2)"),
        ("UPDATE t@crm a = 1 WHERE true", "needs SET", None),
        ("INSERT INTO t@crm SELECT 1", "needs its columns", "SELECT"),
        ("INSERT OR REPLACE INTO t@crm (a) SELECT 1", "ON CONFLICT .* DO UPDATE", "OR REPLACE"),
        ("INSERT OR IGNORE INTO t@crm (a) SELECT 1", "ON CONFLICT .* DO NOTHING", "OR IGNORE"),
        ("INSERT INTO t@crm (a)", "needs a SELECT or VALUES", ")"),
        ("INSERT INTO t@crm (a b) SELECT 1", "names and commas", "b"),
        ("INSERT INTO t@crm DEFAULT VALUES", "DEFAULT VALUES", "DEFAULT VALUES"),
        ("DELETE FROM t@crm WHERE a WITH OPT IN", "nothing to a DELETE", "DELETE"),
        ("DELETE FROM t@crm WHERE a WITH OPT IN IF b", "WITH OPT IN", "IF b"),
        ("DELETE FROM t@crm WHERE a WITH OPT IN WHERE", "WITH OPT IN", "WHERE"),
        ("INSERT INTO runs@sqlcrm (a) SELECT 1", "read-only", "runs@sqlcrm"),
        ("DROP TABLE t@crm", "into a CRM", "t@crm"),
        ("DROP TABLE IF EXISTS t@crm", "into a CRM", "t@crm"),
        ("ALTER TABLE t@crm ADD COLUMN a INTEGER", "into a CRM", "t@crm"),
        ("CREATE TABLE t@crm AS SELECT 1", "into a CRM", "t@crm"),
        ("CREATE TABLE IF NOT EXISTS t@crm (a INTEGER)", "into a CRM", None),
        ("COPY t@crm FROM 'a.csv'", "INSERT INTO", "t@crm"),
    ],
)
def test_what_is_written_wrongly_is_pointed_at(
    text: str, message: str, underlined: str | None
) -> None:
    with pytest.raises(SqlError, match=message) as caught:
        parse(text)
    error = caught.value
    assert underlined is None or text[error.start : error.end] == underlined


@pytest.mark.parametrize(
    "text",
    [
        "WITH d AS (DELETE FROM t@crm WHERE a = 1 RETURNING a) SELECT * FROM d",
        "WITH d AS (UPDATE t@crm SET a = 1 RETURNING a) SELECT * FROM d",
        "WITH d AS (INSERT INTO t@crm (a) SELECT 1 RETURNING a) SELECT * FROM d",
        "WITH d AS (DELETE FROM t@crm RETURNING a) INSERT INTO s@crm (a) SELECT a FROM d",
        "INSERT INTO s SELECT * FROM (DELETE FROM t@crm RETURNING a)",
        "PREPARE p AS INSERT INTO t@crm SELECT 1",
        "WITH d AS (MERGE INTO t@crm USING s ON a WHEN MATCHED THEN DELETE) SELECT * FROM d",
        "TRUNCATE t@crm",
        "TRUNCATE TABLE t@crm",
        "VACUUM t@crm",
        "VACUUM ANALYZE t@crm",
        "ANALYZE t@crm",
        "COMMENT ON TABLE t@crm IS 'x'",
        "CREATE INDEX i ON t@crm (a)",
        "CREATE TABLE t@crm (a INTEGER)",
        "CREATE TABLE IF NOT EXISTS t@crm AS SELECT 1",
        "CREATE VIEW t@crm AS SELECT 1",
        "ALTER TABLE t@crm ADD COLUMN a INTEGER",
        "DROP TABLE IF EXISTS t@crm",
        "DROP TABLE s, t@crm",
        "COPY t@crm FROM 'a.csv'",
        "COPY t@crm (a) FROM 'a.csv'",
        "DELETE FROM t@sqlcrm",
        "TRUNCATE t@sqlcrm",
    ],
)
def test_what_would_only_change_a_copy_is_pointed_at(text: str) -> None:
    with pytest.raises(SqlError) as caught:
        parse(text)
    error = caught.value
    assert text[error.start : error.end].startswith("t@")


def test_a_spreadsheet_can_only_be_read() -> None:
    with pytest.raises(SqlError, match="only be read"):
        parse("DELETE FROM 'book.xlsx'")


@pytest.mark.parametrize(
    "text",
    [
        "MERGE INTO s USING t@crm ON t.a = s.a WHEN MATCHED THEN DELETE",
        "DELETE FROM s USING u, t@crm WHERE true",
        "SELECT * FROM s JOIN u ON s.a IS NOT DISTINCT FROM u.a, t@crm",
        "FROM (t@crm JOIN s@crm USING (a))",
        "TABLE t@crm",
        "TRUNCATE t@inmemorystorage",
        "CREATE TABLE a AS FROM t@crm",
        "WITH d AS (DELETE FROM s USING t@crm RETURNING a) SELECT * FROM d",
    ],
)
def test_reading_for_a_local_statement_is_fine(text: str) -> None:
    assert parse(text).target is None


@pytest.mark.parametrize("text", ["INSERT INTO t@crm (a", "INSERT INTO t@crm (", "UPDATE t@crm a"])
def test_a_write_that_stops_midway_is_an_error_of_ours(text: str) -> None:
    with pytest.raises(SqlError):
        parse(text)


def test_an_error_in_a_later_statement_points_into_the_script() -> None:
    script = "SELECT ';';\n\n  DELETE FROM t@crm;\nSELECT 1"
    with pytest.raises(SqlError) as caught:
        list(statements(script))
    error = caught.value
    assert script[error.start : error.end] == "DELETE"
    assert str(error).splitlines()[1:] == ["LINE 3:   DELETE FROM t@crm;", " " * 10 + "^^^^^^"]


def test_statements_of_a_script_know_where_they_start() -> None:
    script = "SELECT 1;\n SELECT 2 ;SELECT 3"
    found = list(statements(script))
    assert [script[s.offset : s.offset + len(s.text)] for s in found] == [
        "SELECT 1",
        "SELECT 2",
        "SELECT 3",
    ]
