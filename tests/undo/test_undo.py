"""Undo of runs of many kinds: bulk, of several statements, of an undo, broken off, guarded."""

import pytest
from states import difference

import sqlcrm
from sqlcrm.errors import Cancelled


def run_of(cursor):
    assert cursor.report is not None
    return cursor.report.run


def reasons(plan):
    return [one.reason for one in plan.operations if one.reason]


def restored(crm, before):
    return difference(before, crm.state())


def test_a_bulk_import_is_taken_back_row_by_row(crm, db):
    before = crm.state()
    people = ", ".join(f"({i}, 40)" for i in range(1, 31))
    cursor = db.execute(f"insert into contact_tags@ac (contact_id, tag_id) values {people}")
    assert cursor.report.counts == {"done": 30}
    assert any(c["path"].endswith("/import/bulk_import") for c in crm.writes())
    undo = db.undo(run_of(cursor))
    since = crm.count()
    assert undo.apply()[0].counts == {"done": 30}
    assert len(crm.writes(since)) == undo.forecast.writes
    assert len(crm.calls(since)) <= undo.calls
    assert restored(crm, before) == {}


def test_new_people_with_fields_in_bulk_are_gone_again_and_changed_ones_as_they_were(crm, db):
    known = crm.state()["contacts"][:20]
    before = crm.state()
    values = ", ".join(
        [f"('bulk{i}@example.org', 'New', 'Delft')" for i in range(20)]
        + [f"('{one['email']}', 'Changed', null)" for one in known]
    )
    cursor = db.execute(
        f"insert into contacts@ac (email, first_name, city) values {values} "
        "on conflict (email) do update set first_name = excluded.first_name"
    )
    assert cursor.report.counts == {"done": 40}
    undo = db.undo(run_of(cursor))
    since = crm.count()
    assert undo.apply()[0].counts == {"done": 40}
    assert len(crm.calls(since)) <= undo.calls
    assert restored(crm, before) == {}


def test_a_row_that_one_run_changed_twice_is_as_it_was_before_the_first(crm, db):
    before = crm.state()
    cursor = db.execute(
        "update contacts@ac set first_name = 'One', phone = '+3112345678' where id = 3;"
        "update contacts@ac set first_name = 'Two' where id = 3;"
        "update contacts@ac set last_name = 'Three' where id = 3"
    )
    undo = db.undo(run_of(cursor))
    assert [part.number for part in undo.parts] == [3, 2, 1]
    assert {report.counts["done"] for report in undo.apply()} == {1}
    assert restored(crm, before) == {}


def test_a_row_that_a_run_made_and_then_changed_is_gone(crm, db):
    before = crm.state()
    cursor = db.execute(
        "insert into contacts@ac (email, first_name) values ('new@example.org', 'New');"
        "update contacts@ac set first_name = 'Newer' where email = 'new@example.org'"
    )
    db.undo(run_of(cursor)).apply()
    assert restored(crm, before) == {}


def test_a_contact_that_was_made_tagged_and_noted_is_gone_with_tag_and_note(crm, db):
    before = crm.state()
    cursor = db.execute(
        "insert into contacts@ac (email) values ('new@example.org');"
        "insert into contact_tags@ac (contact_id, tag_id) "
        "select id, 40 from contacts@ac where email = 'new@example.org';"
        "insert into notes@ac (note, related_id, related_type) "
        "select 'Hello', id, 'Subscriber' from contacts@ac where email = 'new@example.org'"
    )
    undo = db.undo(run_of(cursor))
    assert undo.counts == {"delete": 2, "unlink": 1}
    undo.apply()
    assert restored(crm, before) == {}


def test_what_undo_deleted_undoing_the_undo_makes_again(crm, db):
    first = db.execute("insert into tags@ac (tag, description) values ('Once', 'd')")
    tagged = crm.state()
    undone = db.undo(run_of(first)).apply()[0]
    assert "Once" not in {row["tag"] for row in crm.state()["tags"]}
    again = db.undo(undone.run)
    assert again.counts == {"create": 1}
    again.apply()
    assert difference(tagged, crm.state(), "tags") == {}


def test_an_update_is_back_where_its_undo_is_undone(crm, db):
    cursor = db.execute("update contacts@ac set first_name = 'Re' where id in (3, 4)")
    changed = crm.state()
    undone = db.undo(run_of(cursor)).apply()[0]
    assert restored(crm, changed) != {}
    db.undo(undone.run).apply()
    assert restored(crm, changed) == {}


def test_a_second_undo_has_nothing_to_do_and_sends_nothing(crm, db):
    run = run_of(db.execute("update contacts@ac set first_name = 'Re' where id in (3, 4)"))
    db.undo(run).apply()
    since = crm.count()
    again = db.undo(run)
    assert again.empty
    assert again.apply() == []
    assert crm.count() == since


