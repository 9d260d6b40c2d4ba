"""What looking up tells of writes whose answer was lost."""

from dataclasses import replace

from sqlcrm.sdk import Column, Consent, Read, Table, Type, Write
from sqlcrm.state.values import Operation
from sqlcrm.writing.decide import mark
from sqlcrm.writing.verify import FOUND, look_up

PEOPLE = Table(
    "people",
    "People.",
    ("id",),
    (
        Column("id", Type.INTEGER, readonly=True),
        Column("email", nocase=True),
        Column("name"),
        Column("status", Type.INTEGER),
    ),
    (Read("/people", "people"),),
    writes=(Write("insert", "POST", "/people"), Write("update", "PUT", "/people/{id}")),
    natural_key=("email",),
    consent=Consent("status", (1,), 2, person="email"),
)


def _looked_up(values, row):
    operation = Operation(
        1, "people", "create", {}, {"email": "a@example.org"}, values, None, "planned"
    )

    def find(key, _values, _names):
        return {mark(key, row): row}

    return look_up(PEOPLE, [operation], find)


def test_a_row_as_it_was_sent_is_done_and_has_its_id():
    values = {"email": "a@example.org", "name": "Ana"}
    (found,) = _looked_up(values, {"id": 7, **values, "status": 2}).settled
    assert (found.state, found.remote_id) == ("done", "7")


def test_what_somebody_else_may_have_changed_is_not_kept_as_what_the_crm_makes_of_it():
    values = {"email": "a@example.org", "name": "Mine"}
    (found,) = _looked_up(values, {"id": 7, **values, "name": "Theirs", "status": 2}).settled
    assert found.state == "done"
    assert "other values" in found.reason
    assert found.after is None


def test_a_subscription_that_is_not_there_is_not_done():
    values = {"email": "a@example.org", "status": 1}
    (found,) = _looked_up(values, {"id": 7, **values, "status": 2}).settled
    assert found.state == "rejected"
    assert "status is 2" in found.reason


def test_what_no_read_shows_is_not_compared():
    hidden = Column("status", Type.INTEGER, write_only=True)
    table = replace(PEOPLE, columns=(*PEOPLE.columns[:3], hidden))
    values = {"email": "a@example.org", "status": 2}
    operation = Operation(
        1, "people", "create", {}, {"email": "a@example.org"}, values, None, "planned"
    )
    row = {"id": 7, "email": "a@example.org", "status": None}
    (found,) = look_up(table, [operation], lambda key, _v, _n: {mark(key, row): row}).settled
    assert (found.state, found.reason) == ("done", FOUND)
