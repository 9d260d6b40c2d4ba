"""Plans as values: shown, kept in a file, applied as shown or refused, by the CRM's own state."""

import json
import re
import stat
import subprocess
import sys

import pytest

import sqlcrm
from sqlcrm.errors import PlanMoved, WrongAccount
from sqlcrm.transport import testing

NAMES = "update contacts@ac set first_name = 'Re' where id in (3, 4, 5)"
TAG = "insert into contact_tags@ac (contact_id, tag_id) values (1, 40), (2, 40)"
NEW = "insert into tags@ac (tag) values ('Brand new')"


def _writes(crm, since):
    return [c for c in crm.calls()[since:] if c["method"] != "GET"]


def _email(crm, number):
    return next(row["email"] for row in crm.state()["contacts"] if row["id"] == str(number))


EVERY_VERB = {
    "insert": NEW,
    "link": TAG,
    "bulk": "insert into contact_tags@ac (contact_id, tag_id) select range, 40 from range(1, 40)",
    "upsert": "insert into contacts@ac (email, first_name) values ('a@example.org', 'A') "
    "on conflict (email) do update set first_name = excluded.first_name",
    "update": NAMES,
    "delete": "delete from contact_tags@ac where contact_id in (2, 3)",
    "synchronize": "synchronize (select 'a@example.org' as email, 'A' as first_name) "
    "to contacts@ac with insert or update identified by email",
    "merge": "merge into tags@ac as t using (select 'Merged' as tag) as s on t.tag = s.tag "
    "when not matched then insert (tag) values (s.tag)",
    "note": "insert into notes@ac (note, related_id, related_type) values ('N', 2, 'Subscriber')",
}


@pytest.mark.parametrize("statement", EVERY_VERB.values(), ids=EVERY_VERB)
def test_a_plan_of_any_verb_sends_no_write(crm, db, statement):
    """F3: a dry run sends 0 writes, counted by the server, whichever way it is asked for."""
    before, since = crm.state(), crm.count()
    shown = db.execute(f"plan {statement}").fetchall()
    plan = db.plan(statement)
    assert shown == [row[1:] for row in plan.rows()]
    assert not plan.empty
    assert _writes(crm, since) == []
    assert crm.state() == before
    assert db.execute("select * from operations@sqlcrm").fetchall() == []


def test_explain_of_a_write_makes_no_call_and_explain_analyze_writes(crm, db):
    since = crm.count()
    lines = db.execute(f"explain {NAMES}").fetchall()
    assert lines
    assert crm.count() == since
    cursor = db.execute(f"explain analyze {NAMES}")
    assert cursor.report.counts == {"done": 3}
    assert len(_writes(crm, since)) == 3


def test_what_is_applied_is_what_was_shown(crm, db):
    plan = db.plan(f"{NEW}; {NAMES}")
    shown = [(o.verb, dict(o.values), dict(o.natural_key)) for o in plan.operations]
    reports = plan.apply()
    assert [report.counts for report in reports] == [{"done": 1}, {"done": 3}]
    journaled = db.execute(
        "select verb, new_values, natural_key from operations@sqlcrm order by statement, number"
    ).fetchall()
    assert [(v, json.loads(new), json.loads(key)) for v, new, key in journaled] == shown
    runs = db.execute("select kind from runs@sqlcrm order by run_id").fetchall()
    assert runs[-1] == ("apply",)
    with pytest.raises(sqlcrm.ProgrammingError, match="applied already"):
        plan.apply()


FORECAST = {
    **EVERY_VERB,
    "people in bulk": "insert into contacts@ac (email, first_name, city) "
    "select 'n' || range || '@example.org', 'N', 'Delft' from range(60)",
    "many updates": "update contacts@ac set last_name = 'Re' where id between 1 and 40",
    "by a list": "update accounts@ac set account_url = 'https://x.example' where id < 6",
    "new accounts": "insert into accounts@ac (name) values ('One'), ('Two')",
    "subscriptions": "insert into contact_lists@ac (contact_id, list_id, status) "
    "select range, 5, 1 from range(1, 30)",
    "untag many": "delete from contact_tags@ac where tag_id = 3",
    "unsubscribe": "update contact_lists@ac set status = 2 where contact_id < 9 and status = 1",
    "field rels": "delete from field_rels@ac where field_id = 3",
}


@pytest.mark.parametrize("statement", FORECAST.values(), ids=FORECAST)
def test_applying_takes_no_more_calls_than_the_plan_says(crm, db, statement):
    plan = db.plan(statement)
    since = crm.count()
    with testing():
        (report,) = plan.apply()
    assert report.counts["done"] == len([o for o in plan.operations if o.state == "planned"])
    assert len(_writes(crm, since)) == plan.forecast.writes
    assert crm.count() - since <= plan.calls


