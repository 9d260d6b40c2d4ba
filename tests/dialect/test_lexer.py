"""Remote names in a statement's text: where they are found, and where an @ is DuckDB's own."""

import pytest

from sqlcrm.dialect import lex, split
from sqlcrm.errors import SqlError

POSITIONS = [
    "SELECT * FROM {}",
    "FROM {}",
    "SELECT * FROM a JOIN {} ON a.id = t.id",
    "SELECT * FROM a LEFT JOIN {} USING (id)",
    "SELECT * FROM a, {}",
    "SELECT * FROM a, b, {} WHERE true",
    "SELECT * FROM ({})",
    "SELECT * FROM (SELECT * FROM {}) s",
    "SELECT * FROM a WHERE id IN (SELECT id FROM {})",
    "SELECT (SELECT max(id) FROM {})",
    "WITH c AS (SELECT * FROM {}) SELECT * FROM c",
    "WITH RECURSIVE c AS (SELECT 1 UNION ALL SELECT id FROM {}) SELECT * FROM c",
    "SELECT id FROM a UNION ALL SELECT id FROM {}",
    "SELECT id FROM {} EXCEPT SELECT id FROM a",
    "INSERT INTO {} (a) SELECT 1",
    "INSERT INTO a SELECT * FROM {}",
    "UPDATE {} SET a = 1 WHERE true",
    "UPDATE a SET b = 1 FROM {} WHERE true",
    "DELETE FROM {} WHERE true",
    "DELETE FROM a USING {} WHERE true",
    "CREATE TABLE a AS SELECT * FROM {}",
    "CREATE OR REPLACE TABLE a AS FROM {}",
    "DESCRIBE {}",
    "SUMMARIZE {}",
    "EXPLAIN SELECT * FROM {}",
    "COPY (SELECT * FROM {}) TO 'a.csv'",
    "COPY {} TO 'a.csv'",
    "PIVOT {} ON a USING count(*)",
    "SELECT * FROM {} TABLESAMPLE 10%",
    "SELECT * FROM {} AS x(a, b)",
]


@pytest.mark.parametrize("around", POSITIONS)
def test_a_remote_name_is_found_wherever_a_table_may_stand(around: str) -> None:
    text = around.format("people@crm")
    (ref,) = lex(text).refs
    assert (ref.kind, ref.name, ref.alias) == ("remote", "people", "crm")
    assert text[ref.start : ref.end] == "people@crm"
    assert lex(text).marked == around.format(ref.quoted + " " * 7)


@pytest.mark.parametrize(
    ("written", "qualifiers", "name"),
    [
        ("people@crm", (), "people"),
        ('"people"@crm', (), "people"),
        ('"Pe""ople"@CRM', (), 'Pe"ople'),
        ("[My people]@crm", (), "My people"),
        ('people@"crm"', (), "people"),
        ("main.people@crm", ("main",), "people"),
        ("cat.main.people@crm", ("cat", "main"), "people"),
        ("cat..people@crm", ("cat", ""), "people"),
        ('[cat]."main".[people]@crm', ("cat", "main"), "people"),
        ("größe@crm", (), "größe"),
        ("order@crm", (), "order"),
        ("values_of@crm", (), "values_of"),
    ],
)
def test_names_may_be_plain_quoted_or_in_brackets(
    written: str, qualifiers: tuple[str, ...], name: str
) -> None:
    text = f"SELECT * FROM {written} WHERE id = 1"
    (ref,) = lex(text).refs
    assert (ref.qualifiers, ref.name, ref.alias) == (qualifiers, name, "crm")
    assert text[ref.start : ref.end] == written


def test_the_connection_is_read_without_regard_to_case_and_the_name_kept_as_written() -> None:
    (ref,) = lex("FROM People@CRM").refs
    assert (ref.name, ref.alias) == ("People", "crm")


