"""SYNCHRONIZE between the session, files and ActiveCampaign, judged by the CRM's own state."""

import pytest

import sqlcrm
from sqlcrm.sandbox import Options, serve
from sqlcrm_activecampaign.sandbox import sandbox


def _writes(crm, since):
    return [c for c in crm.calls()[since:] if c["method"] != "GET"]


def _people(db, sql):
    db.execute(f"create or replace table people as {sql}")


def test_new_rows_are_inserted_and_others_changed_in_what_differs_and_then_nothing(crm, db, counts):
    known = crm.state()["contacts"][0]
    _people(
        db,
        f"select * from (values ('{known['email'].upper()}', 'Other'), "
        "('fresh@example.org', 'New')) as v(email, first_name)",
    )
    statement = "synchronize people to contacts@ac with insert or update identified by email"
    since = crm.count()
    assert counts(db.execute(statement)) == {"done": 2}
    writes = _writes(crm, since)
    assert sorted(c["method"] for c in writes) == ["POST", "PUT"]
    after = {c["email"]: c for c in crm.state()["contacts"]}
    assert after[known["email"]]["firstName"] == "Other"
    assert after["fresh@example.org"]["firstName"] == "New"
    since = crm.count()
    assert counts(db.execute(statement)) == {"unchanged": 2}
    assert _writes(crm, since) == []


def test_what_is_not_named_after_with_is_not_done(crm, db, counts):
    known = crm.state()["contacts"][0]
    _people(
        db,
        f"select * from (values ('{known['email']}', 'Changed'), ('nobody@example.org', 'New')) "
        "as v(email, first_name)",
    )
    since = crm.count()
    only = "synchronize people to contacts@ac with update identified by email"
    assert counts(db.execute(only)) == {"done": 1, "unchanged": 1}
    assert [c["method"] for c in _writes(crm, since)] == ["PUT"]


def test_a_link_table_is_kept_equal_within_its_scope(crm, db, counts):
    contacts = crm.state()["contacts"]
    ids = [c["id"] for c in contacts[:4]]
    tag = crm.state()["tags"][0]["id"]
    db.execute(
        f"create table wanted as select unnest([{','.join(map(str, ids))}]) contact_id, "
        f"{tag} tag_id"
    )
    statement = (
        f"synchronize wanted to contact_tags@ac(tag_id => {tag}) with insert or delete "
        "identified by contact_id, tag_id"
    )
    others = [r for r in crm.state()["contactTags"] if r["tag"] != str(tag)]
    report = db.execute(statement).report
    now = crm.state()["contactTags"]
    assert {r["contact"] for r in now if r["tag"] == str(tag)} == {str(i) for i in ids}
    assert [r for r in now if r["tag"] != str(tag)] == others
    assert report.counts.get("done", 0) > 0
    assert counts(db.execute(statement)) == {"unchanged": 4}


def test_deleting_from_a_link_table_needs_a_scope(crm, db):
    db.execute("create table wanted as select 1 contact_id, 1 tag_id")
    with pytest.raises(sqlcrm.Error, match="say which rows are meant"):
        db.execute("sync wanted to contact_tags@ac with delete identified by contact_id, tag_id")


def test_a_key_that_occurs_twice_is_refused_before_the_first_write(crm, db):
    _people(
        db,
        "select * from (values ('a@example.org', 'A'), ('A@EXAMPLE.org', 'B')) "
        "as v(email, first_name)",
    )
    since = crm.count()
    with pytest.raises(sqlcrm.ProgrammingError, match="more than once in the source"):
        db.execute("sync people to contacts@ac with insert identified by email")
    assert _writes(crm, since) == []


def test_error_after_writes_nothing_and_exit_after_the_first_rows_only(crm, db, counts):
    _people(
        db,
        "select 'many' || i || '@example.org' email, 'N' first_name from range(5) t(i)",
    )
    statement = "sync people to contacts@ac with insert {} after 3 rows identified by email"
    since = crm.count()
    with pytest.raises(sqlcrm.GuardRefused, match="ERROR AFTER 3 ROWS"):
        db.execute(statement.format("error"))
    assert _writes(crm, since) == []
    assert counts(db.execute(statement.format("exit"))) == {"done": 3, "skipped": 2}