def test_rows_that_were_changed_since_are_listed_and_left_alone_unless_forced(crm, db):
    before = crm.state()
    run = run_of(db.execute("update contacts@ac set first_name = 'Re' where id in (3, 4, 5)"))
    crm.api("PUT", "contacts/4", {"contact": {"firstName": "Somebody"}})
    crm.api("DELETE", "contacts/5")
    undo = db.undo(run)
    assert undo.counts == {"update": 1, "rejected": 2}
    assert "first_name is 'Somebody', and was left as 'Re'" in reasons(undo)[0]
    assert reasons(undo)[1] == "is not there any more"
    report = undo.apply()[0]
    assert report.exit_code == 4
    names = {row["id"]: row["firstName"] for row in crm.state()["contacts"]}
    assert names["4"] == "Somebody"
    forced = db.undo(run, force=True)
    assert forced.counts == {"update": 1, "rejected": 1}
    forced.apply()
    assert restored(crm, before)["contacts"] == (1, 0)


def test_a_made_row_that_was_changed_since_stays_unless_forced(crm, db):
    before = crm.state()
    run = run_of(db.execute("insert into tags@ac (tag, description) values ('Once', 'd')"))
    key = next(row["id"] for row in crm.state()["tags"] if row["tag"] == "Once")
    crm.api("PUT", f"tags/{key}", {"tag": {"description": "other"}})
    assert db.undo(run).counts == {"rejected": 1}
    db.undo(run, force=True).apply()
    assert restored(crm, before) == {}


def test_a_deletion_that_somebody_made_good_is_left_as_it_is(crm, db):
    run = run_of(db.execute("delete from contact_tags@ac where contact_id = 2 and tag_id = 4"))
    assert db.undo(run).counts == {"link": 1}
    crm.api("POST", "contactTags", {"contactTag": {"contact": "2", "tag": "4"}})
    undo = db.undo(run)
    assert undo.counts == {"unchanged": 1}
    assert reasons(undo) == ["is there again"]


@pytest.mark.parametrize("fault", ["lost-reply", "500"])
def test_an_undo_that_was_broken_off_is_resumed(crm, db, fault):
    before = crm.state()
    run = run_of(
        db.execute("update contacts@ac set first_name = 'Re' where id in (3, 4, 5, 6, 7, 8)")
    )
    undo = db.undo(run)
    sent = []

    def watch(name):
        sent.append(name)
        if sent.count("sent") == 3:
            db.cancel()

    db.session.journal.database.watch = watch
    with pytest.raises(Cancelled):
        undo.apply()
    db.session.journal.database.watch = str
    assert restored(crm, before) != {}
    crm.fault(fault, 0.3)
    (resumed,) = db.resume()
    crm.fault()
    assert resumed.exit_code == 0
    assert restored(crm, before) == {}
    assert db.undo(run).empty


def test_a_forgotten_person_is_left_out_and_the_others_are_taken_back(crm, db):
    people = {row["id"]: row for row in crm.state()["contacts"]}
    run = run_of(db.execute("update contacts@ac set first_name = 'Re' where id in (3, 4)"))
    assert db.session.journal.forget(people["3"]["email"])["operations"] == 1
    undo = db.undo(run)
    assert undo.counts == {"update": 1, "rejected": 1}
    assert reasons(undo) == ["the person that it is about is forgotten"]
    undo.apply()
    names = {row["id"]: row["firstName"] for row in crm.state()["contacts"]}
    assert names["3"] == "Re"
    assert names["4"] == people["4"]["firstName"]


@pytest.mark.parametrize(
    "statement",
    [
        "insert into contacts@ac (email) values ('gone@example.org')",
        "delete from contacts@ac where email = 'there@example.org'",
    ],
)
def test_undo_of_a_forgotten_person_alone_calls_nobody(crm, db, statement):
    crm.api("POST", "contacts", {"contact": {"email": "there@example.org"}})
    run = run_of(db.execute(statement))
    for email in ("gone@example.org", "there@example.org"):
        db.session.journal.forget(email)
    since = crm.count()
    undo = db.undo(run)
    assert reasons(undo) == ["the person that it is about is forgotten"]
    assert undo.empty
    assert crm.count() == since


