"""Ways in which a write once went wrong, each found by somebody who looked for harm."""

from contextlib import nullcontext

import pytest

import sqlcrm


def _contact(crm, email):
    found = [c for c in crm.state()["contacts"] if (c["email"] or "").lower() == email.lower()]
    return found[0] if found else None


def _someone(crm):
    return next(c for c in crm.state()["contacts"] if c["lastName"] and c["firstName"])


def test_set_of_a_column_that_was_not_inserted_is_undone_and_not_done_twice(crm, db, counts):
    who = _someone(crm)
    text = (
        f"insert into contacts@ac (email) values ('{who['email']}') "
        "on conflict (email) do update set last_name = 'X'"
    )
    report = db.execute(text).report
    assert _contact(crm, who["email"])["lastName"] == "X"
    assert counts(db.execute(text)) == {"unchanged": 1}
    db.undo(report.run).apply()
    assert _contact(crm, who["email"])["lastName"] == who["lastName"]


def test_set_of_a_column_that_excluded_does_not_have_is_null(crm, db, counts):
    who = _someone(crm)
    text = (
        f"insert into contacts@ac (email) values ('{who['email']}') "
        "on conflict (email) do update set phone = excluded.phone"
    )
    assert set(counts(db.execute(text))) <= {"done", "unchanged"}
    assert not _contact(crm, who["email"])["phone"]


def test_rows_whose_key_cannot_be_one_let_nobody_be_deleted(crm, db, counts):
    """F4: a source that is spoiled half-way says nothing of who is missing."""
    db.execute("create table src as select email, first_name from contacts@ac where email <> ''")
    db.execute(
        "update src set email = replace(email, '@', ' at ') where email in "
        "(select email from src order by email limit 60)"
    )
    before = len(crm.state()["contacts"])
    found = counts(
        db.execute("sync src to contacts@ac where email <> '' with delete identified by email")
    )
    assert found["skipped"] == found["rejected"] == 60
    assert len(crm.state()["contacts"]) == before


@pytest.mark.parametrize("source", ["'x x' email", "null::varchar email"])
def test_a_source_without_one_usable_key_deletes_nobody(crm, db, source):
    """F4: it is as good as empty."""
    before = len(crm.state()["contacts"])
    refused = pytest.raises(sqlcrm.GuardRefused) if "null" in source else nullcontext()
    with refused:
        db.execute(
            f"sync (select {source}) to contacts@ac where email <> '' with delete "
            "ignore nulls on identified by identified by email"
        )
    assert len(crm.state()["contacts"]) == before


NOTE = "insert into contact_notes@ac (contact_id, note) values (1, 'only once')"


def _notes(crm):
    return [n["note"] for n in crm.state()["notes"]].count("only once")


def test_a_plan_of_rows_that_only_the_journal_remembers_is_applied_once(crm, db, tmp_path):
    """F2: what another run has made since has moved."""
    db.plan(NOTE).save(tmp_path / "n.plan")
    db.load_plan(tmp_path / "n.plan").apply()
    with pytest.raises(sqlcrm.PlanMoved, match="made by another run"):
        db.load_plan(tmp_path / "n.plan").apply()
    assert _notes(crm) == 1


def test_an_undo_that_was_planned_twice_is_applied_once(crm, db):
    run = db.execute(NOTE).report.run
    deleted = db.execute(
        "delete from contact_notes@ac where contact_id = 1 and note = 'only once'"
    ).report.run
    assert run < deleted
    first, second = db.undo(deleted), db.undo(deleted)
    first.apply()
    with pytest.raises(sqlcrm.PlanMoved, match="undone already"):
        second.apply()
    assert _notes(crm) == 1


def test_equal_rows_that_only_the_journal_remembers_do_not_wait_twice_for_commit(crm, db):
    db.execute("begin")
    db.execute(NOTE)
    with pytest.raises(sqlcrm.ProgrammingError, match="COMMIT first"):
        db.execute(NOTE)
    db.execute("commit")
    assert _notes(crm) == 1


def test_a_local_target_with_a_scope_gets_no_row_twice(db, counts):
    db.execute("create table s as select 4 k, 'b' v")
    db.execute("create table d as select 5 k, 'a' v")
    for _ in range(3):
        db.execute("sync s to d where v = 'a' with insert or update or delete identified by k")
    assert db.execute("select * from d").fetchall() == [(4, "b")]


def test_an_opt_out_stays_with_the_address_that_it_was_made_for(crm, db, counts):
    """C7: an unsubscribed person gets another address, is deleted, and comes back with the old."""
    left = next(r for r in crm.state()["contactLists"] if str(r["status"]) == "2")
    who = next(c for c in crm.state()["contacts"] if str(c["id"]) == str(left["contact"]))
    db.execute(f"update contacts@ac set email = 'other@example.org' where id = {who['id']}")
    db.execute(f"delete from contacts@ac where id = {who['id']}")
    db.execute(f"insert into contacts@ac (email) values ('{who['email']}')")
    new = _contact(crm, who["email"])["id"]
    db.execute(
        "insert into contact_lists@ac (contact_id, list_id, status) "
        f"values ({new}, {left['list']}, 1)"
    )
    rows = [r for r in crm.state()["contactLists"] if str(r["contact"]) == str(new)]
    assert [str(r["status"]) for r in rows] == ["2"]


def test_returning_that_fails_says_that_the_write_is_done(crm, db):
    with pytest.raises(sqlcrm.Error, match="write itself is done"):
        db.execute("insert into contacts@ac (email) values ('r4@example.org') returning email::int")
    assert _contact(crm, "r4@example.org")


def test_a_stopped_run_is_finished_or_given_up_before_it_is_undone(crm, db, one_by_one):
    stop = iter([False] * 4 + [True] * 99)
    db.session.progress = lambda _: db.cancel() if next(stop) else None
    with pytest.raises(sqlcrm.Error):
        db.execute(
            "set bulk = off; insert into contacts@ac (email) "
            "select 'stop' || i || '@example.org' from range(12) t(i)"
        )
    db.session.progress = lambda _: None
    run = db.session.last_run
    with pytest.raises(sqlcrm.ProgrammingError, match="--give-up"):
        db.undo(run)
    from sqlcrm.session.resuming import give_up

    give_up(db.session, run)
    assert db.resume() == []
    db.undo(run).apply()
    assert not [c for c in crm.state()["contacts"] if (c["email"] or "").startswith("stop")]
