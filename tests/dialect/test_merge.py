"""MERGE INTO a remote table."""

import re

import pytest

from sqlcrm.dialect import Assignment, Case, Statement, parse
from sqlcrm.errors import SqlError

HEAD = "MERGE INTO t@crm USING s ON t.a = s.a"


def named(statement: Statement, text: str) -> str:
    """Return a marked text with names in place of its marks."""
    for ref in statement.lexed.refs:
        text = text.replace(ref.quoted, f"{ref.name}@{ref.alias}")
    return " ".join(text.split()).replace(" )", ")")


def test_every_part_is_read() -> None:
    text = (
        "WITH c AS (SELECT 1) MERGE INTO t@crm AS x USING u@other y ON x.a = y.a"
        " WHEN MATCHED AND y.gone THEN DELETE"
        " WHEN MATCHED THEN UPDATE SET b = y.b, c = f(1, 2)"
        " WHEN NOT MATCHED BY TARGET AND y.b > 1 THEN INSERT (a, [b c]) VALUES (y.a, f(y.b, 2))"
        " WHEN NOT MATCHED BY SOURCE THEN DO NOTHING"
        " RETURNING merge_action, x.a WITH OPT IN WHERE y.ok"
    )
    found = parse(text)
    assert found.merge is not None
    assert found.target is not None
    assert (found.verb, found.target.name, found.target_alias) == ("merge", "t", "x")
    assert (found.opt_in, found.returning) == ("y.ok", "merge_action, x.a")
    assert found.query == "WITH c AS (SELECT 1)"
    assert named(found, found.merge.source) == "u@other y"
    assert (found.merge.alias, found.merge.source_alias) == ("x", "y")
    assert (found.merge.on, found.merge.key) == ("x.a = y.a", ())
    b, c = text.index("b = y.b"), text.index("c = f")
    assert found.merge.cases == (
        Case(True, False, "y.gone", "delete"),
        Case(
            True,
            False,
            "",
            "update",
            assignments=(Assignment("b", "y.b", b), Assignment("c", "f(1, 2)", c)),
        ),
        Case(False, False, "y.b > 1", "insert", ("a", "b c"), values=("y.a", "f(y.b, 2)")),
        Case(False, True, "", "nothing"),
    )
    assert [ref.name for ref in found.reads] == ["t", "u"]


@pytest.mark.parametrize(
    ("source", "alias"),
    [
        ("s", "s"),
        ("a.s", "s"),
        ('"s t"', "s t"),
        ("s AS x", "x"),
        ("s x", "x"),
        ("u@crm", "u"),
        ("u@crm AS x", "x"),
        ("t@crm x", "x"),
        ("'x.csv'", ""),
        ("'x.csv' x", "x"),
        ("'x.xlsx' x", "x"),
        ("(SELECT a FROM u ON_ WHERE b)", ""),
        ("(SELECT a FROM u JOIN v ON u.a = v.a WHERE CASE WHEN a THEN b END) x", "x"),
        ("(VALUES (1)) AS x(a)", "x"),
        ("read_csv('x.csv') x", "x"),
        ("s JOIN u ON s.a = u.a", ""),
        ("s JOIN u USING (a)", ""),
        ("s x JOIN conflict c ON c.b = CASE WHEN x.a THEN 1 END", ""),
    ],
)
def test_the_source_is_what_may_stand_behind_from(source: str, alias: str) -> None:
    found = parse(f"MERGE INTO t@crm USING {source} ON t.a = b WHEN MATCHED THEN DELETE")
    assert found.merge is not None
    text = named(found, found.merge.source)
    assert text.replace("x@", "'x.xlsx'") == source
    assert (found.merge.source_alias, found.merge.on) == (alias, "t.a = b")


@pytest.mark.parametrize("source", ["s", "s JOIN u USING (x)", "s JOIN u ON s.x = u.x"])
def test_columns_of_one_name_pair_the_rows_by_using(source: str) -> None:
    found = parse(f"MERGE INTO t@crm USING {source} USING (a, b) WHEN MATCHED THEN DELETE").merge
    assert found is not None
    assert (found.source, found.on, found.key) == (source, "", ("a", "b"))


@pytest.mark.parametrize(
    "condition",
    [
        "CASE WHEN s.a THEN true ELSE false END",
        "s.x = CASE s.a WHEN 1 THEN CASE WHEN matched THEN 2 END END AND s.y",
        "(s.a OR s.then)",
        "s.end AND s.case AND s.when",
        "s.a = 'when matched then delete' AND \"when\" = 1",
    ],
)
def test_a_condition_may_hold_words_of_the_statement(condition: str) -> None:
    found = parse(
        f"MERGE INTO t@crm USING s ON {condition} WHEN MATCHED AND {condition} THEN"
        f" UPDATE SET a = {condition} WHEN NOT MATCHED THEN INSERT (a) VALUES ({condition})"
    ).merge
    assert found is not None
    assert found.on == condition
    assert [case.condition for case in found.cases] == [condition, ""]
    assert [a.expression for a in found.cases[0].assignments] == [condition]
    assert found.cases[1].values == (condition,)


@pytest.mark.parametrize("action", ["UPDATE", "UPDATE BY NAME", "UPDATE SET *"])
def test_an_update_may_take_every_column(action: str) -> None:
    found = parse(f"{HEAD} WHEN MATCHED THEN {action}").merge
    assert found is not None
    assert found.cases == (Case(True, False, "", "update"),)