def _contacts(crm):
    return {c["email"]: c for c in crm.state()["contacts"]}


def _field(crm, email, tag):
    """Return a custom field's value, by the CRM's own state."""
    state = crm.state()
    field = next(f["id"] for f in state["fields"] if f["perstag"] == tag)
    contact = next(c["id"] for c in state["contacts"] if c["email"] == email)
    return next(
        (
            v["value"]
            for v in state["fieldValues"]
            if (v["field"], v["contact"]) == (field, contact)
        ),
        None,
    )


def _values(db, columns, *rows):
    """Make `people`: each row a tuple; None is NULL."""
    shown = ", ".join("(" + ", ".join(_literal(v) for v in row) + ")" for row in rows)
    _people(db, f"select * from (values {shown}) as v({columns})")


def _literal(value):
    if value is None:
        return "null"
    return str(value) if isinstance(value, int | float) else "'" + value.replace("'", "''") + "'"


def _literals(values):
    return f"[{', '.join(_literal(value) for value in values)}]"


INSERT_UPDATE = "synchronize people to contacts@ac with insert or update identified by email"


def _settled(crm, db, statement):
    """Run a statement twice more; return the writes that these runs made."""
    since = crm.count()
    for _ in range(2):
        report = db.execute(statement).report
        assert set(report.counts) <= {"unchanged", "rejected"}
    return _writes(crm, since)


def test_from_turns_the_sides_around(crm, db, counts):
    known = crm.state()["contacts"][0]["email"]
    _values(db, "email, first_name", (known, "Turned"))
    cursor = db.execute("sync contacts@ac from people with update identified by email")
    assert counts(cursor) == {"done": 1}
    assert _contacts(crm)[known]["firstName"] == "Turned"


def test_columns_are_chosen_for_each_step(crm, db):
    known = _contacts(crm)
    email = next(iter(known))
    _values(
        db,
        "email, first_name, last_name, phone",
        (email, "First", "Last", "+31 20 1234567"),
        ("new@example.org", "First", "Last", "+31 20 1234567"),
    )
    db.execute(
        "sync people to contacts@ac with insert all except phone or update FIRST_NAME "
        "identified by email"
    )
    after = _contacts(crm)
    assert after[email]["firstName"] == "First"
    assert after[email]["lastName"] == known[email]["lastName"]
    assert after[email]["phone"] == known[email]["phone"]
    new = after["new@example.org"]
    assert (new["firstName"], new["lastName"], new["phone"] or "") == ("First", "Last", "")


def test_a_column_of_a_clause_that_is_not_there_is_an_error_that_offers_others(crm, db):
    _values(db, "email, first_name", ("n@example.org", "N"))
    since = crm.count()
    for clause in (
        "with insert frist_name identified by email",
        "with insert all except frist_name identified by email",
        "with insert identified by emial",
        "with update ignore changes to frist_name identified by email",
    ):
        with pytest.raises(sqlcrm.Error, match="Did you mean"):
            db.execute(f"sync people to contacts@ac {clause}")
    assert _writes(crm, since) == []


def test_columns_that_only_the_source_has_are_told(crm, db):
    _values(db, "email, shoe_size", ("n@example.org", 41))
    notices = db.execute(INSERT_UPDATE).report.notices
    assert "not in contacts, so not written: shoe_size of people" in notices


def test_changes_to_an_ignored_column_are_no_reason_but_are_written_along(crm, db, counts):
    first, second = crm.state()["contacts"][:2]
    _values(
        db,
        "email, first_name, last_name",
        (first["email"], first["firstName"], "Ignored"),
        (second["email"], "Changed", "Along"),
    )
    statement = INSERT_UPDATE.replace("identified", "ignore changes to last_name identified")
    assert counts(db.execute(statement)) == {"done": 1, "unchanged": 1}
    after = _contacts(crm)
    assert after[first["email"]]["lastName"] == first["lastName"]
    assert after[second["email"]]["firstName"] == "Changed"
    assert after[second["email"]]["lastName"] == "Along"


