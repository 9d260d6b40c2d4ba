"""MERGE INTO a table of ActiveCampaign, judged by the CRM's own state."""

import pytest

import sqlcrm


def _writes(crm, since):
    return [c for c in crm.calls()[since:] if c["method"] != "GET"]


def _values(db, name, columns, *rows):
    held = ", ".join(str(row) for row in rows)
    db.execute(f"create or replace table {name} as select * from (values {held}) v({columns})")


def _contacts(crm):
    return {c["email"]: c for c in crm.state()["contacts"]}


UPSERT = """
merge into contacts@ac as c using people as p on c.email = p.email
when matched then update set first_name = p.first_name
when not matched then insert (email, first_name) values (p.email, p.first_name)
"""


def test_matched_rows_are_changed_and_others_inserted_and_then_nothing(crm, db, counts):
    known = crm.state()["contacts"][0]["email"]
    _values(db, "people", "email, first_name", (known.upper(), "Changed"), ("n@example.org", "New"))
    since = crm.count()
    assert counts(db.execute(UPSERT)) == {"done": 2}
    assert sorted(c["method"] for c in _writes(crm, since)) == ["POST", "PUT"]
    after = _contacts(crm)
    assert (after[known]["firstName"], after["n@example.org"]["firstName"]) == ("Changed", "New")
    since = crm.count()
    assert counts(db.execute(UPSERT)) == {"unchanged": 2}
    assert _writes(crm, since) == []


def test_the_target_is_read_by_the_keys_of_the_source(crm, db):
    known = [c["email"] for c in crm.state()["contacts"][:2]]
    _values(db, "people", "email, first_name", *((email, "X") for email in known))
    since = crm.count()
    db.execute(UPSERT)
    reads = [c for c in crm.calls()[since:] if c["method"] == "GET" and "/contacts" in c["path"]]
    assert 0 < len(reads) <= 4


def test_the_first_when_that_applies_decides(crm, db, counts):
    first, second, third = [c["email"] for c in crm.state()["contacts"][:3]]
    _values(
        db,
        "people",
        "email, first_name, act",
        (first, "A", "update"),
        (second, "B", "delete"),
        (third, "C", "leave"),
        ("new@example.org", "D", "skip"),
        ("other@example.org", "E", "insert"),
    )
    cursor = db.execute(
        "merge into contacts@ac c using people p on c.email = p.email "
        "when matched and p.act = 'delete' then delete "
        "when matched and p.act = 'leave' then do nothing "
        "when matched then update set first_name = p.first_name || '!' "
        "when not matched and p.act = 'skip' then do nothing "
        "when not matched then insert (email, first_name) values (p.email, p.first_name)"
    )
    assert counts(cursor) == {"done": 3, "unchanged": 2}
    after = _contacts(crm)
    assert after[first]["firstName"] == "A!"
    assert second not in after
    assert third in after
    assert "new@example.org" not in after
    assert after["other@example.org"]["firstName"] == "E"


def test_rows_to_which_no_when_applies_are_unchanged(crm, db, counts):
    known = crm.state()["contacts"][0]["email"]
    _values(db, "people", "email, first_name", (known, "A"), ("n@example.org", "B"))
    since = crm.count()
    only = UPSERT.split("when not")[0]
    assert counts(db.execute(only)) == {"done": 1, "unchanged": 1}
    assert [c["method"] for c in _writes(crm, since)] == ["PUT"]
    rows = db.execute("select reason from operations@sqlcrm where state = 'unchanged'").fetchall()
    assert rows[-1] == ("no WHEN applies to it",)


def test_without_columns_an_update_and_an_insert_take_those_of_the_source(crm, db, counts):
    known = crm.state()["contacts"][0]["email"]
    _values(db, "people", "email, last_name", (known, "Changed"), ("n@example.org", "New"))
    statement = (
        "merge into contacts@ac using (select * from people) using (email) "
        "when matched then update when not matched then insert"
    )
    assert counts(db.execute(statement)) == {"done": 2}
    after = _contacts(crm)
    assert (after[known]["lastName"], after["n@example.org"]["lastName"]) == ("Changed", "New")
    assert counts(db.execute(statement)) == {"unchanged": 2}


