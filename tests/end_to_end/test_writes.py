"""INSERT, UPDATE and DELETE on ActiveCampaign, judged by the CRM's own state."""

import sqlite3
import threading

import pytest

import sqlcrm
from sqlcrm.transport import testing


def _writes(crm, since):
    return [c for c in crm.calls()[since:] if c["method"] != "GET"]


def test_each_bad_row_gets_its_outcome_and_the_others_go_through(crm, db, counts):
    cursor = db.execute(
        "insert into contact_tags@ac (contact_id, tag_id) values (1, 40), (1, 40), (999999, 40), "
        "(2, 99999), (null, 40), (3, 40)"
    )
    assert counts(cursor) == {"done": 2, "unchanged": 1, "rejected": 3}
    assert cursor.report.exit_code == 4
    rejected = db.execute("select contact_id, tag_id, reason from rejected@sqlcrm").fetchall()
    assert [row[:2] for row in rejected] == [("999999", "40"), ("2", "99999"), (None, "40")]
    assert "Contact not found" in rejected[0][2]
    assert rejected[2][2] == "contact_id must be given"


def test_a_contact_that_exists_is_unchanged_or_rejected_but_never_changed(crm, db, counts):
    known = crm.state()["contacts"][0]
    since = crm.count()
    cursor = db.execute(
        "insert into contacts@ac (email, first_name) values (?, ?), ('malformed@@x', 'B'), "
        "('new.person@example.org', 'New')",
        [known["email"], "Another name"],
    )
    assert counts(cursor) == {"done": 1, "rejected": 2}
    reasons = [why for _, _, why in cursor.report.rejected]
    assert "exists with another first_name" in reasons[0]
    assert "is no e-mail address" in reasons[1]
    assert [c["path"] for c in _writes(crm, since)] == ["/api/3/contacts"]
    after = crm.state()["contacts"]
    assert after[0]["firstName"] == known["firstName"]
    assert counts(db.execute("insert into contacts@ac (email) values (?)", [known["email"]])) == {
        "unchanged": 1
    }


def test_contacts_tags_and_accounts_are_made_by_plain_inserts(crm, db, counts):
    assert counts(db.execute("insert into tags@ac (tag) values ('Brand new')")) == {"done": 1}
    assert counts(db.execute("insert into tags@ac (tag) values ('BRAND NEW')")) == {"unchanged": 1}
    assert counts(db.execute("insert into accounts@ac (name) values ('Acme Unlimited')")) == {
        "done": 1
    }
    assert counts(db.execute("insert into accounts@ac (name) values ('Acme Unlimited')")) == {
        "unchanged": 1
    }
    names = [row["tag"] for row in crm.state()["tags"]]
    assert names.count("Brand new") == 1


def test_an_update_sends_only_the_columns_that_change(crm, db, counts):
    person = crm.state()["contacts"][3]
    cursor = db.execute(
        "update contacts@ac set first_name = 'Zoë', last_name = ? where email = ?",
        [person["lastName"], person["email"]],
    )
    assert counts(cursor) == {"done": 1}
    operations = db.execute("select new_values, before from operations@sqlcrm").fetchall()
    assert operations[-1][0] == '{"first_name":"Zoë"}'
    after = crm.state()["contacts"][3]
    assert (after["firstName"], after["lastName"]) == ("Zoë", person["lastName"])


def test_custom_fields_are_columns_that_can_be_written(crm, db, counts):
    query = "select country, interests from contacts@ac where id = 5"
    cursor = db.execute(
        "update contacts@ac set country = 'Tuvalu', interests = ['Housing', 'Climate'] where id = 5"
    )
    assert counts(cursor) == {"done": 1}
    country, interests = db.execute(query).fetchone()
    assert (country, sorted(interests)) == ("Tuvalu", ["Climate", "Housing"])
    again = db.execute(
        "update contacts@ac set country = 'Tuvalu', interests = ['Climate', 'Housing'] where id = 5"
    )
    assert counts(again) == {"unchanged": 1}