@pytest.mark.parametrize(
    "text",
    [
        "SELECT @x",
        "SELECT a, @x FROM t",
        "SELECT a - @b FROM t",
        "SELECT a @ b",
        "SELECT a@ b FROM t",
        "SELECT a @b FROM t",
        "SELECT x-@y FROM t",
        "SELECT (@x)",
        "SELECT * FROM t WHERE@x > 1",
        "SELECT@x FROM t",
        "SELECT 5@x",
        "SELECT a@5 FROM t",
        "SELECT [1, 2] @> [1]",
        "SELECT 'ana@example.org'",
        "SELECT 'it''s a@b'",
        "SELECT E'it\\'s a@b'",
        'SELECT "a@b" FROM t',
        "SELECT $$ a@b $$",
        "SELECT $tag$ a@b ' $$ $tag$",
        "SELECT 1 -- a@b",
        "SELECT 1 /* a@b */",
        "SELECT 1 /* x /* a@b */ c@d */",
    ],
)
def test_what_is_no_remote_name_stays_as_it_is(text: str) -> None:
    assert lex(text).refs == ()
    assert lex(text).marked == text


@pytest.mark.parametrize(
    ("written", "arguments"),
    [
        ("t@crm(p => 1)", [("p", "1")]),
        ("t(p => 1)@crm", [("p", "1")]),
        ("t@crm(p := 'x, y')", [("p", "'x, y'")]),
        ("t@crm(1, q => [2, 3], r => f(4, 5))", [("", "1"), ("q", "[2, 3]"), ("r", "f(4, 5)")]),
        ("t@crm(c.id)", [("", "c.id")]),
        ("t@crm()", []),
        ("t@crm (p => 1)", [("p", "1")]),
        ("t@crm(\n  p => 1,\n  q => 2\n)", [("p", "1"), ("q", "2")]),
    ],
)
def test_parameters_stand_on_either_side_of_the_connection(
    written: str, arguments: list[tuple[str, str]]
) -> None:
    text = f"SELECT * FROM {written} x"
    (ref,) = lex(text).refs
    assert [(a.name, a.text) for a in ref.arguments] == arguments
    assert text[ref.start : ref.end] == written


def test_a_call_over_several_lines_keeps_the_numbers_of_the_lines_behind_it() -> None:
    text = "SELECT *\nFROM t@crm(\n  p => 1\n)\nWHERE x = 1"
    marked = lex(text).marked
    assert marked.count("\n") == text.count("\n")
    assert marked.index("WHERE") == text.index("WHERE")


def test_columns_behind_insert_are_no_arguments_but_named_values_are() -> None:
    (ref,) = lex("INSERT INTO t@crm (a, b) SELECT 1, 2").refs
    assert ref.arguments == ()
    (ref,) = lex("INSERT INTO t@crm(p => 1) (a, b) SELECT 1, 2").refs
    assert [(a.name, a.text) for a in ref.arguments] == [("p", "1")]
    (ref,) = lex("INSERT INTO x@inmemorystorage (a) VALUES (1)").refs
    assert ref.arguments == ()


def test_binds_are_marked_in_order_but_not_those_within_strings_or_comments() -> None:
    found = lex("SELECT ?, '?', \"?\" /* ? */ FROM t@crm(p => ?) WHERE x = ?")
    assert len(found.binds) == 3
    (ref,) = found.refs
    assert ref.arguments[0].text == found.binds[1]
    assert found.marked.index(found.binds[0]) < found.marked.index(found.binds[2])
    assert len(found.marked) == len(found.text)


@pytest.mark.parametrize(
    ("text", "parsed", "numbers"),
    [
        ("SELECT ?and ?", "SELECT # and #", (1, 2)),
        ("SELECT 1 IN?", "SELECT 1 IN #", (1,)),
        ("SELECT x=?AND?=y", "SELECT x=# AND #=y", (1, 2)),
        ("SELECT ?2, ?1, ?2", "SELECT # , # , # ", (2, 1, 2)),
        ("SELECT ?1and ?2", "SELECT # and # ", (1, 2)),
    ],
)
def test_a_bind_stays_apart_from_its_neighbours(
    text: str, parsed: str, numbers: tuple[int, ...]
) -> None:
    found = lex(text)
    query = found.query()
    for mark in found.binds:
        query = query.replace(mark, "#")
    assert (query, found.numbers) == (parsed, numbers)
    assert len(found.marked) == len(text)
    for word in ("SELECT", "AND", "and", "y"):
        if word in query:
            assert found.place(query.index(word)) == text.index(word)