def test_a_stale_plan_is_refused_and_names_what_changed_vanished_or_appeared(crm, db):
    """F2: rows that the plan rests on have moved; nothing of it is written, exit 6."""
    changed, gone = _email(crm, 4), _email(crm, 5)
    plan = db.plan(f"{NAMES}; insert into accounts@ac (name) values ('Brand new')")
    crm.api("PUT", "contacts/4", {"contact": {"firstName": "Somebody"}})
    crm.api("DELETE", "contacts/5")
    before, since = crm.state(), crm.count()
    with pytest.raises(PlanMoved) as moved:
        plan.apply()
    assert moved.value.exit_code == 6
    text = str(moved.value)
    assert "2 rows" in text
    assert re.search(f"email {re.escape(changed)}: first_name is 'Somebody', and was", text)
    assert f"email {gone}: is gone" in text
    assert _writes(crm, since) == []
    assert crm.state() == before


def test_a_row_that_appeared_since_stops_all_statements_of_the_plan(crm, db):
    """F2: also where only the last statement rests on what has moved."""
    plan = db.plan(f"{NAMES}; insert into accounts@ac (name) values ('Brand new')")
    crm.api("POST", "accounts", {"account": {"name": "Brand new"}})
    since = crm.count()
    with pytest.raises(PlanMoved, match="name Brand new: exists by now"):
        plan.apply()
    assert _writes(crm, since) == []


def test_what_the_plan_is_not_about_may_change(crm, db):
    plan = db.plan(NAMES)
    crm.api("PUT", "contacts/4", {"contact": {"phone": "+31612345678"}})
    crm.api("POST", "tags", {"tag": {"tag": "Other", "tagType": "contact"}})
    assert plan.apply()[0].counts == {"done": 3}


def test_a_deletion_is_refused_where_anything_of_its_row_has_changed(crm, db):
    """F2: why a row was to go may be in any column."""
    crm.api("POST", "tags", {"tag": {"tag": "Idle", "tagType": "contact", "description": "d"}})
    plan = db.plan("delete from tags@ac where tag = 'Idle'")
    key = next(row["id"] for row in crm.state()["tags"] if row["tag"] == "Idle")
    crm.api("PUT", f"tags/{key}", {"tag": {"description": "needed"}})
    since = crm.count()
    with pytest.raises(PlanMoved, match="description is 'needed', and was 'd'"):
        plan.apply()
    assert _writes(crm, since) == []


def test_a_guard_that_refuses_one_statement_refuses_the_whole_plan(crm, opened):
    """F1: a plan is checked against the limits of the session that applies it."""
    with opened(crm, yes=False) as db:
        plan = db.plan(f"{NEW}; delete from saved_responses@ac where id = 1")
        since = crm.count()
        with pytest.raises(sqlcrm.GuardRefused, match="1 deleted") as refusal:
            plan.apply()
        assert refusal.value.exit_code == 6
        assert _writes(crm, since) == []


def test_statements_that_rest_on_earlier_ones_are_said_to_be_not_planned(crm, db):
    plan = db.plan(
        f"{NEW}; insert into contact_tags@ac (contact_id, tag_id) "
        "select 1, id from tags@ac where tag = 'Brand new'; update contacts@ac "
        "set first_name = 'x' where id = 1"
    )
    assert plan.left == 2
    assert plan.why.startswith("statement 2 and those behind it: it reads tags@ac, which")
    assert any(line.startswith("not planned: statement 2") for line in plan.lines())
    assert plan.counts == {"create": 1}


@pytest.fixture
def kept(crm, db, tmp_path):
    path = tmp_path / "plan.json"
    db.plan(f"{NEW}; {NAMES}").save(path)
    return path


def test_a_plan_in_a_file_is_applied_by_another_session(crm, opened, kept, db):
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    with opened(crm, "other") as other:
        plan = other.load_plan(kept)
        assert plan.counts == {"create": 1, "update": 3}
        since = crm.count()
        assert [report.counts for report in plan.apply()] == [{"done": 1}, {"done": 3}]
        assert len(_writes(crm, since)) == plan.forecast.writes == 4
        assert crm.count() - since <= plan.calls


def test_a_plan_in_a_file_holds_no_secret(crm, kept):
    """E7: nor is it readable by others."""
    assert "sandbox-key" not in kept.read_text()