def test_update_from_a_local_table_looks_up_only_its_rows(crm, db, counts):
    people = crm.state()["contacts"][:3]
    db.execute("create table names as select unnest(?) email, 'Renamed' first", [
        [p["email"] for p in people]
    ])  # fmt: skip
    since = crm.count()
    cursor = db.execute(
        "update contacts@ac c set first_name = n.first from names n where n.email = c.email"
    )
    assert counts(cursor) == {"done": 3}
    methods = [c["method"] for c in crm.calls()[since:]]
    assert methods.count("PUT") == 3
    assert methods.count("GET") <= 4


def test_delete_takes_tags_off_by_the_relation(crm, db, counts):
    contact, tag = db.execute("select contact_id, tag_id from contact_tags@ac limit 1").fetchone()
    where = "where contact_id = ? and tag_id = ?"
    cursor = db.execute(f"delete from contact_tags@ac {where}", [contact, tag])
    assert counts(cursor) == {"done": 1}
    assert db.execute(f"select * from contact_tags@ac {where}", [contact, tag]).fetchall() == []
    before = db.execute("select before from operations@sqlcrm").fetchall()[-1][0]
    assert f'"contact_id":{contact},' in before


def test_equal_rows_are_one_and_contradictions_are_rejected(crm, db, counts):
    cursor = db.execute(
        "insert into contacts@ac (email, first_name) values ('twin@example.org', 'A'), "
        "('twin@example.org', 'A'), ('split@example.org', 'A'), ('Split@example.org', 'B')"
    )
    assert counts(cursor) == {"done": 1, "unchanged": 1, "rejected": 2}
    assert "same key and different values" in cursor.report.rejected[0][2]


def test_notes_are_remembered_by_the_journal(crm, opened, counts):
    insert = "insert into notes@ac (note, relid, reltype) values ('Called', 1, 'Subscriber')"
    with opened(crm) as db:
        assert counts(db.execute(insert)) == {"done": 1}
    with opened(crm) as db:
        cursor = db.execute(insert)
        assert counts(cursor) == {"unchanged": 1}
    assert sum(n["note"] == "Called" for n in crm.state()["notes"]) == 1


def test_a_reset_crm_is_another_account_with_no_memory(crm, opened, counts):
    insert = "insert into notes@ac (note, relid, reltype) values ('Called', 1, 'Subscriber')"
    with opened(crm) as db:
        assert counts(db.execute(insert)) == {"done": 1}
    crm.reset()
    with opened(crm) as db:
        assert counts(db.execute(insert)) == {"done": 1}


def _unsubscribed(crm):
    return next(
        (row["contact"], row["list"]) for row in crm.state()["contactLists"] if row["status"] == "2"
    )


def _status(crm, contact, list_):
    return next(
        str(row["status"])
        for row in crm.state()["contactLists"]
        if (row["contact"], row["list"]) == (contact, list_)
    )


@pytest.mark.parametrize(
    "statement",
    [
        "update contact_lists@ac set status = 1 where contact_id = {} and list_id = {}",
        "insert into contact_lists@ac (contact_id, list_id, status) values ({}, {}, 1)",
    ],
)
def test_nobody_is_subscribed_again_unasked(crm, db, counts, statement):
    contact, list_ = _unsubscribed(crm)
    cursor = db.execute(statement.format(contact, list_))
    assert counts(cursor) == {"rejected": 1}
    assert _status(crm, contact, list_) == "2"


def test_an_opt_in_that_is_said_subscribes_again(crm, db, counts):
    contact, list_ = _unsubscribed(crm)
    update = (
        f"update contact_lists@ac set status = 1 where contact_id = {contact} and list_id = {list_}"
    )
    assert counts(db.execute(f"{update} with opt in where contact_id = 0")) == {"rejected": 1}
    assert _status(crm, contact, list_) == "2"
    assert counts(db.execute(f"{update} with opt in")) == {"done": 1}
    assert _status(crm, contact, list_) == "1"


