"""BEGIN … COMMIT and ROLLBACK around writes of remote tables, judged by the CRM's own state."""

import json
import subprocess
import sys

import pytest

import sqlcrm

TAG = "insert into contact_tags@ac (contact_id, tag_id) values (1, 40), (2, 40)"
NAME = "update contacts@ac set first_name = 'Re' where id in (3, 4)"
REPLY = "update saved_responses@ac set subject = 'Re' where id = 1"
NEW = "insert into tags@ac (tag) values ('Brand new')"


def _writes(crm, since):
    return [c for c in crm.calls()[since:] if c["method"] != "GET"]


def _outcomes(db):
    return db.execute(
        "select statement, state, count(*), max(reason) from operations@sqlcrm "
        "where run_id = (select max(run_id) from operations@sqlcrm) group by all order by all"
    ).fetchall()


def _states(db):
    return [
        state
        for (state,) in db.execute("select state from operations@sqlcrm order by all").fetchall()
    ]


def test_commit_applies_in_order_what_was_planned_and_local_tables_with_it(crm, db):
    since = crm.count()
    cursor = db.execute(f"begin; create table local as select 7 as x; {NEW}; {NAME}; insert into "
                        f"local values (8); commit")  # fmt: skip
    assert [report.verb for report in cursor.reports[-2:]] == ["insert", "update"]
    assert [report.counts for report in cursor.reports[-2:]] == [{"done": 1}, {"done": 2}]
    assert [c["method"] for c in _writes(crm, since)] == ["POST", "PUT", "PUT"]
    assert db.execute("select x from local order by x").fetchall() == [(7,), (8,)]


def test_before_commit_nothing_is_sent_and_the_report_says_what_is_planned(crm, db, counts):
    since = crm.count()
    db.execute("begin")
    assert counts(db.execute(TAG)) == {"planned": 2}
    assert counts(db.execute(REPLY)) == {"planned": 1}
    assert _writes(crm, since) == []
    assert _states(db) == ["planned"] * 3
    db.execute("commit")
    assert len(_writes(crm, since)) == 3
    assert _states(db) == ["done"] * 3


def test_rollback_sends_nothing_and_skips_what_waited_with_the_reason(crm, db):
    before = crm.state()
    since = crm.count()
    db.execute(f"begin; create table local as select 7 as x; {NEW}; {NAME}; rollback")
    assert _writes(crm, since) == []
    assert crm.state() == before
    assert _outcomes(db) == [(3, "skipped", 1, "rolled back"), (4, "skipped", 2, "rolled back")]
    with pytest.raises(sqlcrm.Error):
        db.execute("select * from local")


def test_a_read_that_meets_writes_which_wait_says_commit_first(crm, db):
    db.execute("begin")
    db.execute(TAG)
    since = crm.count()
    for statement in (
        "select * from contact_tags@ac where contact_id = 1",
        "select * from contacts@ac limit 1",
        "update contacts@ac set first_name = 'x' where id = 1",
        "insert into contact_tags@ac (contact_id, tag_id) values (1, 40)",
    ):
        with pytest.raises(sqlcrm.ProgrammingError, match="COMMIT first"):
            db.execute(statement)
    assert crm.count() - since <= 3
    assert len(db.execute("select id from deals@ac limit 1").fetchall()) == 1
    db.execute("commit")
    tagged = db.execute("select contact_id from contact_tags@ac where tag_id = 40").fetchall()
    assert {(1,), (2,)} <= set(tagged)


def test_a_guard_that_refuses_one_statement_lets_commit_write_nothing(crm, opened):
    """F1: a delete among the statements of a transaction needs a word that allows it."""
    with opened(crm, yes=False) as db:
        since = crm.count()
        db.execute("begin")
        db.execute(TAG)
        db.execute("delete from saved_responses@ac where id = 1")
        with pytest.raises(sqlcrm.GuardRefused, match="ROLLBACK gives it up") as refusal:
            db.execute("commit")
        assert refusal.value.exit_code == 6
        assert _writes(crm, since) == []
        assert set(_states(db)) == {"planned"}
        db.execute("rollback")
        assert set(_states(db)) == {"skipped"}
        assert _writes(crm, since) == []