@pytest.mark.parametrize(
    ("clause", "outcome", "overwritten"),
    [
        ("", {"rejected": 1, "done": 1}, True),
        ("ignore nulls", {"unchanged": 2}, False),
        ("ignore nulls on identified by", {"unchanged": 1, "done": 1}, True),
        ("ignore nulls on values", {"rejected": 1, "unchanged": 1}, False),
    ],
)
def test_nulls_are_ignored_where_that_is_asked_for(crm, db, counts, clause, outcome, overwritten):
    known = next(c for c in crm.state()["contacts"] if c["firstName"])
    _values(db, "email, first_name", (known["email"], None), (None, "Nobody"))
    cursor = db.execute(INSERT_UPDATE.replace("identified", f"{clause} identified", 1))
    assert counts(cursor) == outcome
    now = _contacts(crm)[known["email"]]["firstName"]
    assert (now or "") == ("" if overwritten else known["firstName"])
    assert len(crm.state()["contacts"]) == 300


def test_null_keys_are_one_key(crm, db):
    _values(db, "email, first_name", (None, "A"), (None, "B"))
    with pytest.raises(sqlcrm.ProgrammingError, match="more than once in the source"):
        db.execute(INSERT_UPDATE)
    db.execute(INSERT_UPDATE.replace("identified", "ignore nulls on identified by identified", 1))


def test_a_key_twice_in_the_target_is_refused_where_the_source_has_it(crm, db):
    """F5: a key that is not one row is refused before the first write."""
    first, second = crm.state()["contacts"][:2]
    for one in (first, second):
        crm.api("PUT", f"contacts/{one['id']}", {"contact": {"phone": "+31201234567"}})
    _values(db, "phone, first_name", ("+31201234567", "X"))
    statement = "sync people to contacts@ac with update identified by phone"
    since = crm.count()
    with pytest.raises(sqlcrm.ProgrammingError, match="more than once in the target"):
        db.execute(statement)
    assert _writes(crm, since) == []


def test_a_key_that_is_not_the_natural_one_is_looked_up_too(crm, db, counts):
    known = crm.state()["contacts"][:2]
    _values(db, "id, first_name", *((int(c["id"]), "ById") for c in known))
    cursor = db.execute("sync people to contacts@ac with update identified by id")
    assert counts(cursor) == {"done": 2}
    after = _contacts(crm)
    assert all(after[c["email"]]["firstName"] == "ById" for c in known)
    with pytest.raises(sqlcrm.ProgrammingError, match="id is set by the CRM"):
        db.execute("sync people to contacts@ac with insert identified by id")


def test_without_delete_the_target_is_asked_for_by_keys_and_not_scanned(crm, db):
    known = [c["email"] for c in crm.state()["contacts"][:3]]
    _values(db, "email, first_name", *((email, "Few") for email in known))
    db.execute("select count(*) from contacts@ac where city is not null")  # discovery, once
    since = crm.count()
    report = db.execute(INSERT_UPDATE).report
    reads = [c for c in crm.calls()[since:] if c["method"] == "GET" and "contacts" in c["path"]]
    assert len(reads) <= 3
    assert sum(report.calls.values()) == crm.count() - since


def test_a_second_and_a_third_run_write_nothing_whatever_the_api_made_of_the_values(crm, db):
    """F6, F7: spaces, case, blanks and types that differ cause no endless updates."""
    known = crm.state()["contacts"][0]["email"]
    _values(
        db,
        "email, first_name, last_name, phone, city",
        ("  Spaces.And.Case@Example.ORG ", " Ana ", "", " 020 123 ", " Breda "),
        (known.upper(), "  Bo", None, "", "Düsseldorf"),
        ("plain@example.org", "O'Neil", "ÅSA", "+31 6 12345678", ""),
    )
    assert db.execute(INSERT_UPDATE).report.counts == {"done": 3}
    assert _settled(crm, db, INSERT_UPDATE) == []
    assert "spaces.and.case@example.org" in {
        c["email"].strip().lower() for c in crm.state()["contacts"]
    }