def test_a_bind_that_is_cast_is_a_bind_and_a_quoted_name_is_none() -> None:
    found = lex("""SELECT ?::int, '?', "?", ? FROM people@ac""")
    assert found.numbers == (1, 2)
    assert "::int" in found.marked


def test_binds_with_and_without_a_number_are_not_mixed() -> None:
    with pytest.raises(SqlError, match="number"):
        lex("SELECT ?2, ?")


@pytest.mark.parametrize(
    ("text", "underlined"),
    [
        ("SELECT count(*) FROM t@crm(", "("),
        ("SELECT count(*) FROM t@crm(a => 1", "("),
        ("SELECT count(*) FROM t@crm(a => [1)", "("),
        ("SELECT * FROM read_excel('a.xls'", "("),
    ],
)
def test_what_no_parser_would_take_is_pointed_at(text: str, underlined: str) -> None:
    with pytest.raises(SqlError) as caught:
        lex(text)
    assert text[caught.value.start : caught.value.end] == underlined


def test_half_a_character_is_refused_in_words_that_can_be_shown() -> None:
    with pytest.raises(SqlError) as caught:
        lex("SELECT '\ud800'")
    assert str(caught.value).encode()


def test_marks_avoid_characters_that_the_text_holds_already() -> None:
    text = "SELECT '\ue000\ue001' FROM t@crm WHERE x = ?"
    found = lex(text)
    assert not {found.refs[0].mark, *found.binds} & set(text)


@pytest.mark.parametrize(
    ("text", "kind", "name"),
    [
        ("SELECT * FROM 'my book.xlsx'", "file", "my book"),
        ("SELECT * FROM a JOIN 'dir/b.ODS' USING (x)", "file", "b"),
        ("SELECT * FROM read_excel('b.xls', sheet => 'S')", "file", "read_excel"),
        ("SELECT 'x', y FROM a JOIN c ON a.x = c.x, 'b.xlsx' WHERE true", "file", "b"),
    ],
)
def test_spreadsheets_at_table_positions_are_ours(text: str, kind: str, name: str) -> None:
    (ref,) = lex(text).refs
    assert (ref.kind, ref.name) == (kind, name)


@pytest.mark.parametrize(
    "text",
    [
        "SELECT * FROM 'a.csv'",
        "SELECT 'a.xlsx'",
        "SELECT * FROM t WHERE f = 'a.xlsx'",
        "SELECT 1, 'a.xlsx' FROM t",
        "SELECT a IS DISTINCT FROM b, 'a.xlsx'",
        "SELECT * FROM t WHERE f IN ('b', 'a.xlsx')",
        "SELECT * FROM t ORDER BY f, 'a.xlsx'",
        "SELECT read_excel FROM t",
    ],
)
def test_other_files_and_texts_are_duckdbs(text: str) -> None:
    assert lex(text).refs == ()


@pytest.mark.parametrize(
    ("text", "underlined"),
    [
        ("SELECT * FROM t WHERE a = ana@example.org", "ana@example.org"),
        ("SELECT people@crm.id FROM people@crm", "people@crm.id"),
    ],
)
def test_an_address_without_quotes_is_pointed_at(text: str, underlined: str) -> None:
    with pytest.raises(SqlError, match="quotes") as caught:
        lex(text)
    assert text[caught.value.start : caught.value.end] == underlined


@pytest.mark.parametrize("text", ["SELECT 'open", 'SELECT "open', "SELECT /* open"])
def test_an_unfinished_quote_or_comment_is_pointed_at(text: str) -> None:
    with pytest.raises(SqlError, match="ends within") as caught:
        lex(text)
    assert 0 <= caught.value.start < len(text)


def test_a_script_is_cut_at_semicolons_that_stand_in_no_quotes() -> None:
    script = " SELECT ';' ;; -- a;b\nSELECT $$;$$;\n/* ; */ SELECT 3 "
    found = list(split(script))
    assert [text for _, text in found] == ["SELECT ';'", "SELECT $$;$$", "SELECT 3"]
    assert all(script[start : start + len(text)] == text for start, text in found)


@pytest.mark.parametrize("script", ["", " \n", ";", "-- nothing", "/* nothing */ ;"])
def test_a_script_of_nothing_has_no_statement(script: str) -> None:
    assert list(split(script)) == []
