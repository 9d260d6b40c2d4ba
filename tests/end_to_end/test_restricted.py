"""The locked form, for statements of strangers: no file, no setting, no secret."""

import pytest
import xlsxwriter

import sqlcrm


@pytest.mark.parametrize(
    "statement",
    [
        "select * from read_csv('{0}/a.csv')",
        "select * from '{0}/a.csv'",
        "select * from '{0}/a.xlsx'",
        "select * from read_excel('{0}/a.xlsx')",
        "select * from read_text('{0}/a.csv')",
        "select * from glob('{0}/*')",
        "copy (select 1) to '{0}/out.csv'",
        "attach '{0}/x.duckdb' as x",
        "install httpfs",
        "load httpfs",
        "set enable_external_access = true",
        "set lock_configuration = false",
        "set temp_directory = '{0}'",
        "export database '{0}/out'",
        "select getenv('HOME')",
        "create secret s (type s3, key_id 'a', secret 'b')",
        "pragma enable_profiling='json'",
        "select * from secret_variable",
        "import database '{0}'",
        "copy (select * from read_csv('{0}/a.csv')) to '/dev/stdout'",
    ],
)
def test_nothing_leaves_or_enters_a_restricted_session(tmp_path, statement):
    secret_variable = {"a": [1]}  # DuckDB could read variables of the calling frame by name
    assert secret_variable
    (tmp_path / "a.csv").write_text("a\n1\n")
    with xlsxwriter.Workbook(tmp_path / "a.xlsx") as book:
        book.add_worksheet().write(0, 0, "a")
    before = sorted(tmp_path.iterdir())
    with sqlcrm.connect(restricted=True) as db, pytest.raises(sqlcrm.Error):
        db.execute(statement.format(tmp_path)).fetchall()
    assert sorted(tmp_path.iterdir()) == before


def test_a_restricted_session_reads_the_crm_and_local_tables(crm, opened):
    with opened(crm, restricted=True) as db:
        db.execute("create table t as select id from contacts@ac where id < 3")
        assert db.execute("select count(*) from t").fetchall() == [(2,)]


def test_a_python_variable_is_never_read_as_a_table():
    secret_variable = {"a": [1]}
    assert secret_variable
    with sqlcrm.connect() as db, pytest.raises(sqlcrm.ProgrammingError):
        db.execute("select * from secret_variable")


def test_temporary_files_lie_in_a_folder_of_the_users_own(tmp_path):
    with sqlcrm.connect(state=tmp_path / "state") as db:
        (folder,) = db.execute("select current_setting('temp_directory')").fetchone()
        assert folder.startswith(str(tmp_path / "state"))
        (made,) = (tmp_path / "state").iterdir()
        assert made.stat().st_mode & 0o777 == 0o700
    assert list((tmp_path / "state").iterdir()) == []
