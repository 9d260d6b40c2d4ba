"""What stops a write that a person would regret, before its first call; judged by the server."""

import pytest

import sqlcrm


def _writes(crm, since):
    return [c for c in crm.calls()[since:] if c["method"] != "GET"]


@pytest.fixture
def refused(crm):
    """Run a statement that a guard refuses; nothing is written, and the journal knows why."""

    def run(db, statement, words):
        since = crm.count()
        with pytest.raises(sqlcrm.GuardRefused, match=words) as refusal:
            db.execute(statement)
        assert refusal.value.exit_code == 6
        assert _writes(crm, since) == []
        return refusal.value

    return run


@pytest.mark.parametrize(
    "statement",
    ["update contacts@ac set first_name = 'x'", "delete from contact_tags@ac"],
)
def test_update_and_delete_without_where_ask_for_one_before_any_call(crm, db, statement):
    """F1: nobody changes a whole table by leaving something out."""
    since = crm.count()
    with pytest.raises(sqlcrm.Error, match="WHERE true"):
        db.execute(statement)
    assert crm.count() == since


def test_a_single_deletion_needs_a_word_that_allows_it(crm, opened, refused):
    """F1: not interactive, so it takes yes or a number."""
    statement = "delete from saved_responses@ac where id = 1"
    with opened(crm, yes=False) as db:
        error = refused(db, statement, "1 deleted")
        assert "--yes" in str(error)
        assert "connect(max_changes=1)" in str(error)
        found = db.execute("select state, reason from operations@sqlcrm").fetchall()
        assert [state for state, _ in found] == ["skipped"]
        assert "refused by a guard" in found[0][1]
    with opened(crm, yes=False, max_changes=1) as db:
        assert db.execute(statement).report.counts == {"done": 1}


def test_more_than_a_hundred_changes_need_a_word_and_a_hundred_do_not(crm, opened, refused):
    """F1: confirm_above is 100."""
    statement = "update contacts@ac set last_name = 'Re' where id <= {}"
    with opened(crm, yes=False) as db:
        refused(db, statement.format(101), "would change 101 rows")
        assert db.execute(statement.format(100)).report.counts == {"done": 100}


def test_half_of_a_table_needs_a_word_and_less_does_not(crm, opened, refused):
    """F1: few rows may be most of a small table."""
    with opened(crm, yes=False) as db:
        assert len(crm.state()["users"]) == 3
        words = "more than half of the table"
        refused(db, "update users@ac set last_name = 'Re' where last_name <> 'Admin'", words)
        one = "update users@ac set last_name = 'Re' where last_name = 'Admin'"
        assert db.execute(one).report.counts == {"done": 1}


def test_limits_hold_for_each_statement_and_are_no_yes_beyond_them(crm, opened, refused):
    with opened(crm, yes=False, max_changes=20, max_deletes=1) as db:
        refused(db, "update contacts@ac set last_name = 'Re' where id <= 21", "max-changes 20")
        refused(db, "delete from contact_tags@ac where tag_id = 3", "max-deletes 1")
        for name in ("One", "Two"):
            statement = f"update contacts@ac set last_name = '{name}' where id <= 15"
            assert db.execute(statement).report.counts == {"done": 15}


def test_yes_does_not_lift_a_limit_that_was_given(crm, opened, refused):
    with opened(crm, yes=True, max_changes=3) as db:
        refused(db, "update contacts@ac set last_name = 'Re' where id <= 4", "max-changes 3")


@pytest.mark.parametrize(
    "statement",
    [
        "insert into tags@ac (tag) values ('New')",
        "update contacts@ac set last_name = 'Re' where id = 4",
        "delete from contact_tags@ac where contact_id = 2",
        "synchronize (select 'New' as tag) to tags@ac with insert identified by tag",
        "merge into tags@ac as t using (select 'New' as tag) as s on t.tag = s.tag "
        "when not matched then insert (tag) values (s.tag)",
    ],
)
def test_a_read_only_connection_refuses_every_verb_whatever_was_allowed(
    crm, opened, refused, statement
):
    with opened(crm, policy={"read_only": True}, yes=True, max_changes=10**6) as db:
        refused(db, statement, "read_only")
        with pytest.raises(sqlcrm.GuardRefused, match="read_only"):
            db.plan(statement)


