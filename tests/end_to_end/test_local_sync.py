"""SYNCHRONIZE into a table of the session: the same rules, done by DuckDB, in one transaction."""

import datetime as dt

import pytest

import sqlcrm


def _table(db, name, columns, *rows):
    db.execute(f"create or replace table {name} ({columns})")
    for row in rows:
        marks = ", ".join("?" for _ in row)
        db.execute(f"insert into {name} values ({marks})", list(row))


def _rows(db, name="mine"):
    return sorted(db.execute(f"select * from {name}").fetchall(), key=str)


@pytest.fixture
def both(db):
    """A target of three rows, and a source that changes one of them and adds one."""
    _table(db, "mine", "id int, name text, note text", (1, "A", "x"), (2, "B", "y"), (3, "C", "z"))
    _table(db, "other", "id int, name text, note text", (1, "A", "x"), (2, "Q", "y"), (4, "D", "w"))
    return db


ALL = "synchronize other to mine with insert or update or delete identified by id"


def test_the_target_becomes_the_source_and_then_nothing(crm, both, counts):
    since = crm.count()
    assert counts(both.execute(ALL)) == {"done": 3, "unchanged": 1}
    assert _rows(both) == _rows(both, "other")
    assert counts(both.execute(ALL)) == {"unchanged": 3}
    assert crm.count() == since


def test_from_turns_the_sides_around(both, counts):
    statement = ALL.replace("other to mine", "mine from other")
    assert counts(both.execute(statement)) == {"done": 3, "unchanged": 1}
    assert _rows(both) == _rows(both, "other")


def test_what_is_not_named_after_with_is_not_done(both, counts):
    assert counts(both.execute("sync other to mine with insert identified by id")) == {
        "done": 1,
        "unchanged": 2,
    }
    assert _rows(both) == [(1, "A", "x"), (2, "B", "y"), (3, "C", "z"), (4, "D", "w")]
    both.execute("sync other to mine with update identified by id")
    assert (2, "Q", "y") in _rows(both)
    both.execute("sync other to mine with delete identified by id")
    assert (3, "C", "z") not in _rows(both)


def test_columns_can_be_chosen_for_each_step(both, counts):
    both.execute("update other set note = 'changed'")
    both.execute("sync other to mine with insert all except note or update NAME identified by ID")
    assert _rows(both) == [(1, "A", "x"), (2, "Q", "y"), (3, "C", "z"), (4, "D", None)]


def test_changes_to_an_ignored_column_are_no_reason_but_are_written_along(both, counts):
    both.execute("update other set note = 'changed'")
    statement = "sync other to mine with update ignore changes to note identified by id"
    assert counts(both.execute(statement)) == {"done": 1, "unchanged": 2}
    assert _rows(both) == [(1, "A", "x"), (2, "Q", "changed"), (3, "C", "z")]


@pytest.mark.parametrize(
    ("clause", "keyless", "value"),
    [("", 1, None), ("on all", 0, "B"), ("on identified by", 0, None), ("on values", 1, "B")],
)
def test_nulls_are_ignored_where_that_is_asked_for(both, counts, clause, keyless, value):
    both.execute("update other set name = null where id = 2")
    both.execute("insert into other values (null, 'N', 'n')")
    ignoring = "" if (keyless, value) == (1, None) else f"ignore nulls {clause}"
    statement = f"sync other to mine with insert or update {ignoring} identified by id"
    both.execute(statement)
    found = _rows(both)
    assert sum(row[0] is None for row in found) == keyless
    assert next(row[1] for row in found if row[0] == 2) == value
    assert counts(both.execute(statement)) == {"unchanged": 4}


def test_a_null_key_matches_a_null_key(both, counts):
    both.execute("insert into other values (null, 'N', 'n')")
    both.execute("insert into mine values (null, 'old', 'n')")
    assert counts(both.execute(ALL)) == {"done": 4, "unchanged": 1}
    assert _rows(both) == _rows(both, "other")


def test_rows_without_a_key_are_left_alone_where_such_rows_are_ignored(both):
    both.execute("insert into mine values (null, 'kept', 'n')")
    both.execute(ALL.replace("identified", "ignore nulls on identified by identified"))
    assert (None, "kept", "n") in _rows(both)