def test_values_of_other_types_than_the_columns_are_the_same_values(crm, db):
    """F7: ids, numbers and dates as text, and the other way around."""
    first, second = crm.state()["contacts"][:2]
    _values(
        db,
        "id, phone, date_of_birth, shirts_ordered, donated_in_total, membership_level",
        (str(first["id"]), 31201234567, "1999-04-30", "2", "150", None),
        (f"{second['id']}", 5, "2001-02-03", "3.50", "10", None),
    )
    statement = "sync people to contacts@ac with update identified by id"
    assert db.execute(statement).report.counts == {"done": 2}
    assert _field(crm, first["email"], "DATE_OF_BIRTH") == "1999-04-30"
    assert _settled(crm, db, statement) == []
    _people(
        db,
        f"select {first['id']}::double id, 31201234567::bigint phone, "
        "timestamp '1999-04-30' date_of_birth, 2::smallint shirts_ordered, "
        "150.0::decimal(9, 2) donated_in_total",
    )
    assert _settled(crm, db, statement) == []


def test_custom_fields_are_columns_on_insert_and_on_update(crm, db, counts):
    known = crm.state()["contacts"][0]["email"]
    _values(
        db,
        "email, CITY, notes_of_the_organiser",
        (known, "Breda", "Met"),
        ("new@example.org", "Utrecht", "New"),
    )
    assert counts(db.execute(INSERT_UPDATE)) == {"done": 2}
    assert _field(crm, known, "CITY") == "Breda"
    assert _field(crm, "new@example.org", "CITY") == "Utrecht"
    assert _settled(crm, db, INSERT_UPDATE) == []
    _values(db, "email, city", (known, None))
    assert counts(db.execute(INSERT_UPDATE)) == {"done": 1}
    assert (_field(crm, known, "CITY") or "") == ""
    assert _settled(crm, db, INSERT_UPDATE) == []


@pytest.mark.parametrize("kind", ["csv", "xlsx", "query", "parquet"])
def test_the_source_may_be_a_file_or_a_query(crm, db, counts, tmp_path, kind):
    known = crm.state()["contacts"][0]["email"]
    _values(db, "email, first_name", (known, "Filed"), ("file@example.org", "New"))
    path = tmp_path / f"people.{kind}"
    source = f"'{path}'"
    if kind == "xlsx":
        from xlsxwriter import Workbook

        with Workbook(path) as book:
            sheet = book.add_worksheet()
            rows = [("email", "first_name"), *db.execute("select * from people").fetchall()]
            for number, row in enumerate(rows):
                sheet.write_row(number, 0, row)
    elif kind == "query":
        source = "(select lower(email) as email, first_name from people where email is not null)"
    else:
        db.execute(f"copy people to '{path}'")
    statement = INSERT_UPDATE.replace("people", source)
    assert counts(db.execute(statement)) == {"done": 2}
    assert _contacts(crm)[known]["firstName"] == "Filed"
    assert _settled(crm, db, statement) == []


def test_binds_go_into_source_and_scope(crm, db, counts):
    tag = crm.state()["tags"][0]["id"]
    contact = int(crm.state()["contacts"][0]["id"])
    statement = (
        "sync (select ? as contact_id, ? as tag_id) to contact_tags@ac where tag_id = ? "
        "with insert or delete identified by contact_id, tag_id"
    )
    others = [r for r in crm.state()["contactTags"] if r["tag"] != str(tag)]
    db.execute(statement, [contact, int(tag), int(tag)])
    now = crm.state()["contactTags"]
    assert [r["contact"] for r in now if r["tag"] == str(tag)] == [str(contact)]
    assert [r for r in now if r["tag"] != str(tag)] == others
    assert counts(db.execute(statement, [contact, int(tag), int(tag)])) == {"unchanged": 1}