def test_allow_resubscribe_false_refuses_even_an_opt_in(crm, opened, counts):
    contact, list_ = _unsubscribed(crm)
    with opened(crm, policy={"allow_resubscribe": False}) as db:
        cursor = db.execute(
            f"update contact_lists@ac set status = 1 where contact_id = {contact} "
            f"and list_id = {list_} with opt in"
        )
        assert counts(cursor) == {"rejected": 1}
    assert _status(crm, contact, list_) == "2"


def test_a_new_row_without_a_status_subscribes_nobody(crm, db, counts):
    on = {(row["contact"], row["list"]) for row in crm.state()["contactLists"]}
    contact = next(str(i) for i in range(1, 300) if (str(i), "1") not in on)
    cursor = db.execute(
        "insert into contact_lists@ac (contact_id, list_id) values (?, 1)", [int(contact)]
    )
    assert counts(cursor) == {"done": 1}
    assert _status(crm, contact, "1") == "2"


def test_more_than_a_hundred_changes_need_to_be_allowed(crm, opened, counts):
    insert = "insert into tags@ac (tag) select 'bulk ' || range from range(101)"
    since = crm.count()
    with opened(crm, yes=False) as db:
        with pytest.raises(sqlcrm.GuardRefused, match="--max-changes 101"):
            db.execute(insert)
        assert _writes(crm, since) == []
        states = db.execute("select distinct state, reason from operations@sqlcrm").fetchall()
        assert [state for state, _ in states] == ["skipped"]
        assert "refused by a guard" in states[0][1]
    with (
        opened(crm, yes=False, max_changes=100) as db,
        pytest.raises(sqlcrm.GuardRefused, match="max-changes 100"),
    ):
        db.execute(insert)
    with opened(crm, yes=False, max_changes=101) as db:
        assert counts(db.execute(insert)) == {"done": 101}


def test_a_delete_needs_to_be_allowed(crm, opened):
    with opened(crm, yes=False) as db, pytest.raises(sqlcrm.GuardRefused):
        db.execute("delete from tags@ac where id = 1")
    assert any(tag["id"] == "1" for tag in crm.state()["tags"])


def test_a_read_only_connection_writes_nothing(crm, opened):
    since = crm.count()
    with (
        opened(crm, policy={"read_only": True}) as db,
        pytest.raises(sqlcrm.GuardRefused, match="read_only"),
    ):
        db.execute("insert into tags@ac (tag) values ('x')")
    assert _writes(crm, since) == []


def test_a_lost_reply_is_found_by_looking_it_up(crm, db, counts):
    crm.fault("lost-reply", 0.5)
    with testing():
        cursor = db.execute("insert into tags@ac (tag) select 'lost ' || range from range(12)")
    crm.fault()
    made = [t["tag"] for t in crm.state()["tags"] if t["tag"].startswith("lost ")]
    assert len(made) == len(set(made))
    found = counts(cursor)
    assert found.get("done", 0) == len(made)
    assert sum(found.values()) == 12


def test_every_operation_is_in_the_journal_before_it_is_sent(crm, opened, tmp_path, one_by_one):
    """The CRM is asked from another thread while the journal is read from this one."""
    seen = []
    with opened(crm) as db:
        path = tmp_path / "state" / "journal.sqlite3"

        def watch(progress):
            if not progress.writing:
                return
            with sqlite3.connect(path) as journal:
                states = journal.execute(
                    "select state, count(*) from operations group by 1"
                ).fetchall()
            seen.append(dict(states))

        db.session.progress = watch
        db.execute("insert into tags@ac (tag) values ('a1'), ('a2'), ('a3')")
    assert seen[0] == {"done": 1, "planned": 2}
    assert seen[-1] == {"done": 3}


def test_cancel_leaves_the_rest_planned_for_later(crm, opened, one_by_one):
    with opened(crm) as db:

        def stop(progress):
            if progress.writing and progress.done == 2:
                db.cancel()

        db.session.progress = stop
        with pytest.raises(sqlcrm.Error):
            db.execute("insert into tags@ac (tag) select 'c' || range from range(5)")
    with opened(crm) as db:
        states = db.execute(
            "select state, count(*) from operations@sqlcrm group by 1 order by 1"
        ).fetchall()
        runs = db.execute("select state from runs@sqlcrm").fetchall()
    assert dict(states)["done"] == 2
    assert dict(states)["planned"] >= 2
    assert runs == [("interrupted",)]
    assert sum(t["tag"] in {f"c{i}" for i in range(5)} for t in crm.state()["tags"]) == 2


