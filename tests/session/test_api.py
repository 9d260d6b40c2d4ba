"""The Python way in, as PEP 249 has it."""

import pytest

import sqlcrm


@pytest.fixture
def db(tmp_path):
    with sqlcrm.connect(state=tmp_path / "state") as connection:
        yield connection


def test_rows_come_one_by_one_in_parts_and_whole(db):
    cursor = db.execute("select range from range(6)")
    assert cursor.fetchone() == (0,)
    assert cursor.fetchmany(2) == [(1,), (2,)]
    assert cursor.fetchmany() == [(3,)]
    assert list(cursor) == [(4,), (5,)]
    assert cursor.fetchone() is None
    assert cursor.rowcount == -1
    assert [column[0] for column in cursor.description] == ["range"]


def test_binds_by_position_name_and_number(db):
    assert db.execute("select ? || ?", ["a", "b"]).fetchall() == [("ab",)]
    assert db.execute("select $x", {"x": 3}).fetchall() == [(3,)]
    assert db.execute("select $2 || $1", ["a", "b"]).fetchall() == [("ba",)]


@pytest.mark.parametrize(
    ("sql", "values"),
    [("select ?", []), ("select ?", [1, 2]), ("select ?", 5), ("select ?", "x"),
     ("select 1; select 2", [1])],
)  # fmt: skip
def test_parameters_that_do_not_fit_are_an_error_of_ours(db, sql, values):
    with pytest.raises(sqlcrm.ProgrammingError):
        db.execute(sql, values).fetchall()


def test_results_as_arrow(db):
    table = db.execute("select 1 as a, 'x' as b").arrow()
    assert table.to_pylist() == [{"a": 1, "b": "x"}]


def test_a_closed_connection_or_cursor_says_so(tmp_path):
    connection = sqlcrm.connect(state=tmp_path / "state")
    cursor = connection.execute("select 1")
    cursor.close()
    with pytest.raises(sqlcrm.InterfaceError, match="cursor is closed"):
        cursor.fetchall()
    connection.close()
    connection.close()
    with pytest.raises(sqlcrm.InterfaceError, match="connection is closed"):
        connection.execute("select 1")


def test_fetching_without_a_result_set_says_what_to_do(db):
    with pytest.raises(sqlcrm.ProgrammingError, match="run a SELECT first"):
        db.cursor().fetchall()
    assert db.cursor().description is None


def test_the_module_says_what_it_offers():
    assert (sqlcrm.apilevel, sqlcrm.threadsafety, sqlcrm.paramstyle) == ("2.0", 1, "qmark")
    with pytest.raises(sqlcrm.InterfaceError, match="on_rejected"):
        sqlcrm.connect(on_rejected="ignore")
    with pytest.raises(AttributeError):
        _ = sqlcrm.nothing


def test_a_script_is_checked_whole_before_its_first_statement_runs(db):
    with pytest.raises(sqlcrm.ProgrammingError, match="LINE 2"):
        db.execute("create table made as select 1;\nselec 2")
    with pytest.raises(sqlcrm.ProgrammingError):
        db.execute("from made")


def test_executemany_runs_once_for_each(db):
    db.execute("create table t (a int)")
    db.cursor().executemany("insert into t values (?)", [[1], [2]])
    assert db.execute("select sum(a) from t").fetchall() == [(3,)]
    db.commit()