def test_a_scope_limits_what_is_compared_and_deleted(crm, db, counts):
    tags = {t["tag"]: t for t in crm.state()["tags"]}
    first, second, third = list(tags)[:3]
    _people(db, f"select '{first}' tag, 'kept' description")
    statement = (
        f"sync people to tags@ac where tag in ('{first}', '{second}') "
        "with update or delete identified by tag"
    )
    assert counts(db.execute(statement)) == {"done": 2}
    after = {t["tag"]: t for t in crm.state()["tags"]}
    assert set(after) == set(tags) - {second}
    assert after[first]["description"] == "kept"
    assert after[third] == tags[third]
    assert _settled(crm, db, statement) == []


def test_a_row_outside_the_scope_is_not_inserted_again(crm, db, counts):
    tags = [t["tag"] for t in crm.state()["tags"]]
    _people(db, f"select '{tags[1]}' tag")
    since = crm.count()
    statement = f"sync people to tags@ac where tag = '{tags[0]}' with insert identified by tag"
    assert counts(db.execute(statement)) == {"unchanged": 1}
    assert _writes(crm, since) == []


def test_delete_takes_what_the_source_lacks(crm, db, counts):
    tags = [t["tag"] for t in crm.state()["tags"]]
    _people(db, f"select unnest({_literals(tags[:2])}) tag")
    statement = "sync people to tags@ac with delete identified by tag"
    assert counts(db.execute(statement)) == {"done": len(tags) - 2, "unchanged": 2}
    assert [t["tag"] for t in crm.state()["tags"]] == tags[:2]


@pytest.mark.parametrize("verb", ["insert", "update", "delete"])
def test_error_and_exit_after_hold_for_each_verb(crm, db, counts, verb):
    tags = [t["tag"] for t in crm.state()["tags"]]
    if verb == "insert":
        source = "select 'fresh ' || i tag, 'd' description from range(3) t(i)"
    elif verb == "update":
        source = f"select unnest({_literals(tags[:3])}) tag, 'changed' description"
    else:
        source = f"select unnest({_literals(tags[3:])}) tag, null description"
    _people(db, source)
    statement = "sync people to tags@ac with {verb} {how} after 2 rows identified by tag"
    since = crm.count()
    with pytest.raises(sqlcrm.GuardRefused, match="ERROR AFTER 2 ROWS: 3 rows"):
        db.execute(statement.format(verb=verb, how="error"))
    assert _writes(crm, since) == []
    cursor = db.execute(statement.format(verb=verb, how="exit"))
    found = counts(cursor)
    assert (found["done"], found["skipped"]) == (2, 1)
    assert len(_writes(crm, since)) == 2
    assert "1 further rows were skipped" in " ".join(cursor.report.notices)


def test_it_stops_after_so_many_errors(crm, db, counts):
    _values(
        db,
        "email, first_name",
        ("no address", "A"),
        ("nor this", "B"),
        ("ok@example.org", "C"),
    )
    statement = INSERT_UPDATE + " continue on first {} errors"
    since = crm.count()
    assert counts(db.execute(statement.format(1))) == {"rejected": 2, "skipped": 1}
    assert _writes(crm, since) == []
    assert counts(db.execute(statement.format(2))) == {"rejected": 2, "done": 1}


def test_a_source_that_is_empty_deletes_nothing_unasked(crm, db):
    """F4: an empty or half-read source."""
    _people(db, "select '' tag limit 0")
    since = crm.count()
    with pytest.raises(sqlcrm.GuardRefused, match="the source is empty"):
        db.execute("sync people to tags@ac with delete identified by tag")
    assert _writes(crm, since) == []


def test_a_remote_table_is_the_source_of_another_of_the_same_account(crm, db, counts):
    """Remote to remote: the source is read by the same rules."""
    crm.api("POST", "tags", {"tag": {"tag": "vol copy", "tagType": "contact"}})
    new = next(t["id"] for t in crm.state()["tags"] if t["tag"] == "vol copy")
    old = crm.state()["tags"][0]
    statement = (
        f"sync (select contact_id, {new} tag_id from contact_tags@ac where tag_id = {old['id']}) "
        f"to contact_tags@ac(tag_id => {new}) with insert or delete "
        "identified by contact_id, tag_id"
    )
    db.execute(statement)
    assert crm.tagged("vol copy") == crm.tagged(old["tag"]) != set()
    assert _settled(crm, db, statement) == []


