"""ON CONFLICT, UPDATE … FROM and DELETE … USING, judged by the CRM's own state."""

import pytest

import sqlcrm


def _writes(crm, since):
    return [c for c in crm.calls()[since:] if c["method"] != "GET"]


def _contacts(crm):
    return {c["email"]: c for c in crm.state()["contacts"]}


@pytest.fixture
def people(crm, db):
    """A table with a contact that exists, in capitals, and one that does not; returns the first."""
    known = next(c for c in crm.state()["contacts"] if c["firstName"] and c["lastName"])
    db.execute("create table people (email text, first_name text, last_name text)")
    db.execute(
        "insert into people values (?, 'Changed', ?)", [known["email"].upper(), known["lastName"]]
    )
    db.execute("insert into people values ('new@example.org', 'New', 'Person')")
    return known


INSERT = "insert into contacts@ac (email, first_name, last_name) select * from people"


def test_without_on_conflict_a_row_that_exists_with_other_values_is_rejected(
    crm, db, people, counts
):
    cursor = db.execute(INSERT)
    assert counts(cursor) == {"done": 1, "rejected": 1}
    assert "first_name" in cursor.report.rejected[0][2]
    assert _contacts(crm)[people["email"]]["firstName"] == people["firstName"]


def test_do_nothing_leaves_rows_that_exist_and_makes_the_others(crm, db, people, counts):
    since = crm.count()
    assert counts(db.execute(f"{INSERT} on conflict do nothing")) == {"done": 1, "unchanged": 1}
    assert [c["method"] for c in _writes(crm, since)] == ["POST"]
    after = _contacts(crm)
    assert after[people["email"]]["firstName"] == people["firstName"]
    assert after["new@example.org"]["firstName"] == "New"
    assert counts(db.execute(f"{INSERT} on conflict (email) do nothing")) == {"unchanged": 2}


def test_do_update_changes_what_differs_of_rows_that_exist(crm, db, people, counts):
    since = crm.count()
    statement = f"{INSERT} on conflict (EMAIL) do update"
    assert counts(db.execute(statement)) == {"done": 2}
    put = next(c for c in _writes(crm, since) if c["method"] == "PUT")
    assert put["path"].endswith(f"/contacts/{people['id']}")
    after = _contacts(crm)
    assert after[people["email"]]["firstName"] == "Changed"
    assert after[people["email"]]["lastName"] == people["lastName"]
    since = crm.count()
    for _ in range(2):
        assert counts(db.execute(statement)) == {"unchanged": 2}
    assert _writes(crm, since) == []


def test_set_works_on_the_row_that_came_and_on_the_one_that_is_there(crm, db, people, counts):
    cursor = db.execute(
        f"{INSERT} on conflict (email) do update set "
        "first_name = contacts.first_name || '/' || excluded.first_name, "
        "last_name = upper(last_name)"
    )
    assert counts(cursor) == {"done": 2}
    after = _contacts(crm)
    assert after[people["email"]]["firstName"] == f"{people['firstName']}/Changed"
    assert after[people["email"]]["lastName"] == people["lastName"].upper()
    new = after["new@example.org"]
    assert (new["firstName"], new["lastName"]) == ("New", "Person")


def test_set_may_use_columns_that_the_insert_does_not_name(crm, db, people, counts):
    crm.api("PUT", f"contacts/{people['id']}", {"contact": {"phone": "+31201234567"}})
    statement = (
        "insert into contacts@ac as c (email) select email from people on conflict (email) "
        "do update set last_name = c.phone, city = coalesce(c.city, 'nowhere') || '!'"
    )
    assert counts(db.execute(statement)) == {"done": 2}
    row = db.execute("select last_name, city from contacts@ac where email = ?", [people["email"]])
    last_name, city = row.fetchone()
    assert last_name == "+31201234567"
    assert city.endswith("!")


def test_set_to_null_empties_a_column(crm, db, people, counts):
    statement = f"{INSERT} on conflict (email) do update set last_name = null"
    assert counts(db.execute(statement)) == {"done": 2}
    assert not _contacts(crm)[people["email"]]["lastName"]
    assert counts(db.execute(statement)) == {"done": 1, "unchanged": 1}  # now for the new one


def test_values_of_a_set_that_do_not_fit_reject_only_their_row(crm, db, people, counts):
    since = crm.count()
    statement = f"{INSERT} on conflict (email) do update set date_of_birth = 'soon'"
    assert counts(db.execute(statement)) == {"done": 1, "rejected": 1}
    assert [c["method"] for c in _writes(crm, since)] == ["POST"]


@pytest.mark.parametrize("clause", ["(first_name) do update", "(email, phone) do nothing"])
def test_another_key_than_the_tables_own_is_an_error_that_names_it(crm, db, people, clause):
    since = crm.count()
    with pytest.raises(sqlcrm.ProgrammingError, match=r"ON CONFLICT \(email\)"):
        db.execute(f"{INSERT} on conflict {clause}")
    assert _writes(crm, since) == []


