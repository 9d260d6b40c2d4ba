"""An operation becomes a request in the API's own form."""

import datetime as dt
from decimal import Decimal

from sqlcrm.sdk import Column, Read, Sideload, Table, Type, Write
from sqlcrm.state.values import Operation
from sqlcrm.writing.bodies import request

FIELDS = Sideload("fieldValues", ("include", "fieldValues"), "contact")
PEOPLE = Table(
    "people",
    "People.",
    ("id",),
    (
        Column("id", Type.INTEGER, readonly=True),
        Column("first_name", at="firstName"),
        Column("city", at="address.city"),
        Column("active", Type.BOOLEAN),
        Column("born", Type.DATE),
        Column("share", Type.FLOAT),
        Column("tags", Type.TEXTS),
        Column("level", at="7", sideload=FIELDS, to_wire=str.upper),
    ),
    (Read("/people", "people"),),
)


def _operation(values, before=None):
    return Operation(1, "people", "update", {"id": 5}, {}, values, before, "planned")


def test_values_go_to_their_paths_in_wire_form_within_the_wrap():
    write = Write("update", "PUT", "/people/{id}", wrap="person", repeatable=True)
    values = {
        "first_name": None,
        "city": "Hull",
        "active": True,
        "born": dt.date(2000, 1, 2),
        "share": Decimal("1.5"),
        "tags": ["a"],
        "level": "gold",
    }
    made = request(write, PEOPLE, _operation(values))
    assert (made.method, made.path, dict(made.fill)) == ("PUT", "/people/{id}", {"id": "5"})
    assert made.may_repeat
    assert made.body == {
        "person": {
            "firstName": "",
            "address": {"city": "Hull"},
            "active": 1,
            "born": "2000-01-02",
            "share": "1.5",
            "tags": ["a"],
            "fieldValues": [{"field": "7", "value": "GOLD"}],
        }
    }


def test_columns_that_must_always_be_sent_come_from_the_before_image():
    write = Write("update", "POST", "/people", whole=("first_name", "city"), always={"type": "x"})
    made = request(write, PEOPLE, _operation({"city": "Hull"}, {"first_name": "Ana", "city": "?"}))
    assert made.body == {"address": {"city": "Hull"}, "firstName": "Ana", "type": "x"}
    assert not made.may_repeat


def test_a_delete_has_no_body():
    write = Write("delete", "DELETE", "/people/{id}", repeatable=True)
    assert request(write, PEOPLE, _operation({})).body is None