def test_a_broken_journal_stops_a_write_before_anything_is_sent(crm, opened, tmp_path):
    folder = tmp_path / "broken"
    folder.mkdir(mode=0o700)
    (folder / "journal.sqlite3").write_bytes(b"this is no database at all" * 50)
    since = crm.count()
    with opened(crm, "broken") as db, pytest.raises(sqlcrm.OperationalError) as caught:
        db.execute("insert into tags@ac (tag) values ('x')")
    assert caught.value.exit_code == 2
    assert str(folder / "journal.sqlite3") in str(caught.value)
    assert _writes(crm, since) == []


def test_a_note_whose_answer_was_lost_is_not_made_again_unasked(crm, opened, counts):
    insert = "insert into notes@ac (note, relid, reltype) values ('Rang', 1, 'Subscriber')"
    with testing(), opened(crm) as db:
        db.execute(insert.replace("Rang", "Another"))  # the account is known from here on
        crm.fault("lost-reply")
        assert counts(db.execute(insert)) == {"unknown": 1}
    crm.fault()
    with opened(crm) as db:
        cursor = db.execute(insert)
        assert counts(cursor) == {"rejected": 1}
        assert "may have made it" in cursor.report.rejected[0][2]
        assert counts(db.execute(insert.replace("into", "/*+ repeat */ into"))) == {"done": 1}
    assert sum(n["note"] == "Rang" for n in crm.state()["notes"]) == 2


def test_a_delete_works_after_custom_fields_were_read(crm, db, counts):
    db.execute("select country from contacts@ac limit 1")
    assert counts(db.execute("delete from contacts@ac where id = 5")) == {"done": 1}


def test_a_custom_field_is_found_within_a_derived_table(crm, db):
    query = "select n from (select country as n from contacts@ac) where n is not null limit 1"
    assert len(db.execute(query).fetchall()) == 1


def test_letters_case_of_a_key_makes_no_contradiction(crm, db, counts):
    cursor = db.execute(
        "insert into contacts@ac (email) values ('same@example.org'), ('SAME@example.org')"
    )
    assert counts(cursor) == {"done": 1, "unchanged": 1}