@pytest.mark.parametrize(("side", "table"), [("source", "other"), ("target", "mine")])
def test_a_key_that_occurs_twice_is_refused_before_the_first_write(both, side, table):
    both.execute(f"insert into {table} values (2, 'again', 'y')")
    before = _rows(both)
    with pytest.raises(sqlcrm.ProgrammingError, match=f"more than once in the {side}: 2"):
        both.execute(ALL)
    assert _rows(both) == before


def test_a_key_twice_in_the_target_matters_only_where_the_source_has_it(both, counts):
    both.execute("insert into mine values (3, 'again', 'z')")
    statement = "sync other to mine with insert or update identified by id"
    assert counts(both.execute(statement)) == {"done": 2, "unchanged": 1}


def test_a_scope_limits_what_is_compared_and_deleted(both, counts):
    both.execute("insert into mine values (9, 'Z', 'z'), (10, 'Z', 'y')")
    statement = (
        "sync (select * from other where id < 4) to mine where mine.note <> 'z' "
        "with update or delete identified by id"
    )
    assert counts(both.execute(statement)) == {"done": 2, "unchanged": 1}
    assert _rows(both) == [(1, "A", "x"), (2, "Q", "y"), (3, "C", "z"), (9, "Z", "z")]


def test_error_after_writes_nothing_and_exit_after_the_first_rows_only(both, counts):
    both.execute("insert into other select i, 'N', 'n' from range(10, 15) t(i)")
    before = _rows(both)
    statement = "sync other to mine with insert {} after 2 rows or update identified by id"
    with pytest.raises(sqlcrm.GuardRefused, match="ERROR AFTER 2 ROWS: 6 rows"):
        both.execute(statement.format("error"))
    assert _rows(both) == before
    cursor = both.execute(statement.format("exit"))
    assert counts(cursor) == {"done": 3, "skipped": 4, "unchanged": 1}
    assert "4 further rows were skipped" in " ".join(cursor.report.notices)
    assert [row[0] for row in _rows(both)] == [1, 10, 2, 3, 4]


def test_values_take_the_types_of_the_target(db, counts):
    _table(db, "mine", "id int, born date, amount double", (1, dt.date(2000, 2, 1), 1.5))
    _table(
        db,
        "other",
        "ID text, born text, amount text",
        ("1", "2000-02-01", "1.50"),
        ("2", "2001-03-04", "7"),
    )
    statement = "sync other to mine with insert or update identified by id"
    assert counts(db.execute(statement)) == {"done": 1, "unchanged": 1}
    assert _rows(db)[1] == (2, dt.date(2001, 3, 4), 7.0)
    assert counts(db.execute(statement)) == {"unchanged": 2}


def test_values_that_do_not_fit_are_rejected_and_the_rest_goes_on(db, counts):
    _table(db, "mine", "id int, born date")
    _table(db, "other", "id int, born text", (1, "soon"), (2, "2001-03-04"), (3, "it's"))
    statement = "sync other to mine with insert {} identified by id"
    cursor = db.execute(statement.format(""))
    assert counts(cursor) == {"done": 1, "rejected": 2}
    assert cursor.report.rejected[0] == (1, {"id": 1}, "born: soon is no DATE")
    assert cursor.report.exit_code == 4
    db.execute("delete from mine")
    cursor = db.execute(statement.format("continue on first 1 errors"))
    assert counts(cursor) == {"rejected": 2, "skipped": 1}
    assert _rows(db) == []
    cursor = db.execute(statement.format("continue on first 2 errors"))
    assert counts(cursor) == {"done": 1, "rejected": 2}


def test_a_rejected_row_does_not_delete_what_it_was_meant_for(db, counts):
    _table(db, "mine", "id int, born date", (1, dt.date(2000, 1, 1)))
    _table(db, "other", "id int, born text", (1, "soon"))
    statement = "sync other to mine with update or delete identified by id"
    assert counts(db.execute(statement)) == {"rejected": 1}
    assert len(_rows(db)) == 1


def test_keys_without_case_stay_so_on_either_side(db, counts):
    _table(db, "mine", "k text collate nocase, v int", ("ana", 1))
    _table(db, "other", "k text, v int", ("ANA", 2))
    statement = "sync other to mine with insert or update identified by k"
    assert counts(db.execute(statement)) == {"done": 1}
    assert _rows(db) == [("ana", 2)]
    db.execute("insert into other values ('Ana', 3)")
    with pytest.raises(sqlcrm.ProgrammingError, match="more than once in the source"):
        db.execute(statement)


