"""RETURNING: the outcome of every row, and the target's columns behind it."""

import pytest

import sqlcrm

COLUMNS = "(email, first_name)"


def _state(crm, email):
    return next((c for c in crm.state()["contacts"] if c["email"] == email), None)


@pytest.fixture
def known(crm):
    return next(c for c in crm.state()["contacts"] if c["firstName"])


def test_a_star_gives_the_outcome_and_every_column_of_the_target(crm, db):
    cursor = db.execute(
        f"insert into contacts@ac {COLUMNS} values ('n@example.org', 'New') returning *"
    )
    names = [column[0] for column in cursor.description]
    assert names[:4] == ["number", "outcome", "reason", "verb"]
    assert {"id", "email", "first_name", "created_at"} <= set(names)
    row = dict(zip(names, cursor.fetchone(), strict=True))
    assert (row["number"], row["outcome"], row["verb"]) == (1, "done", "create")
    assert (row["email"], row["first_name"]) == ("n@example.org", "New")
    assert str(row["id"]) == str(_state(crm, "n@example.org")["id"])
    assert cursor.report.counts == {"done": 1}


def test_the_id_of_a_new_row_can_be_returned_and_used(crm, db, counts):
    cursor = db.execute(
        f"insert into contacts@ac {COLUMNS} values ('n@example.org', 'New') returning id"
    )
    ((new,),) = cursor.fetchall()
    assert isinstance(new, int)
    tag = crm.state()["tags"][0]
    db.execute(f"insert into contact_tags@ac (contact_id, tag_id) values ({new}, {tag['id']})")
    assert "n@example.org" in crm.tagged(tag["tag"])


def test_every_source_row_is_returned_whatever_became_of_it(crm, db, known):
    cursor = db.execute(
        f"insert into contacts@ac {COLUMNS} values ('n@example.org', 'New'), "
        f"('n@example.org', 'New'), ('no address', 'X'), ('{known['email']}', "
        f"'{known['firstName']}'), ('{known['email'].upper()}x', 'Y') "
        "returning number, outcome, reason, email"
    )
    rows = {row[0]: row[1:] for row in cursor.fetchall()}
    assert rows[1] == ("done", "", "n@example.org")
    assert rows[2] == ("unchanged", "same as row 1", "n@example.org")
    assert rows[3][0] == "rejected"
    assert "no e-mail address" in rows[3][1]
    assert rows[4] == ("unchanged", "exists", known["email"])
    assert rows[5][0] == "done"
    assert len(rows) == 5


def test_expressions_aliases_aggregates_and_binds_work(crm, db):
    cursor = db.execute(
        f"insert into contacts@ac {COLUMNS} values (?, 'New') "
        "returning upper(first_name) || ? as loud, number + 1, outcome = 'done' as ok",
        ["n@example.org", "!"],
    )
    assert cursor.fetchall() == [("NEW!", 2, True)]
    assert [column[0] for column in cursor.description][::2] == ["loud", "ok"]
    counted = db.execute(
        f"insert into contacts@ac {COLUMNS} select 'm' || i || '@example.org', 'N' "
        "from range(3) t(i) returning count(*), max(number)"
    )
    assert counted.fetchall() == [(3, 3)]


def test_columns_may_be_qualified_by_the_target(crm, db):
    for alias, name in (("", "contacts"), ("as c", "c")):
        cursor = db.execute(
            f"insert into contacts@ac {alias} {COLUMNS} values ('{name}@example.org', 'New') "
            f"returning {name}.email, {name}.*"
        )
        assert cursor.fetchone()[0] == f"{name}@example.org"


def test_an_update_returns_the_row_as_it_is_afterwards(crm, db, known):
    cursor = db.execute(
        f"update contacts@ac set first_name = 'Changed' where id = {known['id']} "
        "returning id, email, first_name, verb, outcome"
    )
    assert cursor.fetchall() == [(int(known["id"]), known["email"], "Changed", "update", "done")]
    again = db.execute(
        f"update contacts@ac set first_name = 'Changed' where id = {known['id']} "
        "returning first_name, outcome"
    )
    assert again.fetchall() == [("Changed", "unchanged")]


def test_a_delete_returns_the_row_as_it_was(crm, db, known):
    cursor = db.execute(
        f"delete from contacts@ac where id = {known['id']} "
        "returning id, email, first_name, phone, outcome, verb"
    )
    assert cursor.fetchall() == [
        (
            int(known["id"]),
            known["email"],
            known["firstName"],
            known["phone"] or None,
            "done",
            "delete",
        )
    ]
    assert _state(crm, known["email"]) is None


def test_on_conflict_returns_what_was_made_and_what_was_changed(crm, db, known):
    insert = (
        f"insert into contacts@ac {COLUMNS} values ('{known['email']}', 'Changed'), "
        "('n@example.org', 'New') on conflict (email) do {} "
        "returning email, first_name, verb, outcome"
    )
    assert sorted(db.execute(insert.format("nothing")).fetchall()) == sorted(
        [
            (known["email"], known["firstName"], "none", "unchanged"),
            ("n@example.org", "New", "create", "done"),
        ]
    )
    assert sorted(db.execute(insert.format("update")).fetchall()) == sorted(
        [
            (known["email"], "Changed", "update", "done"),
            ("n@example.org", "New", "none", "unchanged"),
        ]
    )


def test_custom_fields_can_be_returned(crm, db, known):
    cursor = db.execute(
        f"update contacts@ac set city = 'Breda', interests = ['Housing'] where id = {known['id']} "
        "returning city, interests"
    )
    assert cursor.fetchall() == [("Breda", ["Housing"])]


def test_dates_times_and_numbers_come_in_their_types(crm, db, known):
    cursor = db.execute(
        f"update contacts@ac set date_of_birth = '1999-04-30', shirts_ordered = 2, "
        f"last_call = timestamp '2026-01-02 03:04:05' where id = {known['id']} "
        "returning date_of_birth + 1, shirts_ordered * 2, year(last_call), created_at < now()"
    )
    (row,) = cursor.fetchall()
    assert str(row[0])[:10] == "1999-05-01"
    assert row[1:] == (4, 2026, True)


def test_no_rows_return_no_rows_but_columns(crm, db):
    cursor = db.execute(
        "update contacts@ac set first_name = 'x' where id = -5 returning id, outcome"
    )
    assert cursor.fetchall() == []
    assert [column[0] for column in cursor.description] == ["id", "outcome"]


def test_an_unknown_column_is_an_error_before_anything_is_written(crm, db):
    since = crm.count()
    with pytest.raises(sqlcrm.Error, match="nonsense"):
        db.execute(
            f"insert into contacts@ac {COLUMNS} values ('n@example.org', 'New') returning nonsense"
        )
    assert [c for c in crm.calls()[since:] if c["method"] != "GET"] == []
    assert _state(crm, "n@example.org") is None


def test_within_a_transaction_nothing_has_become_of_it_yet(crm, db):
    db.execute("begin")
    with pytest.raises(sqlcrm.Error, match="RETURNING"):
        db.execute(
            f"insert into contacts@ac {COLUMNS} values ('n@example.org', 'New') returning id"
        )
    db.execute("rollback")
    assert _state(crm, "n@example.org") is None