SYNC = (
    "synchronize wanted to contact_tags@ac(tag_id => 40) with insert or delete "
    "identified by contact_id, tag_id"
)


def _wanted(db, rows):
    db.execute(
        f"create or replace table wanted as select range + 1 as contact_id, 40 as tag_id "
        f"from range({rows})"
    )


def _people(crm):
    return {int(r["contact"]) for r in crm.state()["contactTags"] if r["tag"] == "40"}


def test_a_source_that_shrank_by_more_than_a_fifth_deletes_nothing(crm, opened, refused):
    """F4: nor does --yes; the number of deletions has to be allowed by name."""
    with opened(crm, yes=True) as db:
        _wanted(db, 20)
        db.execute(SYNC)
        assert _people(crm) == set(range(1, 21))
        _wanted(db, 15)
        error = refused(db, SYNC, "has 15 rows, and had 20 when this last ran")
        assert "--max-deletes 5" in str(error)
        _wanted(db, 16)
        assert db.execute(SYNC).report.counts["done"] == 4
        assert _people(crm) == set(range(1, 17))
        _wanted(db, 12)
        refused(db, SYNC, "has 12 rows, and had 16")
    with opened(crm, yes=False, max_changes=10, max_deletes=4) as db:
        _wanted(db, 12)
        assert db.execute(SYNC).report.counts["done"] == 4
        assert _people(crm) == set(range(1, 13))


def test_what_was_refused_is_no_new_measure_of_the_source(crm, opened, refused):
    """F4: asking twice does not wear the guard out."""
    with opened(crm, yes=True) as db:
        _wanted(db, 20)
        db.execute(SYNC)
        _wanted(db, 10)
        for _ in range(2):
            refused(db, SYNC, "has 10 rows, and had 20")
        db.plan(SYNC)
        refused(db, SYNC, "has 10 rows, and had 20")


def test_an_empty_source_deletes_nothing_even_the_first_time(crm, opened, refused):
    """F4: an empty source is more often a broken one."""
    with opened(crm, yes=True) as db:
        _wanted(db, 3)
        db.execute("insert into contact_tags@ac (contact_id, tag_id) from wanted "
                   "on conflict (contact_id, tag_id) do nothing")  # fmt: skip
        there = _people(crm)
        _wanted(db, 0)
        refused(db, SYNC, "the source is empty")
        assert _people(crm) == there
    with opened(crm, yes=False, max_changes=100, max_deletes=100) as db:
        _wanted(db, 0)
        assert db.execute(SYNC).report.counts == {"done": len(there)}
    assert _people(crm) == set()


def test_a_source_that_breaks_off_while_it_is_read_deletes_nothing(crm, opened):
    """F4: half-read is not shrunk: it is an error."""
    with opened(crm, yes=True, max_changes=1000, max_deletes=1000) as db:
        before = crm.state()
        crm.fault("truncated")
        since = crm.count()
        with pytest.raises(sqlcrm.Error):
            db.execute(
                "synchronize (select id as contact_id, 40 as tag_id from contacts@ac) to "
                "contact_tags@ac(tag_id => 40) with insert or delete "
                "identified by contact_id, tag_id"
            )
        assert _writes(crm, since) == []
        crm.fault()
        assert crm.state() == before


def test_without_delete_a_smaller_source_is_no_reason_to_stop(crm, opened):
    """F4: nothing rests on what the source no longer has."""
    with opened(crm, yes=True) as db:
        for rows in (20, 5):
            _wanted(db, rows)
            db.execute(SYNC.replace(" or delete", ""))
    assert set(range(1, 21)) <= _people(crm)


def test_a_plan_of_a_shrunken_source_is_refused_when_it_is_applied(crm, opened):
    """F4: the guard looks at the moment of applying, from a file too."""
    with opened(crm, yes=True) as db:
        _wanted(db, 20)
        db.execute(SYNC)
        _wanted(db, 5)
        plan = db.plan(SYNC)
        since = crm.count()
        with pytest.raises(sqlcrm.GuardRefused, match="has 5 rows, and had 20"):
            plan.apply()
        assert _writes(crm, since) == []