def test_undo_is_guarded_like_any_write(crm, opened, db):
    made = db.execute("insert into tags@ac (tag) values ('One'), ('Two')")
    careful = opened(yes=False)
    since = crm.count()
    with pytest.raises(sqlcrm.GuardRefused, match="2 deleted"):
        careful.undo(run_of(made)).apply()
    assert crm.writes(since) == []
    with pytest.raises(sqlcrm.GuardRefused, match="max-deletes 1"):
        opened(yes=False, max_changes=5, max_deletes=1).undo(run_of(made)).apply()
    with pytest.raises(sqlcrm.GuardRefused, match="read_only"):
        opened(policy={"read_only": True}).undo(run_of(made)).apply()
    assert crm.writes(since) == []
    opened(yes=False, max_changes=2).undo(run_of(made)).apply()
    assert len(crm.writes(since)) == 2


def test_undo_subscribes_nobody_again(crm, opened):
    status = {(row["contact"], row["list"]): row["status"] for row in crm.state()["contactLists"]}
    left = next(int(contact) for (contact, _), was in status.items() if was == "1")
    db = opened(policy={"allow_resubscribe": True})
    run = run_of(db.execute(f"update contact_lists@ac set status = 2 where contact_id = {left}"))
    since = crm.count()
    undo = db.undo(run, force=True)
    assert undo.empty
    assert all("that needs WITH OPT IN" in reason for reason in reasons(undo))
    undo.apply()
    assert crm.writes(since) == []


def test_a_subscription_made_by_a_run_ends_unsubscribed_and_that_is_said(crm, db):
    cursor = db.execute(
        "insert into contact_lists@ac (contact_id, list_id, status) values (2, 5, 1)"
    )
    undo = db.undo(run_of(cursor))
    assert any("The row stays, with status 2" in line for line in undo.lines())
    undo.apply()
    found = [r for r in crm.state()["contactLists"] if (r["contact"], r["list"]) == ("2", "5")]
    assert [row["status"] for row in found] == ["2"]


def test_undo_in_another_account_is_refused_and_sends_no_write(crm, opened, db):
    run = run_of(db.execute("update contacts@ac set first_name = 'Re' where id = 3"))
    crm.reset()
    other = opened()
    since = crm.count()
    with pytest.raises(sqlcrm.Error, match="Nothing was written") as refusal:
        other.undo(run)
    assert refusal.value.exit_code == 2
    assert crm.writes(since) == []


def test_a_run_that_is_not_there_or_wrote_nothing_cannot_be_undone(db):
    with pytest.raises(sqlcrm.ProgrammingError, match="run 77 wrote nothing"):
        db.undo(77)


def test_only_what_was_done_is_taken_back(crm, db):
    cursor = db.execute(
        "insert into contact_tags@ac (contact_id, tag_id) values (1, 40), (999999, 40), (2, 40)"
    )
    assert cursor.report.counts == {"done": 2, "rejected": 1}
    assert db.undo(run_of(cursor)).counts == {"unlink": 2}


def test_the_statement_that_was_taken_back_can_be_run_again(crm, db):
    statement = (
        "insert into notes@ac (note, related_id, related_type) values ('N', 2, 'Subscriber')"
    )
    assert db.execute(statement).report.counts == {"done": 1}
    assert db.execute(statement).report.counts == {"unchanged": 1}
    made = crm.state()
    db.undo(1).apply()
    assert db.execute(statement).report.counts == {"done": 1}
    assert difference(made, crm.state(), "notes") == {}


def test_parts_of_an_undo_that_never_began_are_left_to_the_next_undo(crm, db):
    before = crm.state()
    run = run_of(
        db.execute(
            "update tags@ac set description = 'x' where id in (1, 2);"
            "update contacts@ac set first_name = 'Re' where id in (3, 4)"
        )
    )
    undo = db.undo(run)

    def watch(name):
        if name == "settled":
            db.cancel()

    db.session.journal.database.watch = watch
    with pytest.raises(Cancelled):
        undo.apply()
    db.session.journal.database.watch = str
    db.resume()
    left = db.undo(run)
    assert left.counts == {"update": 2}
    assert [part.number for part in left.parts] == [1]
    left.apply()
    assert restored(crm, before) == {}


@pytest.mark.parametrize("killed", [False, True])
def test_what_an_undo_did_before_an_error_stopped_it_is_not_taken_for_a_change(
    crm, db, monkeypatch, killed
):
    before = crm.state()
    run = run_of(db.execute("update contacts@ac set first_name = 'Re' where id in (3, 4, 5)"))
    sent = []

    def watch(name):
        sent.append(name)
        if sent.count("settled") == 1:
            crm.fault("expired-token")

    db.session.journal.database.watch = watch
    if killed:  # as a kill between the last outcome and the word that it is undone
        monkeypatch.setattr("sqlcrm.session.plans.note_undone", lambda *_: None)
    with pytest.raises(sqlcrm.Error):
        db.undo(run).apply()
    db.session.journal.database.watch = str
    crm.fault()
    left = db.undo(run)
    assert left.counts == {"update": 2}
    left.apply()
    assert restored(crm, before) == {}