@pytest.mark.parametrize("action", ["INSERT", "INSERT BY NAME", "INSERT *"])
def test_an_insert_may_take_every_column(action: str) -> None:
    found = parse(f"{HEAD} WHEN NOT MATCHED THEN {action} WITH OPT IN")
    assert found.merge is not None
    assert found.merge.cases == (Case(False, False, "", "insert"),)
    assert found.opt_in == ""


def test_a_merge_into_a_local_table_is_duckdbs() -> None:
    for target in ("t", "t@inmemorystorage"):
        found = parse(f"MERGE INTO {target} USING s@crm s ON a = b WHEN MATCHED THEN UPDATE")
        assert (found.verb, found.target, found.merge) == ("local", None, None)
        assert [ref.name for ref in found.reads] == ["s"]


@pytest.mark.parametrize(
    ("text", "message", "underlined"),
    [
        ("MERGE INTO t@crm", "USING and a source come here", "crm"),
        ("MERGE INTO t@crm SET a = 1", "USING and a source come here", "SET"),
        ("MERGE INTO t@crm USING", "MERGE needs WHEN", "MERGE"),
        (HEAD, "MERGE needs WHEN", "MERGE"),
        ("MERGE INTO t@crm USING s WHEN MATCHED THEN DELETE", "ON comes before this", "WHEN"),
        ("MERGE INTO t@crm USING ON a WHEN MATCHED THEN DELETE", "a source and a", "ON"),
        ("MERGE INTO t@crm USING s ON WHEN MATCHED THEN DELETE", "a source and a", "ON"),
        (f"{HEAD} WHEN", "WHEN [NOT] MATCHED", "WHEN"),
        (f"{HEAD} WHEN b THEN DELETE", "WHEN [NOT] MATCHED", "WHEN b"),
        (f"{HEAD} WHEN MATCHED", "needs THEN and UPDATE", "WHEN MATCHED"),
        (f"{HEAD} WHEN MATCHED THEN", "needs THEN and UPDATE", "WHEN MATCHED THEN"),
        (f"{HEAD} WHEN MATCHED b THEN DELETE", "here comes THEN, or AND", "b"),
        (f"{HEAD} WHEN MATCHED AND THEN DELETE", "here comes THEN, or AND", "AND"),
        (f"{HEAD} WHEN MATCHED BY SOURCE THEN DELETE", "here comes THEN", "BY SOURCE"),
        (f"{HEAD} WHEN MATCHED THEN ERROR", "behind THEN comes", "ERROR"),
        (f"{HEAD} WHEN MATCHED THEN DELETE a", "behind THEN comes", "DELETE a"),
        (f"{HEAD} WHEN MATCHED THEN DO SOMETHING", "behind THEN comes", "DO SOMETHING"),
        (f"{HEAD} WHEN MATCHED THEN INSERT", "UPDATE, DELETE or DO NOTHING", "INSERT"),
        (f"{HEAD} WHEN NOT MATCHED THEN DELETE", "there is INSERT or DO NOTHING", "DELETE"),
        (f"{HEAD} WHEN NOT MATCHED THEN UPDATE", "there is INSERT or DO NOTHING", "UPDATE"),
        (f"{HEAD} WHEN NOT MATCHED BY SOURCE THEN INSERT", "UPDATE, DELETE or DO", "INSERT"),
        (f"{HEAD} WHEN NOT MATCHED BY SOURCE THEN UPDATE", "UPDATE needs SET", "UPDATE"),
        (f"{HEAD} WHEN MATCHED THEN UPDATE SET", "SET needs column = value", "SET"),
        (f"{HEAD} WHEN MATCHED THEN UPDATE SET a", "SET needs column = value", "a"),
        (f"{HEAD} WHEN MATCHED THEN UPDATE BY POSITION", "pair by name", "BY POSITION"),
        (f"{HEAD} WHEN MATCHED THEN UPDATE a = 1", "SET column = value", "a = 1"),
        (f"{HEAD} WHEN NOT MATCHED THEN INSERT BY POSITION", "pair by name", "BY POSITION"),
        (f"{HEAD} WHEN NOT MATCHED THEN INSERT VALUES (1)", "VALUES (value", "VALUES (1)"),
        (f"{HEAD} WHEN NOT MATCHED THEN INSERT (a)", "VALUES (value, …) comes here", ")"),
        (f"{HEAD} WHEN NOT MATCHED THEN INSERT (a) SELECT 1", "VALUES (value", "SELECT"),
        (
            f"{HEAD} WHEN NOT MATCHED THEN INSERT (a, b) VALUES (1)",
            "2 columns are named, and 1 values",
            "VALUES (1)",
        ),
        (f"{HEAD} WHEN NOT MATCHED THEN INSERT (a) VALUES (1), (2)", "one list", ", (2)"),
        (f"{HEAD} WHEN NOT MATCHED THEN INSERT (a) VALUES (1", "never closed", "("),
        (f"{HEAD} WHEN MATCHED THEN DELETE RETURNING", "RETURNING needs a list", "RETURNING"),
        ("MERGE INTO runs@sqlcrm USING s ON a WHEN MATCHED THEN DELETE", "read-only", None),
    ],
)
def test_what_is_written_wrongly_is_pointed_at(
    text: str, message: str, underlined: str | None
) -> None:
    with pytest.raises(SqlError, match=re.escape(message)) as caught:
        parse(text)
    place = text[caught.value.start : caught.value.end]
    assert place == (place if underlined is None else underlined)