def test_a_column_that_the_target_lacks_is_an_error_that_names_it(crm, db):
    _values(db, "people", "email, shoe_size", ("n@example.org", 41))
    with pytest.raises(sqlcrm.Error, match="no column 'shoe_size'"):
        db.execute("merge into contacts@ac using people using (email) when not matched then insert")


def test_a_row_that_two_rows_would_change_differently_is_rejected(crm, db, counts):
    first, second = [c["email"] for c in crm.state()["contacts"][:2]]
    _values(
        db,
        "people",
        "email, first_name",
        (first, "A"),
        (first, "B"),
        (second, "C"),
        (second, "C"),
    )
    since = crm.count()
    assert counts(db.execute(UPSERT)) == {"rejected": 2, "done": 1, "unchanged": 1}
    assert len(_writes(crm, since)) == 1
    assert _contacts(crm)[second]["firstName"] == "C"


def test_a_row_that_one_row_would_delete_and_another_change_is_rejected(crm, db, counts):
    email = crm.state()["contacts"][0]["email"]
    _values(db, "people", "email, gone", (email, True), (email, False))
    statement = (
        "merge into contacts@ac c using people p on c.email = p.email "
        "when matched and p.gone then delete when matched then update set first_name = 'X'"
    )
    since = crm.count()
    assert counts(db.execute(statement)) == {"rejected": 2}
    assert _writes(crm, since) == []


def test_new_rows_with_one_key_and_other_values_are_rejected(crm, db, counts):
    _values(
        db,
        "people",
        "email, first_name",
        ("n@example.org", "A"),
        ("N@example.org", "B"),
        ("ok@example.org", "C"),
    )
    assert counts(db.execute(UPSERT)) == {"rejected": 2, "done": 1}


def test_a_row_that_exists_unpaired_is_not_made_again(crm, db, counts):
    known = crm.state()["contacts"][0]
    _values(db, "people", "email, first_name", (known["email"], known["firstName"] + "x"))
    statement = (
        "merge into contacts@ac c using people p on c.first_name = p.first_name "
        "when not matched then insert (email, first_name) values (p.email, p.first_name)"
    )
    since = crm.count()
    assert counts(db.execute(statement)) == {"rejected": 1}
    assert _writes(crm, since) == []


def test_rows_of_the_target_that_the_source_lacks_are_changed_or_deleted(crm, db, counts):
    tags = crm.state()["tags"]
    kept, renamed = tags[0], tags[1]
    _values(db, "wanted", "tag", (kept["tag"],), ("brand-new",))
    statement = (
        "merge into tags@ac t using wanted w on t.tag = w.tag "
        "when matched then update set description = 'kept' "
        "when not matched then insert (tag) values (w.tag) "
        f"when not matched by source and t.tag = '{renamed['tag']}' "
        "then update set description = 'old ' || t.tag "
        "when not matched by source then delete"
    )
    assert counts(db.execute(statement)) == {"done": len(tags) + 1}
    after = {t["tag"]: t for t in crm.state()["tags"]}
    assert set(after) == {kept["tag"], renamed["tag"], "brand-new"}
    assert after[kept["tag"]]["description"] == "kept"
    assert after[renamed["tag"]]["description"] == f"old {renamed['tag']}"


def test_emptying_a_link_table_needs_a_scope(crm, db, counts):
    contact, tag = crm.state()["contacts"][0]["id"], int(crm.state()["tags"][0]["id"])
    _values(db, "wanted", "contact_id, tag_id", (int(contact), tag))
    statement = (
        "merge into contact_tags@ac t using wanted w "
        "on t.contact_id = w.contact_id and t.tag_id = w.tag_id "
        "when not matched then insert (contact_id, tag_id) values (w.contact_id, w.tag_id) "
        "when not matched by source {} then delete"
    )
    since = crm.count()
    with pytest.raises(sqlcrm.Error, match="say which rows are meant"):
        db.execute(statement.format(""))
    assert _writes(crm, since) == []
    others = [r for r in crm.state()["contactTags"] if r["tag"] != str(tag)]
    db.execute(statement.format(f"and t.tag_id = {tag}"))
    now = crm.state()["contactTags"]
    assert [r["contact"] for r in now if r["tag"] == str(tag)] == [str(contact)]
    assert [r for r in now if r["tag"] != str(tag)] == others