def test_one_account_is_kept_equal_to_another(crm, tmp_path, counts):
    with serve([sandbox], Options(people=40, limits="off", seed=7)) as running:
        other = type(crm)(running[0])
        with sqlcrm.connect(
            ac=crm.settings, other=other.settings, state=tmp_path / "state", yes=True
        ) as db:
            statement = (
                "sync (select email, first_name, last_name, phone, city from contacts@other) "
                "to contacts@ac with insert or update identified by email"
            )
            db.execute(statement)
            ours, theirs = _contacts(crm), _contacts(other)
            for email, one in theirs.items():
                assert (ours[email]["firstName"] or "").strip() == (one["firstName"] or "").strip()
                assert (_field(crm, email, "CITY") or "") == (_field(other, email, "CITY") or "")
            assert _settled(crm, db, statement) == []


def test_subscriptions_are_not_raised_without_a_word(crm, db, counts):
    link = next(r for r in crm.state()["contactLists"] if str(r["status"]) == "2")
    _people(db, f"select {link['contact']} contact_id, {link['list']} list_id, 1 status, true yes")
    statement = (
        "sync people to contact_lists@ac with insert or update identified by contact_id, list_id"
    )
    since = crm.count()
    assert counts(db.execute(statement)) == {"rejected": 1}
    assert _writes(crm, since) == []
    assert counts(db.execute(f"{statement} with opt in where source.yes")) == {"done": 1}


def test_a_plan_shows_it_and_writes_nothing(crm, db):
    known = crm.state()["contacts"][0]["email"]
    _values(db, "email, first_name", (known, "Planned"), ("new@example.org", "New"))
    since = crm.count()
    plan = db.plan(INSERT_UPDATE)
    assert plan.counts == {"update": 1, "create": 1}
    assert _writes(crm, since) == []
    assert [r.counts for r in plan.apply()] == [{"done": 2}]


def test_clauses_stand_in_any_order(crm, db, counts):
    _values(db, "email, first_name", ("n@example.org", None))
    cursor = db.execute(
        "sync people to contacts@ac continue on first 5 errors identified by email "
        "ignore changes to first_name ignore nulls with insert or update"
    )
    assert counts(cursor) == {"done": 1}


def test_a_view_over_a_remote_table_is_a_source(crm, db, counts):
    known = crm.state()["contacts"][0]
    db.execute(
        "create view seen as select id, 'Viewed' as first_name from contacts@ac where id < 2"
    )
    statement = "sync {} to contacts@ac with update identified by id"
    assert counts(db.execute(statement.format("seen"))) == {"done": 1}
    assert _contacts(crm)[known["email"]]["firstName"] == "Viewed"
    again = statement.format("(select s.* from seen s where id > 0)")
    assert counts(db.execute(again)) == {"unchanged": 1}


def test_a_committed_transaction_writes_what_was_planned_in_it(crm, db):
    known = crm.state()["contacts"][0]["email"]
    _values(db, "email, first_name", (known, "Committed"))
    since = crm.count()
    db.execute("begin")
    assert db.execute(INSERT_UPDATE).report.counts == {"planned": 1}
    assert _writes(crm, since) == []
    assert db.execute("commit").report.counts == {"done": 1}
    assert _contacts(crm)[known]["firstName"] == "Committed"


def test_rows_whose_missing_keys_are_ignored_cause_no_scan(crm, db, counts):
    known = crm.state()["contacts"][0]["email"]
    _values(db, "email, first_name", (known, "Keyed"), (None, "Nobody"))
    since = crm.count()
    statement = INSERT_UPDATE.replace("identified", "ignore nulls on identified by identified", 1)
    assert counts(db.execute(statement)) == {"done": 1, "unchanged": 1}
    reads = [
        c for c in crm.calls()[since:] if (c["method"], c["path"]) == ("GET", "/api/3/contacts")
    ]
    assert len(reads) == 1