def test_an_error_in_the_middle_skips_the_later_statements_and_says_what_was_applied(crm, db):
    db.execute("begin")
    db.execute(NEW)
    db.execute(NAME)
    db.execute(REPLY)
    since = crm.count()
    sent = []

    def watch(name):
        sent.append(name)
        if name == "settled" and sent.count("settled") == 1:
            crm.fault("expired-token")

    db.session.journal.database.watch = watch
    with pytest.raises(sqlcrm.Error) as stop:
        db.execute("commit")
    crm.fault()
    assert "UPDATE contacts@ac stopped at" in str(stop.value)
    found = db.execute(
        "select statement, state, count(*) from operations@sqlcrm group by all order by all"
    ).fetchall()
    assert (found[0][1], found[-1][1]) == ("done", "skipped")
    why = db.execute("select reason from operations@sqlcrm where state = 'skipped'").fetchall()
    assert any("an earlier statement of the transaction failed" in reason for (reason,) in why)
    assert "Brand new" in {row["tag"] for row in crm.state()["tags"]}
    assert not [c for c in _writes(crm, since) if "savedResponses" in c["path"]]


@pytest.mark.parametrize("change", ["changed", "deleted"])
def test_rows_that_moved_before_commit_are_named_and_nothing_is_written(crm, db, change):
    """F2: a row that the transaction rests on was changed by somebody else meanwhile."""
    db.execute("begin")
    db.execute(NEW)
    db.execute(NAME)
    email = crm.state()["contacts"][3]["email"]
    if change == "changed":
        crm.api("PUT", "contacts/4", {"contact": {"firstName": "Somebody"}})
    else:
        crm.api("DELETE", "contacts/4")
    since = crm.count()
    with pytest.raises(sqlcrm.Error, match=email) as moved:
        db.execute("commit")
    assert moved.value.exit_code == 6
    assert _writes(crm, since) == []
    db.execute("rollback")
    assert set(_states(db)) == {"skipped"}


def test_a_row_that_appeared_before_commit_is_not_made_a_second_time(crm, db):
    db.execute("begin")
    db.execute(NEW)
    crm.api("POST", "tags", {"tag": {"tag": "Brand new", "tagType": "contact"}})
    since = crm.count()
    with pytest.raises(sqlcrm.Error, match="exists by now"):
        db.execute("commit")
    assert _writes(crm, since) == []


def test_commit_and_rollback_of_python_do_the_same(crm, db):
    since = crm.count()
    db.execute("begin")
    db.execute(TAG)
    db.rollback()
    assert _writes(crm, since) == []
    db.execute("begin")
    db.execute(TAG)
    db.commit()
    assert len(_writes(crm, since)) == 2
    db.commit()  # without a transaction each write applied itself
    db.rollback()
    assert len(_writes(crm, since)) == 2


def test_leaving_a_session_with_an_open_transaction_skips_its_writes(crm, opened):
    since = crm.count()
    with opened(crm) as db:
        db.execute("begin")
        db.execute(TAG)
    with opened(crm) as db:
        states = db.execute("select state, reason from operations@sqlcrm").fetchall()
        assert {state for state, _ in states} == {"skipped"}
        assert db.resume() == []
    assert _writes(crm, since) == []


CHILD = """
import json, os, signal, sys
import sqlcrm

settings, state, text = json.loads(sys.argv[1])
db = sqlcrm.connect(ac=settings, state=state, yes=True)
for statement in text:
    db.execute(statement)
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_crash_before_commit_leaves_nothing_that_resume_would_send(crm, opened, tmp_path):
    since = crm.count()
    order = json.dumps([crm.settings, str(tmp_path / "state"), ["begin", TAG, REPLY]])
    child = subprocess.run([sys.executable, "-c", CHILD, order], check=False, timeout=60)
    assert child.returncode == -9
    with opened(crm) as db:
        states = db.execute("select state from operations@sqlcrm").fetchall()
        assert len(states) == 3
        db.resume()
        assert _writes(crm, since) == []
        after = {s for (s,) in db.execute("select state from operations@sqlcrm").fetchall()}
        assert after <= {"planned", "skipped"}
        assert db.execute(TAG).report.counts == {"done": 2}


def test_within_a_transaction_what_is_unchanged_needs_no_commit(crm, db, counts):
    db.execute(TAG)
    db.execute("begin")
    assert counts(db.execute(TAG)) == {"unchanged": 2}
    since = crm.count()
    assert db.execute("commit").report.counts == {"unchanged": 2}
    assert _writes(crm, since) == []


def test_after_a_rollback_the_same_statement_is_done_at_once(crm, db, counts):
    db.execute(f"begin; {TAG}; rollback")
    assert counts(db.execute(TAG)) == {"done": 2}
