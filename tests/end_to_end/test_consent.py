"""Who said no stays off the lists, told as the people who run a CRM would tell it."""

import pytest

import sqlcrm
from sqlcrm.transport import testing

SUBSCRIBED, UNSUBSCRIBED = "1", "2"


@pytest.fixture(autouse=True)
def no_waiting():
    """Let the polls of bulk imports take no time."""
    with testing():
        yield


def _statuses(crm, list_=1):
    """Return the status of every address on a list, by the CRM's own state."""
    state = crm.state()
    names = {c["id"]: c["email"].casefold() for c in state["contacts"]}
    return {
        names[r["contact"]]: r["status"] for r in state["contactLists"] if r["list"] == str(list_)
    }


def _with(crm, status, number, list_=1):
    found = [email for email, is_ in _statuses(crm, list_).items() if is_ == status]
    assert len(found) >= number
    return found[:number]


def _strangers(crm, number, list_=1):
    """Return addresses of contacts who were never on a list."""
    known = _statuses(crm, list_)
    emails = [c["email"].casefold() for c in crm.state()["contacts"]]
    return [email for email in emails if email and email not in known][:number]


def _upload(db, emails):
    db.execute("create or replace table upload as select unnest(?) email", [emails])


IMPORT = """
insert into contacts@ac (email) select email from upload on conflict do nothing;
insert into contact_lists@ac (contact_id, list_id, status)
select c.id, 1, {status} from upload u join contacts@ac c on c.email = u.email
on conflict (contact_id, list_id) do update
"""


def _imported(db, status, more=""):
    """Run the import of an upload; return its last report."""
    return db.execute(IMPORT.format(status=status) + more).report


def test_a_block_list_from_another_system_stays(crm, db):
    """C3, C7: the whole upload is marked as unsubscribed, and no later import takes that back."""
    members, strangers = _with(crm, SUBSCRIBED, 6), _strangers(crm, 6)
    new = [f"blocked{i}@example.org" for i in range(6)]
    blocked = [*members, *strangers, *new]
    _upload(db, blocked)
    _imported(db, 2)
    assert {_statuses(crm)[email] for email in blocked} == {UNSUBSCRIBED}

    _upload(db, [email.upper() for email in blocked])
    report = _imported(db, 1)
    assert {_statuses(crm)[email] for email in blocked} == {UNSUBSCRIBED}
    assert dict(report.counts) == {"rejected": 18}
    assert "WITH OPT IN" in report.rejected[0][2]

    db.execute("delete from contacts@ac where email in (select email from upload)")
    assert not set(blocked) & set(_statuses(crm))
    report = _imported(db, 1)
    assert {_statuses(crm)[email] for email in blocked} == {UNSUBSCRIBED}
    assert dict(report.counts) == {"done": 18}
    reasons = db.execute(
        "select distinct reason from operations@sqlcrm where table_name = 'contact_lists' "
        "and run_id = (select max(run_id) from operations@sqlcrm)"
    ).fetchall()
    assert len(reasons) == 1
    assert "the person opted out before" in reasons[0][0]


def test_four_kinds_of_people_and_what_an_import_makes_of_them(crm, db):
    """E5: new and opted in, new and not, subscribed already, unsubscribed."""
    members, left = _with(crm, SUBSCRIBED, 2), _with(crm, UNSUBSCRIBED, 2)
    strangers = _strangers(crm, 2)
    everybody = [*members, *left, *strangers]
    db.execute(
        "create table people as select unnest(?) email, unnest([true, false, true, false, true, "
        "false]) yes",
        [everybody],
    )
    db.execute(
        "merge into contact_lists@ac t using "
        "(select c.id contact_id, 1 list_id, p.yes from people p join contacts@ac c "
        "on c.email = p.email) s "
        "on t.contact_id = s.contact_id and t.list_id = s.list_id "
        "when matched and s.yes then update set status = 1 "
        "when not matched then insert (contact_id, list_id, status) "
        "values (s.contact_id, s.list_id, case when s.yes then 1 else 2 end) "
        "with opt in where s.yes"
    )
    assert [_statuses(crm)[email] for email in everybody] == [
        SUBSCRIBED, SUBSCRIBED, SUBSCRIBED, UNSUBSCRIBED, SUBSCRIBED, UNSUBSCRIBED,
    ]  # fmt: skip


def test_who_ticked_the_box_is_subscribed_again_and_nobody_else(crm, db):
    left = _with(crm, UNSUBSCRIBED, 3)
    db.execute(
        "create table form as select unnest(?) email, unnest(['form', 'list']) source", [left[:2]]
    )
    update = (
        "update contact_lists@ac t set status = 1 from form f join contacts@ac c "
        "on c.email = f.email where t.contact_id = c.id and t.list_id = 1"
    )
    report = db.execute(f"{update} with opt in where f.source = 'form'").report
    assert dict(report.counts) == {"done": 1, "rejected": 1}
    assert [_statuses(crm)[email] for email in left] == [SUBSCRIBED, UNSUBSCRIBED, UNSUBSCRIBED]
    again = next(r for r in crm.state()["contactLists"] if r["sourceid"] == "4")
    assert again["status"] == SUBSCRIBED  # the API was told that it is meant