def test_a_table_without_a_key_has_no_conflicts(crm, db):
    since = crm.count()
    with pytest.raises(sqlcrm.Error, match="no key on which rows could conflict"):
        db.execute(
            "insert into deals@ac (title, value, currency, contact_id, stage_id, owner_id) "
            "values ('T', 1, 'usd', 1, 1, 1) on conflict do nothing"
        )
    assert _writes(crm, since) == []


def test_a_column_that_an_update_cannot_write_is_refused(crm, db, people):
    since = crm.count()
    for set_ in ("id = 5", "nonsense = 5", "created_at = now()"):
        with pytest.raises(sqlcrm.Error, match=r"set by the CRM|no column"):
            db.execute(f"{INSERT} on conflict (email) do update set {set_}")
    assert _writes(crm, since) == []


def test_rows_with_one_key_and_other_values_are_rejected_and_equal_ones_are_one(
    crm, db, people, counts
):
    db.execute("insert into people values ('NEW@example.org', 'Other', 'Person')")
    statement = f"{INSERT} on conflict (email) do update"
    assert counts(db.execute(statement)) == {"rejected": 2, "done": 1}
    db.execute("delete from people where first_name = 'Other'")
    db.execute("insert into people select * from people")
    assert counts(db.execute(statement)) == {"done": 1, "unchanged": 3}


def test_existing_rows_are_looked_up_by_key_and_read_once(crm, db, people):
    db.execute("select count(*) from contacts@ac where city is not null")  # discovery, once
    since = crm.count()
    db.execute(f"{INSERT} on conflict (email) do update set first_name = excluded.first_name")
    reads = [
        c for c in crm.calls()[since:] if (c["method"], c["path"]) == ("GET", "/api/3/contacts")
    ]
    assert len(reads) == 2


def test_a_link_that_exists_is_no_conflict_to_do_nothing(crm, db, counts):
    link = crm.state()["contactTags"][0]
    cursor = db.execute(
        "insert into contact_tags@ac (contact_id, tag_id) "
        f"values ({link['contact']}, {link['tag']}) on conflict do nothing"
    )
    assert counts(cursor) == {"unchanged": 1}


def test_do_update_does_not_raise_a_subscription_without_a_word(crm, db, counts):
    link = next(r for r in crm.state()["contactLists"] if str(r["status"]) == "2")
    statement = (
        "insert into contact_lists@ac (contact_id, list_id, status) "
        f"values ({link['contact']}, {link['list']}, 1) on conflict (contact_id, list_id) do update"
    )
    since = crm.count()
    assert counts(db.execute(statement)) == {"rejected": 1}
    assert counts(db.execute(f"{statement} set status = 1")) == {"rejected": 1}
    assert _writes(crm, since) == []
    assert counts(db.execute(f"{statement} with opt in")) == {"done": 1}


def test_update_from_a_local_table_changes_the_rows_that_join(crm, db, people, counts):
    statement = (
        "update contacts@ac as c set first_name = p.first_name, last_name = c.last_name "
        "from people p where c.email = p.email"
    )
    since = crm.count()
    assert counts(db.execute(statement)) == {"done": 1}
    assert [c["method"] for c in _writes(crm, since)] == ["PUT"]
    assert _contacts(crm)[people["email"]]["firstName"] == "Changed"
    assert counts(db.execute(statement)) == {"unchanged": 1}


def test_update_from_rows_that_disagree_rejects_the_row(crm, db, people, counts):
    db.execute("insert into people select email, 'Another', last_name from people")
    since = crm.count()
    cursor = db.execute(
        "update contacts@ac c set first_name = p.first_name from people p where c.email = p.email"
    )
    assert counts(cursor) == {"rejected": 2}
    assert _writes(crm, since) == []


def test_update_from_two_tables_one_of_them_remote(crm, db, people, counts):
    link = crm.state()["contactTags"][0]
    cursor = db.execute(
        "update contacts@ac c set last_name = n.name "
        "from contact_tags@ac t, (select 'Tagged' as name) n "
        f"where t.contact_id = c.id and t.tag_id = {link['tag']} and c.id = {link['contact']}"
    )
    assert counts(cursor) == {"done": 1}
    after = {c["id"]: c for c in crm.state()["contacts"]}
    assert next(c for i, c in after.items() if str(i) == link["contact"])["lastName"] == "Tagged"


def test_delete_using_a_local_table_deletes_the_rows_that_join(crm, db, people, counts):
    statement = "delete from contacts@ac as c using people p where c.email = p.email"
    assert counts(db.execute(statement)) == {"done": 1}
    assert people["email"] not in _contacts(crm)
    assert len(crm.state()["contacts"]) == 299
    assert counts(db.execute(statement)) == {}


def test_delete_using_deletes_a_row_once_however_often_it_joins(crm, db, people, counts):
    db.execute("insert into people select * from people")
    since = crm.count()
    cursor = db.execute("delete from contacts@ac c using people p where c.email = p.email")
    assert counts(cursor) == {"done": 1, "unchanged": 1}
    assert len(_writes(crm, since)) == 1