def test_a_file_that_is_there_already_becomes_private_too(crm, db, tmp_path):
    path = tmp_path / "plan.json"
    path.write_text("old")
    path.chmod(0o644)
    db.plan(NEW).save(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [one.name for one in tmp_path.iterdir() if one.name.startswith("plan")] == ["plan.json"]


@pytest.mark.parametrize(
    ("edit", "words"),
    [
        (lambda text: text.replace("Brand new", "Other tag"), "was changed since it was made"),
        (lambda text: text.replace('"sqlcrm_plan": 1', '"sqlcrm_plan": 99'), "of this version"),
        (lambda text: text[: len(text) // 2], "is no plan"),
        (lambda _: "[]", "is no plan"),
        (lambda _: "{}", "is no plan"),
    ],
    ids=["edited", "other version", "cut", "a list", "empty"],
)
def test_a_plan_file_that_is_not_as_it_was_made_is_refused(crm, db, kept, edit, words):
    kept.write_text(edit(kept.read_text()))
    since = crm.count()
    with pytest.raises(sqlcrm.ProgrammingError, match=words):
        db.load_plan(kept)
    assert _writes(crm, since) == []


def test_a_plan_of_another_account_is_refused(crm, opened, kept, db):
    crm.reset()
    since = crm.count()
    with opened(crm, "other") as other, pytest.raises(WrongAccount, match="Nothing was written"):
        other.load_plan(kept)
    assert _writes(crm, since) == []


def test_a_stale_plan_file_is_refused_with_the_rows(crm, db, kept):
    """F2: through a file, a day later."""
    crm.api("PUT", "contacts/4", {"contact": {"firstName": "Somebody"}})
    since = crm.count()
    with pytest.raises(PlanMoved, match="first_name is 'Somebody'"):
        db.load_plan(kept).apply()
    assert _writes(crm, since) == []


def test_times_numbers_lists_and_nulls_come_back_from_a_file_as_they_were(crm, db, tmp_path):
    statement = (
        "update contacts@ac set interests = ['Climate', 'Housing'], date_of_birth = "
        "date '2001-02-03', last_call = timestamptz '2026-01-02 03:04:05+00', "
        "phone = null, donated_in_total = 1250 where id in (3, 4)"
    )
    plan = db.plan(statement)
    plan.save(tmp_path / "plan.json")
    loaded = db.load_plan(tmp_path / "plan.json")
    assert [dict(o.values) for o in loaded.operations] == [dict(o.values) for o in plan.operations]
    assert [dict(o.before) for o in loaded.operations] == [dict(o.before) for o in plan.operations]
    loaded.apply()
    assert db.plan(statement).counts == {"unchanged": 2}


def test_an_undo_that_was_kept_in_a_file_counts_as_one(crm, db, tmp_path):
    before = {row["id"]: row["firstName"] for row in crm.state()["contacts"]}
    run = db.execute(NAMES).report.run
    db.undo(run).save(tmp_path / "undo.json")
    db.load_plan(tmp_path / "undo.json").apply()
    assert {row["id"]: row["firstName"] for row in crm.state()["contacts"]} == before
    assert db.undo(run).parts == ()
    assert db.execute("select kind from runs@sqlcrm order by run_id").fetchall()[-1] == ("undo",)


def test_a_local_script_has_an_empty_plan(crm, db):
    plan = db.plan("create table t as select 1 as x; select * from t")
    assert plan.empty
    assert plan.lines() == ["nothing in it writes to a CRM"]
    assert plan.apply() == []


@pytest.fixture
def command(crm, tmp_path):
    """Run the installed command with the CRM as @ac; it never shows a traceback or the secret."""
    config = tmp_path / "connections.toml"
    settings = "".join(f"{name} = {json.dumps(value)}\n" for name, value in crm.settings.items())
    config.write_text(f"[connections.ac]\n{settings}")
    config.chmod(0o600)

    def run(*arguments, code=0):
        ran = subprocess.run(
            [sys.executable, "-m", "sqlcrm", "--config", str(config), *map(str, arguments)],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
            cwd=tmp_path,
        )
        assert ran.returncode == code, ran.stderr
        assert "Traceback" not in ran.stderr
        assert "sandbox-key" not in ran.stdout + ran.stderr
        return ran

    return run


def test_the_command_plans_keeps_refuses_and_applies(crm, command, tmp_path):
    """F2 and F3, by the installed command: exit 6 for a stale plan, 0 writes before `apply`."""
    script, kept = tmp_path / "names.sql", tmp_path / "names.plan"
    script.write_text(NAMES)
    since = crm.count()
    shown = command("plan", script).stdout
    assert _email(crm, 4) in shown
    assert "→ Re" in shown
    assert command("run", script, "--plan").stdout == shown
    told = command("plan", script, "-o", kept).stderr
    assert "3 to update" in told
    assert f"sqlcrm apply {kept}" in told
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert _writes(crm, since) == []

    was = next(row["firstName"] for row in crm.state()["contacts"] if row["id"] == "4")
    crm.api("PUT", "contacts/4", {"contact": {"firstName": "Somebody"}})
    since = crm.count()
    refused = command("apply", kept, code=6)
    assert _email(crm, 4) in refused.stderr
    assert _writes(crm, since) == []

    crm.api("PUT", "contacts/4", {"contact": {"firstName": was}})
    assert "3 done" in command("apply", kept).stderr
    names = {row["id"]: row["firstName"] for row in crm.state()["contacts"]}
    assert {names["3"], names["4"], names["5"]} == {"Re"}


def test_the_command_refuses_a_plan_that_deletes_without_a_word(crm, db, command, tmp_path):
    """F1: limits are those of the moment when the plan is applied."""
    db.plan("delete from saved_responses@ac where id = 1").save(tmp_path / "gone.plan")
    since = crm.count()
    assert "--yes" in command("apply", tmp_path / "gone.plan", code=6).stderr
    assert _writes(crm, since) == []