def test_one_bad_apple_does_not_spoil_an_import(crm, db, counts):
    """The others of the same statement are subscribed."""
    left, strangers = _with(crm, UNSUBSCRIBED, 1), _strangers(crm, 12)
    _upload(db, [*left, *strangers])
    report = _imported(db, 1)
    assert dict(report.counts) == {"done": 12, "rejected": 1}
    assert {_statuses(crm)[email] for email in strangers} == {SUBSCRIBED}
    assert _statuses(crm)[left[0]] == UNSUBSCRIBED


def test_an_opt_in_is_for_the_row_that_has_it_even_where_rows_are_equal(crm, db):
    """Two equal rows, of which one carries no opt-in, carry none."""
    email = _with(crm, UNSUBSCRIBED, 1)[0]
    db.execute("create table form as select ? email, unnest([true, false]) yes", [email])
    db.execute(
        "update contact_lists@ac t set status = 1 from form f join contacts@ac c "
        "on c.email = f.email where t.contact_id = c.id and t.list_id = 1 with opt in where f.yes"
    )
    assert _statuses(crm)[email] == UNSUBSCRIBED


def test_an_opt_in_that_is_not_known_is_none(crm, db):
    email = _with(crm, UNSUBSCRIBED, 1)[0]
    db.execute("create table form as select ? email, null::boolean yes", [email])
    db.execute(
        "update contact_lists@ac t set status = 1 from form f join contacts@ac c "
        "on c.email = f.email where t.contact_id = c.id and t.list_id = 1 with opt in where f.yes"
    )
    assert _statuses(crm)[email] == UNSUBSCRIBED


def test_a_choice_is_about_one_list(crm, opened):
    """Who left one list, and was deleted, can join another when somebody asks them."""
    email = _with(crm, UNSUBSCRIBED, 1)[0]
    with opened(crm) as db:
        db.execute("delete from contacts@ac where email = ?", [email])
        db.execute("insert into contacts@ac (email) values (?)", [email])
        db.execute(
            "insert into contact_lists@ac (contact_id, list_id, status) "
            "select c.id, l.id, 1 from contacts@ac c, lists@ac l "
            "where c.email = ? and l.id in (1, 6)",
            [email],
        )
    assert _statuses(crm, 1)[email] == UNSUBSCRIBED
    assert _statuses(crm, 6)[email] == SUBSCRIBED


def test_who_opted_in_again_before_being_deleted_may_come_back(crm, db):
    """C7: the last choice counts, also when it was a yes."""
    email = _with(crm, UNSUBSCRIBED, 1)[0]
    of_them = "contact_id = (select id from contacts@ac where email = ?) and list_id = 1"
    db.execute(f"select status from contact_lists@ac where {of_them}", [email]).fetchall()
    db.execute(f"update contact_lists@ac set status = 1 where {of_them} with opt in", [email])
    assert _statuses(crm)[email] == SUBSCRIBED
    db.execute("delete from contacts@ac where email = ?", [email])
    _upload(db, [email])
    _imported(db, 1)
    assert _statuses(crm)[email] == SUBSCRIBED


def test_a_new_session_knows_who_opted_out(crm, opened):
    email = _with(crm, UNSUBSCRIBED, 1)[0]
    with opened(crm) as db:
        db.execute("delete from contacts@ac where email = ?", [email])
    with opened(crm) as db:
        _upload(db, [f"  {email.title()} "])
        db.execute("insert into contacts@ac (email) select email from upload")
        db.execute(
            "insert into contact_lists@ac (contact_id, list_id, status) "
            "select id, 1, 1 from contacts@ac where email = ?",
            [email],
        )
    assert _statuses(crm)[email] == UNSUBSCRIBED


def test_a_plan_shows_whose_status_it_keeps(crm, db):
    email = _with(crm, UNSUBSCRIBED, 1)[0]
    plan = db.plan(
        "update contact_lists@ac set status = 1 where list_id = 1 and "
        f"contact_id = (select id from contacts@ac where email = '{email}')"
    )
    assert plan.empty
    (operation,) = plan.operations
    assert operation.state == "rejected"
    assert "status stays 2" in operation.reason
    assert "WITH OPT IN" in operation.reason


def test_a_status_that_the_api_does_not_take_subscribes_nobody(crm, db):
    email = _strangers(crm, 1)[0]
    before = crm.state()["contactLists"]
    for status in ("0", "3", "'yes'", "1.5", "-1"):
        report = db.execute(
            "insert into contact_lists@ac (contact_id, list_id, status) "
            f"select id, 1, {status} from contacts@ac where email = '{email}'"
        ).report
        assert dict(report.counts) == {"rejected": 1}, status
    assert crm.state()["contactLists"] == before


def test_a_subscription_cannot_be_raised_behind_a_read_only_connection(crm, opened):
    with opened(crm, policy={"read_only": True}) as db, pytest.raises(sqlcrm.GuardRefused):
        db.execute("update contact_lists@ac set status = 1 where id = 1 with opt in")