def test_the_source_may_be_remote_a_query_or_a_file(crm, db, counts, tmp_path):
    first, second = [c["email"] for c in crm.state()["contacts"][:2]]
    path = tmp_path / "people.csv"
    path.write_text(f"email,first_name\n{first},File\n")
    for source in (
        f"'{path}' as p",
        f"(select email, 'Query' as first_name from contacts@ac where email = '{second}') p",
    ):
        assert counts(db.execute(UPSERT.replace("people as p", source))) == {"done": 1}
    after = _contacts(crm)
    assert (after[first]["firstName"], after[second]["firstName"]) == ("File", "Query")


def test_a_join_as_the_source_needs_columns(crm, db, counts):
    known = crm.state()["contacts"][0]["email"]
    _values(db, "people", "email, k", (known, 1))
    _values(db, "names", "k, first_name", (1, "Joined"))
    base = "merge into contacts@ac c using people join names on people.k = names.k "
    since = crm.count()
    with pytest.raises(sqlcrm.NotSupportedError, match="a source with a name"):
        db.execute(f"{base} on c.email = people.email when matched then update")
    assert _writes(crm, since) == []
    cursor = db.execute(
        f"{base} on c.email = people.email "
        "when matched then update set first_name = names.first_name"
    )
    assert counts(cursor) == {"done": 1}
    assert _contacts(crm)[known]["firstName"] == "Joined"


def test_with_and_binds_work_and_custom_fields_are_columns(crm, db, counts):
    known = crm.state()["contacts"][0]["email"]
    statement = (
        "with p as (select ? as email, ? as name, ? as segment) merge into contacts@ac c using p "
        "on c.email = p.email when matched then update set first_name = p.name, {} = p.segment"
    )
    custom = "notes_of_the_organiser"
    values = [known, "Bound", "Custom"]
    assert counts(db.execute(statement.format(custom), values)) == {"done": 1}
    row = db.execute(f"select first_name, {custom} from contacts@ac where email = ?", [known])
    assert row.fetchall() == [("Bound", "Custom")]
    assert counts(db.execute(statement.format(custom), values)) == {"unchanged": 1}


def test_plan_shows_a_merge_and_writes_nothing(crm, db):
    known = crm.state()["contacts"][0]["email"]
    _values(db, "people", "email, first_name", (known, "Changed"), ("n@example.org", "New"))
    since = crm.count()
    assert db.plan(UPSERT).counts == {"update": 1, "create": 1}
    assert _writes(crm, since) == []


def test_a_subscription_is_not_raised_without_a_word(crm, db, counts):
    links = [r for r in crm.state()["contactLists"] if str(r["status"]) == "2"]
    link = links[0]
    statement = (
        "merge into contact_lists@ac t using "
        f"(select {link['contact']} contact_id, {link['list']} list_id) s "
        "on t.contact_id = s.contact_id and t.list_id = s.list_id "
        "when matched then update set status = 1"
    )
    since = crm.count()
    assert counts(db.execute(statement)) == {"rejected": 1}
    assert _writes(crm, since) == []
    assert counts(db.execute(f"{statement} with opt in where s.list_id > 0")) == {"done": 1}
    now = next(r for r in crm.state()["contactLists"] if r["id"] == link["id"])
    assert str(now["status"]) == "1"


def test_returning_gives_the_outcome_of_each_row(crm, db):
    known = crm.state()["contacts"][0]["email"]
    _values(db, "people", "email, first_name", (known, "Changed"), ("n@example.org", "New"))
    rows = db.execute(f"{UPSERT} returning verb, outcome, email, first_name").fetchall()
    assert sorted(rows) == [
        ("create", "done", "n@example.org", "New"),
        ("update", "done", known, "Changed"),
    ]


def test_a_view_over_a_remote_table_is_a_source(crm, db, counts):
    db.execute("create view seen as select id, 'Viewed' as name from contacts@ac where id < 2")
    cursor = db.execute(
        "merge into contacts@ac c using seen on c.id = seen.id "
        "when matched then update set first_name = seen.name"
    )
    assert counts(cursor) == {"done": 1}
    assert crm.state()["contacts"][0]["firstName"] == "Viewed"