def test_a_constraint_of_the_target_leaves_it_as_it_was(both):
    _table(both, "mine", "id int, name text check (name <> 'D'), note text", (2, "B", "y"))
    with pytest.raises(sqlcrm.DataError):
        both.execute(ALL)
    assert _rows(both) == [(2, "B", "y")]
    both.execute("begin")  # and no transaction is left open
    both.execute("rollback")


def test_a_transaction_of_the_user_decides(both):
    before = _rows(both)
    both.execute("begin")
    both.execute(ALL)
    assert _rows(both) == _rows(both, "other")
    both.execute("rollback")
    assert _rows(both) == before
    both.execute("begin")
    both.execute(ALL)
    both.execute("commit")
    assert _rows(both) == _rows(both, "other")


def test_a_view_over_a_remote_table_is_a_source(crm, db, counts):
    db.execute("create table copy (id bigint, first_name text)")
    db.execute("create view seen as select id, first_name from contacts@ac where id < 4")
    statement = "sync seen to copy with insert identified by id"
    assert counts(db.execute(statement)) == {"done": 3}


def test_a_plan_of_a_script_does_local_ones_so_that_what_follows_is_true(crm, db):
    db.execute("create table copy (email text, first_name text)")
    plan = db.plan(
        "sync (select 'n@example.org' email, 'N' first_name) to copy with insert "
        "identified by email; insert into contacts@ac (email, first_name) select * from copy"
    )
    assert plan.counts == {"create": 1}


def test_a_target_that_is_not_there_or_a_view_is_an_error_that_says_so(both):
    with pytest.raises(sqlcrm.Error, match=r"there is no table nowhere .* CREATE TABLE nowhere"):
        both.execute(ALL.replace("mine", "nowhere"))
    both.execute("create view seen as select * from mine")
    with pytest.raises(sqlcrm.Error, match="seen is a view"):
        both.execute(ALL.replace("mine", "seen"))


def test_columns_that_are_not_on_both_sides_are_told(both):
    both.execute("alter table other add column extra int")
    cursor = both.execute(ALL)
    assert "not in mine, so not written: extra of other" in cursor.report.notices
    with pytest.raises(sqlcrm.ProgrammingError, match=r"mine has no column 'nome'\. Did you mean"):
        both.execute(ALL.replace("by id", "by nome"))
    both.execute("alter table mine add column gone int")
    with pytest.raises(sqlcrm.ProgrammingError, match="the source other has no column gone"):
        both.execute(ALL.replace("update", "update gone"))


def test_a_remote_source_comes_with_its_custom_fields(crm, db, counts):
    db.execute("create table copy (id bigint, email text, city text)")
    statement = "synchronize contacts@ac to copy with insert or update or delete identified by id"
    since = crm.count()
    cursor = db.execute(statement)
    assert counts(cursor) == {"done": 300}
    assert sum(cursor.report.calls.values()) == crm.count() - since
    assert {row[1] for row in _rows(db, "copy")} == {c["email"] for c in crm.state()["contacts"]}
    assert any(row[2] for row in _rows(db, "copy"))
    gone = crm.state()["contacts"][0]
    crm.api("DELETE", f"contacts/{gone['id']}")
    crm.api("PUT", "contacts/5", {"contact": {"email": "moved@example.org"}})
    assert counts(db.execute(statement)) == {"done": 2, "unchanged": 298}


def test_binds_queries_and_the_name_inmemorystorage_work(both, counts):
    statement = (
        "sync (select * from other@inmemorystorage where id >= ?) to mine@inmemorystorage "
        "where id >= ? with insert or update or delete identified by id"
    )
    assert counts(both.execute(statement, [2, 2])) == {"done": 3}
    assert _rows(both) == [(1, "A", "x"), (2, "Q", "y"), (4, "D", "w")]


def test_the_report_tells_what_was_done_without_a_run(both):
    lines = both.execute(ALL).report.lines()
    assert lines[0].startswith("SYNCHRONIZE mine: 3 done, 1 unchanged  (0 calls;")
    assert "run" not in lines[0]