def test_few_calls_where_a_key_narrows_whatever_order_it_is_written_in(crm, db):
    address = crm.state()["contacts"][7]["email"]
    since = crm.count()
    db.execute(
        "select * from contact_lists@ac where list_id = 1 and contact_id in "
        "(select id from contacts@ac where email = ?)",
        [address],
    ).fetchall()
    assert crm.count() - since == 1  # the list rows lie beside the contact
    since = crm.count()
    has = db.execute("select count(*) from contact_tags@ac where tag_id = 2").fetchall()[0][0]
    assert crm.count() - since == -(-has // 100)


def test_a_limit_stops_paging_also_where_the_result_is_kept(crm, db, tmp_path):
    since = crm.count()
    db.execute("create table three as select id, email from contacts@ac limit 3")
    db.execute(f"copy (select id from contacts@ac limit 3) to '{tmp_path}/three.csv'")
    db.execute("insert into three select id, email from contacts@ac limit 3")
    assert crm.count() - since == 3
    assert db.execute("select count(*) from three").fetchall() == [(6,)]


@pytest.mark.parametrize("column", ["list_id", "contact_id"])
def test_a_subscription_cannot_be_moved_onto_another_list_or_person(crm, db, column):
    since = crm.count()
    with pytest.raises(sqlcrm.ProgrammingError, match=f"cannot write {column}, only status"):
        db.execute(f"update contact_lists@ac set {column} = 4 where contact_id = 5")
    assert _writes(crm, since) == []


@pytest.mark.parametrize(
    "argument",
    ["tag_id => 'VIP'", "tag_id => 0", "list_id => 1.5", "list_id => 'abc'", "search => ' '",
     "list_id => 1, status => 7"],
)  # fmt: skip
def test_an_argument_that_the_api_would_ignore_is_refused(crm, db, argument):
    since = crm.count()
    with pytest.raises(sqlcrm.ProgrammingError):
        db.execute(f"select count(*) from contacts@ac({argument})")
    assert crm.count() == since


def test_an_update_cannot_empty_what_must_have_a_value(crm, db, counts):
    cursor = db.execute("update tags@ac set tag = null where id = 8")
    assert counts(cursor) == {"rejected": 1}
    assert "tag cannot be empty" in cursor.report.rejected[0][2]
    assert counts(db.execute("update contacts@ac set email = '' where id = 8")) == {"rejected": 1}


def test_a_null_within_a_list_is_no_word(crm, db, counts):
    cursor = db.execute("update contacts@ac set interests = ['Housing', null] where id = 6")
    assert counts(cursor) == {"rejected": 1}


def test_an_update_writes_a_change_of_case_or_of_blanks(crm, db, counts):
    db.execute("update contacts@ac set first_name = ' Ana ' where id = 9")
    assert counts(db.execute(
        "update contacts@ac set first_name = trim(first_name) where id = 9"
    )) == {"done": 1}  # fmt: skip
    assert crm.state()["contacts"][8]["firstName"] == "Ana"


def test_blanks_around_a_natural_key_do_not_make_a_second_row(crm, db, counts):
    assert counts(db.execute("insert into tags@ac (tag) values ('WsTag')")) == {"done": 1}
    assert counts(db.execute("insert into tags@ac (tag) values (' WsTag ')")) == {"unchanged": 1}


def test_statements_behind_an_unknown_outcome_do_not_run(crm, opened):
    with testing(), opened(crm) as db:
        db.execute("insert into notes@ac (note, relid, reltype) values ('1', 1, 'Subscriber')")
        crm.fault("lost-reply")
        with pytest.raises(sqlcrm.OperationalError, match="did not run"):
            db.execute(
                "insert into notes@ac (note, relid, reltype) values ('2', 1, 'Subscriber');"
                "delete from tags@ac where id = 5"
            )
        crm.fault()
        runs = db.execute("select exit_code from runs@sqlcrm order by run_id").fetchall()
    assert runs[-1] == (5,)
    assert any(tag["id"] == "5" for tag in crm.state()["tags"])


def test_an_unknown_row_ends_a_stopped_statement_with_exit_code_five(crm, opened):
    with testing(), opened(crm) as db:

        def cut(progress):
            if progress.writing:
                crm.fault("lost-reply")

        db.session.progress = cut
        with pytest.raises(sqlcrm.Error, match="1 done, 2 skipped, 1 unknown") as caught:
            db.execute(
                "insert into contact_tags@ac (contact_id, tag_id) select range, 45 "
                "from range(200, 204)"
            )
        crm.fault()
        runs = db.execute("select exit_code from runs@sqlcrm").fetchall()
    assert caught.value.exit_code == 5
    assert runs == [(5,)]


def test_an_update_of_more_than_half_of_a_table_asks(crm, opened, counts):
    update = "update lists@ac set sender_city = 'Hull' where true"
    with (
        opened(crm, yes=False) as db,
        pytest.raises(sqlcrm.GuardRefused, match="more than half of the table"),
    ):
        db.execute(update)
    with opened(crm, yes=False) as db:
        one = db.execute("update lists@ac set sender_city = 'Hull' where id = 1")
        assert counts(one) == {"done": 1}


def test_what_was_deleted_since_is_made_again(crm, db, counts):
    insert = "insert into notes@ac (note, relid, reltype) values ('Twice', 1, 'Subscriber')"
    assert counts(db.execute(insert)) == {"done": 1}
    assert counts(db.execute(insert)) == {"unchanged": 1}
    assert counts(db.execute("delete from notes@ac where note = 'Twice'")) == {"done": 1}
    assert counts(db.execute(insert)) == {"done": 1}


def test_a_session_goes_on_after_it_was_cancelled(crm, db):
    db.cancel()
    assert db.execute("select count(*) from tags@ac").fetchall()[0][0] > 0


def test_times_without_a_zone_are_the_sessions(crm, db, counts):
    db.execute("set TimeZone = 'Europe/Amsterdam'")
    db.execute("update contacts@ac set last_call = timestamp '2026-07-01 12:00:00' where id = 4")
    found = db.execute("select last_call from contacts@ac where id = 4").fetchone()[0]
    assert found.isoformat() == "2026-07-01T12:00:00+02:00"


def test_two_runs_at_once_write_each_row_once(crm, opened):
    insert = (
        "insert into notes@ac (note, relid, reltype) "
        "select 'n' || range, 1, 'Subscriber' from range(15)"
    )
    with opened(crm) as first, opened(crm) as second:
        threads = [threading.Thread(target=db.execute, args=(insert,)) for db in (first, second)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    notes = [n["note"] for n in crm.state()["notes"] if n["note"].startswith("n")]
    assert sorted(n for n in notes if n[1:].isdigit()) == sorted(f"n{i}" for i in range(15))


def test_a_table_that_another_run_holds_is_not_written_meanwhile(crm, opened):
    with opened(crm) as first, opened(crm) as second:
        second.session.wait = 0
        account = first.session.journal.account(
            "activecampaign", crm.url, first.session.connections.get("ac").identity.account
        )
        with (
            first.session.holding(account, "tags"),
            pytest.raises(sqlcrm.OperationalError, match="is being written by process"),
        ):
            second.execute("insert into tags@ac (tag) values ('x')")
        assert second.execute("insert into tags@ac (tag) values ('x')").report.exit_code == 0


def test_a_mistyped_constant_is_told_and_listed(crm, db):
    db.execute("create table people as select unnest(?) email", [
        [c["email"] for c in crm.state()["contacts"][:2]]
    ])  # fmt: skip
    report = db.execute(
        "insert into contact_tags@ac (contact_id, tag_id) select c.id, t.id from people p "
        "join contacts@ac c on c.email = p.email join tags@ac t on t.tag = 'Newsleter'"
    ).report
    assert [(u.table, u.column, u.values) for u in report.unmatched] == [
        ("tags@ac", "tag", (("Newsleter", 1),))
    ]


def test_what_a_condition_left_out_is_not_said_to_be_missing(crm, db, counts):
    contact = db.execute("select contact_id from contact_tags@ac where tag_id = 1").fetchone()[0]
    cursor = db.execute(
        "delete from contact_tags@ac ct using contacts@ac c, tags@ac t where ct.contact_id = c.id "
        "and ct.tag_id = t.id and t.tag = (select tag from tags@ac where id = 1) and c.id = ?",
        [contact],
    )
    assert counts(cursor) == {"done": 1}
    assert cursor.report.unmatched == ()


def test_a_join_through_a_function_says_that_nothing_can_be_told(crm, db):
    db.execute("create table people (email text)")
    db.execute("insert into people values ('NOBODY@example.org')")
    report = db.execute(
        "insert into contact_tags@ac (contact_id, tag_id) select c.id, 1 from people p "
        "join contacts@ac c on reverse(c.email) = reverse(p.email)"
    ).report
    assert any("read without keys" in notice for notice in report.notices)


def test_subscribing_without_a_status_says_what_is_recorded(crm, db):
    report = db.execute("insert into contact_lists@ac (contact_id, list_id) values (250, 6)").report
    assert any("give no status" in notice for notice in report.notices)


def test_a_statement_that_stops_says_how_far_it_came(crm, opened):
    with testing(), opened(crm) as db:

        def stop(progress):
            if progress.writing and progress.done == 2:
                crm.fault("500")

        db.session.progress = stop
        with pytest.raises(sqlcrm.Error, match=r"2 done, .*1 unknown.*Run it again") as caught:
            db.execute("insert into contact_tags@ac (contact_id, tag_id) "
                       "select range, 44 from range(200, 206)")  # fmt: skip
        assert "skipped" in str(caught.value)
    crm.fault()
